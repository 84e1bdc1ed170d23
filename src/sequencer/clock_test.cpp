#include "sequencer/clock.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace sauda::sequencer {
namespace {

constexpr std::int64_t second = 1'000'000'000;

ClockReading at(std::int64_t wall, std::int64_t steady) {
    return {{wall}, steady};
}

TEST(StampClock, FollowsTheWallClock) {
    StampClock clock({0});
    EXPECT_EQ(clock.stamp(at(1'000 * second, 5)).time.raw, 1'000 * second);
    EXPECT_EQ(clock.stamp(at(1'000 * second + 7, 12)).time.raw, 1'000 * second + 7);
    EXPECT_EQ(clock.stamp(at(1'900 * second, 12 + 900 * second)).time.raw, 1'900 * second) << "time passed";
}

TEST(StampClock, NeverGoesBackAndReportsNoSmallStep) {
    StampClock clock({0});
    clock.stamp(at(1'000 * second, 0));
    const auto stamped = clock.stamp(at(1'000 * second - second / 2, 1));
    EXPECT_EQ(stamped.time.raw, 1'000 * second);
    EXPECT_FALSE(stamped.step);
    EXPECT_EQ(clock.stamp(at(1'000 * second + 3, second / 2 + 4)).time.raw, 1'000 * second + 3);
}

TEST(StampClock, SlewsAfterAStepForwardUntilItMeetsTheWallClock) {
    StampClock clock({0});
    clock.stamp(at(100 * second, 0));
    const auto step = clock.stamp(at(161 * second, second));  // one second passed, a minute was added
    ASSERT_TRUE(step.step);
    EXPECT_EQ(step.step->step_ns, 60 * second);
    EXPECT_EQ(step.time.raw, 100 * second + second + second / 2);
    const auto later = clock.stamp(at(171 * second, 11 * second));
    EXPECT_FALSE(later.step) << "reported once";
    EXPECT_EQ(later.time.raw, step.time.raw + 15 * second);
    EXPECT_GT(clock.slewing_ns(), 0);
    EXPECT_EQ(clock.stamp(at(360 * second, 200 * second)).time.raw, 360 * second);
    EXPECT_EQ(clock.slewing_ns(), 0);
    EXPECT_EQ(clock.stamp(at(361 * second, 201 * second)).time.raw, 361 * second);
}

TEST(StampClock, TellsHowLongUntilStampsReachATime) {
    StampClock clock({0});
    EXPECT_EQ(clock.until_ns({101 * second}, at(100 * second, 0)), second);
    clock.stamp(at(100 * second, 0));
    EXPECT_EQ(clock.until_ns({101 * second}, at(100 * second + 7, 7)), second - 7);
    EXPECT_EQ(clock.until_ns({101 * second}, at(102 * second, 2 * second)), 0);
    clock.stamp(at(161 * second, second));  // a minute was added: stamps are at 101.5 s, and slewed
    const std::int64_t left = clock.until_ns({103 * second}, at(161 * second, second));
    EXPECT_EQ(left, second);
    EXPECT_GE(clock.stamp(at(161 * second + left, second + left)).time.raw, 103 * second);
}

TEST(StampClock, SlewsAfterAStepBackWithoutStandingStill) {
    StampClock clock({0});
    clock.stamp(at(100 * second, 0));
    const auto step = clock.stamp(at(42 * second, 2 * second));
    ASSERT_TRUE(step.step);
    EXPECT_EQ(step.step->step_ns, -60 * second);
    EXPECT_EQ(step.time.raw, 101 * second);
    EXPECT_EQ(clock.stamp(at(52 * second, 12 * second)).time.raw, 106 * second);
    EXPECT_LT(clock.slewing_ns(), 0);
    clock.stamp(at(192 * second, 152 * second));
    EXPECT_EQ(clock.stamp(at(193 * second, 153 * second)).time.raw, 193 * second);
}

TEST(StampClock, TakesDowntimeAsTimePassedAndAnEarlierWallClockAsAStep) {
    StampClock after_downtime({100 * second});
    const auto later = after_downtime.stamp(at(90'000 * second, 7));
    EXPECT_EQ(later.time.raw, 90'000 * second);
    EXPECT_FALSE(later.step);

    StampClock set_back({100 * second});
    const auto earlier = set_back.stamp(at(40 * second, 7));
    EXPECT_EQ(earlier.time.raw, 100 * second);
    ASSERT_TRUE(earlier.step);
    EXPECT_EQ(earlier.step->step_ns, -60 * second);
}

TEST(StampClock, NeverDecreasesHoweverTheClocksJump) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        base::Random random(seed);
        StampClock clock({0});
        std::int64_t wall = 1'000'000 * second;
        std::int64_t steady = 0;
        std::int64_t last = 0;
        for (int i = 0; i < 500; ++i) {
            const std::int64_t passed = random.between(0, second / 10);
            steady += passed;
            wall += passed + (random.chance(1, 50) ? random.between(-3'600 * second, 3'600 * second) : 0);
            const std::int64_t stamped = clock.stamp(at(wall, steady)).time.raw;
            ASSERT_GE(stamped, last) << "seed " << seed;
            if (i == 0) last = stamped;  // the first is the wall clock's
            ASSERT_LE(stamped - last, passed + passed / 2 + second) << "seed " << seed;
            last = stamped;
        }
    }
}

}  // namespace
}  // namespace sauda::sequencer
