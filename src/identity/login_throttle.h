/// Slows down guessing: after some failures under one key, the next attempt has to wait, longer each time.
///
/// Threads: any; a lock is held for each call.
/// Invariants: at most `keys_max` keys are remembered; the one that was touched longest ago goes first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "identity/random_id.h"

namespace sauda::identity {

class LoginThrottle {
public:
    struct Config {
        int free_failures = 5;               // attempts in a row that cost nothing
        std::int64_t first_wait_ms = 1'000;  // then this, doubled by each further one
        std::int64_t wait_max_ms = 60'000;
        std::int64_t forget_after_ms = 900'000;  // without an attempt
        std::size_t keys_max = 100'000;
    };

    explicit LoginThrottle(Config config) : config_(config) {}

    /// 0 when an attempt may begin now, and then counts it as failed until succeeded() says otherwise: a
    /// hundred guesses sent at once are a hundred failures. Otherwise how long to wait (ms); such a try is
    /// not counted.
    std::int64_t begin_attempt(std::string_view key, std::int64_t now_ms);

    /// Forgets the failures of `key`.
    void succeeded(std::string_view key);

    std::size_t size() const;

private:
    struct Entry {
        std::string key;
        int failures = 0;
        std::int64_t touched_ms = 0;
        std::int64_t blocked_until_ms = 0;
    };
    using Order = std::list<Entry>;

    Entry& touch(std::string_view key);
    std::int64_t wait_after(int failures) const;

    const Config config_;
    mutable std::mutex mutex_;
    Order entries_;  ///< touched last comes first
    std::unordered_map<std::string, Order::iterator, TextHash, std::equal_to<>> by_key_;
};

}  // namespace sauda::identity
