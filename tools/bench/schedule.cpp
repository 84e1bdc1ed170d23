#include "bench/schedule.h"

#include <chrono>
#include <thread>

#include "base/assert.h"
#include "codec/event_frame.h"

namespace sauda::bench {

std::int64_t now_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

std::int64_t Schedule::arrival_ns(std::uint64_t order) const {
    const auto passed = static_cast<unsigned __int128>(order / group_ * group_) * 1'000'000'000u / rate_;
    return start_ns_ + static_cast<std::int64_t>(passed);
}

void Schedule::wait_for(std::uint64_t order) const {
    constexpr std::int64_t wake_up_ns = 100'000;
    const std::int64_t left = arrival_ns(order) - now_ns();
    if (left > wake_up_ns) std::this_thread::sleep_for(std::chrono::nanoseconds(left - wake_up_ns));
    while (now_ns() < arrival_ns(order)) std::this_thread::yield();
}

void Releases::expect(std::uint64_t first, std::size_t count) {
    const std::lock_guard lock(mutex_);
    first_ = first;
    at_ns_.assign(count, 0);
}

void Releases::take(base::ByteView frames) {
    const std::int64_t now = now_ns();
    const std::lock_guard lock(mutex_);
    const auto read = codec::for_each_event_frame(frames, [&](const codec::EventFrameView& frame) {
        const core::CommandId& id = frame.header.command;
        if (id.gateway == 0 || first_ == 0 || id.sequence < first_) return;
        at_ns_.at(id.sequence - first_) = now;
    });
    ASSERT(read.has_value());
}

}  // namespace sauda::bench
