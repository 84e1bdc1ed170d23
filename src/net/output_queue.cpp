#include "net/output_queue.h"

#include <algorithm>

#include <boost/asio/buffer.hpp>
#include <boost/container/static_vector.hpp>

#include "base/assert.h"

namespace sauda::net {
namespace {

constexpr std::size_t kFramesPerWrite = 64;
/// Written frames are erased from the vector's front only so often: each erase moves the rest.
constexpr std::size_t kCompactAt = 256;

}  // namespace

void OutputQueue::push(Frame frame) {
    if (is_broken_ || frame->empty()) return;
    const bool was_empty = empty();
    queued_bytes_ += frame->size();
    frames_.push_back(std::move(frame));
    if (was_empty) flush();
}

void OutputQueue::drop_waiting() {
    const std::size_t kept = front_used_ > 0 ? 1 : 0;
    frames_.resize(std::min(frames_.size(), front_ + kept));
    queued_bytes_ = kept == 1 ? frames_[front_]->size() - front_used_ : 0;
}

void OutputQueue::flush() {
    while (!empty() && !is_broken_) {
        if (write_front() == 0) break;
    }
    if (!empty()) wait_until_writable();
}

/// One gathered write of what waits. Returns what the kernel took, 0 when it would block or the peer is gone.
std::size_t OutputQueue::write_front() {
    boost::container::static_vector<boost::asio::const_buffer, kFramesPerWrite> buffers;
    const std::size_t last = std::min(frames_.size(), front_ + kFramesPerWrite);
    for (std::size_t i = front_; i < last; ++i) buffers.push_back(boost::asio::buffer(*frames_[i]));
    buffers.front() += front_used_;
    ErrorCode error;
    const std::size_t written = socket_.write_some(buffers, error);
    if (error && error != boost::asio::error::would_block) fail();
    if (error) return 0;
    counters_.bytes_out += written;
    consume(written);
    return written;
}

void OutputQueue::consume(std::size_t bytes) {
    ASSERT(bytes <= queued_bytes_);
    queued_bytes_ -= bytes;
    front_used_ += bytes;
    while (front_ < frames_.size() && front_used_ >= frames_[front_]->size()) {
        front_used_ -= frames_[front_]->size();
        frames_[front_++].reset();
    }
    if (empty()) {
        frames_.clear();
        front_ = 0;
    } else if (front_ >= kCompactAt) {
        frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(front_));
        front_ = 0;
    }
}

void OutputQueue::wait_until_writable() {
    if (is_waiting_) return;
    const std::shared_ptr<void> owner = owner_.lock();
    if (!owner) return;
    is_waiting_ = true;
    socket_.async_wait(Socket::wait_write, [this, owner](const ErrorCode& error) {
        is_waiting_ = false;
        if (!error) flush();
    });
}

/// The peer is gone. Closing ends the session's read, and with it the session.
void OutputQueue::fail() {
    is_broken_ = true;
    frames_.clear();
    front_ = 0;
    front_used_ = 0;
    queued_bytes_ = 0;
    ErrorCode ignored;
    socket_.close(ignored);
}

}  // namespace sauda::net
