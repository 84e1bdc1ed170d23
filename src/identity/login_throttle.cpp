#include "identity/login_throttle.h"

#include <algorithm>

#include "base/assert.h"

namespace sauda::identity {

std::int64_t LoginThrottle::begin_attempt(std::string_view key, std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    Entry& entry = touch(key);
    if (now_ms - entry.touched_ms >= config_.forget_after_ms) entry.failures = 0;
    if (entry.failures > 0 && now_ms < entry.blocked_until_ms) {
        // Never longer than the longest wait, also when the clock has stepped back.
        return std::min(entry.blocked_until_ms - now_ms, config_.wait_max_ms);
    }
    ++entry.failures;
    entry.touched_ms = now_ms;
    entry.blocked_until_ms = now_ms + wait_after(entry.failures);
    return 0;
}

void LoginThrottle::succeeded(std::string_view key) {
    const std::lock_guard lock(mutex_);
    const auto at = by_key_.find(key);
    if (at == by_key_.end()) return;
    entries_.erase(at->second);
    by_key_.erase(at);
}

std::size_t LoginThrottle::size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

LoginThrottle::Entry& LoginThrottle::touch(std::string_view key) {
    if (const auto at = by_key_.find(key); at != by_key_.end()) {
        entries_.splice(entries_.begin(), entries_, at->second);
        return entries_.front();
    }
    if (entries_.size() >= config_.keys_max) {
        by_key_.erase(entries_.back().key);
        entries_.pop_back();
    }
    entries_.push_front(Entry{std::string(key)});
    by_key_.emplace(entries_.front().key, entries_.begin());
    ASSERT(entries_.size() == by_key_.size());
    return entries_.front();
}

std::int64_t LoginThrottle::wait_after(int failures) const {
    if (failures < config_.free_failures) return 0;
    const int doublings = std::min(failures - config_.free_failures, 30);
    return std::min(config_.first_wait_ms << doublings, config_.wait_max_ms);
}

}  // namespace sauda::identity
