#include "sequencer/engine_epoch.h"

#include <gtest/gtest.h>

#include "journal/testing/forgetful_disk.h"

namespace sauda::sequencer {
namespace {

TEST(EngineEpoch, RisesWithEveryStartAndSurvivesPowerLoss) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        journal::testing::ForgetfulDisk disk;
        ASSERT_TRUE(disk.make_directory("data"));
        ASSERT_TRUE(disk.sync_directory("data"));
        for (std::uint64_t start = 1; start <= 5; ++start) {
            ASSERT_EQ(next_engine_epoch(disk, "data", 0).value(), start) << "seed " << seed;
            disk.crash(seed * 100 + start);
        }
    }
}

TEST(EngineEpoch, IsAboveWhatTheJournalHasSeen) {
    journal::testing::ForgetfulDisk disk;
    ASSERT_TRUE(disk.make_directory("data"));
    EXPECT_EQ(next_engine_epoch(disk, "data", 41).value(), 42u);
    EXPECT_EQ(next_engine_epoch(disk, "data", 7).value(), 43u);
}

TEST(EngineEpoch, RefusesADamagedFileAndKeepsTheOldOneWhenTheDiskFails) {
    journal::testing::ForgetfulDisk disk;
    ASSERT_TRUE(disk.make_directory("data"));
    ASSERT_TRUE(next_engine_epoch(disk, "data", 0));
    disk.fail_sync_in(1);
    EXPECT_FALSE(next_engine_epoch(disk, "data", 0));
    disk.crash(3);
    EXPECT_EQ(next_engine_epoch(disk, "data", 0).value(), 2u);

    base::Bytes bytes = disk.content("data/epoch");
    bytes[9] ^= std::byte{1};
    disk.set_content("data/epoch", bytes);
    const auto damaged = next_engine_epoch(disk, "data", 0);
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().fault, journal::JournalFault::damaged);
}

}  // namespace
}  // namespace sauda::sequencer
