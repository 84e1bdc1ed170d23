// Failover by Redis's own Sentinel: everybody finds the new master, and nothing is lost that the engine has.
#include <gtest/gtest.h>

#include "redis_streams/command_producer.h"
#include "redis_streams/command_reader.h"
#include "redis_streams/event_publisher.h"
#include "redis_streams/event_reader.h"
#include "redis_streams/testing/bus_fixture.h"

namespace sauda::bus::redis {
namespace {

class SentinelTest : public ::testing::Test {
protected:
    SentinelTest() {
        EXPECT_TRUE(wait_for_output(replica_, {"ROLE"}, "connected"));
        sentinel_.emplace(RedisServer::sentinel_of(master_));
        EXPECT_TRUE(
            wait_for_output(*sentinel_, {"SENTINEL", "replicas", "sauda"}, std::to_string(replica_.port())));
        config_.sentinels = {{"localhost", 1}, {"127.0.0.1", sentinel_->port()}};  // nobody is at the first
    }
    bool wait_for_output(const RedisServer& server, const std::vector<std::string>& command,
                         const std::string& part) {
        return run_until(io_, [&] { return server.command(command).find(part) != std::string::npos; });
    }

    boost::asio::io_context io_;
    RedisServer master_{{"--repl-diskless-sync-delay", "0"}};
    RedisServer replica_{{"--replicaof", "127.0.0.1", std::to_string(master_.port())}};
    std::optional<RedisServer> sentinel_;
    RedisConfig config_;
};

TEST_F(SentinelTest, EverybodyFollowsAFailover) {
    Broadcast engine;
    std::uint64_t received = 0;
    struct Sink final : BroadcastProducer {
        explicit Sink(std::uint64_t& last) : last_(last) {}
        void publish(const Chunk& chunk) override {
            EXPECT_EQ(chunk.first, last_ + 1);
            last_ = chunk.last;
        }
        std::uint64_t& last_;
    } sink(received);
    std::vector<std::string> taken;
    CommandProducer producer(io_, config_);
    CommandReader commands(io_, config_,
                           {.offer =
                                [&](const FrameBatch& frames, Lane) {
                                    for (std::size_t i = 0; i < frames.size(); ++i)
                                        taken.emplace_back(base::as_text(frames[i]));
                                    return Offer::accepted;
                                },
                            .settled = [&] { return taken.size(); },
                            .on_problem = [](const std::string&) {}});
    EventPublisher publisher(
        io_, config_, "journal", engine,
        {.read_log =
             [&](std::uint64_t from, std::size_t, const EventPublisherHooks::Visitor& visit) {
                 while (from <= engine.published() && visit(from, event_frame(from))) ++from;
                 return base::Result<std::uint64_t, std::string>(from);
             },
         .log_begin = [] { return std::uint64_t{1}; },
         .on_fatal = [](const std::string& reason) { FAIL() << reason; },
         .on_problem = [](const std::string&) {}});
    EventReader events(io_, config_, 0, sink,
                       {.fetch = [](std::uint64_t, std::uint64_t, const auto& done) { done(Chunk{}); },
                        .bytes_through = bytes_through,
                        .waiting_bytes = {},
                        .is_waiting = {},
                        .on_problem = [](const std::string&) {}});
    producer.start();
    commands.start();
    publisher.start();
    events.start();
    ASSERT_TRUE(run_until(io_, [&] { return producer.guard().is_reachable(); }));
    ASSERT_EQ(producer.offer(base::as_bytes("before"), Lane::placing), Offer::accepted);
    engine.publish(event_chunk(1, 10));
    ASSERT_TRUE(run_until(io_, [&] { return taken.size() == 1 && received == 10; }));

    master_.kill();
    engine.publish(event_chunk(11, 20));
    ASSERT_TRUE(run_until(io_, [&] { return !producer.guard().is_reachable(); }));
    ASSERT_TRUE(run_until(io_, [&] { return producer.guard().is_reachable(); }));
    ASSERT_EQ(producer.offer(base::as_bytes("after"), Lane::placing), Offer::accepted);
    engine.publish(event_chunk(21, 30));
    ASSERT_TRUE(run_until(io_, [&] { return taken.back() == "after" && received == 30; }));
    EXPECT_EQ(replica_.command({"GET", "sauda:{main}:journal"}), "journal");
}

}  // namespace
}  // namespace sauda::bus::redis
