#include <gtest/gtest.h>

#include "redis_streams/command_entry.h"
#include "redis_streams/command_producer.h"
#include "redis_streams/command_reader.h"
#include "redis_streams/testing/bus_fixture.h"

namespace sauda::bus::redis {
namespace {

/// A producer and a reader over one server; the engine is a list of what it took.
class CommandBusTest : public ::testing::Test {
protected:
    void start_producer(const CommandProducerLimits& limits = {}) {
        producer_ = std::make_unique<CommandProducer>(io_, config_of(server_), limits);
        producer_->start();
        ASSERT_TRUE(run_until(io_, [this] { return producer_->guard().is_reachable(); }));
    }
    void start_reader() {
        reader_ = std::make_unique<CommandReader>(
            io_, config_of(server_), "journal",
            CommandReaderHooks{
                .offer =
                    [this](const FrameBatch& frames, Lane lane) {
                        if (verdict_ != Offer::accepted) return verdict_;
                        for (std::size_t i = 0; i < frames.size(); ++i) {
                            taken_.emplace_back(base::as_text(frames[i]));
                            lanes_.push_back(lane);
                        }
                        return Offer::accepted;
                    },
                .settled = [this] { return settled_; },
                .on_problem = [this](const std::string& problem) { problems_.push_back(problem); }});
        reader_->start();
    }
    Offer offer(const std::string& text, Lane lane = Lane::placing) {
        return producer_->offer(base::as_bytes(text), lane);
    }
    /// The answer is in told_. One that is still due when a test ends comes while the reader does.
    void ask_settled() {
        told_.reset();
        reader_->await_settled([this](bool is_settled) { told_ = is_settled; });
    }
    bool wait_settled() {
        ask_settled();
        return run_until(io_, [&] {
            if (told_ == false) ask_settled();
            return told_ == true;
        });
    }
    bool wait_taken(std::size_t count) {
        return run_until(io_, [&] { return taken_.size() >= count; });
    }
    std::string entries_in_stream() { return server_.command({"XLEN", "sauda:{main}:commands"}); }

    RedisServer server_;
    boost::asio::io_context io_;
    Offer verdict_ = Offer::accepted;
    std::uint64_t settled_ = 0;
    std::vector<std::string> taken_;
    std::vector<Lane> lanes_;
    std::vector<std::string> problems_;
    std::optional<bool> told_;
    std::unique_ptr<CommandProducer> producer_;
    std::unique_ptr<CommandReader> reader_;
};

TEST_F(CommandBusTest, CarriesFramesInOrderAndATurnInOneEntry) {
    start_producer();
    start_reader();
    std::vector<std::string> sent;
    for (int i = 0; i < 200; ++i) {
        sent.push_back("frame " + std::to_string(i));
        ASSERT_EQ(offer(sent.back(), i % 3 == 0 ? Lane::reserved : Lane::placing), Offer::accepted);
    }
    EXPECT_EQ(producer_->outstanding_frames(), 200u);
    ASSERT_TRUE(wait_taken(200));
    EXPECT_EQ(taken_, sent);
    EXPECT_EQ(lanes_[3], Lane::reserved);
    EXPECT_EQ(lanes_[4], Lane::placing);
    EXPECT_EQ(producer_->counters().entries, 1u);
    EXPECT_EQ(entries_in_stream(), "1") << "not settled yet";
    settled_ = 200;
    ASSERT_TRUE(run_until(io_, [&] { return reader_->counters().trims == 1; }));
    EXPECT_EQ(entries_in_stream(), "0");
    EXPECT_EQ(producer_->outstanding_frames(), 0u);
    EXPECT_EQ(producer_->outstanding_bytes(), 0u);
    EXPECT_TRUE(problems_.empty());
}

TEST_F(CommandBusTest, OffersTheSameAgainWhenTheEngineIsFullAndLosesNothing) {
    start_producer();
    start_reader();
    verdict_ = Offer::back_pressured;
    ASSERT_EQ(offer("a"), Offer::accepted);
    ASSERT_EQ(offer("b", Lane::reserved), Offer::accepted);
    run_for(io_, std::chrono::milliseconds(50));
    ASSERT_EQ(offer("c"), Offer::accepted);
    run_for(io_, std::chrono::milliseconds(50));
    EXPECT_TRUE(taken_.empty());
    EXPECT_EQ(entries_in_stream(), "2");
    verdict_ = Offer::accepted;
    ASSERT_TRUE(wait_taken(3));
    EXPECT_EQ(taken_, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(CommandBusTest, GivesANewEngineEverythingThatWasNotSettled) {
    start_producer();
    start_reader();
    for (const char* text : {"a", "b", "c"}) {
        ASSERT_EQ(offer(text), Offer::accepted);
        ASSERT_TRUE(run_until(io_, [&] { return producer_->outstanding_frames() == 0; }));
    }
    ASSERT_TRUE(wait_taken(3));
    settled_ = 1;
    ASSERT_TRUE(run_until(io_, [&] { return reader_->counters().trims == 1; }));
    reader_.reset();
    taken_.clear();
    settled_ = 0;
    start_reader();
    ASSERT_TRUE(wait_taken(2));
    EXPECT_EQ(taken_, (std::vector<std::string>{"b", "c"}));
    settled_ = 2;
    ASSERT_TRUE(run_until(io_, [&] { return reader_->unsettled() == 0; }));
}

TEST_F(CommandBusTest, TellsWhenWhatTheStreamHeldIsSettled) {
    start_producer();
    start_reader();
    ask_settled();
    EXPECT_EQ(told_, false) << "nothing is known before Redis is";
    ASSERT_TRUE(run_until(io_, [&] { return reader_->is_connected(); }));
    ASSERT_TRUE(wait_settled()) << "there is nothing";
    verdict_ = Offer::back_pressured;  // read, and not taken
    ASSERT_EQ(offer("a"), Offer::accepted);
    ASSERT_TRUE(run_until(io_, [&] { return producer_->outstanding_frames() == 0; }));
    // Until it has read the entry, it cannot find out: it is asked again.
    for (int tries = 0; tries < 100; ++tries) {
        ask_settled();
        run_for(io_, std::chrono::milliseconds(50));
        ASSERT_NE(told_, true);
        if (!told_) break;
    }
    EXPECT_EQ(told_, std::nullopt);
    verdict_ = Offer::accepted;
    ASSERT_TRUE(wait_taken(1));
    run_for(io_, std::chrono::milliseconds(50));
    EXPECT_EQ(told_, std::nullopt) << "taken is not settled";
    for (int i = 0; i < 5; ++i) ASSERT_EQ(offer("later"), Offer::accepted);
    ASSERT_TRUE(wait_taken(6));
    settled_ = 1;
    ASSERT_TRUE(run_until(io_, [&] { return told_.has_value(); })) << "nobody waits for what came later";
    EXPECT_EQ(told_, true);
}

TEST_F(CommandBusTest, AnEngineThatFindsAnEmptyStreamTellsThatItIsSettled) {
    start_producer();
    start_reader();
    ASSERT_EQ(offer("a"), Offer::accepted);
    ASSERT_TRUE(wait_taken(1));
    settled_ = 1;
    ASSERT_TRUE(run_until(io_, [&] { return entries_in_stream() == "0"; }));
    reader_.reset();
    settled_ = 0;
    start_reader();  // it has read nothing, and there is nothing to read
    ASSERT_TRUE(run_until(io_, [&] { return reader_->is_connected(); }));
    ASSERT_TRUE(wait_settled());
    ASSERT_EQ(offer("b"), Offer::accepted);
    ASSERT_TRUE(wait_taken(2));
    EXPECT_EQ(taken_, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(reader_->counters().restarts, 0u);
}

TEST_F(CommandBusTest, DoesNotTellThatAStreamIsSettledWhichIsAnother) {
    start_producer();
    start_reader();
    ASSERT_EQ(offer("a"), Offer::accepted);
    ASSERT_TRUE(wait_taken(1));
    ASSERT_TRUE(run_until(io_, [&] { return producer_->outstanding_frames() == 0; }));
    server_.command({"FLUSHALL"});
    ask_settled();
    ASSERT_TRUE(run_until(io_, [&] { return told_.has_value(); }));
    EXPECT_EQ(told_, false) << "\"a\" was read and is not settled";
    ASSERT_TRUE(run_until(io_, [&] { return reader_->last_id().is_zero(); }));
    ask_settled();
    run_for(io_, std::chrono::milliseconds(50));
    EXPECT_EQ(told_, std::nullopt);
    settled_ = 1;
    ASSERT_TRUE(run_until(io_, [&] { return told_ == true; }));
    server_.pause();
    ask_settled();
    ASSERT_TRUE(run_until(io_, [&] { return told_ == false; }));
}

TEST_F(CommandBusTest, StopsReadingWhenTheEngineStops) {
    start_producer();
    start_reader();
    verdict_ = Offer::closed;
    ASSERT_EQ(offer("a"), Offer::accepted);
    ASSERT_TRUE(run_until(io_, [&] { return reader_->counters().entries == 1; }));
    verdict_ = Offer::accepted;
    ASSERT_EQ(offer("b"), Offer::accepted);
    run_for(io_, std::chrono::milliseconds(100));
    EXPECT_TRUE(taken_.empty());
    EXPECT_EQ(entries_in_stream(), "2") << "they are the next engine's";
}

TEST_F(CommandBusTest, GoesOnAfterALostConnectionWithoutReadingAgain) {
    start_producer();
    start_reader();
    ASSERT_EQ(offer("a"), Offer::accepted);
    ASSERT_TRUE(wait_taken(1));
    server_.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    ASSERT_TRUE(run_until(io_, [&] { return !producer_->guard().is_reachable(); }));
    ASSERT_TRUE(run_until(io_, [&] { return producer_->guard().is_reachable() && reader_->is_connected(); }));
    ASSERT_EQ(offer("b"), Offer::accepted);
    ASSERT_TRUE(wait_taken(2));
    EXPECT_EQ(taken_, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(reader_->counters().restarts, 0u);
}

TEST_F(CommandBusTest, BeginsAnewOnAServerThatStartedAgain) {
    start_producer();
    start_reader();
    ASSERT_EQ(offer("a"), Offer::accepted);
    ASSERT_TRUE(wait_taken(1));
    server_.kill();
    ASSERT_TRUE(run_until(io_, [&] { return !producer_->guard().is_reachable(); }));
    server_.restart();
    // Its stream is another one, with ids below those that were read.
    server_.command({"XADD", "sauda:{main}:commands", "5-0", "frames", std::string("\1\0\0\0b", 5), "crc",
                     crc_text(base::as_bytes(std::string_view("\1\0\0\0b", 5)))});
    ASSERT_TRUE(wait_taken(2));
    EXPECT_EQ(taken_[1], "b");
    EXPECT_EQ(reader_->counters().restarts, 1u);
    settled_ = 1;  // the entry of the stream that is no more: nothing of this one may be trimmed for it
    run_for(io_, std::chrono::milliseconds(100));
    EXPECT_EQ(entries_in_stream(), "1");
    settled_ = 2;
    ASSERT_TRUE(run_until(io_, [&] { return reader_->unsettled() == 0 && reader_->counters().trims == 1; }));
    EXPECT_EQ(entries_in_stream(), "0");
}

TEST_F(CommandBusTest, BeginsAnewWhenTheStreamWasFlushed) {
    start_producer();
    start_reader();
    ASSERT_EQ(offer("a"), Offer::accepted);
    ASSERT_TRUE(wait_taken(1));
    server_.command({"FLUSHALL"});
    ASSERT_TRUE(run_until(io_, [&] { return reader_->last_id().is_zero(); }))
        << "it was looked at while idle";
    ASSERT_EQ(offer("b"), Offer::accepted);
    ASSERT_TRUE(wait_taken(2));
    EXPECT_EQ(taken_, (std::vector<std::string>{"a", "b"}));
}

TEST_F(CommandBusTest, NoticesADeadServerAndReadsOnWhenItIsBack) {
    start_producer();
    start_reader();
    ASSERT_TRUE(run_until(io_, [&] { return reader_->is_connected(); }));
    server_.pause();
    ASSERT_TRUE(run_until(io_, [&] { return !reader_->is_connected(); }));
    server_.resume();
    ASSERT_TRUE(run_until(io_, [&] { return producer_->guard().is_reachable() && reader_->is_connected(); }));
    ASSERT_EQ(offer("a"), Offer::accepted);
    ASSERT_TRUE(wait_taken(1));
}

TEST_F(CommandBusTest, LeavesTheCommandsOfAnotherJournalAlone) {
    start_producer();
    server_.command({"SET", "sauda:{main}:journal", "another"});
    ASSERT_EQ(offer("not ours"), Offer::accepted);
    start_reader();
    ASSERT_TRUE(run_until(io_, [&] { return !problems_.empty(); }));
    EXPECT_NE(problems_[0].find("another"), std::string::npos) << problems_[0];
    run_for(io_, std::chrono::milliseconds(600));
    EXPECT_TRUE(taken_.empty());
    EXPECT_EQ(entries_in_stream(), "1");
    EXPECT_EQ(problems_.size(), 1u);
    server_.command({"DEL", "sauda:{main}:journal"});
    ASSERT_TRUE(wait_taken(1));
}

TEST_F(CommandBusTest, PassesOverMalformedEntries) {
    start_producer();
    start_reader();
    const std::string key = "sauda:{main}:commands";
    server_.command({"XADD", key, "*", "other", "fields"});
    server_.command({"XADD", key, "*", "frames", "abc", "crc", crc_text(base::as_bytes("abc"))});
    server_.command({"XADD", key, "*", "frames", std::string("\1\0\0\0x", 5), "crc", "1"});
    ASSERT_EQ(offer("good"), Offer::accepted);
    ASSERT_TRUE(wait_taken(1));
    EXPECT_EQ(taken_, (std::vector<std::string>{"good"}));
    EXPECT_EQ(reader_->counters().malformed, 3u);
    EXPECT_EQ(problems_.size(), 3u);
    settled_ = 1;
    ASSERT_TRUE(run_until(io_, [&] { return entries_in_stream() == "0"; }));
}

TEST_F(CommandBusTest, TrimsAsItGoes) {
    start_producer();
    start_reader();
    std::size_t sent = 0;
    const auto send_a_turn = [&] {
        for (int i = 0; i < 20; ++i) EXPECT_EQ(offer(std::to_string(sent++)), Offer::accepted);
        EXPECT_TRUE(run_until(io_, [&] { return producer_->outstanding_frames() == 0; }));
        settled_ = taken_.size();
        return producer_->counters().entries;
    };
    while (send_a_turn() < 100'000 && reader_->counters().trims < 5) continue;
    EXPECT_EQ(reader_->counters().trims, 5u);
    EXPECT_LT(std::stoul(entries_in_stream()), producer_->counters().entries);
    ASSERT_TRUE(wait_taken(sent));
    settled_ = sent;
    ASSERT_TRUE(run_until(io_, [&] { return entries_in_stream() == "0"; }));
    for (std::size_t i = 0; i < sent; ++i) ASSERT_EQ(taken_[i], std::to_string(i));
}

TEST_F(CommandBusTest, GivesWhatRedisConfirmedInOrderHoweverOftenConnectionsEnd) {
    start_producer();
    start_reader();
    int next = 0;
    for (int step = 0; step < 100; ++step) {
        if (offer(std::to_string(next)) == Offer::accepted) ++next;
        if (step % 10 == 5) server_.command({"CLIENT", "KILL", "TYPE", "normal"});
        if (step % 10 == 7) {
            ASSERT_TRUE(run_until(io_, [&] { return producer_->guard().is_reachable(); }));
        }
        run_for(io_, std::chrono::milliseconds(1));
        settled_ = taken_.size();
    }
    ASSERT_TRUE(run_until(io_, [&] { return producer_->outstanding_frames() == 0; }));
    const std::uint64_t unknown = producer_->counters().unknown + producer_->counters().refused;
    ASSERT_TRUE(wait_taken(static_cast<std::size_t>(next) - unknown));
    run_for(io_, std::chrono::milliseconds(20));
    int before = -1;
    for (const std::string& text : taken_) {
        EXPECT_GT(std::stoi(text), before) << "the server is the same: nothing comes twice";
        before = std::stoi(text);
    }
    EXPECT_TRUE(problems_.empty());
}

}  // namespace
}  // namespace sauda::bus::redis
