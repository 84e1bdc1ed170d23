#include "redis_streams/connection.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "redis_streams/testing/bus_fixture.h"

namespace sauda::bus::redis {
namespace {

class ConnectionTest : public ::testing::Test {
protected:
    void connect(const RedisConfig& config) {
        connection_ = std::make_unique<Connection>(
            io_, config, "test",
            ConnectionHooks{
                .on_ready = {}, .on_lost = [this](const std::string&) { ++losses_; }, .on_push = {}});
        connection_->start();
    }
    void wait_until_ready() {
        ASSERT_TRUE(run_until(io_, [this] { return connection_->is_ready(); }));
    }
    /// The reply's text, or the failure's.
    std::string ask(std::initializer_list<std::string_view> arguments) {
        std::optional<std::string> text;
        connection_->send(arguments, [&](const Answer& answer) {
            text = answer ? std::string(answer->text()) : answer.error().text;
        });
        EXPECT_TRUE(run_until(io_, [&] { return text.has_value(); }));
        return *text;
    }

    RedisServer server_;
    boost::asio::io_context io_;
    int losses_ = 0;
    std::unique_ptr<Connection> connection_;
};

TEST_F(ConnectionTest, AnswersInOrderAndTellsErrorsApart) {
    connect(config_of(server_));
    wait_until_ready();
    EXPECT_FALSE(connection_->server_id().empty());
    EXPECT_EQ(ask({"CLIENT", "GETNAME"}), "sauda.test");
    std::vector<std::string> answers;
    const auto note = [&](const Answer& answer) {
        answers.push_back(answer ? std::string(answer->text()) : answer.error().text);
    };
    const std::string_view binary("a\r\n\0b", 5);
    connection_->send({"SET", "key", binary}, note);
    connection_->send({"LPUSH", "key", "x"}, note);
    connection_->send({"GET", "key"}, note);
    ASSERT_TRUE(run_until(io_, [&] { return answers.size() == 3; }));
    EXPECT_EQ(answers[0], "OK");
    EXPECT_TRUE(answers[1].starts_with("WRONGTYPE")) << answers[1];
    EXPECT_EQ(answers[2], binary);
}

TEST_F(ConnectionTest, CallsEveryCallbackOnceWhenTheServerDiesAndComesBack) {
    connect(config_of(server_));
    wait_until_ready();
    server_.pause();
    int lost = 0;
    for (int i = 0; i < 3; ++i) {
        connection_->send({"PING"}, [&](const Answer& answer) {
            ASSERT_FALSE(answer);
            EXPECT_EQ(answer.error().kind, Failure::Kind::lost);
            ++lost;
        });
    }
    server_.kill();
    ASSERT_TRUE(run_until(io_, [&] { return losses_ == 1; }));
    EXPECT_EQ(lost, 3);
    EXPECT_FALSE(connection_->is_ready());
    EXPECT_FALSE(connection_->last_error().empty());
    const std::string before = connection_->server_id();
    server_.restart();
    wait_until_ready();
    EXPECT_EQ(ask({"PING"}), "PONG");
    EXPECT_NE(connection_->server_id(), before);
    EXPECT_EQ(lost, 3);
}

TEST_F(ConnectionTest, MayBeDestroyedFromAnyOfItsCalls) {
    for (const std::string when : {"ready", "answer", "failure", "lost"}) {
        int failures = 0;
        connection_ = std::make_unique<Connection>(io_, config_of(server_), "test",
                                                   ConnectionHooks{.on_ready =
                                                                       [&] {
                                                                           if (when == "ready")
                                                                               connection_.reset();
                                                                       },
                                                                   .on_lost =
                                                                       [&](const std::string&) {
                                                                           if (when == "lost")
                                                                               connection_.reset();
                                                                       },
                                                                   .on_push = {}});
        connection_->start();
        ASSERT_TRUE(run_until(io_, [&] { return connection_ == nullptr || connection_->is_ready(); }));
        if (connection_) {
            const auto note = [&](const Answer& answer) {
                if (!answer) ++failures;
                if (when == (answer ? "answer" : "failure")) connection_.reset();
            };
            for (int i = 0; i < 3; ++i) connection_->send({"PING"}, note);
            if (when != "answer") connection_->reconnect("a test");
            ASSERT_TRUE(run_until(io_, [&] { return connection_ == nullptr; })) << when;
            EXPECT_EQ(failures, when == "answer" ? 2 : 3) << when << ": every callback is called once";
        }
        run_for(io_, std::chrono::milliseconds(20));
    }
}

TEST_F(ConnectionTest, TakesNothingForRedisThatIsNot) {
    namespace asio = boost::asio;
    asio::ip::tcp::acceptor acceptor(io_, {asio::ip::address_v4::loopback(), 0});
    asio::ip::tcp::socket other(io_);
    acceptor.async_accept(other, [&](const boost::system::error_code& error) {
        ASSERT_FALSE(error);
        asio::write(other, asio::buffer(std::string_view("HTTP/1.1 400 Bad Request\r\n\r\n")));
    });
    RedisConfig config;
    config.server.port = acceptor.local_endpoint().port();
    connect(config);
    ASSERT_TRUE(run_until(io_, [&] { return !connection_->last_error().empty(); }));
    EXPECT_TRUE(connection_->last_error().starts_with("what came is not Redis's protocol"))
        << connection_->last_error();
    EXPECT_EQ(losses_, 0) << "it was never there";
}

TEST_F(ConnectionTest, ResolvesNames) {
    RedisConfig config = config_of(server_);
    config.server.host = "localhost";
    connect(config);
    wait_until_ready();
}

TEST_F(ConnectionTest, SurvivesAServerWithoutRoomForIt) {
    server_.command({"CONFIG", "SET", "maxclients", "1"});
    RedisConfig config = config_of(server_);
    connect(config);
    wait_until_ready();
    Connection second(io_, config, "second", {});
    second.start();
    ASSERT_TRUE(run_until(io_, [&] { return !second.last_error().empty(); }));
    EXPECT_NE(second.last_error().find("max number of clients"), std::string::npos) << second.last_error();
    connection_.reset();
    ASSERT_TRUE(run_until(io_, [&] { return second.is_ready(); }));
}

}  // namespace
}  // namespace sauda::bus::redis
