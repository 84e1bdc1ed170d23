#include "sequencer/releaser.h"

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "journal/testing/forgetful_disk.h"

namespace sauda::sequencer {
namespace {

/// Takes what is published, and looks whether the event log has it.
class Bus final : public bus::BroadcastProducer {
public:
    explicit Bus(const journal::EventLog& event_log) : event_log_(event_log) {}

    void publish(const bus::Chunk& chunk) override {
        EXPECT_EQ(chunk.first, last_ + 1);
        EXPECT_GE(event_log_.published_sequence(), chunk.last);
        last_ = chunk.last;
        threads_.push_back(std::this_thread::get_id());
    }
    std::uint64_t last() const { return last_; }
    const std::vector<std::thread::id>& threads() const { return threads_; }

private:
    const journal::EventLog& event_log_;
    std::atomic<std::uint64_t> last_{0};
    std::vector<std::thread::id> threads_;  // which published each chunk
};

class ReleaserTest : public ::testing::Test {
protected:
    static constexpr std::size_t frame_size = 1000;
    static constexpr std::size_t many = 10 * frame_size;

    ReleaserTest() {
        EXPECT_TRUE(disk_.make_directory("/events"));
        journal::EventLogConfig config;
        config.segment_size = 40'000;
        event_log_ = std::move(*journal::EventLog::open(disk_, "/events", config));
        bus_ = std::make_unique<Bus>(*event_log_);
        held_back_ = std::make_unique<HeldBack>(core::Sequence{0});
        releaser_ = std::make_unique<Releaser>(
            *event_log_, *bus_, *held_back_,
            ReleaserHooks{.on_released = [this](core::Sequence last) { released_ = last.raw; },
                          .on_failure = [this](const base::IoError&) { ++failures_; }},
            many);
    }
    ~ReleaserTest() override { end(); }

    void start_thread() {
        thread_ = std::thread([this] { releaser_->run(); });
        thread_id_ = thread_.get_id();
    }
    void end() {
        static_cast<void>(releaser_->finish().has_value());
        if (thread_.joinable()) thread_.join();
    }
    /// Holds the next `count` frames back, a frame in a chunk.
    void hold(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            base::Bytes frame(frame_size, std::byte{0xAB});
            const std::uint32_t length = frame_size;
            std::memcpy(frame.data(), &length, sizeof length);
            ++held_;
            held_back_->hold({held_, held_, std::make_shared<const base::Bytes>(std::move(frame))});
        }
    }

    journal::testing::ForgetfulDisk disk_;
    std::unique_ptr<journal::EventLog> event_log_;
    std::unique_ptr<Bus> bus_;
    std::unique_ptr<HeldBack> held_back_;
    std::unique_ptr<Releaser> releaser_;
    std::uint64_t held_ = 0;
    std::atomic<std::uint64_t> released_{0};
    std::atomic<int> failures_{0};
    std::thread thread_;
    std::thread::id thread_id_;
};

TEST_F(ReleaserTest, FewAreOutWhenItReturnsAndNoMoreThanIsDurable) {
    start_thread();
    hold(5);
    ASSERT_TRUE(releaser_->release(core::Sequence{3}));
    EXPECT_EQ(bus_->last(), 3u);
    EXPECT_EQ(released_, 3u);
    EXPECT_EQ(held_back_->bytes(), 2 * frame_size);
    EXPECT_EQ(bus_->threads(), std::vector(3, std::this_thread::get_id()));
}

TEST_F(ReleaserTest, ManyAreReleasedByTheThreadThatIsThereForIt) {
    hold(20);
    ASSERT_TRUE(releaser_->release(core::Sequence{20}));
    EXPECT_EQ(bus_->last(), 20u) << "where there is none, by whoever says that they are durable";
    start_thread();
    while (bus_->threads().back() != thread_id_) {  // until it runs
        hold(20);
        ASSERT_TRUE(releaser_->release(core::Sequence{held_}));
        while (released_ < held_) std::this_thread::yield();
    }
    hold(20);
    ASSERT_TRUE(releaser_->release(core::Sequence{held_ - 1}));
    hold(1);
    ASSERT_TRUE(releaser_->release(core::Sequence{held_}));  // by either, behind the others
    ASSERT_TRUE(releaser_->finish());
    EXPECT_EQ(bus_->last(), held_);
    EXPECT_EQ(held_back_->bytes(), 0u);
}

TEST_F(ReleaserTest, BothInTurnKeepTheOrder) {
    start_thread();
    for (int round = 0; round < 2000; ++round) {
        hold(round % 5 == 0 ? 12 : 1);
        ASSERT_TRUE(releaser_->release(core::Sequence{held_}));
    }
    ASSERT_TRUE(releaser_->finish());
    EXPECT_EQ(bus_->last(), held_);
    EXPECT_EQ(event_log_->published_sequence(), held_);
    EXPECT_EQ(released_, held_);
    EXPECT_EQ(failures_, 0);
}

TEST_F(ReleaserTest, AFailureOnItsThreadIsToldOnceAndIsForGood) {
    start_thread();
    while (bus_->threads().empty() || bus_->threads().back() != thread_id_) {
        hold(12);
        ASSERT_TRUE(releaser_->release(core::Sequence{held_}));
        while (released_ < held_) std::this_thread::yield();
    }
    disk_.fail_sync_in(1);  // of the next segment's beginning
    for (int round = 0; round < 10 && failures_ == 0; ++round) {
        hold(20);
        static_cast<void>(releaser_->release(core::Sequence{held_}).has_value());
        while (released_ < held_ && failures_ == 0) std::this_thread::yield();
    }
    EXPECT_EQ(failures_, 1);
    const auto finished = releaser_->finish();
    ASSERT_FALSE(finished);
    const std::uint64_t last = bus_->last();
    EXPECT_LT(last, held_);
    EXPECT_TRUE(held_back_->failed());
    EXPECT_FALSE(releaser_->release(core::Sequence{held_}));
    end();
    EXPECT_EQ(bus_->last(), last);
    EXPECT_EQ(failures_, 1);
}

TEST_F(ReleaserTest, AFailureOfWhoSyncedIsItsResult) {
    disk_.fail_sync_in(1);
    hold(45);
    EXPECT_FALSE(releaser_->release(core::Sequence{45}));
    EXPECT_TRUE(held_back_->failed());
    EXPECT_EQ(bus_->last(), 0u);
    EXPECT_FALSE(releaser_->release(core::Sequence{45}));
    EXPECT_FALSE(releaser_->finish());
    EXPECT_EQ(failures_, 0) << "its caller knows";
}

}  // namespace
}  // namespace sauda::sequencer
