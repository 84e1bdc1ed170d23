#include "sequencer/releaser.h"

namespace sauda::sequencer {

namespace {

/// So much goes to the event log at once: readers need not wait for all of it, and a sync of the journal not
/// for more than this at the disk.
constexpr std::size_t bytes_at_once = 2u << 20;

}  // namespace

journal::IoResult<void> Releaser::release(core::Sequence durable) {
    {
        const std::lock_guard lock(mutex_);
        if (failure_) return base::Unexpected{*failure_};
        durable_ = durable;
        const bool is_much = held_back_.bytes() >= many_bytes_;
        if (is_left_to_run_ || (is_run_ && is_much)) {
            is_left_to_run_ = true;
            changed_.notify_all();
            return {};
        }
    }
    auto released = release_through(durable);
    if (!released) {
        const std::lock_guard lock(mutex_);
        failure_ = released.error();
    }
    return released;
}

journal::IoResult<void> Releaser::finish() {
    std::unique_lock lock(mutex_);
    is_over_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !is_left_to_run_; });
    if (failure_) return base::Unexpected{*failure_};
    return {};
}

std::optional<base::IoError> Releaser::failure() {
    const std::lock_guard lock(mutex_);
    return failure_;
}

void Releaser::run() {
    std::unique_lock lock(mutex_);
    is_run_ = !is_over_;
    while (true) {
        changed_.wait(lock, [this] { return is_left_to_run_ || is_over_; });
        if (!is_left_to_run_) return;
        const core::Sequence through = durable_;
        lock.unlock();
        const auto released = release_through(through);
        if (!released && hooks_.on_failure) hooks_.on_failure(released.error());
        lock.lock();
        if (!released) failure_ = released.error();
        if (released && durable_ > through) continue;
        is_left_to_run_ = false;
        changed_.notify_all();
    }
}

journal::IoResult<void> Releaser::release_through(core::Sequence durable) {
    while (true) {
        const std::vector<bus::Chunk> chunks = held_back_.release(durable, bytes_at_once);
        if (chunks.empty()) return {};
        if (const auto released = release_some(chunks); !released) {
            held_back_.fail();
            return released;
        }
        if (hooks_.on_released) hooks_.on_released(core::Sequence{chunks.back().last});
    }
}

journal::IoResult<void> Releaser::release_some(const std::vector<bus::Chunk>& chunks) {
    runs_.clear();
    for (const bus::Chunk& chunk : chunks) runs_.push_back({chunk.first, chunk.last, *chunk.bytes});
    if (const auto done = event_log_.append(runs_); !done) return done;
    for (const bus::Chunk& chunk : chunks) bus_.publish(chunk);
    return {};
}

}  // namespace sauda::sequencer
