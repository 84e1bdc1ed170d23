// Failover by Redis's own Sentinel: everybody finds the new master, and nothing is lost that the engine has.
#include <fstream>
#include <iterator>
#include <regex>

#include <gtest/gtest.h>

#include "redis_streams/client.h"
#include "redis_streams/command_producer.h"
#include "redis_streams/command_reader.h"
#include "redis_streams/event_publisher.h"
#include "redis_streams/event_reader.h"
#include "redis_streams/subscriber.h"
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

/// Of "secret".
constexpr const char* sha256_of_secret = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

std::string text_of_file(const std::string& name) {
    std::ifstream file(std::string(SAUDA_SERVICE_FILES) + "/" + name);
    EXPECT_TRUE(file) << name;
    return {std::istreambuf_iterator<char>(file), {}};
}

void replace(std::string& text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
}

/// A master, its replica and a sentinel; an engine that settles what it takes, and both ends of both streams.
class SentinelTest : public ::testing::Test {
protected:
    void start_servers() {
        master_.emplace(std::vector<std::string>{"--repl-diskless-sync-delay", "0"});
        replica_.emplace(
            std::vector<std::string>{"--replicaof", "127.0.0.1", std::to_string(master_->port())});
        wait_for_replica();
        sentinel_.emplace(RedisServer::sentinel_of(*master_));
        start_bus();
    }
    /// As the files under ops/services have them, but for addresses, passwords and patience.
    void start_production_servers() {
        const std::string users =
            std::regex_replace(text_of_file("users.acl"), std::regex("[A-Z_]+_SHA256"), sha256_of_secret);
        const std::string config = text_of_file("redis.conf") + users;
        master_.emplace(RedisServer::of_config(config, {}));
        replica_.emplace(
            RedisServer::of_config(config, {"--masteruser", "replica", "--masterauth", "secret",
                                            "--replicaof", "127.0.0.1", std::to_string(master_->port())}));
        replica_->log_in("operator", "secret");
        wait_for_replica();
        std::string of_sentinel = text_of_file("sentinel.conf");
        replace(of_sentinel, "requirepass SENTINELS_OWN_PASSWORD", "requirepass for-sentinels");
        replace(of_sentinel, "auth-pass sauda SENTINEL_PASSWORD", "auth-pass sauda secret");
        replace(of_sentinel, "127.0.0.1 6379 2", "127.0.0.1 " + std::to_string(master_->port()) + " 1");
        replace(of_sentinel, "down-after-milliseconds sauda 1000", "down-after-milliseconds sauda 300");
        sentinel_.emplace(RedisServer::sentinel(of_sentinel));
        sentinel_->log_in("default", "for-sentinels");
        config_.password = "secret";
        config_.sentinel_password = "for-sentinels";
        has_users_ = true;
        start_bus();
    }
    RedisConfig config_for(const std::string& user) const {
        RedisConfig config = config_;
        if (has_users_) config.username = user;
        return config;
    }
    void wait_for_replica() { ASSERT_TRUE(wait_for_output(*replica_, {"ROLE"}, "connected")); }
    void start_bus() {
        ASSERT_TRUE(
            wait_for_output(*sentinel_, {"SENTINEL", "replicas", "sauda"}, std::to_string(replica_->port())));
        config_.sentinels = {{"localhost", 1}, {"127.0.0.1", sentinel_->port()}};  // nobody is at the first
        make_bus();
        producer_->start();
        commands_->start();
        publisher_->start();
        events_->start();
        ASSERT_TRUE(wait_reachable()) << producer_->guard().last_error();
    }
    void make_bus() {
        const auto ignore = [](const std::string&) {};
        producer_ = std::make_unique<CommandProducer>(io_, config_for("api-server"));
        commands_ = std::make_unique<CommandReader>(
            io_, config_for("engine"), "journal",
            CommandReaderHooks{.offer = [this](const FrameBatch& frames, Lane) { return take(frames); },
                               .settled = [this] { return taken_.size(); },
                               .on_problem = ignore});
        publisher_ = std::make_unique<EventPublisher>(
            io_, config_for("engine"), "journal", engine_,
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
            io_, config_for("history-writer"), 0, sink_,
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
    bool has_users_ = false;
    std::optional<RedisServer> master_;
    std::optional<RedisServer> replica_;
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
    start_servers();
    exchange("before", 10);
    master_->kill();
    engine_.publish(event_chunk(11, 20));
    ASSERT_TRUE(wait_unreachable());
    ASSERT_TRUE(wait_reachable());
    exchange("after", 30);
    EXPECT_EQ(replica_->command({"GET", "sauda:{main}:journal"}), "journal");
}

TEST_F(SentinelTest, EverybodyFollowsWhenTheMasterHangsAndStaysWhenItIsBack) {
    start_servers();
    exchange("before", 10);
    master_->pause();
    ASSERT_TRUE(wait_unreachable());
    ASSERT_TRUE(wait_reachable());
    exchange("after", 20);
    ASSERT_TRUE(wait_for_output(*replica_, {"XLEN", "sauda:{main}:commands"}, "0"))
        << "it is trimmed on the new master, though the old one's connections never ended";
    master_->resume();  // Sentinel makes it a replica some seconds later; until then it takes itself for a
                        // master
    run_for(io_, std::chrono::milliseconds(200));
    exchange("at last", 30);
}

TEST_F(SentinelTest, NobodyStaysWithAMasterThatGoesOnJustWhenAnotherIsNamed) {
    start_servers();
    exchange("before", 10);
    master_->pause();
    ASSERT_TRUE(wait_unreachable());
    const std::string named = std::to_string(replica_->port());
    ASSERT_TRUE(wait_for_output(*sentinel_, {"SENTINEL", "get-master-addr-by-name", "sauda"}, named));
    master_->resume();  // it answers who came to it meanwhile
    ASSERT_TRUE(wait_reachable());
    exchange("after", 20);
    EXPECT_EQ(master_->command({"ROLE"}).substr(0, 6), "master") << "it has not heard of the other yet";
    ASSERT_TRUE(wait_for_output(*replica_, {"XLEN", "sauda:{main}:commands"}, "0"));
}

TEST_F(SentinelTest, FailsOverInTheLayoutForProduction) {
    start_production_servers();
    exchange("before", 10);
    master_->kill();
    ASSERT_TRUE(wait_unreachable());
    ASSERT_TRUE(wait_reachable());
    exchange("after", 20);
}

TEST_F(SentinelTest, UsersForProductionMayDoWhatTheirProgramsDo) {
    start_production_servers();
    Client client(io_, config_for("event-broadcaster"), "client");
    client.start();
    bool is_subscribed = false;
    int heard = 0;
    Subscriber subscriber(io_, config_for("history-writer"), {"sauda:{main}:history-demand"},
                          {.on_message = [&](std::string_view, std::string_view) { ++heard; },
                           .on_subscribed = [&] { is_subscribed = true; }});
    subscriber.start();
    ASSERT_TRUE(run_until(io_, [&] { return client.guard().is_reachable() && is_subscribed; }));
    std::vector<std::string> failures;
    int answers = 0;
    const auto note = [&](const auto& answer) {
        ++answers;
        if (!answer) failures.push_back(answer.error().text);
    };
    const std::string key = config_.key("rate:");
    const Script script(
        "redis.call('SET', KEYS[1], '1', 'PX', 1000) redis.call('PEXPIRE', KEYS[1], 900) "
        "return redis.call('INCRBY', KEYS[1], ARGV[1])");
    client.run(script, {key + "alice"}, {"2"}, note);
    ASSERT_TRUE(run_until(io_, [&] { return answers == 1; }));
    client.run(script, {key + "alice"}, {"2"}, note);
    client.publish("sauda:{main}:history-demand", "x", note);
    client.publish("market.TATA_INR.trades", "x", note);
    client.send({"XREVRANGE", config_.key("events"), "+", "-", "COUNT", "1"}, note);
    ASSERT_TRUE(run_until(io_, [&] { return answers == 5 && heard == 1; }));
    EXPECT_TRUE(failures.empty()) << failures[0];
    client.set("elsewhere", "x", Milliseconds(1'000), note);
    ASSERT_TRUE(run_until(io_, [&] { return answers == 6; }));
    EXPECT_EQ(failures.size(), 1u) << "and nothing outside its keys";
}

}  // namespace
}  // namespace sauda::bus::redis
