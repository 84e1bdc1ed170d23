// Failover by Redis's own Sentinel: everybody finds the new master, and nothing is lost that the engine has.
#include <gtest/gtest.h>

#include "redis_streams/command_producer.h"
#include "redis_streams/command_reader.h"
#include "redis_streams/event_publisher.h"
#include "redis_streams/event_reader.h"
#include "redis_streams/testing/bus_fixture.h"

namespace sauda::bus::redis {
namespace {

/// A broadcast that checks that nothing is missing.
struct Sink final : BroadcastProducer {
    void publish(const Chunk& chunk) override {
        EXPECT_EQ(chunk.first, last + 1);
        last = chunk.last;
    }
    std::uint64_t last = 0;
};

/// A master, its replica and a sentinel; an engine that settles what it takes, and both ends of both streams.
class SentinelTest : public ::testing::Test {
protected:
    SentinelTest() {
        EXPECT_TRUE(wait_for_output(replica_, {"ROLE"}, "connected"));
        sentinel_.emplace(RedisServer::sentinel_of(master_));
        EXPECT_TRUE(
            wait_for_output(*sentinel_, {"SENTINEL", "replicas", "sauda"}, std::to_string(replica_.port())));
        config_.sentinels = {{"localhost", 1}, {"127.0.0.1", sentinel_->port()}};  // nobody is at the first
        make_bus();
        producer_->start();
        commands_->start();
        publisher_->start();
        events_->start();
        EXPECT_TRUE(wait_reachable());
    }
    void make_bus() {
        const auto ignore = [](const std::string&) {};
        producer_ = std::make_unique<CommandProducer>(io_, config_);
        commands_ = std::make_unique<CommandReader>(
            io_, config_, "journal",
            CommandReaderHooks{.offer = [this](const FrameBatch& frames, Lane) { return take(frames); },
                               .settled = [this] { return taken_.size(); },
                               .on_problem = ignore});
        publisher_ = std::make_unique<EventPublisher>(
            io_, config_, "journal", engine_,
            EventPublisherHooks{
                .read_log =
                    [this](std::uint64_t from, std::size_t, const EventPublisherHooks::Visitor& visit) {
                        while (from <= engine_.published() && visit(from, event_frame(from))) ++from;
                        return base::Result<std::uint64_t, std::string>(from);
                    },
                .log_begin = [] { return std::uint64_t{1}; },
                .on_fatal = [](const std::string& reason) { FAIL() << reason; },
                .on_problem = ignore});
        events_ = std::make_unique<EventReader>(
            io_, config_, 0, sink_,
            EventReaderHooks{.fetch = [](std::uint64_t, std::uint64_t, const auto& done) { done(Chunk{}); },
                             .bytes_through = bytes_through,
                             .waiting_bytes = {},
                             .is_waiting = {},
                             .on_problem = ignore,
                             .on_foreign = {}});
    }
    Offer take(const FrameBatch& frames) {
        for (std::size_t i = 0; i < frames.size(); ++i) taken_.emplace_back(base::as_text(frames[i]));
        return Offer::accepted;
    }
    bool wait_for_output(const RedisServer& server, const std::vector<std::string>& command,
                         const std::string& part) {
        return run_until(io_, [&] { return server.command(command).find(part) != std::string::npos; });
    }
    bool wait_reachable() {
        return run_until(io_, [this] { return producer_->guard().is_reachable(); });
    }
    bool wait_unreachable() {
        return run_until(io_, [this] { return !producer_->guard().is_reachable(); });
    }
    /// A command goes down and events come up.
    void exchange(const std::string& command, std::uint64_t last) {
        ASSERT_EQ(producer_->offer(base::as_bytes(command), Lane::placing), Offer::accepted);
        engine_.publish(event_chunk(engine_.published() + 1, last));
        ASSERT_TRUE(run_until(
            io_, [&] { return !taken_.empty() && taken_.back() == command && sink_.last == last; }));
    }

    boost::asio::io_context io_;
    RedisServer master_{{"--repl-diskless-sync-delay", "0"}};
    RedisServer replica_{{"--replicaof", "127.0.0.1", std::to_string(master_.port())}};
    std::optional<RedisServer> sentinel_;
    RedisConfig config_;
    Broadcast engine_;
    Sink sink_;
    std::vector<std::string> taken_;
    std::unique_ptr<CommandProducer> producer_;
    std::unique_ptr<CommandReader> commands_;
    std::unique_ptr<EventPublisher> publisher_;
    std::unique_ptr<EventReader> events_;
};

TEST_F(SentinelTest, EverybodyFollowsWhenTheMasterIsKilled) {
    exchange("before", 10);
    master_.kill();
    engine_.publish(event_chunk(11, 20));
    ASSERT_TRUE(wait_unreachable());
    ASSERT_TRUE(wait_reachable());
    exchange("after", 30);
    EXPECT_EQ(replica_.command({"GET", "sauda:{main}:journal"}), "journal");
}

TEST_F(SentinelTest, EverybodyFollowsWhenTheMasterHangsAndStaysWhenItIsBack) {
    exchange("before", 10);
    master_.pause();
    ASSERT_TRUE(wait_unreachable());
    ASSERT_TRUE(wait_reachable());
    exchange("after", 20);
    ASSERT_TRUE(wait_for_output(replica_, {"XLEN", "sauda:{main}:commands"}, "0"))
        << "it is trimmed on the new master, though the old one's connections never ended";
    master_
        .resume();  // Sentinel makes it a replica some seconds later; until then it takes itself for a master
    run_for(io_, std::chrono::milliseconds(200));
    exchange("at last", 30);
}

}  // namespace
}  // namespace sauda::bus::redis
