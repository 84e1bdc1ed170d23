#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include "net/http_client.h"
#include "net/testing/raw_client.h"
#include "net/testing/test_server.h"

namespace sauda::net {
namespace {

using testing::RawClient;
using testing::TestServer;
using namespace std::chrono_literals;

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string post(std::string_view target, std::string_view body) {
    return "POST " + std::string(target) +
           " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
}

TEST(HttpServer, AnswersManyRequestsOnOneConnection) {
    TestServer server;
    HttpClient client("127.0.0.1", server.port());
    for (int i = 0; i < 50; ++i) {
        const auto response = client.request("POST", "/echo", {}, "body " + std::to_string(i), 5s);
        ASSERT_TRUE(response) << response.error().message();
        EXPECT_EQ(response->status, 200);
        EXPECT_EQ(response->body, "body " + std::to_string(i));
    }
    const Counters counters = server.counters();
    EXPECT_EQ(counters.connections_accepted, 1u);
    EXPECT_EQ(counters.requests, 50u);
    EXPECT_EQ(counters.responses_by_class[2], 50u);
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
    TestServer server;
    RawClient client(server.port());
    std::string requests;
    for (int i = 0; i < 100; ++i) requests += post("/echo", "number " + std::to_string(i));
    ASSERT_TRUE(client.send(requests));
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(client.read_response().ends_with("\r\n\r\nnumber " + std::to_string(i)));
    }
}

TEST(HttpServer, StreamsABodyPieceByPieceAndServesTheNextRequest) {
    TestServer server;
    HttpClient client("127.0.0.1", server.port());
    for (int i = 0; i < 3; ++i) {
        const auto response = client.request("GET", "/stream", {}, {}, 5s);
        ASSERT_TRUE(response) << response.error().message();
        EXPECT_EQ(response->headers.get("Transfer-Encoding"), "chunked");
        EXPECT_FALSE(response->headers.find("Content-Length"));
        EXPECT_EQ(response->body, "aaa" + std::string(100'000, 'b') + "ccccc");
    }
    EXPECT_EQ(server.counters().connections_accepted, 1u);
    const auto head = client.request("HEAD", "/stream", {}, {}, 5s);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->body, "");
}

TEST(HttpServer, StreamsToTheEndOfTheConnectionForHttp10) {
    TestServer server;
    RawClient client(server.port());
    ASSERT_TRUE(client.send("GET /stream HTTP/1.0\r\nHost: t\r\nConnection: keep-alive\r\n\r\n"));
    const auto all = client.read_to_end();
    ASSERT_TRUE(all);
    EXPECT_FALSE(contains(*all, "chunked"));
    EXPECT_TRUE(all->ends_with("\r\n\r\naaa" + std::string(100'000, 'b') + "ccccc"));
}

TEST(HttpServer, AStreamThatBreaksOffIsNotTakenForWhole) {
    TestServer server;
    HttpClient client("127.0.0.1", server.port());
    EXPECT_FALSE(client.request("GET", "/broken_stream", {}, {}, 5s));
    EXPECT_EQ(server.counters().handler_exceptions, 1u);
    RawClient raw(server.port());
    ASSERT_TRUE(raw.get("/broken_stream"));
    const auto all = raw.read_to_end();
    ASSERT_TRUE(all);
    EXPECT_FALSE(all->ends_with("0\r\n\r\n"));
}

TEST(HttpServer, AnswersARequestThatArrivesByteByByte) {
    TestServer server;
    RawClient client(server.port());
    for (const char c : post("/echo", "slow but whole")) ASSERT_TRUE(client.send(std::string_view(&c, 1)));
    EXPECT_TRUE(client.read_response().ends_with("slow but whole"));
}

TEST(HttpServer, TellsTheHandlerWhoAsksForWhat) {
    TestServer server;
    HttpClient client("127.0.0.1", server.port());
    const auto response = client.request("GET", "/info?market=TATA_INR&note=a+b%26c&flag", {}, "", 5s);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body,
              "GET\n127.0.0.1\nmarket=TATA_INR&note=a+b%26c&flag\nmarket=TATA_INR\nnote=a b&c\nflag=\n");
}

TEST(HttpServer, AcceptsAbsoluteTargetsAndCutsThemToTheirPath) {
    TestServer server;
    RawClient client(server.port());
    ASSERT_TRUE(client.get("http://test/info?market=X"));
    EXPECT_TRUE(contains(client.read_response(), "market=X\n"));
}

TEST(HttpServer, AnswersHeadWithoutABody) {
    TestServer server;
    RawClient client(server.port());
    ASSERT_TRUE(client.send("HEAD /hello HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"));
    const auto response = client.read_to_end();
    ASSERT_TRUE(response);
    EXPECT_TRUE(contains(*response, "Content-Length: 20\r\n"));
    EXPECT_TRUE(response->ends_with("\r\n\r\n"));
}

TEST(HttpServer, AnswersNoContentWithoutALength) {
    TestServer server;
    RawClient client(server.port());
    ASSERT_TRUE(client.get("/empty"));
    const std::string response = client.read_response();
    EXPECT_TRUE(response.starts_with("HTTP/1.1 204 No Content\r\n"));
    EXPECT_FALSE(contains(response, "Content-Length"));
    ASSERT_TRUE(client.get("/hello"));
    EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST(HttpServer, KeepsHttp10OpenOnlyWhenAsked) {
    TestServer server;
    RawClient stays(server.port());
    ASSERT_TRUE(stays.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    EXPECT_TRUE(contains(stays.read_response(), "Connection: keep-alive\r\n"));
    ASSERT_TRUE(stays.send("GET /hello HTTP/1.0\r\n\r\n"));
    EXPECT_TRUE(contains(stays.read_response(), "Connection: close\r\n"));
    EXPECT_TRUE(stays.is_closed_by_peer());
}

TEST(HttpServer, SendsSecurityHeadersDateAndRequestId) {
    TestServer server;
    RawClient client(server.port());
    ASSERT_TRUE(client.get("/hello"));
    const std::string response = client.read_response();
    EXPECT_TRUE(contains(response, "X-Content-Type-Options: nosniff\r\n"));
    EXPECT_TRUE(contains(response, "\r\nDate: "));
    EXPECT_TRUE(contains(response, "\r\nX-Request-Id: "));
    EXPECT_FALSE(contains(response, "Access-Control-"));
}

TEST(HttpServer, EchoesAWellFormedRequestIdAndReplacesABadOne) {
    TestServer server;
    RawClient client(server.port());
    ASSERT_TRUE(client.send("GET /hello HTTP/1.1\r\nHost: t\r\nX-Request-Id: abc-123\r\n\r\n"));
    EXPECT_TRUE(contains(client.read_response(), "X-Request-Id: abc-123\r\n"));
    ASSERT_TRUE(client.send("GET /hello HTTP/1.1\r\nHost: t\r\nX-Request-Id: a<b>\r\n\r\n"));
    EXPECT_FALSE(contains(client.read_response(), "a<b>"));
}

TEST(HttpServer, ALineBreakInAHeaderValueMakesNoHeader) {
    TestServer server;
    RawClient client(server.port());
    ASSERT_TRUE(client.get("/injected"));
    EXPECT_FALSE(contains(client.read_response(), "\r\nX-Evil"));
}

TEST(HttpServer, AnswersExceptionsWith500AndLives) {
    TestServer server;
    HttpClient client("127.0.0.1", server.port());
    for (const char* target : {"/throw", "/throw_int", "/nonsense"}) {
        const auto response = client.request("GET", target, {}, "", 5s);
        ASSERT_TRUE(response);
        EXPECT_EQ(response->status, 500);
        EXPECT_TRUE(contains(response->body, R"("code":"internal_error")"));
        EXPECT_FALSE(contains(response->body, "thrown by the handler"));
    }
    EXPECT_EQ(client.request("GET", "/hello", {}, "", 5s)->status, 200);
    EXPECT_EQ(server.counters().handler_exceptions, 3u);
    EXPECT_EQ(server.failures().at(0), "thrown by the handler");
}

TEST(HttpServer, WritesALargeBodyToASlowReader) {
    TestServer server;
    RawClient client(server.port(), 4096);
    ASSERT_TRUE(client.get("/large"));
    const std::string response = client.read_response();
    EXPECT_GT(response.size(), 8u << 20);
    EXPECT_TRUE(response.ends_with("xxxx"));
    ASSERT_TRUE(client.get("/hello"));
    EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST(HttpServer, AnswersAClientThatHasEndedItsSide) {
    TestServer server;
    RawClient client(server.port());
    ASSERT_TRUE(client.get("/hello"));
    client.shutdown_send();
    const auto response = client.read_to_end();
    ASSERT_TRUE(response);
    EXPECT_TRUE(response->starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST(HttpServer, CountsOpenConnections) {
    TestServer server;
    {
        RawClient one(server.port());
        RawClient two(server.port());
        EXPECT_TRUE(server.wait_for([](const Counters& c) { return c.connections_open == 2; }));
    }
    EXPECT_TRUE(server.wait_for([](const Counters& c) { return c.connections_open == 0; }));
}

TEST(HttpServer, NamesThePortThatIsTaken) {
    TestServer server;
    server.on_io([&] {
        const auto again = server.server().listen("127.0.0.1", server.port());
        ASSERT_FALSE(again);
        const std::string message = again.error().message();
        EXPECT_TRUE(contains(message, "127.0.0.1:" + std::to_string(server.port()))) << message;
        EXPECT_TRUE(contains(message, "already in use")) << message;
        EXPECT_TRUE(contains(message, "choose another port")) << message;
        EXPECT_FALSE(server.server().listen("localhost!", 0));
    });
}

TEST(HttpServer, ListensOnIpv6AndNamesItsPeers) {
    TestServer server;
    std::uint16_t port = 0;
    server.on_io([&] { port = server.server().listen("::", 0).value_or(std::uint16_t{0}); });
    if (port == 0) GTEST_SKIP() << "this machine has no IPv6";
    const auto by_4 = http_request("127.0.0.1", port, "GET", "/info", {}, "", 5s);
    ASSERT_TRUE(by_4);
    EXPECT_TRUE(by_4->body.starts_with("GET\n127.0.0.1\n"));
    const auto by_6 = http_request("::1", port, "GET", "/info", {}, "", 5s);
    ASSERT_TRUE(by_6) << by_6.error().message();
    EXPECT_TRUE(by_6->body.starts_with("GET\n::1\n"));
}

TEST(HttpServer, AllowsConfiguredOriginsOnly) {
    HttpConfig config;
    config.cors_allow_origins = {"https://desk.example"};
    TestServer server(config);
    HttpClient client("127.0.0.1", server.port());
    const auto ours = client.request("GET", "/hello", {{"Origin", "https://desk.example"}}, "", 5s);
    ASSERT_TRUE(ours);
    EXPECT_EQ(ours->headers.get("access-control-allow-origin"), "https://desk.example");
    const auto others = client.request("GET", "/hello", {{"Origin", "https://evil.example"}}, "", 5s);
    ASSERT_TRUE(others);
    EXPECT_FALSE(others->headers.find("access-control-allow-origin"));
    const auto preflight = client.request("OPTIONS", "/order",
                                          {{"Origin", "https://desk.example"},
                                           {"Access-Control-Request-Method", "POST"},
                                           {"Access-Control-Request-Headers", "authorization"}},
                                          "", 5s);
    ASSERT_TRUE(preflight);
    EXPECT_EQ(preflight->status, 204);
    EXPECT_EQ(preflight->headers.get("Access-Control-Allow-Headers"), "authorization");
}

TEST(HttpServer, StopAcceptingRefusesNewConnectionsAndSaysCloseOnOldOnes) {
    TestServer server;
    HttpClient client("127.0.0.1", server.port());
    ASSERT_TRUE(client.request("GET", "/hello", {}, "", 5s));
    server.stop_accepting();
    EXPECT_FALSE(http_request("127.0.0.1", server.port(), "GET", "/hello", {}, "", 5s));
    const auto last = client.request("GET", "/hello", {}, "", 5s);
    ASSERT_TRUE(last);
    EXPECT_EQ(last->headers.get("Connection"), "close");
}

TEST(HttpServer, DrainFinishesRequestsInProgressAndClosesIdleConnections) {
    TestServer server;
    RawClient idle(server.port());
    RawClient busy(server.port());
    ASSERT_TRUE(idle.get("/hello"));
    idle.read_response();
    ASSERT_TRUE(busy.get("/gate"));
    while (server.at_gate() == 0) std::this_thread::yield();
    auto drained = server.drain(10s);
    EXPECT_TRUE(idle.is_closed_by_peer());
    EXPECT_EQ(drained.wait_for(0s), std::future_status::timeout);
    server.open_gate();
    const auto response = busy.read_to_end();
    ASSERT_TRUE(response);
    EXPECT_TRUE(response->starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(contains(*response, "Connection: close\r\n"));
    EXPECT_TRUE(drained.get());
}

TEST(HttpServer, DrainCutsWhatDoesNotFinishInTime) {
    TestServer server;
    RawClient busy(server.port());
    ASSERT_TRUE(busy.get("/gate"));
    while (server.at_gate() == 0) std::this_thread::yield();
    EXPECT_FALSE(server.drain(30ms).get());
    EXPECT_TRUE(busy.is_closed_by_peer());
}

TEST(HttpServer, SurvivesClientsThatVanish) {
    TestServer server;
    for (int i = 0; i < 20; ++i) {
        RawClient client(server.port());
        client.get(i % 2 == 0 ? "/large" : "/hello");
        client.reset();
    }
    EXPECT_TRUE(server.wait_for([](const Counters& c) { return c.connections_open == 0; }));
    EXPECT_EQ(http_request("127.0.0.1", server.port(), "GET", "/hello", {}, "", 5s)->status, 200);
}

/// Frames of waiting coroutines, sessions and their server refer to each other; a sanitizer sees what is not
/// freed.
TEST(HttpServer, LeavesNothingBehindWhenItEndsInTheMiddleOfEverything) {
    std::vector<std::shared_ptr<WebSocket>> kept;
    boost::asio::io_context io;
    int reached = 0;
    HttpHandlers handlers;
    handlers.handle = [&](Request) -> boost::asio::awaitable<Response> {
        ++reached;
        boost::asio::steady_timer never(io, std::chrono::hours(1));
        co_await never.async_wait(boost::asio::use_awaitable);
        co_return Response{};
    };
    handlers.accepts_upgrade = [](const Request&) { return true; };
    handlers.opened = [&](const std::shared_ptr<WebSocket>& socket, const Request&) {
        kept.push_back(socket);
    };
    auto server = std::make_unique<HttpServer>(io, HttpConfig{}, handlers);
    const std::uint16_t port = *server->listen("127.0.0.1", 0);
    RawClient waiting(port);
    waiting.get("/");
    RawClient reader(port, 4096);
    reader.send(
        "GET /ws HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    RawClient idle(port);
    while (reached == 0 || kept.empty() || server->counters().connections_open < 3) io.run_one();
    const Frame large = frame_text(std::string(900'000, 'm'));
    while (kept[0]->queued_bytes() == 0) ASSERT_TRUE(kept[0]->send(large));
    server.reset();
    EXPECT_FALSE(kept[0]->is_open());
    EXPECT_FALSE(kept[0]->send_text("after the end"));
    kept.clear();
}

TEST(HttpClient, SaysWhatItCouldNotConnectTo) {
    std::uint16_t port = 0;
    {
        TestServer server;
        port = server.port();
    }
    const auto response = http_request("127.0.0.1", port, "GET", "/", {}, "", 1s);
    ASSERT_FALSE(response);
    EXPECT_TRUE(contains(response.error().message(), "connect to 127.0.0.1:" + std::to_string(port)));
    EXPECT_TRUE(contains(response.error().message(), "refused"));
}

TEST(HttpClient, GivesUpAfterItsTimeout) {
    TestServer server;
    HttpClient client("127.0.0.1", server.port());
    const auto response = client.request("GET", "/gate", {}, "", 50ms);
    ASSERT_FALSE(response);
    EXPECT_FALSE(client.is_connected());
    EXPECT_EQ(client.request("GET", "/hello", {}, "", 5s)->status, 200);
}

TEST(HttpClient, ConnectsAgainWhenTheServerHasEndedAnIdleConnection) {
    HttpConfig config;
    config.sweep_interval = 5ms;
    config.idle_timeout = 10ms;
    TestServer server(config);
    HttpClient client("127.0.0.1", server.port());
    ASSERT_TRUE(client.request("POST", "/echo", {}, "first", 5s));
    ASSERT_TRUE(server.wait_for([](const Counters& c) { return c.connections_open == 0; }));
    const auto second = client.request("POST", "/echo", {}, "second", 5s);
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_EQ(second->body, "second");
}

TEST(HttpClient, RefusesToSendALineBreakInAHeader) {
    TestServer server;
    EXPECT_FALSE(http_request("127.0.0.1", server.port(), "GET", "/", {{"A", "b\r\nC: d"}}, "", 1s));
}

}  // namespace
}  // namespace sauda::net
