#include "journal/snapshot_store.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "journal/testing/forgetful_disk.h"
#include "journal/testing/sample_journal.h"

namespace sauda::journal {
namespace {

using namespace testing;

base::Bytes sample_content(std::uint64_t sequence, std::size_t size) {
    base::Random random(sequence);
    base::Bytes content(size);
    for (std::byte& byte : content) byte = static_cast<std::byte>(random.below(256));
    return content;
}

SnapshotInfo sample_info(std::uint64_t sequence) {
    SnapshotInfo info;
    info.sequence = sequence;
    info.timestamp_ns = static_cast<std::int64_t>(sequence) * 10;
    info.state_hash = sequence * 0x9E3779B97F4A7C15ull;
    info.rules_version = sample_rules_version;
    info.journal = sample_journal_id();
    return info;
}

class SnapshotStoreTest : public ::testing::Test {
protected:
    SnapshotStoreTest() : store_(disk_, "/snapshots") { EXPECT_TRUE(disk_.make_directory("/snapshots")); }

    void save(std::uint64_t sequence, std::size_t size = 300) {
        ASSERT_TRUE(store_.save(sample_info(sequence), sample_content(sequence, size)));
    }
    void damage(std::uint64_t sequence) {
        base::Bytes bytes = disk_.content(store_.path_of(sequence));
        bytes.back() ^= std::byte{1};
        disk_.set_content(store_.path_of(sequence), bytes);
    }

    ForgetfulDisk disk_;
    SnapshotStore store_;
};

TEST_F(SnapshotStoreTest, WhatIsSavedIsLoaded) {
    EXPECT_FALSE(store_.load_newest()->snapshot);
    save(100);
    const auto loaded = store_.load(100);
    ASSERT_TRUE(loaded) << loaded.error().message();
    EXPECT_EQ(loaded->content, sample_content(100, 300));
    SnapshotInfo expected = sample_info(100);
    expected.length = 300;
    EXPECT_EQ(loaded->info, expected);
}

TEST_F(SnapshotStoreTest, APieceAtATimeIsTheSameFile) {
    const base::Bytes content = sample_content(7, 3'000'000);
    save(7, content.size());
    const base::Bytes whole = disk_.content(store_.path_of(7));
    auto writer = store_.begin(sample_info(7));
    ASSERT_TRUE(writer);
    for (std::size_t at = 0; at < content.size(); at += 70'001) {
        const base::ByteView rest = base::ByteView(content).subspan(at);
        ASSERT_TRUE(writer->write(rest.first(std::min<std::size_t>(rest.size(), 70'001))));
    }
    ASSERT_TRUE(writer->commit(sample_info(7).state_hash));
    EXPECT_EQ(disk_.content(store_.path_of(7)), whole);
    EXPECT_EQ(store_.load(7)->content, content);
    EXPECT_EQ(store_.verify(7)->length, content.size());
}

TEST_F(SnapshotStoreTest, AnEmptySnapshotIsASnapshot) {
    save(5, 0);
    EXPECT_TRUE(store_.load(5)->content.empty());
}

TEST_F(SnapshotStoreTest, TheNewestIsLoadedUpToALimit) {
    for (const std::uint64_t sequence : {5, 900, 40}) save(sequence);
    EXPECT_EQ(store_.list().value(), (std::vector<std::uint64_t>{900, 40, 5}));
    EXPECT_EQ(store_.load_newest()->snapshot->info.sequence, 900u);
    EXPECT_EQ(store_.load_newest(899)->snapshot->info.sequence, 40u);
    EXPECT_FALSE(store_.load_newest(4)->snapshot);
}

TEST_F(SnapshotStoreTest, EveryFlippedByteAndEveryTruncationIsReportedAndTheOlderOneUsed) {
    save(1);
    save(2, 200);
    const std::string path = store_.path_of(2);
    const base::Bytes good = disk_.content(path);
    const auto expect_older = [&](const base::Bytes& bytes) {
        disk_.set_content(path, bytes);
        const auto loaded = store_.load_newest();
        ASSERT_TRUE(loaded);
        ASSERT_TRUE(loaded->snapshot);
        EXPECT_EQ(loaded->snapshot->info.sequence, 1u);
        ASSERT_EQ(loaded->damaged.size(), 1u);
        EXPECT_EQ(loaded->damaged[0].path, path);
        EXPECT_EQ(loaded->damaged[0].fault, JournalFault::damaged);
    };
    for (std::size_t at = 0; at < good.size(); ++at) {
        base::Bytes bad = good;
        bad[at] ^= std::byte{0x10};
        expect_older(bad);
        expect_older(base::Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(at)));
    }
    base::Bytes longer = good;
    longer.push_back(std::byte{0});
    expect_older(longer);
}

TEST_F(SnapshotStoreTest, PruningKeepsTheNewestThatCheck) {
    for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) save(sequence);
    EXPECT_EQ(store_.prune(2).value(), (std::vector<std::uint64_t>{3, 2, 1}));
    EXPECT_EQ(store_.list().value(), (std::vector<std::uint64_t>{5, 4}));
    damage(5);
    save(6);
    damage(6);
    EXPECT_TRUE(store_.prune(1).value().empty()) << "4 is the only one that checks";
    EXPECT_EQ(store_.load_newest()->snapshot->info.sequence, 4u);
    save(7);
    EXPECT_EQ(store_.prune(1).value(), (std::vector<std::uint64_t>{6, 5, 4}));
}

TEST_F(SnapshotStoreTest, AnUnfinishedSnapshotIsNotSeenAndIsSweptAway) {
    auto writer = store_.begin(sample_info(9));
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->write(sample_content(9, 1000)));
    EXPECT_TRUE(store_.list()->empty());
    ASSERT_TRUE(store_.sweep());
    EXPECT_TRUE(disk_.list("/snapshots")->empty());
}

TEST_F(SnapshotStoreTest, AFailedSyncOrAFullDiskLeavesTheOlderOneInPlace) {
    save(1);
    disk_.fail_sync_in(1);
    EXPECT_FALSE(store_.save(sample_info(2), sample_content(2, 100)));
    disk_.set_capacity(1000);
    EXPECT_FALSE(store_.save(sample_info(3), sample_content(3, 5000)));
    EXPECT_EQ(store_.load_newest()->snapshot->info.sequence, 1u);
    EXPECT_TRUE(store_.load_newest()->damaged.empty());
}

/// Counts the rounds in which a committed snapshot was gone or damaged after power loss.
int lost_snapshots(bool lying) {
    int lost = 0;
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        ForgetfulDisk disk;
        disk.set_lying(lying);
        EXPECT_TRUE(disk.make_directory("/snapshots"));
        SnapshotStore store(disk, "/snapshots");
        base::Random random(seed);
        std::uint64_t committed = 0;
        for (std::uint64_t steps = 1 + random.below(6); steps > 0; --steps) {
            committed += 1 + random.below(10);
            EXPECT_TRUE(store.save(sample_info(committed), sample_content(committed, random.below(3000))));
            if (random.chance(1, 2)) {
                EXPECT_TRUE(store.prune(2));
            }
        }
        auto unfinished = store.begin(sample_info(committed + 1));
        EXPECT_TRUE(unfinished->write(sample_content(1, 700)));
        disk.crash(seed);
        const auto loaded = store.load_newest();
        lost += !loaded->snapshot || loaded->snapshot->info.sequence != committed || !loaded->damaged.empty();
    }
    return lost;
}

TEST(SnapshotCampaign, PowerLossLosesNoCommittedSnapshot) {
    EXPECT_EQ(lost_snapshots(false), 0);
}
TEST(SnapshotCampaign, ADiskThatLiesAboutSyncingIsCaught) {
    EXPECT_GT(lost_snapshots(true), 100);
}

}  // namespace
}  // namespace sauda::journal
