/// Stops asking a peer that does not answer, and asks again now and then whether it does.
///
///     closed --failures_to_open in a row--> open --after probe_interval_ns--> half_open
///     half_open: one request is let through; its success closes, its failure opens again.
#pragma once

#include <cstdint>

namespace sauda::base {

struct CircuitBreakerConfig {
    std::uint32_t failures_to_open = 3;
    std::int64_t probe_interval_ns = 1'000'000'000;
};

/// Threads: one owner at a time. It reads no clock: times are nanoseconds of any clock that does not run
/// backwards.
class CircuitBreaker {
public:
    enum class State : std::uint8_t { closed, open, half_open };

    explicit CircuitBreaker(CircuitBreakerConfig config) : config_(config) {}

    /// Whether a request may go out now. In half_open the first caller gets the one probe; if nothing is
    /// heard of it, another is let through after probe_interval_ns.
    bool allow(std::int64_t now_ns);
    /// The peer answered, whatever it said.
    void on_success();
    /// The peer did not answer in time.
    void on_failure(std::int64_t now_ns);
    /// The peer is known to be gone: opens at once, however few failures there were.
    void trip(std::int64_t now_ns);
    State state() const { return state_; }
    /// Failures in a row so far, until it opens.
    std::uint32_t failures() const { return failures_; }

private:
    const CircuitBreakerConfig config_;
    State state_ = State::closed;
    std::uint32_t failures_ = 0;
    std::int64_t probe_from_ns_ = 0;  ///< when not closed: the next probe may go out from here
};

}  // namespace sauda::base
