#include "redis_streams/client.h"

#include <gtest/gtest.h>

#include "redis_streams/subscriber.h"
#include "redis_streams/testing/bus_fixture.h"

namespace sauda::bus::redis {
namespace {

class ClientTest : public ::testing::Test {
protected:
    ClientTest() {
        client_.start();
        EXPECT_TRUE(wait_reachable());
    }
    bool wait_reachable() {
        return run_until(io_, [this] { return client_.guard().is_reachable(); });
    }
    std::string set(const std::string& key, const std::string& value, Milliseconds lifetime) {
        std::optional<std::string> outcome;
        client_.set(key, value, lifetime,
                    [&](const auto& done) { outcome = done ? "OK" : done.error().text; });
        EXPECT_TRUE(run_until(io_, [&] { return outcome.has_value(); }));
        return *outcome;
    }
    /// The value, "(none)", or the failure's text; `how` is Client::get or Client::take.
    std::string ask(void (Client::*how)(std::string_view, Client::ValueDone), const std::string& key) {
        std::optional<std::string> outcome;
        (client_.*how)(key, [&](const Client::Value& value) {
            outcome = value ? value->value_or("(none)") : value.error().text;
        });
        EXPECT_TRUE(run_until(io_, [&] { return outcome.has_value(); }));
        return *outcome;
    }
    std::int64_t run(const Script& script, const std::string& key) {
        std::optional<std::int64_t> outcome;
        client_.run(script, {key}, {"5"},
                    [&](const Answer& answer) { outcome = answer ? answer->integer() : -1; });
        EXPECT_TRUE(run_until(io_, [&] { return outcome.has_value(); }));
        return *outcome;
    }

    RedisServer server_;
    boost::asio::io_context io_;
    Client client_{io_, config_of(server_), "cache"};
};

TEST_F(ClientTest, KeepsValuesForTheirTime) {
    EXPECT_EQ(ask(&Client::get, "session"), "(none)");
    EXPECT_EQ(set("session", "alice", Milliseconds(60'000)), "OK");
    EXPECT_EQ(ask(&Client::get, "session"), "alice");
    EXPECT_GT(std::stoi(server_.command({"PTTL", "session"})), 0);
}

TEST_F(ClientTest, GivesATicketOnce) {
    EXPECT_EQ(set("ticket", "alice", Milliseconds(60'000)), "OK");
    EXPECT_EQ(ask(&Client::take, "ticket"), "alice");
    EXPECT_EQ(ask(&Client::take, "ticket"), "(none)");
}

TEST_F(ClientTest, RunsScriptsOnServersThatDoNotKnowThem) {
    const Script add("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    EXPECT_EQ(run(add, "n"), 5);
    EXPECT_EQ(run(add, "n"), 10) << "by its digest";
    server_.command({"SCRIPT", "FLUSH"});
    EXPECT_EQ(run(add, "n"), 15) << "by its text again, and once";
    EXPECT_TRUE(client_.guard().is_reachable()) << "a script that is not known is no failure of Redis";
}

TEST_F(ClientTest, FailsAtOnceWhileRedisIsAway) {
    server_.kill();
    ASSERT_TRUE(run_until(io_, [this] { return !client_.guard().is_reachable(); }));
    bool failed = false;
    client_.get("session", [&](const Client::Value& value) {
        failed = !value && value.error().kind == Failure::Kind::unreachable;
    });
    EXPECT_TRUE(failed) << "before get() returned";
    server_.restart();
    ASSERT_TRUE(wait_reachable());
    EXPECT_EQ(ask(&Client::get, "session"), "(none)");
}

TEST_F(ClientTest, MessagesReachWhoListensAndListenersComeBack) {
    std::vector<std::string> heard;
    int subscriptions = 0;
    Subscriber subscriber(io_, config_of(server_), {"revoked", "other"},
                          {.on_message =
                               [&](std::string_view channel, std::string_view message) {
                                   heard.push_back(std::string(channel) + ":" + std::string(message));
                               },
                           .on_subscribed = [&] { ++subscriptions; }});
    subscriber.start();
    ASSERT_TRUE(run_until(io_, [&] { return subscriber.is_subscribed(); }));
    EXPECT_EQ(subscriptions, 1);
    client_.publish("revoked", "alice");
    client_.publish("unheard", "x");
    client_.publish("other", "bob");
    ASSERT_TRUE(run_until(io_, [&] { return heard.size() == 2; }));
    EXPECT_EQ(heard, (std::vector<std::string>{"revoked:alice", "other:bob"}));

    run_for(io_, std::chrono::milliseconds(600));  // a ping among the messages
    EXPECT_TRUE(subscriber.is_subscribed());
    server_.kill();
    server_.restart();
    ASSERT_TRUE(run_until(io_, [&] { return subscriptions == 2 && client_.guard().is_reachable(); }));
    client_.publish("revoked", "carol");
    ASSERT_TRUE(run_until(io_, [&] { return heard.size() == 3; }));
    EXPECT_EQ(heard[2], "revoked:carol");
}

TEST_F(ClientTest, AListenerNoticesAServerThatHangs) {
    Subscriber subscriber(io_, config_of(server_), {"revoked"},
                          {.on_message = [](std::string_view, std::string_view) {}, .on_subscribed = {}});
    subscriber.start();
    ASSERT_TRUE(run_until(io_, [&] { return subscriber.is_subscribed(); }));
    server_.pause();
    ASSERT_TRUE(run_until(io_, [&] { return !subscriber.is_subscribed(); }));
    server_.resume();
    ASSERT_TRUE(run_until(io_, [&] { return subscriber.is_subscribed(); }));
}

}  // namespace
}  // namespace sauda::bus::redis
