#include "redis_streams/connection.h"

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

}  // namespace
}  // namespace sauda::bus::redis
