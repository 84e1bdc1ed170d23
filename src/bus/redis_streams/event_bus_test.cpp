#include <gtest/gtest.h>

#include "bus/in_process.h"
#include "redis_streams/command_entry.h"
#include "redis_streams/event_publisher.h"
#include "redis_streams/event_reader.h"
#include "redis_streams/stream_state.h"
#include "redis_streams/testing/bus_fixture.h"

namespace sauda::bus::redis {
namespace {

/// An engine's broadcast and event log, and what one reader made of the stream.
class EventBusTest : public ::testing::Test {
protected:
    void release(std::uint64_t last) {
        const std::uint64_t first = released_ + 1;
        released_ = last;
        engine_.publish(event_chunk(first, last));
    }
    void start_publisher(const EventPublisherOptions& options = {}) {
        publisher_ = std::make_unique<EventPublisher>(
            io_, config_of(server_), journal_, engine_,
            EventPublisherHooks{
                .read_log =
                    [this](std::uint64_t from, std::size_t bytes_max,
                           const EventPublisherHooks::Visitor& visit) {
                        return read(from, bytes_max, visit);
                    },
                .log_begin = [] { return std::uint64_t{1}; },
                .on_fatal = [this](const std::string& reason) { fatal_.push_back(reason); },
                .on_problem = [this](const std::string& problem) { problems_.push_back(problem); }},
            options);
        publisher_->start();
    }
    base::Result<std::uint64_t, std::string> read(std::uint64_t from, std::size_t bytes_max,
                                                  const EventPublisherHooks::Visitor& visit) {
        std::size_t bytes = 0;
        while (from <= released_ && bytes < bytes_max) {
            const base::Bytes frame = event_frame(from);
            bytes += frame.size();
            if (!visit(from++, frame)) break;
        }
        return from;
    }
    void start_reader(std::uint64_t published = 0, const EventReaderOptions& options = {}) {
        received_last_ = published;
        reader_ = std::make_unique<EventReader>(
            io_, config_of(server_), published, sink_,
            EventReaderHooks{
                .fetch =
                    [this](std::uint64_t from, std::uint64_t through, const auto& done) {
                        fetched_.push_back(from);
                        const std::uint64_t last = std::min({through, released_, from + 99});
                        done(last < from ? Chunk{} : event_chunk(from, last));
                    },
                .bytes_through = bytes_through,
                .waiting_bytes = [this] { return waiting_bytes_; },
                .is_waiting = [this] { return is_waiting_; },
                .on_problem = [this](const std::string& problem) { problems_.push_back(problem); },
                .on_foreign = [this](const std::string& reason) { fatal_.push_back(reason); }},
            options);
        reader_->start();
    }
    /// An entry as a publisher writes it, put there by hand.
    void put(std::uint64_t first, std::uint64_t last, const std::string& crc = {}) {
        const Chunk chunk = event_chunk(first, last);
        const std::string frames(base::as_text(*chunk.bytes));
        server_.command({"XADD", key, std::to_string(last) + "-0", "first", std::to_string(first), "frames",
                         frames, "crc", crc.empty() ? crc_text(*chunk.bytes) : crc});
    }
    bool wait_confirmed(std::uint64_t last) {
        return run_until(io_, [&] { return publisher_->confirmed() >= last; });
    }
    bool wait_received(std::uint64_t last) {
        return run_until(io_, [&] { return received_last_ >= last; });
    }

    /// Checks that chunks follow each other and that their frames are what they say.
    struct Sink final : BroadcastProducer {
        explicit Sink(EventBusTest& test) : test_(test) {}
        void publish(const Chunk& chunk) override {
            EXPECT_EQ(chunk.first, test_.received_last_ + 1);
            EXPECT_EQ(sequences_of(chunk).size(), chunk.last - chunk.first + 1);
            test_.received_last_ = chunk.last;
        }
        EventBusTest& test_;
    };

    static inline const std::string key = "sauda:{main}:events";
    RedisServer server_;
    boost::asio::io_context io_;
    std::string journal_ = "0123456789abcdef";
    std::uint64_t released_ = 0;
    std::uint64_t received_last_ = 0;
    bool is_waiting_ = false;
    std::size_t waiting_bytes_ = 0;
    std::vector<std::uint64_t> fetched_;
    std::vector<std::string> fatal_;
    std::vector<std::string> problems_;
    Broadcast engine_;
    Sink sink_{*this};
    std::unique_ptr<EventPublisher> publisher_;
    std::unique_ptr<EventReader> reader_;
};

TEST_F(EventBusTest, CarriesChunksFromTheBroadcastToAReader) {
    start_publisher();
    start_reader();
    ASSERT_TRUE(run_until(io_, [&] { return publisher_->is_connected() && reader_->is_connected(); }));
    release(3);
    ASSERT_TRUE(wait_received(3));
    release(4);
    release(1'000);
    ASSERT_TRUE(wait_received(1'000));
    ASSERT_TRUE(run_until(io_, [&] { return publisher_->lag() == 0; }));
    EXPECT_EQ(server_.command({"GET", "sauda:{main}:journal"}), journal_);
    EXPECT_TRUE(fetched_.empty());
    EXPECT_TRUE(problems_.empty());
    EXPECT_TRUE(fatal_.empty());
}

// --- The reader

TEST_F(EventBusTest, DropsWhatItHasAndCutsWhatOverlaps) {
    released_ = 20;
    put(1, 8);
    put(5, 10);  // written again by a restarted engine
    put(9, 14);  // behind it, with other limits
    put(12, 20);
    start_reader(6);
    ASSERT_TRUE(wait_received(20));
    EXPECT_EQ(reader_->counters().cut, 4u);
    EXPECT_TRUE(fetched_.empty());
}

TEST_F(EventBusTest, FetchesGapsInOrderAndThenGoesOn) {
    released_ = 500;
    put(201, 300);
    put(401, 402);
    start_reader();
    ASSERT_TRUE(wait_received(402));
    EXPECT_EQ(fetched_, (std::vector<std::uint64_t>{1, 101, 303 - 2}))
        << "a hundred at a time, as the log gives";
}

TEST_F(EventBusTest, ReadsNothingBehindAGapBeforeItIsClosed) {
    released_ = 3;  // the engine's log is behind for a moment
    put(6, 8);
    start_reader();
    ASSERT_TRUE(wait_received(3));
    ASSERT_TRUE(run_until(io_, [&] { return reader_->counters().failed_fetches > 0; }));
    EXPECT_EQ(received_last_, 3u);
    EXPECT_EQ(problems_.size(), 1u) << "told once, not at every attempt";
    released_ = 8;
    ASSERT_TRUE(wait_received(8));
}

TEST_F(EventBusTest, FetchesWhatIsDamaged) {
    released_ = 9;
    put(1, 3);
    put(4, 6, "1");
    start_reader();
    ASSERT_TRUE(wait_received(9));
    EXPECT_GE(reader_->counters().malformed, 1u);
}

TEST_F(EventBusTest, AsksTheEngineWhenSomebodyWaitsAndNothingComes) {
    start_reader(0, {.quiet_max = Milliseconds(50)});
    ASSERT_TRUE(run_until(io_, [&] { return reader_->is_connected(); }));
    released_ = 5;
    run_for(io_, std::chrono::milliseconds(150));
    EXPECT_EQ(received_last_, 0u) << "nobody waits";
    is_waiting_ = true;
    ASSERT_TRUE(wait_received(5));
    server_.kill();
    released_ = 7;
    ASSERT_TRUE(wait_received(7)) << "without Redis too";
    server_.restart();
    put(8, 9);
    ASSERT_TRUE(wait_received(9));
}

TEST_F(EventBusTest, ReadsNothingWhileConsumersHaveTooMuch) {
    put(1, 3);
    waiting_bytes_ = 100;
    start_reader(0, {.waiting_bytes_max = 99});
    ASSERT_TRUE(run_until(io_, [&] { return reader_->is_connected(); }));
    run_for(io_, std::chrono::milliseconds(50));
    EXPECT_EQ(received_last_, 0u);
    waiting_bytes_ = 99;
    ASSERT_TRUE(wait_received(3));
}

TEST_F(EventBusTest, ReadsNothingOfAnotherJournal) {
    server_.command({"SET", "sauda:{main}:journal", "another"});
    put(1, 3);
    start_reader(0, {.journal_id = journal_});
    ASSERT_TRUE(run_until(io_, [&] { return !fatal_.empty(); }));
    EXPECT_NE(fatal_[0].find("another"), std::string::npos) << fatal_[0];
    run_for(io_, std::chrono::milliseconds(50));
    EXPECT_EQ(received_last_, 0u);
    server_.command({"SET", "sauda:{main}:journal", journal_});
    start_reader(0, {.journal_id = journal_});
    ASSERT_TRUE(wait_received(3));
}

// --- The publisher

TEST_F(EventBusTest, FillsAnEmptyStreamFromTheLogWithTheNewestKept) {
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

TEST_F(EventBusTest, TellsHowFarTheEngineIsWhileTheStreamIsFilled) {
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

TEST_F(EventBusTest, KeepsTheStreamBounded) {
    start_publisher({.kept = 1'000});
    for (int i = 1; i <= 3'000; ++i) {
        release(static_cast<std::uint64_t>(i) * 10);
        ASSERT_TRUE(wait_confirmed(static_cast<std::uint64_t>(i) * 10));
    }
    EXPECT_LE(std::stoul(server_.command({"XLEN", key})), 300u) << "100 and at most a node of Redis's tree";
}

TEST_F(EventBusTest, RefillsAFlushedStreamAndTheReaderHasNoGap) {
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

TEST_F(EventBusTest, GoesOnWhenRedisIsFlushedUnderTraffic) {
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

TEST_F(EventBusTest, RefillsAfterRedisWasKilledAndCountsNothingTwice) {
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

TEST_F(EventBusTest, GoesOnBehindWhatAnEarlierEnginePublished) {
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

TEST_F(EventBusTest, LeavesTheStreamOfAnotherJournalAlone) {
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

TEST_F(EventBusTest, RefusesAStreamThatKnowsMoreThanTheJournal) {
    put(1, 9);
    release(5);
    start_publisher();
    ASSERT_TRUE(run_until(io_, [&] { return !fatal_.empty(); }));
    EXPECT_NE(fatal_[0].find("through 9"), std::string::npos) << fatal_[0];
    EXPECT_NE(fatal_[0].find("ends at 5"), std::string::npos) << fatal_[0];
    EXPECT_EQ(server_.command({"XLEN", key}), "1");
}

TEST_F(EventBusTest, WaitsWhileRedisTakesNoWritesAndCatchesUpFromTheLog) {
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
