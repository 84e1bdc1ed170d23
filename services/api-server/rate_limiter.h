/// Token buckets, one per key: an address, an account. Memory is bounded: full buckets are forgotten first,
/// since a forgotten bucket is a full one.
///
/// Threads: one owner at a time. Reads no clock.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sauda::api_server {

class RateLimiter {
public:
    struct Config {
        /// Tokens per minute that flow into a bucket, and how many it holds.
        std::uint64_t per_minute = 60;
        std::uint64_t burst = 60;
        std::size_t keys_max = 100'000;
    };

    explicit RateLimiter(Config config) : config_(config) {}

    /// Rates from now on; buckets keep what is in them, as far as it fits.
    void set_config(Config config) { config_ = config; }

    /// Takes `count` tokens of `key` and returns 0, or takes none and returns after how many seconds it may
    /// be tried again (at least 1). `now_ms` must not run backwards. More than `burst` at once is never
    /// granted.
    std::uint64_t take(std::string_view key, std::uint64_t count, std::int64_t now_ms);

    // Several processes may have one rate together: each tells the others what it granted.

    struct Spent {
        std::string key;
        std::uint64_t count = 0;
    };
    /// Counts from now on what is granted.
    void count_spent() { counts_spent_ = true; }
    /// What was granted since the last call, by key; no more than `keys_max` of them, the rest the next time.
    std::vector<Spent> take_spent(std::size_t keys_max);
    /// Others granted `count` tokens of `key`: they are gone here as well. What is not there is owed, and
    /// paid from what flows in before anything is granted again: so all together grant one rate, however many
    /// ask for more. At most a second's flow, or the burst where that is more, is owed.
    void spend(std::string_view key, std::uint64_t count, std::int64_t now_ms);

private:
    struct Bucket {
        std::string key;
        std::uint64_t level = 0;  // in tokens × ms_per_minute, so that refilling is exact
        std::uint64_t owed = 0;   // in the same unit; the level is 0 while anything is
        std::int64_t filled_ms = 0;
    };
    using Buckets = std::list<Bucket>;
    static constexpr std::uint64_t ms_per_minute = 60'000;

    Bucket& bucket(std::string_view key, std::int64_t now_ms);
    void refill(Bucket& bucket, std::int64_t now_ms) const;

    Config config_;
    bool counts_spent_ = false;
    std::unordered_map<std::string, std::uint64_t> spent_;
    Buckets recent_;  // used longest ago at the back
    std::unordered_map<std::string_view, Buckets::iterator> index_;
};

}  // namespace sauda::api_server
