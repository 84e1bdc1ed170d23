#include "journal/recover.h"

#include <gtest/gtest.h>

#include "journal/testing/forgetful_disk.h"
#include "journal/testing/sample_journal.h"

namespace sauda::journal {
namespace {

using namespace testing;

/// Appends one batch of `count` records and syncs.
void commit(Writer& writer, std::size_t count) {
    base::Bytes bytes;
    encode_sample(writer.appended_sequence() + 1, count, bytes);
    ASSERT_TRUE(writer.append(bytes));
    ASSERT_TRUE(writer.sync());
}

/// The bytes of a small journal: what stands in each file, and where each batch stands.
struct SmallJournal {
    struct Place {
        std::string path;
        std::uint64_t offset, length, first_sequence, last_sequence;
    };
    std::vector<std::pair<std::string, base::Bytes>> files;
    std::vector<Place> batches;
    std::uint64_t last_sequence = 0;

    void put_back(ForgetfulDisk& disk) const {
        const std::vector<std::string> names = disk.list("/journal").value();
        for (const std::string& name : names) EXPECT_TRUE(disk.remove(join("/journal", name)));
        for (const auto& [path, bytes] : files) {
            EXPECT_TRUE(disk.open(path, OpenMode::create));
            disk.set_content(path, bytes);
        }
    }
};

SmallJournal capture(ForgetfulDisk& disk) {
    SmallJournal journal;
    const std::vector<std::string> names = disk.list("/journal").value();
    for (const std::string& name : names) {
        journal.files.emplace_back(join("/journal", name), disk.content(join("/journal", name)));
    }
    auto reader = Reader::open(disk, "/journal", {1, sample_rules_version, sample_journal_id()});
    while (const auto batch = reader->next().value()) {
        journal.batches.push_back({reader->path(), reader->batch_offset(), batch->length(),
                                   batch->header.first_sequence, batch->header.next_sequence() - 1});
        journal.last_sequence = journal.batches.back().last_sequence;
    }
    return journal;
}

/// Two segments of several batches each, each batch synced.
SmallJournal two_segments(ForgetfulDisk& disk, bool clean_stop) {
    EXPECT_TRUE(disk.make_directory("/journal"));
    auto writer = Writer::open(disk, "/journal", sample_writer_config(segment_header_size + 800), 1).value();
    for (const std::size_t count : {3, 5, 4, 6, 2, 3}) commit(*writer, count);
    if (clean_stop) {
        EXPECT_TRUE(writer->stop_cleanly());
    }
    EXPECT_EQ(list_segments(disk, "/journal", SegmentKind::journal)->size(), 2u);
    return capture(disk);
}

class RecoverTest : public ::testing::Test {
protected:
    /// Recovers what is on the disk, and when that succeeds checks that what is served then is unaltered.
    base::Result<Recovered, JournalError> recover_and_read(std::uint64_t complete_through = 0) {
        auto recovered = recover(disk_, "/journal", sample_recover_config(complete_through));
        if (!recovered) return recovered;
        const auto back = read_back(disk_, "/journal");
        EXPECT_TRUE(back) << back.error().message();
        if (!back) return recovered;
        EXPECT_EQ(back->last_sequence + 1, recovered->next_sequence);
        EXPECT_EQ(back->altered_records, 0u);
        EXPECT_TRUE(back->contiguous);
        return recovered;
    }

    ForgetfulDisk disk_;
};

TEST_F(RecoverTest, AnEmptyDirectoryIsANewJournal) {
    ASSERT_TRUE(disk_.make_directory("/journal"));
    const auto recovered = recover(disk_, "/journal", sample_recover_config());
    ASSERT_TRUE(recovered);
    EXPECT_EQ(recovered->next_sequence, 1u);
    EXPECT_FALSE(recovered->journal);
    const auto known = recover(disk_, "/journal", sample_recover_config(5));
    ASSERT_FALSE(known);
    EXPECT_EQ(known.error().fault, JournalFault::missing);
}

TEST_F(RecoverTest, ACleanJournalIsLeftAsItIs) {
    const SmallJournal journal = two_segments(disk_, true);
    const auto recovered = recover_and_read(journal.last_sequence);
    ASSERT_TRUE(recovered) << recovered.error().message();
    EXPECT_TRUE(recovered->stopped_cleanly);
    EXPECT_FALSE(recovered->torn);
    EXPECT_EQ(recovered->rewritten, 0u);
    EXPECT_EQ(recovered->next_sequence, journal.last_sequence + 1);
    EXPECT_EQ(recovered->journal, sample_journal_id());
    for (const auto& [path, bytes] : journal.files) EXPECT_EQ(disk_.content(path), bytes);
}

TEST_F(RecoverTest, AnUncleanTailIsRewrittenIntoANewSegmentAndServed) {
    const SmallJournal journal = two_segments(disk_, false);
    disk_.kill();
    const auto recovered = recover_and_read();
    ASSERT_TRUE(recovered) << recovered.error().message();
    EXPECT_FALSE(recovered->stopped_cleanly);
    EXPECT_EQ(recovered->next_sequence, journal.last_sequence + 1);
    EXPECT_EQ(recovered->rewritten,
              3u);  // The last batch: every earlier one is vouched for by the next one's stamp.
    EXPECT_EQ(recovered->last_timestamp_ns, static_cast<std::int64_t>(journal.last_sequence - 2) * 1000);
    auto writer = Writer::open(disk_, "/journal", sample_writer_config(), recovered->next_sequence).value();
    commit(*writer, 4);
    disk_.crash(3);
    EXPECT_EQ(recover_and_read()->next_sequence, journal.last_sequence + 5);
}

/// A rewritten tail was synced before it got its name: from then on damage in it is no longer power loss.
TEST_F(RecoverTest, DamageInARewrittenTailIsRefused) {
    (void)two_segments(disk_, false);
    ASSERT_EQ(recover_and_read()->rewritten, 3u);
    const std::string path = list_segments(disk_, "/journal", SegmentKind::journal)->back().path;
    base::Bytes bytes = disk_.content(path);
    bytes.back() ^= std::byte{1};
    disk_.set_content(path, bytes);
    const auto recovered = recover_and_read();
    ASSERT_FALSE(recovered);
    EXPECT_EQ(recovered.error().fault, JournalFault::damaged);
    EXPECT_EQ(recovered.error().path, path);
}

TEST_F(RecoverTest, RestartsWithoutWorkLeaveNoSegmentsBehind) {
    ASSERT_TRUE(disk_.make_directory("/journal"));
    for (int start = 0; start < 5; ++start) {
        ASSERT_EQ(recover_and_read()->next_sequence, 1u);
        ASSERT_TRUE(Writer::open(disk_, "/journal", sample_writer_config(), 1));
        disk_.kill();
    }
    EXPECT_EQ(disk_.list("/journal")->size(), 1u);
}

/// The reader trusts no recovery: it refuses by itself what is not right.
TEST_F(RecoverTest, TheReaderRefusesEveryFlippedByteThatItWouldHaveToServe) {
    const SmallJournal journal = two_segments(disk_, false);
    for (const auto& [path, bytes] : journal.files) {
        std::uint64_t end = path == journal.files.back().first ? bytes.size() : 0;
        for (const auto& batch : journal.batches) {
            if (batch.path == path) end = std::max(end, batch.offset + batch.length);
        }
        for (std::size_t at = 0; at < end; ++at) {
            base::Bytes bad = bytes;
            bad[at] ^= std::byte{0x04};
            disk_.set_content(path, bad);
            const auto back = read_back(disk_, "/journal");
            ASSERT_FALSE(back) << path << " " << at;
            EXPECT_EQ(back.error().path, path);
        }
        disk_.set_content(path, bytes);
    }
}

TEST_F(RecoverTest, TheReaderRefusesAMissingSegmentWithItsPlace) {
    const SmallJournal journal = two_segments(disk_, true);
    auto writer = Writer::open(disk_, "/journal", sample_writer_config(), journal.last_sequence + 1).value();
    commit(*writer, 3);
    ASSERT_TRUE(disk_.remove(journal.files.back().first));
    const auto back = read_back(disk_, "/journal");
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().fault, JournalFault::gap);
    EXPECT_EQ(back.error().path, journal.files.front().first);
}

TEST_F(RecoverTest, AnythingBehindTheMarkOfACleanStopIsRefused) {
    SmallJournal journal = two_segments(disk_, true);
    auto& [path, bytes] = journal.files.back();
    bytes.resize(bytes.size() + 64, std::byte{0xEE});
    journal.put_back(disk_);
    const auto recovered = recover_and_read();
    ASSERT_FALSE(recovered);
    EXPECT_EQ(recovered.error().fault, JournalFault::damaged);
}

/// What must happen when the byte at `offset` of `path` is changed and nothing but the journal itself is
/// known.
enum class Verdict { refused, cut_or_whole };

class Damaged {
public:
    Damaged(const SmallJournal& journal, bool clean_stop) : journal_(journal), clean_stop_(clean_stop) {}

    /// Header pages and every batch but the last are known complete; behind a clean stop all batches are.
    Verdict verdict(const std::string& path, std::uint64_t offset) const {
        if (offset < segment_header_size) return Verdict::refused;
        for (const auto& batch : journal_.batches) {
            const bool inside =
                path == batch.path && offset >= batch.offset && offset < batch.offset + batch.length;
            const bool known = clean_stop_ || batch.last_sequence != journal_.last_sequence;
            if (inside) return known ? Verdict::refused : Verdict::cut_or_whole;
        }
        return Verdict::cut_or_whole;
    }

private:
    const SmallJournal& journal_;
    bool clean_stop_;
};

void flip_every_byte(bool clean_stop) {
    ForgetfulDisk disk;
    const SmallJournal journal = two_segments(disk, clean_stop);
    const Damaged damaged(journal, clean_stop);
    int cut = 0;
    int refused = 0;
    for (const auto& [path, bytes] : journal.files) {
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            journal.put_back(disk);
            base::Bytes bad = bytes;
            bad[at] ^= std::byte{0x40};
            disk.set_content(path, bad);
            const auto recovered = recover(disk, "/journal", sample_recover_config());
            if (!recovered) {
                ++refused;
                EXPECT_EQ(damaged.verdict(path, at), Verdict::refused) << path << " " << at;
                EXPECT_EQ(recovered.error().path, path);
                EXPECT_LE(recovered.error().offset, at);
                EXPECT_EQ(disk.content(path), bad) << "a refused journal is left as it is";
                continue;
            }
            const auto back = read_back(disk, "/journal");
            ASSERT_TRUE(back) << back.error().message();
            EXPECT_EQ(damaged.verdict(path, at), Verdict::cut_or_whole) << path << " " << at;
            EXPECT_EQ(back->altered_records, 0u);
            EXPECT_EQ(back->last_sequence + 1, recovered->next_sequence);
            EXPECT_GE(recovered->next_sequence, journal.batches.back().first_sequence);
            cut += recovered->torn.has_value();
            EXPECT_TRUE(recovered->torn || back->last_sequence == journal.last_sequence);
        }
    }
    EXPECT_GT(refused, 2 * static_cast<int>(segment_header_size));
    EXPECT_GT(cut, 0);
}

TEST_F(RecoverTest, EveryFlippedByteIsCutWithTheFinalBatchOrRefused) {
    flip_every_byte(false);
}
TEST_F(RecoverTest, BehindACleanStopEveryFlippedByteOfABatchIsRefused) {
    flip_every_byte(true);
}

TEST_F(RecoverTest, ADamagedFinalBatchIsKeptAndReported) {
    SmallJournal journal = two_segments(disk_, false);
    const auto last = journal.batches.back();
    base::Bytes bytes = disk_.content(last.path);
    bytes[last.offset + 70] ^= std::byte{1};
    disk_.set_content(last.path, bytes);
    const auto recovered = recover_and_read();
    ASSERT_TRUE(recovered) << recovered.error().message();
    ASSERT_TRUE(recovered->torn);
    EXPECT_EQ(recovered->torn->path, last.path);
    EXPECT_EQ(recovered->torn->offset, last.offset);
    EXPECT_EQ(recovered->torn->sequence, last.first_sequence);
    EXPECT_EQ(recovered->torn->saved_as, last.path + ".torn");
    EXPECT_EQ(recovered->next_sequence, last.first_sequence);
    const base::Bytes kept = disk_.content(last.path + ".torn");
    ASSERT_LE(kept.size(), last.length);
    EXPECT_TRUE(
        std::equal(kept.begin(), kept.end(), bytes.begin() + static_cast<std::ptrdiff_t>(last.offset)));
}

TEST_F(RecoverTest, ADamagedFinalBatchThatIsKnownToHaveBeenCompleteIsRefused) {
    const SmallJournal journal = two_segments(disk_, false);
    const auto last = journal.batches.back();
    base::Bytes bytes = disk_.content(last.path);
    bytes[last.offset + 70] ^= std::byte{1};
    disk_.set_content(last.path, bytes);
    const auto recovered = recover_and_read(last.first_sequence);
    ASSERT_FALSE(recovered);
    EXPECT_EQ(recovered.error().fault, JournalFault::damaged);
    EXPECT_EQ(recovered.error().path, last.path);
    EXPECT_EQ(recovered.error().offset, last.offset);
    EXPECT_EQ(recovered.error().sequence, last.first_sequence);
    EXPECT_TRUE(recover_and_read(last.first_sequence - 1)) << "complete through the batch before: may be cut";
}

TEST_F(RecoverTest, EveryTruncationOfTheLastSegmentLosesNoMoreThanItCut) {
    const SmallJournal journal = two_segments(disk_, false);
    const auto& [path, bytes] = journal.files.back();
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        journal.put_back(disk_);
        disk_.set_content(path,
                          base::Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)));
        const auto recovered = recover_and_read();
        if (length < segment_header_size) {
            EXPECT_FALSE(recovered);
            continue;
        }
        std::uint64_t intact = 0;
        for (const auto& batch : journal.batches) {
            if (batch.path != path || batch.offset + batch.length <= length) intact = batch.last_sequence;
        }
        ASSERT_TRUE(recovered) << length << ": " << recovered.error().message();
        EXPECT_EQ(recovered->next_sequence, intact + 1) << length;
    }
}

TEST_F(RecoverTest, EveryTruncationIsRefusedWhenTheJournalIsKnownToBeComplete) {
    const SmallJournal journal = two_segments(disk_, false);
    for (const auto& [path, bytes] : journal.files) {
        std::uint64_t end = 0;
        for (const auto& batch : journal.batches) {
            if (batch.path == path) end = batch.offset + batch.length;
        }
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            journal.put_back(disk_);
            disk_.set_content(
                path, base::Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)));
            const auto recovered = recover_and_read(journal.last_sequence);
            EXPECT_EQ(recovered.has_value(), length >= end) << path << " " << length;
        }
    }
}

TEST_F(RecoverTest, EveryTruncationOfAnEarlierSegmentIsRefused) {
    const SmallJournal journal = two_segments(disk_, false);
    const auto& [path, bytes] = journal.files.front();
    std::uint64_t end = 0;
    for (const auto& batch : journal.batches) {
        if (batch.path == path) end = batch.offset + batch.length;
    }
    for (std::size_t length = 0; length < end; ++length) {
        journal.put_back(disk_);
        disk_.set_content(path,
                          base::Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)));
        const auto recovered = recover_and_read();
        ASSERT_FALSE(recovered) << length;
        EXPECT_EQ(recovered.error().path, path);
    }
}

/// The sectors of one unfinished sync reach the device in any order: an intact batch may stand behind a lost
/// one.
TEST_F(RecoverTest, ALostBatchWithIntactNeighboursOfTheSameUnfinishedSyncIsCut) {
    ASSERT_TRUE(disk_.make_directory("/journal"));
    auto writer = Writer::open(disk_, "/journal", sample_writer_config(), 1).value();
    commit(*writer, 3);
    base::Bytes group;
    for (std::uint64_t first = 4; first <= 40; first += 3) encode_sample(first, 3, group);
    ASSERT_TRUE(writer->append(group));
    ASSERT_TRUE(writer->sync());
    const SmallJournal journal = capture(disk_);
    base::Bytes bytes = disk_.content(journal.batches[2].path);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(journal.batches[2].offset),
                journal.batches[2].length, std::byte{0});
    disk_.set_content(journal.batches[2].path, bytes);
    const auto recovered = recover_and_read();
    ASSERT_TRUE(recovered) << recovered.error().message();
    EXPECT_EQ(recovered->next_sequence, journal.batches[2].first_sequence);
    EXPECT_TRUE(recovered->torn);
}

TEST_F(RecoverTest, TheSameLossIsRefusedOnceALaterSyncVouchesForIt) {
    ASSERT_TRUE(disk_.make_directory("/journal"));
    auto writer = Writer::open(disk_, "/journal", sample_writer_config(), 1).value();
    base::Bytes group;
    for (std::uint64_t first = 1; first <= 40; first += 4) encode_sample(first, 4, group);
    ASSERT_TRUE(writer->append(group));
    ASSERT_TRUE(writer->sync());
    commit(*writer, 1);
    const SmallJournal journal = capture(disk_);
    base::Bytes bytes = disk_.content(journal.batches[2].path);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(journal.batches[2].offset),
                journal.batches[2].length, std::byte{0});
    disk_.set_content(journal.batches[2].path, bytes);
    const auto recovered = recover_and_read();
    ASSERT_FALSE(recovered);
    EXPECT_EQ(recovered.error().offset, journal.batches[2].offset);
    EXPECT_EQ(recovered.error().sequence, journal.batches[2].first_sequence);
}

TEST_F(RecoverTest, AfterAFailedSyncTheTailIsWhatTheDeviceHoldsAndNotWhatTheCacheShows) {
    int lost = 0;
    for (int round = 0; round < 40; ++round) {
        ForgetfulDisk disk;
        ASSERT_TRUE(disk.make_directory("/journal"));
        auto writer = Writer::open(disk, "/journal", sample_writer_config(), 1).value();
        commit(*writer, 10);
        base::Bytes bytes;
        encode_sample(11, 40, bytes);
        ASSERT_TRUE(writer->append(bytes));
        disk.fail_sync_in(static_cast<std::uint64_t>(1));
        ASSERT_FALSE(writer->sync());
        disk.kill();
        ASSERT_EQ(read_back(disk, "/journal")->last_sequence, 50u) << "the cache shows it all";
        const auto recovered = recover(disk, "/journal", sample_recover_config(10));
        ASSERT_TRUE(recovered) << recovered.error().message();
        const std::uint64_t promised = recovered->next_sequence - 1;
        lost += promised < 50;
        disk.crash(static_cast<std::uint64_t>(round));
        const auto again = recover(disk, "/journal", sample_recover_config(promised));
        ASSERT_TRUE(again) << again.error().message();
        EXPECT_EQ(again->next_sequence - 1, promised) << "what was served from has to survive";
    }
    EXPECT_GT(lost, 0);
}

TEST_F(RecoverTest, RulesOfAnotherVersionAreRefusedUnlessNothingOfThemIsReplayed) {
    const SmallJournal journal = two_segments(disk_, true);
    RecoverConfig config = sample_recover_config(journal.last_sequence);
    config.rules_version = sample_rules_version + 1;
    const auto refused = recover(disk_, "/journal", config);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, JournalFault::other_rules_version);
    config.replay_from = journal.last_sequence + 1;
    EXPECT_TRUE(recover(disk_, "/journal", config));
}

TEST_F(RecoverTest, ASegmentThatIsMissingFromTheMiddleIsRefused) {
    const SmallJournal journal = two_segments(disk_, true);
    auto writer = Writer::open(disk_, "/journal", sample_writer_config(), journal.last_sequence + 1).value();
    commit(*writer, 3);
    ASSERT_TRUE(disk_.remove(journal.files.back().first));
    const auto recovered = recover_and_read();
    ASSERT_FALSE(recovered);
    EXPECT_EQ(recovered.error().fault, JournalFault::gap);
    EXPECT_EQ(recovered.error().path, journal.files.front().first);
}

}  // namespace
}  // namespace sauda::journal
