#include "gateway/circuit_breaker.h"

namespace sauda::gateway {

bool CircuitBreaker::allow(core::TimestampNs now) {
    if (state_ == State::closed) return true;
    if (now < probe_from_) return false;
    state_ = State::half_open;
    probe_from_ = {now.raw + config_.probe_interval_ns};
    return true;
}

void CircuitBreaker::on_success() {
    state_ = State::closed;
    failures_ = 0;
}

void CircuitBreaker::on_failure(core::TimestampNs now) {
    // Requests that went out earlier are still failing: that is no news, and must not put off the next probe.
    if (state_ == State::open) return;
    ++failures_;
    if (state_ == State::closed && failures_ < config_.failures_to_open) return;
    state_ = State::open;
    probe_from_ = {now.raw + config_.probe_interval_ns};
}

}  // namespace sauda::gateway
