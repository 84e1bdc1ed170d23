#include "journal/event_log.h"

#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "base/crc32c.h"
#include "base/random.h"
#include "journal/forwarding_file_system.h"
#include "journal/testing/forgetful_disk.h"
#include "journal/testing/sample_journal.h"

namespace sauda::journal {
namespace {

using namespace testing;

EventLogConfig sample_config(std::uint64_t segment_size = 8192) {
    EventLogConfig config;
    config.journal = sample_journal_id();
    config.rules_version = sample_rules_version;
    config.segment_size = segment_size;
    return config;
}

class EventLogTest : public ::testing::Test {
protected:
    EventLogTest() { EXPECT_TRUE(disk_.make_directory("/events")); }

    std::unique_ptr<EventLog> open(EventLogConfig config = sample_config()) {
        auto log = EventLog::open(disk_, "/events", config);
        EXPECT_TRUE(log) << log.error().message();
        return std::move(*log);
    }
    /// Appends through `through`, up to `run` frames at a time.
    static void append(EventLog& log, std::uint64_t through, std::uint64_t run = 5) {
        while (log.last_sequence() < through) {
            const std::uint64_t first = log.last_sequence() + 1;
            const std::uint64_t last = std::min(through, (first + run - 1) / run * run);
            base::Bytes frames;
            for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
                const base::Bytes frame = sample_frame(sequence);
                frames.insert(frames.end(), frame.begin(), frame.end());
            }
            ASSERT_TRUE(log.append({first, last, frames}));
        }
    }
    /// Reads all from `from`, checks every frame, and returns the last sequence.
    static std::uint64_t read_all(const EventLog& log, std::uint64_t from, std::size_t max_bytes = 700) {
        std::uint64_t next = from;
        for (;;) {
            std::uint64_t expected = next;
            const auto done = log.read(next, max_bytes, [&](std::uint64_t sequence, base::ByteView frame) {
                EXPECT_EQ(sequence, expected++);
                EXPECT_TRUE(std::ranges::equal(frame, sample_frame(sequence)));
                return true;
            });
            EXPECT_TRUE(done) << done.error().message();
            if (!done || *done == next) return next - 1;
            EXPECT_EQ(*done, expected);
            next = *done;
        }
    }
    std::vector<SegmentPlace> segments() {
        return list_segments(disk_, "/events", SegmentKind::event_log).value();
    }

    ForgetfulDisk disk_;
};

TEST_F(EventLogTest, IsReadFromAnySequence) {
    auto log = open();
    append(*log, 900);
    EXPECT_GT(segments().size(), 3u);
    for (std::uint64_t from = 1; from <= 900; from += 17) EXPECT_EQ(read_all(*log, from), 900u);
    EXPECT_EQ(log->read(901, 1000, [](auto, auto) { return true; }).value(), 901u);
    EXPECT_EQ(log->read(5000, 1000, [](auto, auto) { return true; }).value(), 5000u);
}

TEST_F(EventLogTest, ReadsLogsWithARecordForEachFrame) {
    auto log = open();
    append(*log, 100, 1);
    append(*log, 200, 30);
    EXPECT_EQ(read_all(*log, 1), 200u);
    EXPECT_EQ(read_all(*log, 57), 200u);
}

/// A segment as programs of 2026-11 wrote it: records of `run` frames as they are.
base::Bytes old_segment(std::uint64_t first, std::uint64_t last, std::uint64_t run) {
    base::Bytes out = encode_segment_header(
        {SegmentKind::event_log, 1, sample_journal_id(), first, first - 1, sample_rules_version});
    base::ByteWriter writer(out);
    while (first <= last) {
        base::Bytes frames;
        const std::uint64_t begin = first;
        for (; first <= std::min(last, begin + run - 1); ++first) {
            const base::Bytes frame = sample_frame(first);
            frames.insert(frames.end(), frame.begin(), frame.end());
        }
        base::Bytes checked;
        base::ByteWriter(checked).put(begin);
        checked.insert(checked.end(), frames.begin(), frames.end());
        writer.put(static_cast<std::uint32_t>(frames.size()));
        writer.put(base::crc32c(checked, base::crc32c(sample_journal_id())));
        writer.put_bytes(checked);
    }
    return out;
}

TEST_F(EventLogTest, GoesOnBehindSegmentsOfTheFormatBefore) {
    for (const std::uint64_t last : {0, 1, 30, 200}) {
        for (const std::uint64_t run : {1, 7}) {
            ForgetfulDisk disk;
            ASSERT_TRUE(disk.make_directory("/events"));
            const std::string path = "/events/" + segment_name(1, SegmentKind::event_log);
            ASSERT_TRUE(disk.open(path, OpenMode::create));
            disk.set_content(path, old_segment(1, last, run));
            for (const std::uint64_t more : {0, 50, 50}) {
                auto log = EventLog::open(disk, "/events", sample_config());
                ASSERT_TRUE(log) << log.error().message();
                EXPECT_FALSE((*log)->torn());
                append(**log, (*log)->last_sequence() + more);
                const std::uint64_t end = (*log)->last_sequence();
                EXPECT_EQ(read_all(**log, 1), end);
                EXPECT_EQ(read_all(**log, end / 2 + 1), end);
            }
            auto log = EventLog::open(disk, "/events", sample_config());
            EXPECT_EQ((*log)->last_sequence(), last + 100);
            // Cut within a record of the old format, whose rest goes on in a segment of the new.
            const std::uint64_t kept = last - std::min<std::uint64_t>(last, 3);
            ASSERT_TRUE((*log)->cut_after(kept));
            append(**log, kept + 20);
            EXPECT_EQ(read_all(**log, 1), kept + 20);
            log = EventLog::open(disk, "/events", sample_config());
            EXPECT_EQ(read_all(**log, 1), kept + 20);
        }
    }
}

TEST_F(EventLogTest, OfALaterFormatIsRefusedAndLeftAsItIs) {
    const std::string path = "/events/" + segment_name(1, SegmentKind::event_log);
    ASSERT_TRUE(disk_.open(path, OpenMode::create));
    const base::Bytes later = encode_segment_header(
        {SegmentKind::event_log, event_record_format + 1, sample_journal_id(), 1, 0, sample_rules_version});
    disk_.set_content(path, later);
    const auto log = EventLog::open(disk_, "/events", sample_config());
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().fault, JournalFault::other_format);
    EXPECT_EQ(disk_.content(path), later);
}

TEST_F(EventLogTest, DividesALongRunAndKeepsALongFrameWhole) {
    auto log = open(sample_config(64u << 20));
    const std::size_t lengths[] = {600'000, 500'000, 3'000'000, 8, 4, 1'000'000, 100};
    base::Bytes frames;
    std::uint64_t count = 0;
    for (const std::size_t length : lengths) {
        base::Bytes frame(length, static_cast<std::byte>(++count));
        const auto stored = static_cast<std::uint32_t>(length);
        std::memcpy(frame.data(), &stored, sizeof stored);
        frames.insert(frames.end(), frame.begin(), frame.end());
    }
    ASSERT_TRUE(log->append({1, count, frames}));
    log = open();
    EXPECT_EQ(log->last_sequence(), count);
    std::uint64_t next = 1;
    while (next <= count) {
        const auto visit = [&](std::uint64_t sequence, base::ByteView frame) {
            EXPECT_EQ(frame.size(), lengths[sequence - 1]);
            EXPECT_EQ(frame.back(), frame.size() > 4 ? static_cast<std::byte>(sequence) : frame.back());
            return true;
        };
        next = log->read(next, 1, visit).value();
    }
}

TEST_F(EventLogTest, ReadsAtLeastOneFrameAndStopsWhenToldTo) {
    auto log = open();
    append(*log, 50);
    const auto everything = [](std::uint64_t, base::ByteView) { return true; };
    EXPECT_EQ(log->read(7, 0, everything).value(), 8u);
    int visited = 0;
    EXPECT_EQ(log->read(7, 1 << 20, [&](auto, auto) { return ++visited < 3; }).value(), 10u);
}

TEST_F(EventLogTest, GoesOnAfterReopening) {
    for (std::uint64_t through = 100; through <= 600; through += 100) {
        auto log = open();
        EXPECT_EQ(log->last_sequence(), through - 100);
        EXPECT_FALSE(log->torn());
        append(*log, through);
        EXPECT_EQ(read_all(*log, 1), through);
    }
}

TEST_F(EventLogTest, BeginsWhereItIsTold) {
    EventLogConfig config = sample_config();
    config.first_sequence = 501;
    auto log = open(config);
    EXPECT_EQ(log->first_sequence(), 501u);
    EXPECT_EQ(log->last_sequence(), 500u);
    append(*log, 520);
    EXPECT_EQ(read_all(*log, 510), 520u);
    const auto below = log->read(500, 100, [](auto, auto) { return true; });
    ASSERT_FALSE(below);
    EXPECT_EQ(below.error().fault, JournalFault::missing);
}

TEST_F(EventLogTest, EveryTruncationOfTheLastSegmentIsCutToItsLastWholeFrame) {
    {
        auto log = open(sample_config(6000));
        append(*log, 120);
    }
    const auto places = segments();
    ASSERT_GE(places.size(), 2u);
    const std::string path = places.back().path;
    const base::Bytes whole = disk_.content(path);
    std::uint64_t previous = 0;
    for (std::size_t length = 0; length <= whole.size(); ++length) {
        if (!disk_.exists(path)) {
            ASSERT_TRUE(disk_.open(path, OpenMode::create));
        }
        disk_.set_content(path,
                          base::Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
        auto log = open(sample_config(6000));
        const std::uint64_t last = log->last_sequence();
        EXPECT_EQ(read_all(*log, 1), last);
        EXPECT_GE(last, previous);
        EXPECT_GE(last + 1, places.back().first_sequence);
        previous = last;
    }
    EXPECT_EQ(previous, 120u);
}

TEST_F(EventLogTest, EveryFlippedByteOfTheLastSegmentIsCutAndTheRestAppendedAgain) {
    {
        auto log = open();
        append(*log, 60);
    }
    const std::string path = segments().back().path;
    const base::Bytes whole = disk_.content(path);
    for (std::size_t at = segment_header_size; at < whole.size(); at += 3) {
        base::Bytes bad = whole;
        bad[at] ^= std::byte{0x80};
        disk_.set_content(path, bad);
        auto log = open();
        ASSERT_TRUE(log->torn());
        EXPECT_EQ(log->torn()->path, path);
        EXPECT_LT(log->last_sequence(), 60u);
        append(*log, 60);
        EXPECT_EQ(read_all(*log, 1), 60u);
        EXPECT_EQ(disk_.content(path), whole) << "derived again it is the same log";
    }
}

TEST_F(EventLogTest, DamageInAnOlderSegmentIsReportedWithItsPlaceAndTheRestIsReadable) {
    {
        auto log = open();
        append(*log, 600);
    }
    const auto places = segments();
    base::Bytes bytes = disk_.content(places[1].path);
    bytes[bytes.size() - 1] ^= std::byte{1};
    disk_.set_content(places[1].path, bytes);
    auto log = open();
    EXPECT_EQ(log->last_sequence(), 600u);
    EXPECT_EQ(read_all(*log, places[2].first_sequence), 600u);
    const auto read = log->read(1, 1 << 20, [](auto, auto) { return true; });
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().fault, JournalFault::damaged);
    EXPECT_EQ(read.error().path, places[1].path);
    ASSERT_TRUE(log->cut_after(places[1].first_sequence));
    append(*log, 600);
    EXPECT_EQ(read_all(*log, 1), 600u);
}

TEST_F(EventLogTest, OfAnotherJournalIsRefusedAndLeftAsItIs) {
    {
        auto log = open();
        append(*log, 10);
    }
    const base::Bytes before = disk_.content(segments().back().path);
    EventLogConfig config = sample_config();
    config.journal = sample_journal_id(2);
    const auto log = EventLog::open(disk_, "/events", config);
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().fault, JournalFault::other_journal);
    EXPECT_EQ(disk_.content(segments().back().path), before);
}

TEST_F(EventLogTest, CanBeCutAnywhere) {
    for (const std::uint64_t keep : {599, 400, 200, 77, 1, 0}) {
        auto log = open();
        append(*log, 600);
        ASSERT_TRUE(log->cut_after(keep));
        EXPECT_EQ(log->last_sequence(), keep);
        EXPECT_EQ(read_all(*log, 1), keep);
        append(*log, keep + 30);
        EXPECT_EQ(read_all(*log, 1), keep + 30);
    }
}

TEST_F(EventLogTest, StartsOverAndKeepsTheOldOneInTheArchive) {
    auto log = open();
    append(*log, 600);
    const std::size_t count = segments().size();
    ASSERT_TRUE(log->start_over(1000));
    EXPECT_EQ(log->first_sequence(), 1000u);
    append(*log, 1100);
    EXPECT_EQ(read_all(*log, 1000), 1100u);
    EXPECT_EQ(list_segments(disk_, "/events/archive", SegmentKind::event_log)->size(), count);
}

TEST_F(EventLogTest, ArchivesOldSegments) {
    auto log = open();
    append(*log, 600);
    const auto places = segments();
    EXPECT_EQ(log->archive_below(places[2].first_sequence).value(), 2u);
    EXPECT_EQ(log->first_sequence(), places[2].first_sequence);
    EXPECT_EQ(read_all(*log, places[2].first_sequence), 600u);
    log.reset();
    EXPECT_EQ(open()->first_sequence(), places[2].first_sequence);
}

TEST_F(EventLogTest, AFailureIsForGood) {
    auto log = open();
    append(*log, 10);
    disk_.fail_sync_in(1);
    EXPECT_FALSE(log->sync());
    EXPECT_TRUE(log->failed());
    EXPECT_FALSE(log->append({11, 11, sample_frame(11)}));
    EXPECT_FALSE(log->sync());
    EXPECT_EQ(log->published_sequence(), 10u);
}

/// What is asked of the files of a disk about the device and the page cache.
class WatchedDisk final : public ForwardingFileSystem {
public:
    explicit WatchedDisk(std::unique_ptr<FileSystem> disk) : ForwardingFileSystem(std::move(disk)) {}

    struct Seen {
        std::uint64_t written_out = 0;  ///< from the beginning, piece after piece
        std::uint64_t synced_size = 0;  ///< its size when it was last synced
        bool left_cache = false;
    };
    std::map<std::string, Seen> files;

    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
        auto file = disk_->open(path, mode);
        if (!file) return failure_of(file);
        return std::unique_ptr<File>(std::make_unique<WatchedFile>(std::move(*file), files[path]));
    }

private:
    class WatchedFile final : public ForwardingFile {
    public:
        WatchedFile(std::unique_ptr<File> file, Seen& seen) : ForwardingFile(std::move(file)), seen_(seen) {}
        IoResult<void> sync() override {
            seen_.synced_size = size().value();
            return file_->sync();
        }
        IoResult<void> begin_write_out(std::uint64_t offset, std::uint64_t size) override {
            EXPECT_EQ(offset, seen_.written_out) << "nothing twice, nothing left out";
            seen_.written_out = offset + size;
            EXPECT_LE(seen_.written_out, file_->size().value());
            return {};
        }
        void leave_cache() const override {
            EXPECT_EQ(seen_.synced_size, size().value()) << "all of it is on the device";
            seen_.left_cache = true;
        }

    private:
        Seen& seen_;
    };
};

TEST_F(EventLogTest, IsWrittenOutAsItGrowsAndLeavesTheCacheBehindItsReaders) {
    WatchedDisk disk(std::make_unique<ForgetfulDisk>());
    ASSERT_TRUE(disk.make_directory("/events"));
    auto log = EventLog::open(disk, "/events", sample_config(3u << 20)).value();
    base::Bytes frame(100'000, std::byte{1});  // not zeros, which are not stored
    const std::uint32_t length = 100'000;
    std::memcpy(frame.data(), &length, sizeof length);
    while (list_segments(disk, "/events", SegmentKind::event_log)->size() < 4) {
        ASSERT_TRUE(log->append({log->last_sequence() + 1, log->last_sequence() + 1, frame}));
    }
    std::vector<WatchedDisk::Seen> seen;
    const auto places = list_segments(disk, "/events", SegmentKind::event_log).value();
    for (const SegmentPlace& place : places) seen.push_back(disk.files[place.path]);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_GE(seen[i].written_out, 2u << 20);
    EXPECT_TRUE(seen[0].left_cache && seen[1].left_cache);
    EXPECT_FALSE(seen[2].left_cache) << "readers may still be in it";
    EXPECT_FALSE(seen[3].left_cache);
}

/// Whatever power loss leaves opens, reads clean, and holds at least what was synced.
TEST_F(EventLogTest, PowerLossLosesNoMoreThanWhatWasNotSynced) {
    int lost = 0;
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        ForgetfulDisk disk;
        ASSERT_TRUE(disk.make_directory("/events"));
        base::Random random(seed);
        std::uint64_t synced = 0;
        for (int life = 0; life < 4; ++life) {
            auto log = EventLog::open(disk, "/events", sample_config(6000));
            ASSERT_TRUE(log) << log.error().message();
            ASSERT_GE((*log)->last_sequence(), synced) << "seed " << seed;
            ASSERT_EQ(read_all(**log, 1, 1 << 20), (*log)->last_sequence()) << "seed " << seed;
            for (std::uint64_t steps = random.below(20); steps > 0; --steps) {
                append(**log, (*log)->last_sequence() + random.below(20));
                if (!random.chance(1, 4)) continue;
                ASSERT_TRUE((*log)->sync());
                synced = (*log)->last_sequence();
            }
            const std::uint64_t last = (*log)->last_sequence();
            log->reset();
            disk.crash(seed + static_cast<std::uint64_t>(life));
            lost += EventLog::open(disk, "/events", sample_config(6000)).value()->last_sequence() < last;
        }
    }
    EXPECT_GT(lost, 100);
}

TEST_F(EventLogTest, ReadersOnOtherThreadsSeeWholeFramesWhileItGrowsAndIsArchived) {
    auto log = open();
    constexpr std::uint64_t last = 6000;
    std::atomic<std::uint64_t> slowest{1};
    const auto follow = [&] {
        std::uint64_t next = 1;
        while (next <= last) {
            std::uint64_t expected = next;
            const auto done = log->read(next, 300, [&](std::uint64_t sequence, base::ByteView frame) {
                EXPECT_EQ(sequence, expected++);
                EXPECT_TRUE(std::ranges::equal(frame, sample_frame(sequence)));
                return true;
            });
            ASSERT_TRUE(done) << done.error().message();
            next = *done;
            slowest.store(next);
            std::this_thread::yield();
        }
    };
    std::thread reader(follow);
    std::thread syncer([&] {
        while (log->published_sequence() < last) (void)log->sync().has_value();
    });
    while (log->last_sequence() < last) {
        append(*log, log->last_sequence() + 40, 7);
        if (log->last_sequence() % 400 == 0) {
            EXPECT_TRUE(log->archive_below(slowest.load()));
        }
    }
    reader.join();
    syncer.join();
    EXPECT_EQ(log->published_sequence(), last);
}

}  // namespace
}  // namespace sauda::journal
