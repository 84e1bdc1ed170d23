#include "redis_streams/stream_state.h"
#include "redis_streams/testing/event_bus.h"

namespace sauda::bus::redis {
namespace {

using EventPublisherTest = EventBus;

TEST_F(EventPublisherTest, FillsAnEmptyStreamFromTheLogWithTheNewestKept) {
    engine_.publish(event_chunk(1, 50'000));
    released_ = 50'000;
    start_publisher({.kept = 20'000, .entry_bytes_max = 16'384});
    ASSERT_TRUE(wait_confirmed(50'000));
    EXPECT_GT(publisher_->counters().from_log, 10u);
    EXPECT_EQ(server_.command({"XRANGE", key, "-", "+", "COUNT", "1"}).substr(0, 6), "30683-");
    release(50'001);
    start_reader();
    ASSERT_TRUE(wait_received(50'001));
    EXPECT_EQ(fetched_.size(), 300u) << "what is not kept, a hundred at a time";
}

TEST_F(EventPublisherTest, TellsHowFarTheEngineIsWhileTheStreamIsFilled) {
    engine_.publish(event_chunk(1, 5'000));
    released_ = 5'000;
    start_publisher({.entry_bytes_max = 2'400});
    ASSERT_TRUE(wait_confirmed(5'000));
    const std::string oldest = server_.command({"XRANGE", key, "-", "+", "COUNT", "1"});
    EXPECT_TRUE(oldest.starts_with("100-0\nfirst\n1\nreleased\n5000\n")) << oldest.substr(0, 40);

    Connection asking(io_, config_of(server_), "ask", {});
    asking.start();
    ASSERT_TRUE(run_until(io_, [&] { return asking.is_ready(); }));
    const auto ask = [&] {
        std::optional<std::uint64_t> newest;
        bool is_answered = false;
        asking.send({"XREVRANGE", key, "+", "-", "COUNT", "1"}, [&](const Answer& answer) {
            newest = newest_released(answer);
            is_answered = true;
        });
        EXPECT_TRUE(run_until(io_, [&] { return is_answered; }));
        return newest;
    };
    EXPECT_EQ(ask(), 5'000u);
    server_.command({"XTRIM", key, "MAXLEN", "0"});
    EXPECT_EQ(ask(), std::nullopt) << "an empty stream tells nothing";
}

TEST_F(EventPublisherTest, KeepsTheStreamBounded) {
    start_publisher({.kept = 1'000});
    for (int i = 1; i <= 3'000; ++i) {
        release(static_cast<std::uint64_t>(i) * 10);
        ASSERT_TRUE(wait_confirmed(static_cast<std::uint64_t>(i) * 10));
    }
    EXPECT_LE(std::stoul(server_.command({"XLEN", key})), 300u) << "100 and at most a node of Redis's tree";
}

TEST_F(EventPublisherTest, RefillsAFlushedStreamAndTheReaderHasNoGap) {
    start_publisher({.look_every = Milliseconds(50)});
    start_reader();
    release(100);
    ASSERT_TRUE(wait_received(100));
    ASSERT_TRUE(wait_confirmed(100));
    server_.command({"FLUSHALL"});
    ASSERT_TRUE(run_until(io_, [&] { return publisher_->counters().refills == 1; }));
    ASSERT_TRUE(wait_confirmed(100));
    EXPECT_EQ(server_.command({"GET", "sauda:{main}:journal"}), journal_);
    release(110);
    ASSERT_TRUE(wait_received(110));
    start_reader();
    ASSERT_TRUE(wait_received(110));
    EXPECT_TRUE(fetched_.empty()) << "all of it was in the stream again";
}

TEST_F(EventPublisherTest, GoesOnWhenRedisIsFlushedUnderTraffic) {
    start_publisher();
    start_reader();
    for (std::uint64_t i = 1; i <= 300; ++i) {
        release(i * 7);
        if (i % 100 == 50) server_.command({"FLUSHALL"});
        run_for(io_, std::chrono::milliseconds(1));
    }
    is_waiting_ = true;
    ASSERT_TRUE(wait_received(2'100));
}

TEST_F(EventPublisherTest, RefillsAfterRedisWasKilledAndCountsNothingTwice) {
    start_publisher();
    start_reader();
    release(100);
    ASSERT_TRUE(wait_received(100));
    server_.kill();
    release(150);
    run_for(io_, std::chrono::milliseconds(50));
    release(200);
    server_.restart();
    ASSERT_TRUE(wait_received(200));
    ASSERT_TRUE(wait_confirmed(200));
}

TEST_F(EventPublisherTest, GoesOnBehindWhatAnEarlierEnginePublished) {
    put(1, 5);
    server_.command({"SET", "sauda:{main}:journal", journal_});
    engine_.publish(event_chunk(1, 9));
    released_ = 9;
    start_publisher();
    start_reader();
    ASSERT_TRUE(wait_received(9));
    EXPECT_EQ(server_.command({"XLEN", key}), "2");
    EXPECT_TRUE(fetched_.empty());
}

TEST_F(EventPublisherTest, LeavesTheStreamOfAnotherJournalAlone) {
    server_.command({"SET", "sauda:{main}:journal", "fedcba"});
    release(5);
    start_publisher();
    ASSERT_TRUE(run_until(io_, [&] { return !fatal_.empty(); }));
    EXPECT_TRUE(publisher_->is_stopped());
    EXPECT_NE(fatal_[0].find("fedcba"), std::string::npos);
    EXPECT_NE(fatal_[0].find(journal_), std::string::npos);
    release(6);
    run_for(io_, std::chrono::milliseconds(300));
    EXPECT_EQ(server_.command({"EXISTS", key}), "0");
    EXPECT_EQ(fatal_.size(), 1u);
}

TEST_F(EventPublisherTest, RefusesAStreamThatKnowsMoreThanTheJournal) {
    put(1, 9);
    release(5);
    start_publisher();
    ASSERT_TRUE(run_until(io_, [&] { return !fatal_.empty(); }));
    EXPECT_NE(fatal_[0].find("through 9"), std::string::npos) << fatal_[0];
    EXPECT_NE(fatal_[0].find("ends at 5"), std::string::npos) << fatal_[0];
    EXPECT_EQ(server_.command({"XLEN", key}), "1");
}

TEST_F(EventPublisherTest, WaitsWhileRedisTakesNoWritesAndCatchesUpFromTheLog) {
    start_publisher({.backlog_bytes_max = 1'000});
    start_reader();
    release(10);
    ASSERT_TRUE(wait_received(10));
    server_.command({"CONFIG", "SET", "maxmemory", "1"});
    for (std::uint64_t last = 20; last <= 5'000; last += 10) release(last);
    ASSERT_TRUE(run_until(io_, [&] { return publisher_->counters().failures > 0; }));
    EXPECT_TRUE(publisher_->last_error().starts_with("OOM")) << publisher_->last_error();
    EXPECT_LT(received_last_, 5'000u);
    server_.command({"CONFIG", "SET", "maxmemory", "0"});
    ASSERT_TRUE(wait_received(5'000));
    ASSERT_TRUE(wait_confirmed(5'000));
}

}  // namespace
}  // namespace sauda::bus::redis
