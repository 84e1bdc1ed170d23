/// The engine with all its threads on disks that are slow, full, or none of it.
#include "orderbook-engine/engine.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "codec/command_codec.h"
#include "codec/event_frame.h"
#include "journal/forwarding_file_system.h"
#include "journal/posix_file_system.h"
#include "journal/slow_file_system.h"
#include "journal/small_file_system.h"
#include "sequencer/testing/traffic.h"

namespace sauda::orderbook_engine {
namespace {

/// A folder of its own, gone at the end.
class EngineTest : public ::testing::Test {
protected:
    EngineTest() {
        std::string name = (std::filesystem::temp_directory_path() / "sauda-engine-XXXXXX").string();
        EXPECT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
        config_.data_dir = name + "/data";
        config_.segment_size = 256u << 10;
        config_.disk_reserve_bytes = 0;
    }
    ~EngineTest() override { std::filesystem::remove_all(folder_); }

    void start(Engine::Disk disk, EngineHooks hooks = {}) {
        auto started = Engine::start(config_, std::move(disk), std::move(hooks), metrics_);
        ASSERT_TRUE(started) << started.error().message();
        engine_ = std::move(*started);
        consumer_ = engine_->events().join(std::size_t{1} << 30);
    }
    /// Offers `count` more frames at once; false when the engine takes none any more.
    bool offer(std::size_t count) {
        bus::FrameBatch frames;
        traffic_.append_frames(count, frames);
        while (true) {
            const bus::Offer offered = engine_->commands().offer_all(frames, bus::Lane::placing);
            if (offered != bus::Offer::back_pressured) return offered == bus::Offer::accepted;
            std::this_thread::yield();
        }
    }
    /// The last sequence that was published until now.
    std::uint64_t published() {
        std::vector<bus::Chunk> chunks;
        while (consumer_->take(chunks) == bus::BroadcastConsumer::Taken::chunks && !chunks.empty()) {
            for (const bus::Chunk& chunk : chunks) published_ = chunk.last;
        }
        return published_;
    }

    std::string folder_;
    EngineConfig config_;
    telemetry::Metrics metrics_;
    sequencer::testing::Traffic traffic_{1, 1};
    std::unique_ptr<Engine> engine_;
    std::shared_ptr<bus::BroadcastQueue> consumer_;
    std::uint64_t published_ = 0;
};

/// A sync that waits at a gate.
class Gate {
public:
    void close() {
        const std::lock_guard lock(mutex_);
        is_open_ = false;
    }
    void open() {
        const std::lock_guard lock(mutex_);
        is_open_ = true;
        changed_.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex_);
        ++syncs_;
        if (!is_open_) ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return is_open_; });
    }
    void wait_until_one_waits() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return waiting_ > 0; });
    }
    int syncs() {
        const std::lock_guard lock(mutex_);
        return syncs_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_open_ = true;
    int waiting_ = 0;
    int syncs_ = 0;
};

TEST_F(EngineTest, NothingIsReleasedWhileTheDiskIsStuckAndThenAllOfItInFewSyncs) {
    constexpr std::size_t frames = 1'000;
    Gate gate;
    config_.segment_size =
        16u << 20;  // no second segment: only commits sync, and the event log once a second
    start(std::make_unique<journal::SlowFileSystem>(std::make_unique<journal::PosixFileSystem>(),
                                                    [&gate] { gate.pass(); }));
    gate.close();
    ASSERT_TRUE(offer(1));
    gate.wait_until_one_waits();
    for (std::size_t i = 1; i < frames; ++i) ASSERT_TRUE(offer(1));
    while (engine_->commands().waiting() > 0) std::this_thread::yield();  // applied, and held back
    EXPECT_EQ(published(), 0u);
    const int syncs_before = gate.syncs();
    gate.open();
    while (published() < frames) std::this_thread::yield();
    EXPECT_LT(gate.syncs() - syncs_before, 100) << "what waited shares syncs";
    EXPECT_EQ(engine_->stop(), std::nullopt);
}

/// A disk whose event log can be made to wait at a gate, and whose syncs can be made to fail.
class TroubledDisk final : public journal::ForwardingFileSystem {
public:
    TroubledDisk(Gate& journal_syncs, Gate& event_writes, std::atomic<bool>& fails)
        : ForwardingFileSystem(std::make_unique<journal::PosixFileSystem>()),
          journal_syncs_(journal_syncs),
          event_writes_(event_writes),
          fails_(fails) {}

    journal::IoResult<std::unique_ptr<journal::File>> open(const std::string& path,
                                                           journal::OpenMode mode) override {
        auto file = disk_->open(path, mode);
        if (!file) return file;
        const bool is_event_log = path.find("/events/") != std::string::npos;
        return std::unique_ptr<journal::File>(
            std::make_unique<TroubledFile>(std::move(*file), *this, is_event_log));
    }

private:
    class TroubledFile final : public journal::ForwardingFile {
    public:
        TroubledFile(std::unique_ptr<journal::File> file, TroubledDisk& disk, bool is_event_log)
            : ForwardingFile(std::move(file)), disk_(disk), is_event_log_(is_event_log) {}

        journal::IoResult<void> write(std::uint64_t offset, base::ByteView bytes) override {
            if (is_event_log_) disk_.event_writes_.pass();
            return file_->write(offset, bytes);
        }
        journal::IoResult<void> sync() override {
            if (is_event_log_) return file_->sync();
            disk_.journal_syncs_.pass();
            if (disk_.fails_) return base::Unexpected{base::IoError{"sync", path(), EIO, {}}};
            return file_->sync();
        }

    private:
        TroubledDisk& disk_;
        const bool is_event_log_;
    };

    Gate& journal_syncs_;
    Gate& event_writes_;
    std::atomic<bool>& fails_;
};

TEST_F(EngineTest, AFailedSyncWhileMuchIsBeingReleasedStopsInOrder) {
    constexpr std::uint64_t first = 6'000;  // the events of so many are much
    Gate journal_syncs;
    Gate event_writes;
    std::atomic<bool> fails{false};
    std::atomic<int> failures{0};
    config_.segment_size = 16u << 20;
    start(std::make_unique<TroubledDisk>(journal_syncs, event_writes, fails),
          {.on_failure = [&failures](const std::string&) { ++failures; },
           .roll_snapshot = {},
           .before_last_snapshot = {}});
    journal_syncs.close();
    ASSERT_TRUE(offer(1));
    journal_syncs.wait_until_one_waits();
    for (std::uint64_t sent = 1; sent < first; ++sent) ASSERT_TRUE(offer(1));
    while (engine_->commands().waiting() > 0) std::this_thread::yield();  // applied, but for the last maybe
    event_writes.close();
    journal_syncs.open();
    event_writes.wait_until_one_waits();
    fails = true;
    // Whichever thread is at the gate: where it is the release thread, the journal thread fails meanwhile.
    static_cast<void>(offer(100));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    event_writes.open();
    while (engine_->is_healthy()) std::this_thread::yield();
    EXPECT_NE(engine_->stop(), std::nullopt);
    EXPECT_EQ(failures, 1);
    std::vector<bus::Chunk> chunks;
    while (consumer_->take(chunks) != bus::BroadcastConsumer::Taken::closed) {
        for (const bus::Chunk& chunk : chunks) published_ = chunk.last;
    }
    EXPECT_GE(published_, 1u) << "what was durable may be released still";
    EXPECT_EQ(engine_->event_log().published_sequence(), published_);
}

TEST_F(EngineTest, AnIdleEngineTellsItsTimeAndWritesNothing) {
    start(std::make_unique<journal::PosixFileSystem>());
    ASSERT_TRUE(offer(5));
    while (published() < 5) std::this_thread::yield();
    core::TimestampNs before;
    for (int i = 0; i < 3; ++i) {
        std::promise<core::Stamp> promise;
        engine_->ask_time([&promise](core::Stamp stamp) { promise.set_value(stamp); });
        const core::Stamp told = promise.get_future().get();
        EXPECT_EQ(told.sequence, core::Sequence{5});
        EXPECT_GE(told.time, before);
        before = told.time;
    }
    EXPECT_EQ(engine_->stop(), std::nullopt);
    EXPECT_EQ(engine_->event_log().published_sequence(), 5u);
}

TEST_F(EngineTest, WhatWasReleasedBeforeTheDiskWasFullIsThereAfterIt) {
    start(std::make_unique<journal::SmallFileSystem>(std::make_unique<journal::PosixFileSystem>(), 2u << 20));
    std::uint64_t sent = 0;
    for (; offer(64); sent += 64) {
        ASSERT_LT(sent, 1'000'000u) << "the disk does not fill up";
        // Not all in one commit: some are answered before the disk is full.
        while (published() + 1'024 < sent && engine_->is_healthy()) std::this_thread::yield();
    }
    EXPECT_FALSE(engine_->is_healthy());
    EXPECT_NE(engine_->stop(), std::nullopt);
    const std::uint64_t released = published();
    EXPECT_GT(released, 0u);
    engine_.reset();
    start(std::make_unique<journal::PosixFileSystem>());  // compares its events with those released, too
    EXPECT_GE(engine_->report().last.raw, released);
    EXPECT_GE(engine_->report().event_frames_compared, released);
    EXPECT_TRUE(offer(1)) << "with room again it goes on";
    while (published() <= released) std::this_thread::yield();
    EXPECT_EQ(engine_->stop(), std::nullopt);
}

TEST_F(EngineTest, ALeaseFiresWhileNobodyAsksAndBeginsAnewAfterAStart) {
    constexpr std::uint64_t setup = 3 + 3 * 6;  // assets, a market, accounts and their funds
    constexpr std::uint64_t holder = 99;
    const auto grant = [this](std::int64_t span_ms) {
        static std::uint64_t sequence = 0;
        base::Bytes frame;
        const core::GrantLease body{core::first_user_account, {holder, 1}, {span_ms * 1'000'000}};
        codec::encode_command({{holder, ++sequence}, {}, body}, frame);
        ASSERT_EQ(engine_->commands().offer(frame, bus::Lane::reserved), bus::Offer::accepted);
    };
    start(std::make_unique<journal::PosixFileSystem>());
    ASSERT_TRUE(offer(setup));
    grant(300);
    while (published() < setup + 1) std::this_thread::yield();
    const auto begin = std::chrono::steady_clock::now();
    // A busy machine may find it late, and then begins it anew.
    while (published() < setup + 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(290));
    grant(3'600'000);
    EXPECT_EQ(engine_->stop(), std::nullopt);
    engine_.reset();
    start(std::make_unique<journal::PosixFileSystem>());
    const std::uint64_t last = engine_->report().last.raw;
    // The bus may have had it before anybody listened.
    while (engine_->event_log().published_sequence() < last + 1) std::this_thread::yield();
    EXPECT_EQ(engine_->stop(), std::nullopt) << "that it began anew is journaled at once";
}

std::uint64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t in_all = 0;
    std::uint64_t resident = 0;
    file >> in_all >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

TEST_F(EngineTest, MemoryForOpenOrdersIsTakenAtTheStart) {
    config_.open_orders_reserved = 1'000'000;
    const std::uint64_t before = resident_bytes();
    start(std::make_unique<journal::PosixFileSystem>());
    EXPECT_GE(resident_bytes() - before, 32u * config_.open_orders_reserved);
    EXPECT_EQ(engine_->stop(), std::nullopt);
}

}  // namespace
}  // namespace sauda::orderbook_engine
