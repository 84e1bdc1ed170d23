/// The engine's parts on the threads they are made for; most of all for the thread sanitizer.
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "codec/event_frame.h"
#include "journal/testing/forgetful_disk.h"
#include "sequencer/committer.h"
#include "sequencer/handover.h"
#include "sequencer/recover.h"
#include "sequencer/sequencer.h"
#include "sequencer/testing/engine.h"
#include "sequencer/testing/traffic.h"

namespace sauda::sequencer {
namespace {

/// A flag that one thread raises and another sleeps on.
class Signal {
public:
    void raise() {
        const std::lock_guard lock(mutex_);
        raised_ = true;
        condition_.notify_one();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        condition_.wait(lock, [this] { return raised_; });
        raised_ = false;
    }

private:
    std::mutex mutex_;
    std::condition_variable condition_;
    bool raised_ = false;
};

class Threads : public ::testing::Test {
protected:
    void SetUp() override {
        auto recovered = recover(disk_, "data", testing::small_segments());
        ASSERT_TRUE(recovered) << recovered.error().message();
        parts_ = std::make_unique<Recovered>(std::move(*recovered));
        consumer_ = broadcast_.join(1u << 30, [this] { events_.raise(); });
        SequencerConfig config;
        config.engine_epoch = parts_->engine_epoch;
        config.rules_version = testing::rules_version;
        config.batch_max = 16;
        config.held_back_bytes_max = 16u << 10;  // the sequencer must wait for the disk now and then
        sequencer_ = std::make_unique<Sequencer>(std::move(parts_->exchange), config);
    }

    void run_producer(std::uint64_t gateway) {
        testing::Traffic traffic(gateway, gateway);
        for (std::size_t i = 0; i < commands_each; ++i) {
            bus::FrameBatch frame;
            traffic.append_frames(1, frame);
            while (queue_.offer(frame[0], bus::Lane::placing) == bus::Offer::back_pressured) {
                std::this_thread::yield();
            }
        }
    }

    void run_sequencer() {
        bus::FrameBatch frames;
        base::Bytes batches;
        std::int64_t tick = 0;
        while (!sequencer_->stopped()) {
            if (queue_.take(frames) == 0) {
                if (queue_.drained()) break;
                commands_.wait();
                continue;
            }
            for (std::size_t from = 0; from < frames.size() && !sequencer_->stopped();) {
                ++tick;
                const StepResult done = sequencer_->step(frames, from, {{tick}, tick}, batches);
                from += done.frames_taken;
                if (done.frames_taken > 0) {
                    const bool is_more = from < frames.size() && sequencer_->can_step();
                    handover_.give(batches, sequencer_->last(), is_more);
                } else {
                    commands_.wait();  // the journal thread wakes us when there is room
                }
            }
        }
        handover_.close();
    }

    /// False when the disk failed.
    bool run_journal() {
        Committer committer(*parts_->writer, *parts_->event_log, broadcast_, sequencer_->held_back(),
                            {.on_released = [this](core::Sequence) { commands_.raise(); },
                             .on_failure = [this](const base::IoError&) { stop_taking(); }},
                            many_bytes_);
        std::thread release([&] { committer.release_more(); });
        Group group;
        bool good = true;
        while (good && handover_.take(group)) good = committer.commit(group.batches).has_value();
        good = committer.finish() && good;
        release.join();
        if (!good) stop_taking();
        broadcast_.close();
        return good;
    }

    /// Something failed: nobody may wait for the sequencer, nor it for room.
    void stop_taking() {
        queue_.close();
        commands_.raise();
    }

    void run_consumer() {
        std::vector<bus::Chunk> chunks;
        for (auto taken = consumer_->take(chunks); taken != bus::BroadcastConsumer::Taken::closed;
             taken = consumer_->take(chunks)) {
            ASSERT_EQ(taken, bus::BroadcastConsumer::Taken::chunks);
            if (chunks.empty()) events_.wait();
            for (const bus::Chunk& chunk : chunks) receive(chunk);
        }
    }

    void receive(const bus::Chunk& chunk) {
        // What the bus has, the event log has: read from another thread, beside the one that writes.
        EXPECT_GE(parts_->event_log->published_sequence(), chunk.last);
        const auto done = codec::for_each_event_frame(*chunk.bytes, [&](const codec::EventFrameView& frame) {
            EXPECT_EQ(frame.header.sequence.raw, ++received_);
            EXPECT_EQ(frame.header.command.sequence, ++of_gateway_[frame.header.command.gateway]);
        });
        EXPECT_TRUE(done.has_value());
    }

    static constexpr std::size_t commands_each = 3'000;
    static constexpr std::uint64_t producers = 3;

    /// Runs everything to its end; false when the disk failed.
    bool run_all() {
        std::atomic<bool> good{false};
        std::thread consumer([this] { run_consumer(); });
        std::thread journal([&] { good = run_journal(); });
        std::thread sequencer([this] { run_sequencer(); });
        std::vector<std::thread> gateways;
        for (std::uint64_t i = 1; i <= producers; ++i) gateways.emplace_back([this, i] { run_producer(i); });
        for (std::thread& gateway : gateways) gateway.join();
        queue_.close();
        sequencer.join();
        journal.join();
        consumer.join();
        return good;
    }

    journal::testing::ForgetfulDisk disk_;
    std::unique_ptr<Recovered> parts_;
    Signal commands_;
    Signal events_;
    bus::CommandQueue queue_{{.frames_max = 256, .frames_reserved = 16}, [this] { commands_.raise(); }};
    bus::Broadcast broadcast_;
    std::shared_ptr<bus::BroadcastQueue> consumer_;
    std::unique_ptr<Sequencer> sequencer_;
    Handover handover_;
    std::size_t many_bytes_ = 4096;  // both threads release, now one and now the other
    std::uint64_t received_ = 0;
    std::map<std::uint64_t, std::uint64_t> of_gateway_;
};

TEST_F(Threads, EveryCommandIsPublishedOnceAndEachGatewaysInOrder) {
    EXPECT_TRUE(run_all());
    EXPECT_EQ(received_, producers * commands_each);
    EXPECT_EQ(parts_->event_log->published_sequence(), producers * commands_each);
    EXPECT_EQ(of_gateway_.size(), producers);
}

TEST_F(Threads, AFailedSyncStopsBothThreadsAndWhatWasPublishedIsDurable) {
    disk_.fail_sync_in(40);
    EXPECT_FALSE(run_all());
    EXPECT_TRUE(sequencer_->stopped());
    const std::uint64_t published = received_;
    EXPECT_LT(published, producers * commands_each);
    consumer_.reset();
    sequencer_.reset();
    parts_.reset();
    disk_.fail_sync_in(0);
    disk_.crash(3);
    const auto recovered = recover(disk_, "data", testing::small_segments());
    ASSERT_TRUE(recovered) << recovered.error().message();
    EXPECT_GE(recovered->report.last.raw, published);
}

}  // namespace
}  // namespace sauda::sequencer
