#include "gateway/circuit_breaker.h"

#include <gtest/gtest.h>

namespace sauda::gateway {
namespace {

using State = CircuitBreaker::State;

constexpr core::TimestampNs at(std::int64_t raw) {
    return {raw};
}

TEST(CircuitBreaker, OpensAfterSoManyFailuresInARow) {
    CircuitBreaker breaker({.failures_to_open = 3, .probe_interval_ns = 100});
    breaker.on_failure(at(1));
    breaker.on_failure(at(2));
    EXPECT_TRUE(breaker.allow(at(3)));
    breaker.on_success();
    breaker.on_failure(at(4));
    breaker.on_failure(at(5));
    EXPECT_TRUE(breaker.allow(at(6))) << "a success in between starts the count anew";
    breaker.on_failure(at(7));
    EXPECT_EQ(breaker.state(), State::open);
    EXPECT_FALSE(breaker.allow(at(8)));
}

TEST(CircuitBreaker, LetsOneProbeThroughPerInterval) {
    CircuitBreaker breaker({.failures_to_open = 1, .probe_interval_ns = 100});
    breaker.on_failure(at(0));
    EXPECT_FALSE(breaker.allow(at(99)));
    EXPECT_TRUE(breaker.allow(at(100)));
    EXPECT_EQ(breaker.state(), State::half_open);
    EXPECT_FALSE(breaker.allow(at(101)));
    EXPECT_TRUE(breaker.allow(at(200))) << "nothing was heard of the first probe";
}

TEST(CircuitBreaker, FailuresWhileOpenDoNotPutOffTheProbe) {
    CircuitBreaker breaker({.failures_to_open = 1, .probe_interval_ns = 100});
    for (std::int64_t now = 0; now < 100; now += 10) breaker.on_failure(at(now));
    EXPECT_FALSE(breaker.allow(at(99)));
    EXPECT_TRUE(breaker.allow(at(100)));
}

TEST(CircuitBreaker, ClosesOnASuccessfulProbeAndOpensAgainOnAFailedOne) {
    CircuitBreaker breaker({.failures_to_open = 1, .probe_interval_ns = 100});
    breaker.on_failure(at(0));
    ASSERT_TRUE(breaker.allow(at(100)));
    breaker.on_failure(at(150));
    EXPECT_EQ(breaker.state(), State::open);
    EXPECT_FALSE(breaker.allow(at(200)));
    ASSERT_TRUE(breaker.allow(at(250)));
    breaker.on_success();
    EXPECT_EQ(breaker.state(), State::closed);
    EXPECT_TRUE(breaker.allow(at(251)));
    EXPECT_TRUE(breaker.allow(at(251)));
}

}  // namespace
}  // namespace sauda::gateway
