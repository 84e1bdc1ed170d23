#include "bench/beside.h"

#include <gtest/gtest.h>

namespace sauda::bench {
namespace {

const std::vector<Wait> waits{{0, 10}, {20, 25}, {21, 8'000'000}, {8'000'001, 8'000'002}};

TEST(Beside, AWaitTouchesAnIntervalThatItHasAnInstantInCommonWith) {
    EXPECT_EQ(touching(waits, {{10, 19}}), (std::vector<bool>{true, false, false, false}));
    EXPECT_EQ(touching(waits, {{11, 19}}), (std::vector<bool>{false, false, false, false}));
    EXPECT_EQ(touching(waits, {{22, 22}, {8'000'002, 9'000'000}}),
              (std::vector<bool>{false, true, true, true}));
    EXPECT_EQ(touching(waits, {}), std::vector<bool>(4, false));
}

TEST(Beside, APauseBelongsToTheOrderThatEndedIt) {
    const Felt slow = felt(waits, {false, false, true, false});
    EXPECT_EQ(slow.pause_ns_max, 8'000'000 - 25);
    EXPECT_EQ(slow.pauses, 1u);
    EXPECT_EQ(slow.latency.max, 8'000'000 - 21);
    const Felt others = felt(waits, {true, true, false, true});
    EXPECT_EQ(others.pause_ns_max, 15);
    EXPECT_EQ(others.pauses, 0u);
    EXPECT_EQ(others.latency.count, 3u);
    EXPECT_EQ(others.latency.max, 10);
    EXPECT_EQ(felt(waits, std::vector<bool>(4, false)).latency.count, 0u);
}

}  // namespace
}  // namespace sauda::bench
