#include "api-server/read_pace.h"

#include <gtest/gtest.h>

namespace sauda::api_server {
namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t start = 77'000'000 * ms;

/// A pace that has seen `commands` in the 100 ms before `start`.
ReadPace after(std::uint64_t commands) {
    ReadPace pace;
    EXPECT_EQ(pace.take(start - 100 * ms, {1'000'000}), 0);
    EXPECT_EQ(pace.take(start, {1'000'000 + commands}).has_value(), true);
    return pace;
}

TEST(ReadPace, NobodyWaitsWhileTheExchangeHasTime) {
    ReadPace pace = after(999);
    for (int i = 0; i < 10'000; ++i) EXPECT_EQ(pace.take(start, {1'000'999}), 0);
}

TEST(ReadPace, WhileItIsBusyReadsTakeTurns) {
    ReadPace pace = after(1'000);  // the first of them went at once
    EXPECT_EQ(pace.take(start, {1'001'000}), 2 * ms);
    EXPECT_EQ(pace.take(start + 1 * ms, {1'001'000}), 3 * ms);
    EXPECT_EQ(pace.take(start + 10 * ms, {1'001'000}), 0);
}

TEST(ReadPace, TooManyThatWaitAreRefused) {
    ReadPace pace = after(100'000);
    int taken = 0;
    while (pace.take(start, {1'100'000})) ++taken;
    EXPECT_EQ(taken, 100);
    EXPECT_FALSE(pace.take(start, {1'100'000}).has_value());
    EXPECT_TRUE(pace.take(start + 2 * ms, {1'100'000}).has_value());
}

TEST(ReadPace, ABurstThatIsOverHoldsUpNobody) {
    ReadPace pace = after(100'000);
    EXPECT_NE(pace.take(start, {1'100'000}), 0);
    EXPECT_EQ(pace.take(start + 20 * ms, {1'100'001}), 0);
    // Of a look long ago nothing follows, however much happened since.
    EXPECT_EQ(pace.take(start + 5'000 * ms, {9'100'000}), 0);
}

}  // namespace
}  // namespace sauda::api_server
