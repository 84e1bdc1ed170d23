#include "sequencer/held_back.h"

#include <utility>

#include "base/assert.h"

namespace sauda::sequencer {

void HeldBack::hold(bus::Chunk chunk) {
    const std::lock_guard lock(mutex_);
    if (failed_) return;
    ASSERT(chunk.first == held_.raw + 1);
    ASSERT(chunk.last >= chunk.first);
    held_.raw = chunk.last;
    bytes_ += chunk.bytes->size();
    chunks_.push_back(std::move(chunk));
}

std::vector<bus::Chunk> HeldBack::release(core::Sequence durable, std::size_t bytes_wanted) {
    std::vector<bus::Chunk> free;
    const std::lock_guard lock(mutex_);
    std::size_t bytes = 0;
    while (!chunks_.empty() && chunks_.front().last <= durable.raw && bytes < bytes_wanted) {
        ASSERT(chunks_.front().first == released_.raw + 1);
        released_.raw = chunks_.front().last;
        bytes += chunks_.front().bytes->size();
        bytes_ -= chunks_.front().bytes->size();
        free.push_back(std::move(chunks_.front()));
        chunks_.pop_front();
    }
    return free;
}

void HeldBack::fail() {
    const std::lock_guard lock(mutex_);
    failed_ = true;
    chunks_.clear();
    bytes_ = 0;
}

bool HeldBack::failed() const {
    const std::lock_guard lock(mutex_);
    return failed_;
}

std::size_t HeldBack::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

core::Sequence HeldBack::released() const {
    const std::lock_guard lock(mutex_);
    return released_;
}

}  // namespace sauda::sequencer
