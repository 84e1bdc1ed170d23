#include "sequencer/handover.h"

#include <utility>

namespace sauda::sequencer {

bool Handover::is_due() const {
    const std::size_t size = group_.batches.size();
    return is_closed_ || size >= worth_a_sync_bytes || (size > 0 && !more_comes_);
}

void Handover::give(base::Bytes& batches, core::Sequence last, bool more_comes) {
    bool wakes = false;
    {
        const std::lock_guard lock(mutex_);
        const bool takes_time = group_.batches.empty() && !more_comes_;  // whoever waits, does so without end
        if (!batches.empty()) {
            if (group_.batches.empty()) {
                group_.batches.swap(batches);
                group_.since = std::chrono::steady_clock::now();
            } else {
                group_.batches.insert(group_.batches.end(), batches.begin(), batches.end());
            }
            group_.last = last;
            batches.clear();
        }
        more_comes_ = more_comes;
        wakes = takes_time || is_due();
    }
    if (wakes) changed_.notify_one();
}

void Handover::close() {
    {
        const std::lock_guard lock(mutex_);
        is_closed_ = true;
    }
    changed_.notify_one();
}

bool Handover::take(Group& into) {
    into.batches.clear();
    std::unique_lock lock(mutex_);
    while (!is_due()) {
        const bool is_waiting = !group_.batches.empty();
        if (!is_waiting && !more_comes_) {
            changed_.wait(lock);
            continue;
        }
        const auto since = is_waiting ? group_.since : std::chrono::steady_clock::now();
        const auto woken = changed_.wait_until(lock, since + patience);
        if (woken == std::cv_status::timeout && !group_.batches.empty()) break;
    }
    std::swap(into, group_);
    return !into.batches.empty();
}

}  // namespace sauda::sequencer
