#include "api-server/rate_limiter.h"

#include <algorithm>
#include <utility>

namespace sauda::api_server {

void RateLimiter::refill(Bucket& bucket, std::int64_t now_ms) const {
    const auto passed = static_cast<std::uint64_t>(std::max<std::int64_t>(now_ms - bucket.filled_ms, 0));
    const std::uint64_t full = config_.burst * ms_per_minute;
    const std::uint64_t flow = std::min(passed, full) * config_.per_minute;
    const std::uint64_t paid = std::min(bucket.owed, flow);
    bucket.owed -= paid;
    bucket.level = std::min(full, bucket.level + flow - paid);
    bucket.filled_ms = std::max(bucket.filled_ms, now_ms);
}

RateLimiter::Bucket& RateLimiter::bucket(std::string_view key, std::int64_t now_ms) {
    const auto found = index_.find(key);
    if (found != index_.end()) {
        recent_.splice(recent_.begin(), recent_, found->second);
        return recent_.front();
    }
    if (recent_.size() == config_.keys_max) {
        index_.erase(recent_.back().key);
        recent_.pop_back();
    }
    recent_.push_front({std::string(key), config_.burst * ms_per_minute, 0, now_ms});
    index_.emplace(recent_.front().key, recent_.begin());
    return recent_.front();
}

std::uint64_t RateLimiter::take(std::string_view key, std::uint64_t count, std::int64_t now_ms) {
    Bucket& taken = bucket(key, now_ms);
    refill(taken, now_ms);
    const std::uint64_t wanted = count * ms_per_minute;
    if (taken.level >= wanted) {
        taken.level -= wanted;
        if (counts_spent_ && spent_.size() < config_.keys_max) spent_[taken.key] += count;
        return 0;
    }
    const std::uint64_t missing = wanted + taken.owed - taken.level;
    const std::uint64_t per_second = config_.per_minute * 1000;
    return (missing + per_second - 1) / per_second;
}

std::vector<RateLimiter::Spent> RateLimiter::take_spent(std::size_t keys_max) {
    std::vector<Spent> out;
    while (!spent_.empty() && out.size() < keys_max) {
        auto entry = spent_.extract(spent_.begin());
        out.push_back({std::move(entry.key()), entry.mapped()});
    }
    return out;
}

void RateLimiter::spend(std::string_view key, std::uint64_t count, std::int64_t now_ms) {
    Bucket& spent = bucket(key, now_ms);
    refill(spent, now_ms);
    const std::uint64_t owed_max = std::max(config_.burst * ms_per_minute, config_.per_minute * 1'000);
    const std::uint64_t gone = std::min(count, config_.burst + config_.per_minute) * ms_per_minute;
    const std::uint64_t taken = std::min(spent.level, gone);
    spent.level -= taken;
    spent.owed = std::min(spent.owed + gone - taken, owed_max);
}

}  // namespace sauda::api_server
