#include "sequencer/handover.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace sauda::sequencer {
namespace {

void give(Handover& handover, std::size_t bytes, std::uint64_t last, bool more_comes) {
    base::Bytes batches(bytes, static_cast<std::byte>(last));
    handover.give(batches, core::Sequence{last}, more_comes);
    EXPECT_TRUE(batches.empty());
}

TEST(Handover, GivesAtOnceWhatNothingFollows) {
    Handover handover;
    give(handover, 10, 1, false);
    Group group;
    ASSERT_TRUE(handover.take(group));
    EXPECT_EQ(group.batches.size(), 10u);
    EXPECT_EQ(group.last, core::Sequence{1});
    EXPECT_NE(group.since, std::chrono::steady_clock::time_point{});
}

TEST(Handover, WhatFollowsSharesTheSync) {
    Handover handover;
    give(handover, 10, 1, true);
    give(handover, 20, 2, true);
    give(handover, 0, 2, false);  // nothing came of the rest
    Group group;
    ASSERT_TRUE(handover.take(group));
    EXPECT_EQ(group.batches.size(), 30u);
    EXPECT_EQ(group.last, core::Sequence{2});
    EXPECT_EQ(group.batches.front(), std::byte{1});
    EXPECT_EQ(group.batches.back(), std::byte{2});
}

TEST(Handover, WhatIsWorthASyncDoesNotWait) {
    Handover handover;
    give(handover, Handover::worth_a_sync_bytes, 1, true);
    Group group;
    ASSERT_TRUE(handover.take(group));
    EXPECT_EQ(group.last, core::Sequence{1});
}

TEST(Handover, NobodyWaitsForWhatDoesNotCome) {
    Handover handover;
    give(handover, 10, 1, true);
    Group group;
    ASSERT_TRUE(handover.take(group)) << "patience ends";
    EXPECT_EQ(group.last, core::Sequence{1});
    std::thread late(
        [&] { give(handover, 10, 2, true); });  // while it is waited for, more having been said to come
    ASSERT_TRUE(handover.take(group));
    EXPECT_EQ(group.last, core::Sequence{2});
    late.join();
}

TEST(Handover, AfterTheEndThereIsTheRestAndThenNothing) {
    Handover handover;
    give(handover, 10, 1, true);
    handover.close();
    Group group;
    ASSERT_TRUE(handover.take(group));
    EXPECT_EQ(group.batches.size(), 10u);
    EXPECT_FALSE(handover.take(group));
    EXPECT_TRUE(group.batches.empty());
    EXPECT_FALSE(handover.take(group));
}

TEST(Handover, EverythingComesOutOnceAndInOrder) {
    Handover handover;
    constexpr std::uint64_t last = 20'000;
    std::thread giver([&] {
        for (std::uint64_t i = 1; i <= last; ++i) give(handover, i % 50 == 0 ? 8192 : 8, i, i % 7 != 0);
        handover.close();
    });
    Group group;
    std::uint64_t seen = 0;
    std::size_t bytes = 0;
    while (handover.take(group)) {
        EXPECT_GT(group.last.raw, seen);
        EXPECT_EQ(group.batches.back(), static_cast<std::byte>(group.last.raw));
        seen = group.last.raw;
        bytes += group.batches.size();
    }
    giver.join();
    EXPECT_EQ(seen, last);
    EXPECT_EQ(bytes, last / 50 * 8192 + (last - last / 50) * 8);
}

}  // namespace
}  // namespace sauda::sequencer
