#include "base/circuit_breaker.h"

namespace sauda::base {

bool CircuitBreaker::allow(std::int64_t now_ns) {
    if (state_ == State::closed) return true;
    if (now_ns < probe_from_ns_) return false;
    state_ = State::half_open;
    probe_from_ns_ = now_ns + config_.probe_interval_ns;
    return true;
}

void CircuitBreaker::on_success() {
    state_ = State::closed;
    failures_ = 0;
}

void CircuitBreaker::on_failure(std::int64_t now_ns) {
    // Requests that went out earlier are still failing: that is no news, and must not put off the next probe.
    if (state_ == State::open) return;
    ++failures_;
    if (state_ == State::closed && failures_ < config_.failures_to_open) return;
    trip(now_ns);
}

void CircuitBreaker::trip(std::int64_t now_ns) {
    if (state_ == State::open) return;
    state_ = State::open;
    probe_from_ns_ = now_ns + config_.probe_interval_ns;
}

}  // namespace sauda::base
