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

HttpConfig small_config() {
    HttpConfig config;
    config.body_bytes_max = 1000;
    config.header_bytes_max = 512;
    config.sweep_interval = 10ms;
    return config;
}

/// Sends `bytes` to a server with small limits; the response, after which the connection must end.
std::string refusal_of(std::string_view bytes) {
    TestServer server(small_config());
    RawClient client(server.port());
    client.send(bytes);
    return client.read_to_end().value_or("the connection stayed open");
}

void expect_refusal(std::string_view bytes, int status, std::string_view code) {
    const std::string response = refusal_of(bytes);
    EXPECT_TRUE(response.starts_with("HTTP/1.1 " + std::to_string(status))) << bytes << "\n" << response;
    EXPECT_TRUE(contains(response, "\"code\":\"" + std::string(code) + "\"")) << response;
    EXPECT_TRUE(contains(response, "Connection: close\r\n")) << response;
}

TEST(HttpLimits, RefusesMalformedRequests) {
    expect_refusal("hello\r\n\r\n", 400, "malformed_request");
    expect_refusal("GET / HTTP/9.9\r\nHost: t\r\n\r\n", 400, "malformed_request");
    expect_refusal("GET /\x01 HTTP/1.1\r\nHost: t\r\n\r\n", 400, "malformed_request");
    expect_refusal("GET nothing HTTP/1.1\r\nHost: t\r\n\r\n", 400, "malformed_request");
    expect_refusal("GET /%zz HTTP/1.1\r\nHost: t\r\n\r\n", 400, "malformed_request");
    expect_refusal("GET /a%00b HTTP/1.1\r\nHost: t\r\n\r\n", 400, "malformed_request");
    expect_refusal("GET / HTTP/1.1\r\nHost t\r\n\r\n", 400, "malformed_request");
    expect_refusal("GET / HTTP/1.1\r\n\r\n", 400, "malformed_request");
    expect_refusal("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "malformed_request");
}

TEST(HttpLimits, RefusesWhatIsUsedToSmuggleRequests) {
    expect_refusal("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400,
                   "malformed_request");
    expect_refusal(
        "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
        "malformed_request");
    expect_refusal(
        "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400,
        "malformed_request");
    expect_refusal("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n", 400, "malformed_request");
    expect_refusal("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip\r\n\r\n", 501,
                   "unsupported_transfer_encoding");
    expect_refusal("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501,
                   "unsupported_transfer_encoding");
}

TEST(HttpLimits, RefusesALargeBodyByItsDeclaredLength) {
    expect_refusal("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\n\r\n", 413, "body_too_large");
    expect_refusal("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 18446744073709551615\r\n\r\n", 413,
                   "body_too_large");
}

TEST(HttpLimits, AcceptsABodyAtTheLimit) {
    TestServer server(small_config());
    const std::string body(1000, 'b');
    const auto response = http_request("127.0.0.1", server.port(), "POST", "/echo", {}, body, 5s);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, body);
}

TEST(HttpLimits, TheRefusalReachesAClientThatIsStillSending) {
    TestServer server(small_config());
    const auto response =
        http_request("127.0.0.1", server.port(), "POST", "/echo", {}, std::string(2'000'000, 'b'), 5s);
    ASSERT_TRUE(response) << response.error().message();
    EXPECT_EQ(response->status, 413);
}

TEST(HttpLimits, ReadsChunkedBodiesAndIgnoresTrailers) {
    TestServer server(small_config());
    RawClient client(server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send("5\r\nhello\r\n");
    client.send("6;ext=1\r\n world\r\n0\r\nAuthorization: late\r\n\r\n");
    EXPECT_TRUE(client.read_response().ends_with("\r\n\r\nhello world"));
    client.get("/hello");
    EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 200 OK"));
}

TEST(HttpLimits, RefusesALargeChunkedBody) {
    std::string request = "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 20; ++i) request += "40\r\n" + std::string(64, 'b') + "\r\n";
    expect_refusal(request, 413, "body_too_large");
}

TEST(HttpLimits, RefusesMalformedAndEndlessChunkHeaders) {
    const std::string head = "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect_refusal(head + "xyz\r\n", 400, "malformed_request");
    expect_refusal(head + "5;" + std::string(4000, 'e'), 400, "malformed_request");
}

TEST(HttpLimits, RefusesHugeHeadersWhole) {
    expect_refusal("GET /" + std::string(600, 'a') + " HTTP/1.1\r\nHost: t\r\n\r\n", 431,
                   "headers_too_large");
    expect_refusal("GET / HTTP/1.1\r\nHost: t\r\nX-Long: " + std::string(600, 'a') + "\r\n\r\n", 431,
                   "headers_too_large");
    expect_refusal("GET / HTTP/1.1\r\nHost: t\r\nX-Endless: " + std::string(4000, 'a'), 431,
                   "headers_too_large");
}

TEST(HttpLimits, RefusesManySmallHeadersThatArriveOneByOne) {
    TestServer server(small_config());
    RawClient client(server.port());
    client.send("GET / HTTP/1.1\r\nHost: t\r\n");
    for (int i = 0; i < 60; ++i) {
        if (!client.send("X-Small: 0123456789\r\n")) break;
        std::this_thread::sleep_for(1ms);
    }
    const auto response = client.read_to_end();
    ASSERT_TRUE(response);
    EXPECT_TRUE(response->starts_with("HTTP/1.1 431 ")) << *response;
}

TEST(HttpLimits, SendsContinueBeforeTheBodyIsSent) {
    TestServer server(small_config());
    RawClient client(server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_response(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("body");
    EXPECT_TRUE(client.read_response().ends_with("body"));
}

TEST(HttpLimits, RefusesABodyTooLargeInsteadOfAskingForIt) {
    expect_refusal("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4000\r\nExpect: 100-continue\r\n\r\n",
                   413, "body_too_large");
    expect_refusal("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nExpect: miracles\r\n\r\n", 417,
                   "unsupported_expectation");
}

TEST(HttpLimits, CutsARequestThatTrickles) {
    HttpConfig config = small_config();
    config.header_timeout = 60ms;
    TestServer server(config);
    RawClient client(server.port());
    client.send("GET / HTTP/1.1\r\n");
    while (client.send("X")) std::this_thread::sleep_for(5ms);
    EXPECT_TRUE(
        server.wait_for([](const Counters& c) { return c.timeouts == 1 && c.connections_open == 0; }));
}

TEST(HttpLimits, CutsAClientThatNeverAsks) {
    HttpConfig config = small_config();
    config.header_timeout = 30ms;
    TestServer server(config);
    RawClient client(server.port());
    EXPECT_TRUE(client.is_closed_by_peer());
}

TEST(HttpLimits, CutsABodyThatTricklesAndAnIdleConnection) {
    HttpConfig config = small_config();
    config.body_timeout = 30ms;
    config.idle_timeout = 30ms;
    TestServer server(config);
    RawClient half(server.port());
    half.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_TRUE(half.is_closed_by_peer());
    RawClient idle(server.port());
    idle.get("/hello");
    EXPECT_TRUE(idle.read_response().starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(idle.is_closed_by_peer());
    EXPECT_EQ(server.counters().timeouts, 2u);
}

TEST(HttpLimits, AHandlerMayTakeLongerThanEveryTimeout) {
    HttpConfig config = small_config();
    config.header_timeout = config.body_timeout = config.idle_timeout = config.write_timeout = 20ms;
    TestServer server(config);
    RawClient client(server.port());
    client.get("/gate");
    std::this_thread::sleep_for(80ms);
    server.open_gate();
    EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 200 OK"));
}

TEST(HttpLimits, CutsAReaderThatStops) {
    HttpConfig config = small_config();
    config.write_timeout = 40ms;
    config.send_buffer_bytes = 4096;
    TestServer server(config);
    RawClient client(server.port(), 4096);
    client.get("/large");
    EXPECT_TRUE(
        server.wait_for([](const Counters& c) { return c.timeouts == 1 && c.connections_open == 0; }));
}

TEST(HttpLimits, TellsConnectionsBeyondTheLimitAndServesAgainWhenThereIsRoom) {
    HttpConfig config = small_config();
    config.connections_max = 2;
    TestServer server(config);
    {
        RawClient one(server.port());
        RawClient two(server.port());
        ASSERT_TRUE(server.wait_for([](const Counters& c) { return c.connections_open == 2; }));
        RawClient three(server.port());
        three.get("/hello");
        const auto response = three.read_to_end();
        ASSERT_TRUE(response);
        EXPECT_TRUE(response->starts_with("HTTP/1.1 503 ")) << *response;
        EXPECT_TRUE(contains(*response, "too_many_connections"));
        EXPECT_TRUE(contains(*response, "Retry-After: 1\r\n"));
        one.get("/hello");
        EXPECT_TRUE(one.read_response().starts_with("HTTP/1.1 200 OK"));
    }
    ASSERT_TRUE(server.wait_for([](const Counters& c) { return c.connections_open == 0; }));
    EXPECT_EQ(http_request("127.0.0.1", server.port(), "GET", "/hello", {}, "", 5s)->status, 200);
    EXPECT_EQ(server.counters().connections_refused, 1u);
}

}  // namespace
}  // namespace sauda::net
