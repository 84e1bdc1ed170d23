#include "journal/posix_file_system.h"

#include <cerrno>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/random.h"
#include "journal/block_buffer.h"
#include "journal/data_directory.h"
#include "journal/event_log.h"
#include "journal/snapshot_store.h"
#include "journal/testing/sample_journal.h"

namespace sauda::journal {
namespace {

using namespace testing;

/// A fresh directory of this test, removed at its end.
class PosixTest : public ::testing::Test {
protected:
    PosixTest() {
        std::string name = (std::filesystem::temp_directory_path() / "sauda_journal_XXXXXX").string();
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        root_ = name;
    }
    ~PosixTest() override { std::filesystem::remove_all(root_); }

    std::string path(const std::string& name) const { return join(root_, name); }

    PosixFileSystem disk_;
    std::string root_;
};

TEST_F(PosixTest, WritesReadsResizesAndLists) {
    auto file = disk_.open(path("a"), OpenMode::create);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->write(3, base::as_bytes("hello")));
    EXPECT_EQ((*file)->size().value(), 8u);
    ASSERT_TRUE((*file)->write_out(3, 5));
    ASSERT_TRUE((*file)->sync());
    base::Bytes bytes(20);
    EXPECT_EQ((*file)->read(3, bytes).value(), 5u);
    EXPECT_EQ(base::as_text(base::ByteView(bytes).first(5)), "hello");
    EXPECT_EQ((*file)->read(8, bytes).value(), 0u);
    ASSERT_TRUE((*file)->resize(4));
    EXPECT_EQ((*file)->size().value(), 4u);
    ASSERT_TRUE(disk_.make_directory(path("d")));
    ASSERT_TRUE(disk_.make_directory(path("d")));
    ASSERT_TRUE(disk_.rename(path("a"), path("d/b")));
    EXPECT_EQ(disk_.list(root_).value(), std::vector<std::string>{"d"});
    EXPECT_EQ(disk_.list(path("d")).value(), std::vector<std::string>{"b"});
    ASSERT_TRUE(disk_.sync_directory(path("d")));
    ASSERT_TRUE(disk_.remove(path("d/b")));
    EXPECT_FALSE(disk_.exists(path("d/b")));
    EXPECT_GT(disk_.free_bytes(root_).value(), 0u);
}

TEST_F(PosixTest, WritesPastTheCacheWhatReadersOfTheCacheSee) {
    auto file = disk_.open(path("a"), OpenMode::create);
    ASSERT_TRUE(file);
    base::Random random(1);
    BlockBuffer buffer;
    base::Bytes whole;
    for (int round = 0; round < 40; ++round) {
        const std::size_t size = 1 + random.below(random.chance(1, 2) ? 900'000 : 9000);
        const std::span<std::byte> bytes = buffer.for_offset(whole.size(), size);
        for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(256));
        // Wherever it lies it is written, past the cache or not.
        const base::Bytes elsewhere(bytes.begin(), bytes.end());
        const base::ByteView written = round % 4 == 3 ? base::ByteView(elsewhere) : bytes;
        ASSERT_TRUE((*file)->write_past_cache(whole.size(), written));
        whole.insert(whole.end(), bytes.begin(), bytes.end());
        EXPECT_EQ((*file)->size().value(), whole.size());
        base::Bytes read(whole.size());
        for (const bool past_cache : {false, true}) {
            const std::size_t from = random.below(whole.size());
            const std::span<std::byte> part = std::span(read).subspan(from);
            const auto count = past_cache ? (*file)->read_past_cache(from, part) : (*file)->read(from, part);
            ASSERT_EQ(count.value(), part.size());
            ASSERT_TRUE(std::ranges::equal(part, base::ByteView(whole).subspan(from)));
        }
    }
    // By another name it is still the same file.
    ASSERT_TRUE(disk_.rename(path("a"), path("b")));
    const std::span<std::byte> more = buffer.for_offset(whole.size(), 500'000);
    ASSERT_TRUE((*file)->write_past_cache(whole.size(), more));
    EXPECT_FALSE(disk_.exists(path("a")));
    EXPECT_EQ((*disk_.open(path("b"), OpenMode::read))->size().value(), whole.size() + 500'000);
}

TEST_F(PosixTest, ErrorsNameOperationPathAndReason) {
    const auto file = disk_.open(path("missing"), OpenMode::read);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().operation, "open");
    EXPECT_EQ(file.error().path, path("missing"));
    EXPECT_EQ(file.error().error_number, ENOENT);
}

TEST_F(PosixTest, ReadingPastTheCacheGivesTheSameBytesAtAnyOffset) {
    auto file = disk_.open(path("a"), OpenMode::create);
    base::Bytes content(3'000'001);
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::byte>(i * 7 / 5);
    ASSERT_TRUE((*file)->write(0, content));
    for (const std::size_t offset : {0, 1, 511, 4096, 70'000, 2'999'000, 3'000'000, 3'000'001, 4'000'000}) {
        for (const std::size_t length : {1, 100, 5000, 1'500'000}) {
            base::Bytes out(length);
            const std::size_t count = (*file)->read_past_cache(offset, out).value();
            const std::size_t expected =
                offset >= content.size() ? 0 : std::min(length, content.size() - offset);
            ASSERT_EQ(count, expected) << offset << " " << length;
            const auto from = content.begin() + static_cast<std::ptrdiff_t>(std::min(offset, content.size()));
            EXPECT_TRUE(std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count), from));
        }
    }
}

TEST_F(PosixTest, ASecondHolderOfTheDataDirectoryIsRefusedUntilTheFirstIsGone) {
    const std::string root = path("data");
    {
        const auto first = DataDirectory::open(disk_, root);
        ASSERT_TRUE(first) << first.error().message();
        EXPECT_TRUE(disk_.exists(first->journal()));
        EXPECT_TRUE(disk_.exists(first->events()));
        EXPECT_TRUE(disk_.exists(first->snapshots()));
        const auto second = DataDirectory::open(disk_, root);
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().operation, "flock");
    }
    EXPECT_TRUE(DataDirectory::open(disk_, root));
}

TEST_F(PosixTest, AWholeLifeOnARealDisk) {
    const auto data = DataDirectory::open(disk_, path("data"));
    ASSERT_TRUE(data);
    std::uint64_t last = 0;
    for (int life = 0; life < 4; ++life) {
        const auto recovered = recover(disk_, data->journal(), sample_recover_config(last));
        ASSERT_TRUE(recovered) << recovered.error().message();
        ASSERT_EQ(recovered->next_sequence, last + 1);
        EventLogConfig events;
        events.journal = sample_journal_id();
        events.segment_size = 10'000;
        auto log = EventLog::open(disk_, data->events(), events);
        ASSERT_TRUE(log) << log.error().message();
        ASSERT_EQ((*log)->last_sequence(), last);
        auto writer = Writer::open(disk_, data->journal(), sample_writer_config(20'000), last + 1).value();
        ASSERT_TRUE(writer->prepare_next());
        for (int i = 0; i < 50; ++i) {
            base::Bytes group;
            encode_sample(writer->appended_sequence() + 1, 20, group);
            ASSERT_TRUE(writer->append(group));
            last = writer->sync().value();
            while ((*log)->last_sequence() < last) {
                const std::uint64_t sequence = (*log)->last_sequence() + 1;
                ASSERT_TRUE((*log)->append({sequence, sequence, sample_frame(sequence)}));
            }
        }
        SnapshotInfo info;
        info.sequence = last;
        info.journal = sample_journal_id();
        ASSERT_TRUE(SnapshotStore(disk_, data->snapshots()).save(info, sample_record(last)));
        if (life % 2 == 1) {
            ASSERT_TRUE(writer->stop_cleanly());
        }
    }
    EXPECT_EQ(last, 4000u);
    const auto back = read_back(disk_, data->journal());
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->last_sequence, last);
    EXPECT_EQ(back->altered_records, 0u);
    EXPECT_TRUE(back->stopped_cleanly);
    EXPECT_EQ(SnapshotStore(disk_, data->snapshots()).load_newest()->snapshot->info.sequence, last);
}

}  // namespace
}  // namespace sauda::journal
