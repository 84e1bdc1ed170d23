// The producer and its breaker, against a Redis that breaks in every way it can.
#include "redis_streams/command_producer.h"

#include <gtest/gtest.h>

#include "redis_streams/testing/bus_fixture.h"

namespace sauda::bus::redis {
namespace {

using State = base::CircuitBreaker::State;

class CommandProducerTest : public ::testing::Test {
protected:
    void start(std::vector<std::string> server_options = {}, const CommandProducerLimits& limits = {}) {
        server_.emplace(std::move(server_options));
        RedisConfig config = config_of(*server_);
        producer_ = std::make_unique<CommandProducer>(io_, config, limits);
        EXPECT_EQ(offer("too early"), Offer::unreachable);
        producer_->start();
        ASSERT_TRUE(wait_closed());
    }
    Offer offer(const std::string& text, Lane lane = Lane::placing) {
        return producer_->offer(base::as_bytes(text), lane);
    }
    bool wait_open() {
        return run_until(io_, [this] { return producer_->guard().state() == State::open; });
    }
    bool wait_closed() {
        return run_until(io_, [this] { return producer_->guard().state() == State::closed; });
    }
    bool wait_settled() {
        return run_until(io_, [this] { return producer_->outstanding_frames() == 0; });
    }
    std::string entries_in_stream() { return server_->command({"XLEN", "sauda:{main}:commands"}); }

    std::optional<RedisServer> server_;
    boost::asio::io_context io_;
    std::unique_ptr<CommandProducer> producer_;
};

TEST_F(CommandProducerTest, OpensWhenRedisIsKilledAndSendsNothingTwice) {
    start();
    ASSERT_EQ(offer("before"), Offer::accepted);
    ASSERT_TRUE(wait_settled());
    EXPECT_EQ(entries_in_stream(), "1");
    server_->pause();
    ASSERT_EQ(offer("during"), Offer::accepted);
    run_for(io_, std::chrono::milliseconds(20));
    server_->kill();
    ASSERT_TRUE(wait_open());
    EXPECT_EQ(offer("after"), Offer::unreachable);
    EXPECT_EQ(offer("after", Lane::reserved), Offer::unreachable);
    EXPECT_EQ(producer_->counters().unknown, 1u);
    EXPECT_EQ(producer_->outstanding_frames(), 0u);
    EXPECT_FALSE(producer_->guard().last_error().empty());
    server_->restart();
    ASSERT_TRUE(wait_closed());
    EXPECT_EQ(entries_in_stream(), "0") << "what was not confirmed is not sent again";
    EXPECT_EQ(offer("again"), Offer::accepted);
    ASSERT_TRUE(wait_settled());
    EXPECT_EQ(entries_in_stream(), "1");
    EXPECT_GE(producer_->guard().counters().opened, 1u);
}

TEST_F(CommandProducerTest, OpensWhenRedisHangsEvenWithOneCommandOnItsWay) {
    start();
    server_->pause();
    ASSERT_EQ(offer("during"), Offer::accepted);
    ASSERT_TRUE(wait_open());
    EXPECT_EQ(producer_->counters().unknown, 1u);
    EXPECT_EQ(offer("after"), Offer::unreachable);
    server_->resume();
    ASSERT_TRUE(wait_closed());
    EXPECT_EQ(offer("again"), Offer::accepted);
    ASSERT_TRUE(wait_settled());
    EXPECT_EQ(entries_in_stream(), "2") << "what had reached the socket is done when Redis goes on";
}

TEST_F(CommandProducerTest, OpensWhenNobodySendsAndRedisHangs) {
    start();
    EXPECT_EQ(producer_->guard().troubled_at(), std::nullopt)
        << "that it was not reached at first is no trouble";
    server_->pause();
    ASSERT_TRUE(wait_open()) << "the probes find it";
    EXPECT_EQ(producer_->counters().unknown, 0u);
    const auto before = std::chrono::steady_clock::now();
    EXPECT_GE(producer_->guard().troubled_at(), before) << "as long as it lasts";
    server_->resume();
    ASSERT_TRUE(wait_closed());
    const auto after = std::chrono::steady_clock::now();
    ASSERT_TRUE(producer_->guard().troubled_at().has_value());
    EXPECT_LT(*producer_->guard().troubled_at(), after) << "and it is remembered";
}

TEST_F(CommandProducerTest, OpensWhenRedisIsOutOfMemory) {
    start({"--maxmemory-policy", "noeviction"});
    server_->command({"CONFIG", "SET", "maxmemory", "1"});
    ASSERT_TRUE(wait_open());
    EXPECT_TRUE(producer_->guard().last_error().starts_with("OOM")) << producer_->guard().last_error();
    EXPECT_EQ(offer("no"), Offer::unreachable);
    server_->command({"CONFIG", "SET", "maxmemory", "0"});
    ASSERT_TRUE(wait_closed());
}

/// What the figures of config.h come to: 3 commands in a row, of 200 ms each, and so they are over before a
/// second is, though nobody sends and a probe comes every 250 ms. Times are left to the campaign, since a
/// busy machine has others.
TEST_F(CommandProducerTest, OpensAfterSoManyFailuresAndNoMore) {
    start();
    const RedisConfig config;
    EXPECT_LT(config.failures_to_open * std::max(config.reply_timeout, config.probe_interval) +
                  config.reply_timeout,
              Milliseconds(1'000));
    server_->pause();
    const std::uint64_t before = producer_->guard().counters().failures;
    for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(offer("during"), Offer::accepted);
        run_for(io_, Milliseconds(2));  // an entry of its own
    }
    EXPECT_EQ(producer_->guard().counters().failures, before);
    ASSERT_TRUE(wait_open());
    EXPECT_EQ(producer_->guard().counters().failures - before, config.failures_to_open);
    EXPECT_EQ(producer_->guard().counters().opened, 1u);
    EXPECT_EQ(offer("after"), Offer::unreachable);
}

TEST_F(CommandProducerTest, ProbesAtItsIntervalWhileOpenAndClosesWithTheFirstThatSucceeds) {
    start({"--maxmemory-policy", "noeviction"});
    server_->command({"CONFIG", "SET", "maxmemory", "1"});
    ASSERT_TRUE(wait_open());
    const std::uint64_t before = producer_->guard().counters().failures;
    constexpr int intervals = 6;
    const RedisConfig config;
    run_for(io_, intervals * config.probe_interval);
    const std::uint64_t probes = producer_->guard().counters().failures - before;
    EXPECT_GE(probes, 2u) << "it goes on asking";
    EXPECT_LE(probes, intervals + 1u) << "and not more often than that";
    server_->command({"CONFIG", "SET", "maxmemory", "0"});
    const std::uint64_t failures = producer_->guard().counters().failures;
    ASSERT_TRUE(wait_closed());
    EXPECT_LE(producer_->guard().counters().failures, failures + 1) << "one may have been on its way";
    EXPECT_EQ(producer_->guard().counters().opened, 1u) << "probes that failed did not open it again";
}

TEST_F(CommandProducerTest, OpensWhenRedisBecomesAReplica) {
    start();
    server_->command({"REPLICAOF", "127.0.0.1", "1"});
    ASSERT_EQ(offer("refused"), Offer::accepted);
    ASSERT_TRUE(wait_open());
    EXPECT_TRUE(producer_->guard().last_error().starts_with("READONLY")) << producer_->guard().last_error();
    EXPECT_EQ(producer_->counters().refused, 1u);
    server_->command({"REPLICAOF", "NO", "ONE"});
    ASSERT_TRUE(wait_closed());
    EXPECT_EQ(entries_in_stream(), "0");
}

TEST_F(CommandProducerTest, ReadsThatSucceedDoNotHideThatWritesFail) {
    start({}, {.backlog_max = 8});
    server_->command({"CONFIG", "SET", "min-replicas-to-write", "1"});
    // The backlog is read all the while.
    ASSERT_TRUE(wait_open());
    EXPECT_TRUE(producer_->guard().last_error().starts_with("NOREPLICAS"));
    run_for(io_, std::chrono::milliseconds(600));
    EXPECT_NE(producer_->guard().state(), State::closed);
    server_->command({"CONFIG", "SET", "min-replicas-to-write", "0"});
    ASSERT_TRUE(wait_closed());
}

TEST_F(CommandProducerTest, KeepsItsBoundsAndRoomForCancels) {
    start({}, {.frames_max = 3, .frames_reserved = 1});
    FrameBatch two;
    two.append(base::as_bytes("a"));
    two.append(base::as_bytes("b"));
    EXPECT_EQ(producer_->offer_all(two, Lane::placing), Offer::accepted);
    EXPECT_EQ(producer_->offer_all(two, Lane::placing), Offer::back_pressured) << "all or nothing";
    EXPECT_EQ(producer_->offer_all(two, Lane::reserved), Offer::accepted);
    EXPECT_EQ(offer("c"), Offer::back_pressured);
    EXPECT_EQ(offer("c", Lane::reserved), Offer::back_pressured);
    EXPECT_EQ(producer_->counters().frames, 4u);
    EXPECT_EQ(producer_->counters().back_pressured, 4u);
    ASSERT_TRUE(wait_settled());
    EXPECT_EQ(offer("c"), Offer::accepted);
}

TEST_F(CommandProducerTest, CutsATurnIntoEntriesOfBoundedSize) {
    start({}, {.frame_size_max = 60, .entry_bytes_max = 128});
    for (int i = 0; i < 10; ++i) ASSERT_EQ(offer(std::string(60, 'x')), Offer::accepted);
    ASSERT_TRUE(wait_settled());
    EXPECT_EQ(producer_->counters().entries, 5u) << "two of 64 bytes fit in each";
    EXPECT_EQ(entries_in_stream(), "5");
}

TEST_F(CommandProducerTest, RefusesWhenTheEngineDoesNotReadAndCancelsLater) {
    start({}, {.backlog_max = 4, .backlog_reserved = 4});
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(offer("order"), Offer::accepted);
        ASSERT_TRUE(wait_settled());
    }
    ASSERT_TRUE(run_until(io_, [this] { return producer_->backlog() == 5; }));
    EXPECT_EQ(offer("order"), Offer::back_pressured);
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(offer("cancel", Lane::reserved), Offer::accepted);
        ASSERT_TRUE(wait_settled());
    }
    ASSERT_TRUE(run_until(io_, [this] { return producer_->backlog() == 9; }));
    EXPECT_EQ(offer("cancel", Lane::reserved), Offer::back_pressured);
    server_->command({"XTRIM", "sauda:{main}:commands", "MAXLEN", "0"});
    ASSERT_TRUE(run_until(io_, [this] { return producer_->backlog() == 0; }));
    EXPECT_EQ(offer("order"), Offer::accepted);
}

TEST_F(CommandProducerTest, AuthenticatesAndTellsWhyItCannot) {
    RedisServer server({"--requirepass", "secret"});
    RedisConfig config = config_of(server);
    config.password = "wrong";
    CommandProducer refused(io_, config);
    refused.start();
    ASSERT_TRUE(run_until(io_, [&] { return refused.guard().last_error().starts_with("WRONGPASS"); }))
        << refused.guard().last_error();
    config.password = "secret";
    CommandProducer welcome(io_, config);
    welcome.start();
    ASSERT_TRUE(run_until(io_, [&] { return welcome.guard().is_reachable(); }));
}

TEST_F(CommandProducerTest, MayGoWhileItsCommandsAreOnTheirWay) {
    start();
    server_->pause();
    ASSERT_EQ(offer("sent"), Offer::accepted);
    run_for(io_, std::chrono::milliseconds(5));
    ASSERT_EQ(offer("waits"), Offer::accepted);
    producer_.reset();
    run_for(io_, std::chrono::milliseconds(300));
}

}  // namespace
}  // namespace sauda::bus::redis
