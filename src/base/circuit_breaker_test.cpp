#include "base/circuit_breaker.h"

#include <gtest/gtest.h>

namespace sauda::base {
namespace {

using State = CircuitBreaker::State;

TEST(CircuitBreaker, OpensAfterSoManyFailuresInARow) {
    CircuitBreaker breaker({.failures_to_open = 3, .probe_interval_ns = 100});
    breaker.on_failure(1);
    breaker.on_failure(2);
    EXPECT_TRUE(breaker.allow(3));
    breaker.on_success();
    breaker.on_failure(4);
    breaker.on_failure(5);
    EXPECT_TRUE(breaker.allow(6)) << "a success in between starts the count anew";
    breaker.on_failure(7);
    EXPECT_EQ(breaker.state(), State::open);
    EXPECT_FALSE(breaker.allow(8));
}

TEST(CircuitBreaker, LetsOneProbeThroughPerInterval) {
    CircuitBreaker breaker({.failures_to_open = 1, .probe_interval_ns = 100});
    breaker.on_failure(0);
    EXPECT_FALSE(breaker.allow(99));
    EXPECT_TRUE(breaker.allow(100));
    EXPECT_EQ(breaker.state(), State::half_open);
    EXPECT_FALSE(breaker.allow(101));
    EXPECT_TRUE(breaker.allow(200)) << "nothing was heard of the first probe";
}

TEST(CircuitBreaker, FailuresWhileOpenDoNotPutOffTheProbe) {
    CircuitBreaker breaker({.failures_to_open = 1, .probe_interval_ns = 100});
    for (std::int64_t now = 0; now < 100; now += 10) breaker.on_failure(now);
    EXPECT_FALSE(breaker.allow(99));
    EXPECT_TRUE(breaker.allow(100));
}

TEST(CircuitBreaker, ClosesOnASuccessfulProbeAndOpensAgainOnAFailedOne) {
    CircuitBreaker breaker({.failures_to_open = 1, .probe_interval_ns = 100});
    breaker.on_failure(0);
    ASSERT_TRUE(breaker.allow(100));
    breaker.on_failure(150);
    EXPECT_EQ(breaker.state(), State::open);
    EXPECT_FALSE(breaker.allow(200));
    ASSERT_TRUE(breaker.allow(250));
    breaker.on_success();
    EXPECT_EQ(breaker.state(), State::closed);
    EXPECT_TRUE(breaker.allow(251));
    EXPECT_TRUE(breaker.allow(251));
}

TEST(CircuitBreaker, OpensAtOnceWhenTripped) {
    CircuitBreaker breaker({.failures_to_open = 3, .probe_interval_ns = 100});
    breaker.trip(50);
    EXPECT_EQ(breaker.state(), State::open);
    EXPECT_FALSE(breaker.allow(149));
    breaker.trip(149);
    EXPECT_TRUE(breaker.allow(150)) << "tripping an open one does not put off the probe";
    breaker.on_success();
    EXPECT_EQ(breaker.state(), State::closed);
}

}  // namespace
}  // namespace sauda::base
