#include "net/web_socket.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "net/http_client.h"
#include "net/testing/raw_client.h"
#include "net/testing/test_server.h"
#include "net/web_socket_client.h"

namespace sauda::net {
namespace {

using testing::masked_frame;
using testing::RawClient;
using testing::RawFrame;
using testing::TestServer;
using namespace std::chrono_literals;

constexpr unsigned kText = 0x81;
constexpr unsigned kBinary = 0x82;
constexpr unsigned kClose = 0x88;
constexpr unsigned kPing = 0x89;
constexpr unsigned kPong = 0x8A;

HttpConfig quick_config() {
    HttpConfig config;
    config.sweep_interval = 10ms;
    return config;
}

unsigned close_code(const std::optional<RawFrame>& frame) {
    if (!frame || frame->first != kClose || frame->payload.size() < 2) return 0;
    return static_cast<unsigned>(static_cast<unsigned char>(frame->payload[0])) << 8 |
           static_cast<unsigned char>(frame->payload[1]);
}

WebSocketClient connected(TestServer& server, const std::string& target = "/ws") {
    WebSocketClient client;
    const auto done = client.connect("127.0.0.1", server.port(), target, {}, 5s);
    EXPECT_TRUE(done) << done.error().message();
    return client;
}

/// The client sees the 101 a moment before the server hands the session to its user.
bool wait_for_open(TestServer& server, std::uint64_t count) {
    return server.wait_for([count](const Counters& counters) { return counters.web_sockets_open == count; });
}

bool wait_for_closes(TestServer& server, std::size_t count) {
    return server.wait_for([&](const Counters&) {
        std::size_t seen = 0;
        server.on_io([&] { seen = server.closes().size(); });
        return seen >= count;
    });
}

std::pair<std::uint16_t, std::string> first_close(TestServer& server) {
    std::pair<std::uint16_t, std::string> close;
    if (!wait_for_closes(server, 1)) return close;
    server.on_io([&] { close = server.closes().front(); });
    return close;
}

TEST(WebSocket, EchoesTextOfEveryLengthClass) {
    TestServer server;
    WebSocketClient client = connected(server);
    for (const std::size_t size : {0u, 1u, 125u, 126u, 65'535u, 65'536u}) {
        const std::string text(size, 'm');
        ASSERT_TRUE(client.send(text, 5s));
        const auto echo = client.receive(5s);
        ASSERT_TRUE(echo) << echo.error().message();
        EXPECT_EQ(*echo, text);
    }
}

TEST(WebSocket, UpgradesOnlyWhereItIsWanted) {
    TestServer server;
    WebSocketClient client;
    const auto done = client.connect("127.0.0.1", server.port(), "/refused", {}, 5s);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message().find("404"), std::string::npos) << done.error().message();
}

TEST(WebSocket, RefusesOtherVersionsAndBadKeys) {
    TestServer server;
    const std::string head =
        "GET /ws HTTP/1.1\r\nHost: t\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n";
    RawClient client(server.port());
    client.send(head + "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    const std::string other_version = client.read_response();
    EXPECT_TRUE(other_version.starts_with("HTTP/1.1 426 ")) << other_version;
    EXPECT_NE(other_version.find("Sec-WebSocket-Version: 13\r\n"), std::string::npos);
    client.send(head + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n");
    EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(client.upgrade("/ws"));
}

TEST(WebSocket, ReadsFramesThatArriveWithTheHandshake) {
    TestServer server;
    RawClient client(server.port());
    client.send(
        "GET /ws HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
        masked_frame(kText, "early") + masked_frame(kText, "bird"));
    EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 101 "));
    EXPECT_EQ(client.read_frame().value_or(RawFrame{}).payload, "early");
    EXPECT_EQ(client.read_frame().value_or(RawFrame{}).payload, "bird");
}

TEST(WebSocket, AssemblesFragmentsWithControlFramesBetween) {
    TestServer server;
    RawClient client(server.port());
    ASSERT_TRUE(client.upgrade("/ws"));
    client.send(masked_frame(0x01, "one ") + masked_frame(kPing, "p") + masked_frame(0x00, "two ") +
                masked_frame(0x80, "three"));
    const auto pong = client.read_frame();
    ASSERT_TRUE(pong);
    EXPECT_EQ(pong->first, kPong);
    EXPECT_EQ(pong->payload, "p");
    const auto echo = client.read_frame();
    ASSERT_TRUE(echo);
    EXPECT_EQ(echo->first, kText);
    EXPECT_EQ(echo->payload, "one two three");
}

TEST(WebSocket, IgnoresUnsolicitedPongs) {
    TestServer server;
    RawClient client(server.port());
    ASSERT_TRUE(client.upgrade("/ws"));
    client.send(masked_frame(kPong, "x") + masked_frame(kPong, "x") + masked_frame(kText, "still here"));
    EXPECT_EQ(client.read_frame().value_or(RawFrame{}).payload, "still here");
}

TEST(WebSocket, RefusesBinaryMessagesThatNobodyWants) {
    TestServer server;
    RawClient client(server.port());
    ASSERT_TRUE(client.upgrade("/ws"));
    client.send(masked_frame(kBinary, "bytes"));
    EXPECT_EQ(close_code(client.read_frame()), 1003u);
    client.send(masked_frame(kClose, "\x03\xEB"));
    EXPECT_TRUE(client.is_closed_by_peer());
    EXPECT_EQ(first_close(server).first, 1003);
}

TEST(WebSocket, HandsBinaryMessagesToWhoWantsThem) {
    TestServer server;
    server.on_io([&] {
        server.on_binary = [](const std::shared_ptr<WebSocket>& web_socket, std::string_view bytes) {
            web_socket->send_text("binary of " + std::to_string(bytes.size()));
        };
    });
    RawClient client(server.port());
    ASSERT_TRUE(client.upgrade("/ws"));
    client.send(masked_frame(kBinary, std::string("\xFF\x00", 2)) + masked_frame(kText, "text"));
    EXPECT_EQ(client.read_frame().value_or(RawFrame{}).payload, "binary of 2");
    EXPECT_EQ(client.read_frame().value_or(RawFrame{}).payload, "text");
}

TEST(WebSocket, RefusesTextThatIsNotUtf8) {
    TestServer server;
    RawClient client(server.port());
    ASSERT_TRUE(client.upgrade("/ws"));
    client.send(masked_frame(kText, "bad \xC3\x28"));
    EXPECT_EQ(close_code(client.read_frame()), 1007u);
    EXPECT_TRUE(client.is_closed_by_peer());
    EXPECT_EQ(first_close(server).first, 1007);
}

TEST(WebSocket, RefusesMessagesBeyondTheLimit) {
    TestServer server;
    RawClient client(server.port());
    ASSERT_TRUE(client.upgrade("/ws"));
    client.send(masked_frame(kText, std::string(64 * 1024 + 1, 'm')));
    EXPECT_EQ(close_code(client.read_frame()), 1009u);
    EXPECT_TRUE(client.is_closed_by_peer());
    EXPECT_EQ(first_close(server).first, 1009);
}

TEST(WebSocket, RefusesALongMessageInShortFragments) {
    TestServer server;
    RawClient client(server.port());
    ASSERT_TRUE(client.upgrade("/ws"));
    std::string fragments = masked_frame(0x01, std::string(1000, 'm'));
    for (int i = 0; i < 70; ++i) fragments += masked_frame(0x00, std::string(1000, 'm'));
    client.send(fragments);
    EXPECT_EQ(close_code(client.read_frame()), 1009u);
}

TEST(WebSocket, RefusesBrokenProtocol) {
    TestServer server;
    for (const std::string& bytes :
         {std::string("\x81\x02hi"), masked_frame(0x80, "no beginning"), masked_frame(0x83, "reserved"),
          masked_frame(kPing, std::string(126, 'p'))}) {
        RawClient client(server.port());
        ASSERT_TRUE(client.upgrade("/ws"));
        client.send(bytes);
        EXPECT_EQ(close_code(client.read_frame()), 1002u);
        EXPECT_TRUE(client.is_closed_by_peer());
    }
    ASSERT_TRUE(wait_for_closes(server, 4));
    server.on_io([&] {
        for (const auto& close : server.closes()) EXPECT_EQ(close.first, 1002);
    });
}

TEST(WebSocket, AnswersThePeersCloseAndTellsItsUser) {
    TestServer server;
    RawClient client(server.port());
    ASSERT_TRUE(client.upgrade("/ws"));
    client.send(masked_frame(kClose,
                             "\x03\xE8"
                             "bye"));
    EXPECT_EQ(close_code(client.read_frame()), 1000u);
    EXPECT_TRUE(client.is_closed_by_peer());
    EXPECT_EQ(first_close(server), std::make_pair(std::uint16_t{1000}, std::string("bye")));
    EXPECT_TRUE(wait_for_open(server, 0));
}

TEST(WebSocket, ClosesWithCodeAndReason) {
    TestServer server;
    WebSocketClient client = connected(server);
    ASSERT_TRUE(wait_for_open(server, 1));
    server.on_io([&] {
        const auto session = server.web_sockets().at(0);
        EXPECT_TRUE(session->is_open());
        EXPECT_EQ(session->peer_address(), "127.0.0.1");
        session->close(CloseCode::policy_violation, "logged out");
        EXPECT_FALSE(session->is_open());
        EXPECT_FALSE(session->send_text("too late"));
        EXPECT_TRUE(server.closes().empty()) << "on_close came from within close()";
    });
    EXPECT_FALSE(client.receive(5s));
    EXPECT_EQ(client.close_code(), 1008);
    EXPECT_EQ(client.close_reason(), "logged out");
    EXPECT_EQ(first_close(server).first, 1008);
}

TEST(WebSocket, NoticesAPeerThatVanishes) {
    TestServer server;
    RawClient client(server.port());
    ASSERT_TRUE(client.upgrade("/ws"));
    client.reset();
    EXPECT_EQ(first_close(server).first, 1006);
    EXPECT_TRUE(server.wait_for([](const Counters& c) { return c.connections_open == 0; }));
}

TEST(WebSocket, PingsAndReapsThePeerThatIsSilent) {
    HttpConfig config = quick_config();
    config.web_socket.ping_interval = 20ms;
    config.web_socket.silence_max = 200ms;
    TestServer server(config);
    RawClient silent(server.port());
    ASSERT_TRUE(silent.upgrade("/ws"));
    EXPECT_EQ(silent.read_frame().value_or(RawFrame{}).first, kPing);
    EXPECT_TRUE(silent.is_closed_by_peer());
    EXPECT_EQ(first_close(server).first, 1006);
    EXPECT_EQ(server.counters().web_sockets_closed_silent, 1u);
}

TEST(WebSocket, OnePeerMayBeGivenLessPatienceThanOthersAndNeverMore) {
    HttpConfig config = quick_config();
    config.web_socket.ping_interval = 10s;
    config.web_socket.silence_max = 2s;
    TestServer server(config);
    RawClient patient(server.port()), hasty(server.port());
    ASSERT_TRUE(patient.upgrade("/ws"));
    ASSERT_TRUE(server.wait_for([](const Counters& c) { return c.web_sockets_accepted == 1; }));
    server.on_io([&] { server.web_sockets()[0]->set_silence_max(1h); });
    ASSERT_TRUE(hasty.upgrade("/ws"));
    ASSERT_TRUE(server.wait_for([](const Counters& c) { return c.web_sockets_accepted == 2; }));
    server.on_io([&] { server.web_sockets()[1]->set_silence_max(300ms); });
    EXPECT_EQ(hasty.read_frame().value_or(RawFrame{}).first, kPing) << "three times within it";
    EXPECT_TRUE(hasty.is_closed_by_peer());
    EXPECT_EQ(server.counters().web_sockets_closed_silent, 1u);
    EXPECT_TRUE(server.wait_for([](const Counters& c) { return c.web_sockets_closed_silent == 2; }));
}

TEST(WebSocket, KeepsThePeerThatAnswersPings) {
    HttpConfig config = quick_config();
    config.web_socket.ping_interval = 20ms;
    config.web_socket.silence_max = 1s;
    TestServer server(config);
    WebSocketClient client = connected(server);
    // Nothing but pongs is sent for longer than the silence allowed.
    EXPECT_EQ(client.receive(1400ms).error().error_number, ETIMEDOUT);
    ASSERT_TRUE(client.send("alive", 5s));
    EXPECT_EQ(client.receive(5s).value_or("gone"), "alive");
}

/// One message may be longer than what may wait; while it is on its way there is no room for a ping.
TEST(WebSocket, PingsThePeerThatHasReadALongMessageAtOnceRatherThanAnIntervalLater) {
    HttpConfig config = quick_config();
    config.send_buffer_bytes = 16 * 1024;
    config.web_socket.queued_bytes_max = 64 * 1024;
    config.web_socket.ping_interval = 1s;
    config.web_socket.silence_max = 1800ms;
    TestServer server(config);
    RawClient busy(server.port(), 4096);
    ASSERT_TRUE(busy.upgrade("/ws"));
    ASSERT_TRUE(wait_for_open(server, 1));
    server.on_io([&] { server.web_sockets()[0]->send(frame_text(std::string(4'000'000, 'm'))); });
    std::this_thread::sleep_for(1100ms);  // a ping was due
    EXPECT_EQ(busy.read_frame().value_or(RawFrame{}).payload.size(), 4'000'000u);
    EXPECT_EQ(busy.read_frame().value_or(RawFrame{}).first, kPing);
    busy.send(masked_frame(kPong, ""));
    EXPECT_EQ(busy.read_frame().value_or(RawFrame{}).first, kPing) << "the next one, an interval later";
    EXPECT_EQ(server.counters().web_sockets_closed_silent, 0u);
}

TEST(WebSocket, CutsAPeerThatDoesNotAnswerTheClose) {
    HttpConfig config = quick_config();
    config.web_socket.close_timeout = 30ms;
    TestServer server(config);
    RawClient client(server.port());
    ASSERT_TRUE(client.upgrade("/ws"));
    ASSERT_TRUE(wait_for_open(server, 1));
    server.on_io([&] { server.web_sockets().at(0)->close(CloseCode::normal, ""); });
    EXPECT_EQ(close_code(client.read_frame()), 1000u);
    EXPECT_TRUE(client.is_closed_by_peer());
    EXPECT_TRUE(server.wait_for([](const Counters& c) { return c.connections_open == 0; }));
}

TEST(WebSocket, BroadcastsOneSharedFrameToAHundredClientsInOrder) {
    TestServer server;
    std::vector<RawClient> clients;
    for (int i = 0; i < 100; ++i) {
        clients.emplace_back(server.port());
        ASSERT_TRUE(clients.back().upgrade("/ws"));
    }
    ASSERT_TRUE(wait_for_open(server, 100));
    server.on_io([&] {
        for (int message = 0; message < 50; ++message) {
            const Frame frame = frame_text("update " + std::to_string(message));
            for (const auto& session : server.web_sockets()) EXPECT_TRUE(session->send(frame));
        }
    });
    for (RawClient& client : clients) {
        for (int message = 0; message < 50; ++message) {
            const auto frame = client.read_frame();
            ASSERT_TRUE(frame);
            EXPECT_EQ(frame->payload, "update " + std::to_string(message));
        }
    }
}

TEST(WebSocket, ClosesASlowReaderWith1013AndNobodyElse) {
    HttpConfig config = quick_config();
    config.send_buffer_bytes = 16 * 1024;
    config.web_socket.queued_bytes_max = 64 * 1024;
    config.web_socket.close_timeout = 10s;
    TestServer server(config);
    RawClient slow(server.port(), 4096);
    ASSERT_TRUE(slow.upgrade("/ws"));
    WebSocketClient fast = connected(server);
    ASSERT_TRUE(wait_for_open(server, 2));
    const Frame frame = frame_text(std::string(1000, 'm'));
    int sent = 0;
    while (server.counters().web_sockets_closed_slow == 0) {
        ASSERT_LT(sent++, 100'000) << "the slow reader was never closed";
        server.on_io([&] {
            for (const auto& session : std::vector(server.web_sockets())) session->send(frame);
        });
        ASSERT_TRUE(fast.receive(5s)) << "the fast reader missed message " << sent;
    }
    // What reaches the slow reader is whole frames, then the reason.
    std::optional<RawFrame> last;
    while ((last = slow.read_frame()) && last->first == kText) EXPECT_EQ(last->payload.size(), 1000u);
    EXPECT_EQ(close_code(last), 1013u);
    EXPECT_EQ(first_close(server).first, 1013);
    ASSERT_TRUE(fast.send("still here", 5s));
    EXPECT_EQ(fast.receive(5s).value_or("gone"), "still here");
}

TEST(WebSocket, QueuedBytesGrowForASlowReaderAndDrainWhenItReads) {
    HttpConfig config = quick_config();
    config.send_buffer_bytes = 16 * 1024;
    TestServer server(config);
    RawClient client(server.port(), 4096);
    ASSERT_TRUE(client.upgrade("/ws"));
    ASSERT_TRUE(wait_for_open(server, 1));
    const Frame frame = frame_text(std::string(10'000, 'm'));
    server.on_io([&] {
        const auto session = server.web_sockets().at(0);
        EXPECT_EQ(session->queued_bytes(), 0u);
        for (int i = 0; i < 90; ++i) EXPECT_TRUE(session->send(frame));
        EXPECT_GT(session->queued_bytes(), 0u);
        EXPECT_LE(session->queued_bytes(), 1024u * 1024u);
    });
    for (int i = 0; i < 90; ++i) EXPECT_EQ(client.read_frame().value_or(RawFrame{}).payload.size(), 10'000u);
    server.on_io([&] { EXPECT_EQ(server.web_sockets().at(0)->queued_bytes(), 0u); });
}

TEST(WebSocket, AFrameLongerThanTheCapReachesAPeerThatKeepsUp) {
    HttpConfig config = quick_config();
    config.web_socket.queued_bytes_max = 64 * 1024;
    TestServer server(config);
    WebSocketClient client = connected(server);
    ASSERT_TRUE(wait_for_open(server, 1));
    const std::string snapshot(8'000'000, 's');
    server.on_io([&] {
        const auto session = server.web_sockets().at(0);
        EXPECT_TRUE(session->send_text(snapshot));
        EXPECT_GT(session->queued_bytes(), 64u * 1024u);
        EXPECT_FALSE(session->send_text("while so much waits"));
    });
    // What was begun is completed, then comes the reason.
    EXPECT_EQ(client.receive(5s).value_or("").size(), snapshot.size());
    EXPECT_FALSE(client.receive(5s));
    EXPECT_EQ(client.close_code(), 1013);
}

TEST(WebSocket, ClosesAPeerThatPingsAndNeverReads) {
    HttpConfig config = quick_config();
    config.send_buffer_bytes = 8 * 1024;
    config.web_socket.queued_bytes_max = 16 * 1024;
    config.web_socket.close_timeout = 50ms;
    TestServer server(config);
    RawClient client(server.port(), 4096);
    ASSERT_TRUE(client.upgrade("/ws"));
    std::string pings;
    for (int i = 0; i < 100; ++i) pings += masked_frame(kPing, std::string(125, 'p'));
    for (int i = 0; i < 1000 && server.counters().web_sockets_closed_slow == 0; ++i) client.send(pings);
    EXPECT_EQ(server.counters().web_sockets_closed_slow, 1u);
    EXPECT_EQ(first_close(server).first, 1013);
}

TEST(WebSocket, ControlFramesNeverCutIntoBroadcasts) {
    HttpConfig config = quick_config();
    config.send_buffer_bytes = 8 * 1024;
    config.web_socket.ping_interval = 10ms;
    TestServer server(config);
    RawClient client(server.port(), 8192);
    ASSERT_TRUE(client.upgrade("/ws"));
    ASSERT_TRUE(wait_for_open(server, 1));
    // Each side works while the other does: broadcasts of odd sizes against a peer that pings and echoes.
    base::Random random(11);
    constexpr int kRounds = 400;
    int pongs = 0;
    int texts = 0;
    int echoes = 0;
    for (int round = 0; round < kRounds; ++round) {
        const std::size_t size = random.below(3000);
        server.on_io([&] {
            const auto session = server.web_sockets().at(0);
            ASSERT_TRUE(session->send_text("b" + std::string(size, 'b')));
        });
        ASSERT_TRUE(client.send(masked_frame(kPing, std::to_string(round)) + masked_frame(kText, "e")));
        if (round % 8 != 7) continue;
        // Reads in bursts, so that the queue fills and empties in between.
        while (texts + echoes + pongs < 3 * (round + 1)) {
            const auto frame = client.read_frame();
            ASSERT_TRUE(frame);
            if (frame->first == kPing) continue;
            if (frame->first == kPong) {
                EXPECT_EQ(frame->payload, std::to_string(pongs++));
                continue;
            }
            ASSERT_EQ(frame->first, kText);
            ASSERT_EQ(frame->payload.find_first_not_of(frame->payload.substr(0, 1)), std::string::npos);
            (frame->payload[0] == 'b' ? texts : echoes) += 1;
        }
    }
    EXPECT_EQ(texts, kRounds);
    EXPECT_EQ(echoes, kRounds);
    EXPECT_EQ(pongs, kRounds);
}

TEST(WebSocket, AnExceptionOfItsUserClosesTheSessionOnly) {
    TestServer server;
    server.on_io([&] {
        server.on_message = [](const std::shared_ptr<WebSocket>&, std::string_view) {
            throw std::runtime_error("thrown by on_message");
        };
    });
    RawClient client(server.port());
    ASSERT_TRUE(client.upgrade("/ws"));
    client.send(masked_frame(kText, "x"));
    EXPECT_EQ(close_code(client.read_frame()), 1011u);
    EXPECT_EQ(server.failures().at(0), "thrown by on_message");
    EXPECT_EQ(http_request("127.0.0.1", server.port(), "GET", "/hello", {}, "", 5s)->status, 200);
}

TEST(WebSocket, DrainClosesWith1001) {
    TestServer server;
    WebSocketClient client = connected(server);
    ASSERT_TRUE(wait_for_open(server, 1));
    auto drained = server.drain(10s);
    EXPECT_FALSE(client.receive(5s));
    EXPECT_EQ(client.close_code(), 1001);
    EXPECT_TRUE(drained.get());
}

TEST(WebSocket, TheServerMayEndWithSessionsOpen) {
    auto server = std::make_unique<TestServer>();
    WebSocketClient client = connected(*server);
    ASSERT_TRUE(wait_for_open(*server, 1));
    RawClient http(server->port());
    server.reset();
    EXPECT_FALSE(client.receive(5s));
    EXPECT_TRUE(http.is_closed_by_peer());
}

TEST(WebSocketFrame, CutsACloseReasonAtACharacter) {
    std::string reason(122, 'r');
    reason += "\xC3\xA9";
    const Frame frame = frame_close(1008, reason);
    EXPECT_EQ(frame->size(), 2u + 2u + 122u);
    EXPECT_EQ(frame_close(1008, std::string(200, 'r'))->size(), 2u + 125u);
}

}  // namespace
}  // namespace sauda::net
