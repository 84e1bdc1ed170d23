#include "journal/writer.h"

#include <gtest/gtest.h>

#include "journal/testing/forgetful_disk.h"
#include "journal/testing/sample_journal.h"

namespace sauda::journal {
namespace {

using namespace testing;

class WriterTest : public ::testing::Test {
protected:
    WriterTest() { EXPECT_TRUE(disk_.make_directory("/journal")); }

    std::unique_ptr<Writer> open(std::uint64_t next_sequence = 1,
                                 WriterConfig config = sample_writer_config()) {
        auto writer = Writer::open(disk_, "/journal", config, next_sequence);
        EXPECT_TRUE(writer);
        return std::move(*writer);
    }
    IoResult<void> append(Writer& writer, std::size_t count) {
        base::Bytes bytes;
        encode_sample(writer.appended_sequence() + 1, count, bytes);
        return writer.append(bytes);
    }
    std::size_t segment_count() { return list_segments(disk_, "/journal", SegmentKind::journal)->size(); }

    ForgetfulDisk disk_;
};

TEST_F(WriterTest, WhatIsSyncedIsReadBack) {
    auto writer = open();
    for (std::size_t count = 1; count <= 20; ++count) ASSERT_TRUE(append(*writer, count));
    EXPECT_EQ(writer->durable_sequence(), 0u);
    EXPECT_EQ(writer->sync().value(), 210u);
    EXPECT_EQ(writer->durable_sequence(), 210u);
    const auto back = read_back(disk_, "/journal");
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->last_sequence, 210u);
    EXPECT_EQ(back->altered_records, 0u);
    EXPECT_TRUE(back->contiguous);
    EXPECT_FALSE(back->stopped_cleanly);
}

TEST_F(WriterTest, RollsOverToTheNextSegmentAndReadsAcross) {
    auto writer = open();
    for (int i = 0; i < 60; ++i) ASSERT_TRUE(append(*writer, 7));
    ASSERT_TRUE(writer->sync());
    EXPECT_GT(segment_count(), 3u);
    for (std::uint64_t from = 1; from <= 420; from += 13) {
        const auto back = read_back(disk_, "/journal", from);
        ASSERT_TRUE(back) << back.error().message();
        EXPECT_EQ(back->last_sequence, 420u);
        EXPECT_TRUE(back->contiguous);
        EXPECT_EQ(back->altered_records, 0u);
    }
}

TEST_F(WriterTest, AGroupOfBatchesIsSplitAtTheSegmentsEnd) {
    auto writer = open();
    base::Bytes group;
    for (std::uint64_t first = 1; first <= 600; first += 6) encode_sample(first, 6, group);
    ASSERT_GT(group.size(), 8192u);
    ASSERT_TRUE(writer->append(group));
    EXPECT_EQ(writer->sync().value(), 600u);
    EXPECT_EQ(read_back(disk_, "/journal")->last_sequence, 600u);
}

TEST_F(WriterTest, ABatchLargerThanASegmentGetsASegmentOfItsSize) {
    auto writer = open();
    ASSERT_TRUE(append(*writer, 3));
    ASSERT_TRUE(append(*writer, 1000));
    ASSERT_TRUE(append(*writer, 3));
    ASSERT_TRUE(writer->sync());
    EXPECT_EQ(read_back(disk_, "/journal")->last_sequence, 1006u);
}

TEST_F(WriterTest, APreparedSegmentIsUsedAtRollover) {
    auto writer = open();
    EXPECT_TRUE(writer->wants_prepared());
    const std::uint64_t room = writer->room();
    ASSERT_TRUE(writer->prepare_next());
    EXPECT_FALSE(writer->wants_prepared());
    EXPECT_EQ(writer->room(), 2 * room);
    disk_.set_capacity(2 * 8192);  // A third segment would not fit: only the prepared one can be rolled to.
    while (writer->room() > 1000) ASSERT_TRUE(append(*writer, 2));
    EXPECT_EQ(segment_count(), 2u);
    EXPECT_TRUE(writer->wants_prepared());
}

TEST_F(WriterTest, AFullDiskWhilePreparingLeavesTheWriterUsable) {
    auto writer = open();
    disk_.set_capacity(8192 + 100);
    const auto prepared = writer->prepare_next();
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().error_number, ENOSPC);
    EXPECT_FALSE(writer->failed());
    EXPECT_TRUE(append(*writer, 2));
    EXPECT_TRUE(writer->sync());
}

TEST_F(WriterTest, AFullDiskAtRolloverFailsTheWriterForGood) {
    auto writer = open();
    disk_.set_capacity(8192);
    while (append(*writer, 5)) {
    }
    EXPECT_TRUE(writer->failed());
    disk_.set_capacity(1u << 20);
    EXPECT_FALSE(append(*writer, 1));
    EXPECT_FALSE(writer->sync());
}

TEST_F(WriterTest, AFailedSyncIsNeverTriedAgain) {
    auto writer = open();
    ASSERT_TRUE(append(*writer, 4));
    ASSERT_TRUE(writer->sync());
    ASSERT_TRUE(append(*writer, 4));
    disk_.fail_sync_in(1);
    ASSERT_FALSE(writer->sync());
    EXPECT_TRUE(writer->failed());
    EXPECT_EQ(writer->durable_sequence(), 4u);
    const std::uint64_t syncs = disk_.sync_count();
    EXPECT_FALSE(writer->sync());
    EXPECT_FALSE(append(*writer, 1));
    EXPECT_FALSE(writer->stop_cleanly());
    EXPECT_EQ(disk_.sync_count(), syncs);
    EXPECT_EQ(writer->durable_sequence(), 4u);
}

TEST_F(WriterTest, AGroupCostsOneSync) {
    auto writer = open();
    base::Bytes group;
    for (std::uint64_t first = 1; first <= 20; ++first) encode_sample(first, 1, group);
    const std::uint64_t syncs = disk_.sync_count();
    ASSERT_TRUE(writer->append(group));
    ASSERT_TRUE(writer->sync());
    ASSERT_TRUE(writer->sync());  // Nothing new: nothing to do.
    EXPECT_EQ(disk_.sync_count(), syncs + 1);
}

TEST_F(WriterTest, OsDurabilityAsksTheDeviceForNothing) {
    WriterConfig config = sample_writer_config();
    config.durability = Durability::os;
    auto writer = open(1, config);
    const std::uint64_t syncs = disk_.sync_count();
    ASSERT_TRUE(append(*writer, 10));
    EXPECT_EQ(writer->sync().value(), 10u);
    EXPECT_EQ(disk_.sync_count(), syncs);
}

TEST_F(WriterTest, ACleanStopIsMarkedAndGivesSpaceBack) {
    auto writer = open();
    ASSERT_TRUE(append(*writer, 4));
    ASSERT_TRUE(writer->stop_cleanly());
    EXPECT_LT(disk_.content("/journal/00000000000000000001.seg").size(), 8192u);
    EXPECT_TRUE(read_back(disk_, "/journal")->stopped_cleanly);
}

TEST_F(WriterTest, OldSegmentsAreMovedToTheArchiveAndTheRestStillReads) {
    auto writer = open();
    for (int i = 0; i < 60; ++i) ASSERT_TRUE(append(*writer, 7));
    ASSERT_TRUE(writer->sync());
    const auto before = list_segments(disk_, "/journal", SegmentKind::journal);
    const std::uint64_t needed = (*before)[2].first_sequence + 1;
    EXPECT_EQ(archive_segments_below(disk_, "/journal", SegmentKind::journal, needed).value(), 2u);
    EXPECT_EQ(segment_count(), before->size() - 2);
    EXPECT_EQ(list_segments(disk_, "/journal/archive", SegmentKind::journal)->size(), 2u);
    EXPECT_EQ(read_back(disk_, "/journal", needed)->last_sequence, 420u);
    const auto below = read_back(disk_, "/journal", 1);
    ASSERT_FALSE(below);
    EXPECT_EQ(below.error().fault, JournalFault::missing);
    EXPECT_EQ(archive_segments_below(disk_, "/journal", SegmentKind::journal, ~0ull).value(),
              before->size() - 3);
    EXPECT_EQ(segment_count(), 1u);
}

TEST_F(WriterTest, AnotherRulesVersionIsRefusedFromTheSequenceWantedOn) {
    auto old_rules = open();
    ASSERT_TRUE(append(*old_rules, 10));
    ASSERT_TRUE(old_rules->stop_cleanly());
    ReaderConfig config{1, sample_rules_version + 1, sample_journal_id()};
    auto reader = Reader::open(disk_, "/journal", config);
    ASSERT_TRUE(reader);
    const auto batch = reader->next();
    ASSERT_FALSE(batch);
    EXPECT_EQ(batch.error().fault, JournalFault::other_rules_version);
    // After drain and snapshot at 10 nothing older is replayed, so the new rules may go on in a new segment.
    config.from_sequence = 11;
    auto after = Reader::open(disk_, "/journal", config);
    ASSERT_TRUE(after);
    const auto end = after->next();
    ASSERT_TRUE(end);
    EXPECT_FALSE(*end);
}

TEST_F(WriterTest, ASegmentOfAnotherJournalIsRefused) {
    WriterConfig config = sample_writer_config();
    config.journal = sample_journal_id(2);
    auto writer = open(1, config);
    ASSERT_TRUE(append(*writer, 2));
    ASSERT_TRUE(writer->sync());
    const auto back = read_back(disk_, "/journal");
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().fault, JournalFault::other_journal);
}

}  // namespace
}  // namespace sauda::journal
