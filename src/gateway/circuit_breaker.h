/// Stops asking a peer that does not answer, and asks again now and then whether it does.
///
///     closed --failures_to_open in a row--> open --after probe_interval_ns--> half_open
///     half_open: one request is let through; its success closes, its failure opens again.
#pragma once

#include <cstdint>

#include "core/types/timestamp.h"

namespace sauda::gateway {

struct CircuitBreakerConfig {
    std::uint32_t failures_to_open = 3;
    std::int64_t probe_interval_ns = 1'000'000'000;
};

/// Threads: one owner at a time. It reads no clock; the times given must not run backwards.
class CircuitBreaker {
public:
    enum class State : std::uint8_t { closed, open, half_open };

    explicit CircuitBreaker(CircuitBreakerConfig config) : config_(config) {}

    /// Whether a request may go out now. In half_open the first caller gets the one probe; if nothing is
    /// heard of it, another is let through after probe_interval_ns.
    bool allow(core::TimestampNs now);
    /// The peer answered, whatever it said.
    void on_success();
    /// The peer did not answer in time.
    void on_failure(core::TimestampNs now);
    State state() const { return state_; }

private:
    const CircuitBreakerConfig config_;
    State state_ = State::closed;
    std::uint32_t failures_ = 0;
    core::TimestampNs probe_from_;  ///< when not closed: the next probe may go out from here
};

}  // namespace sauda::gateway
