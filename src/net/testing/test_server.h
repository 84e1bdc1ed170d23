/// A server on 127.0.0.1 with its own io thread, for tests that talk to it over real sockets.
///
/// Routes: /hello a small success, /echo the body, /info what the request said as text lines, /throw and
/// /throw_int exceptions, /gate waits until open_gate(), /large 8 MiB. WebSockets at /ws echo; /refused is no
/// WebSocket.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/http_server.h"

namespace sauda::net::testing {

class TestServer {
public:
    explicit TestServer(HttpConfig config = {});
    ~TestServer();
    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    std::uint16_t port() const { return port_; }

    /// Runs `work` on the io thread and waits for it.
    void on_io(const std::function<void()>& work);
    Counters counters();
    /// Polls counters() until `condition` holds; false after 10 seconds.
    bool wait_for(const std::function<bool(const Counters&)>& condition);

    /// Lets every request to /gate answer.
    void open_gate() { gate_ = true; }
    /// Requests that have reached /gate.
    int at_gate() const { return at_gate_; }

    /// Starts a drain; the future has its result.
    std::future<bool> drain(std::chrono::milliseconds limit);
    void stop_accepting();

    /// Only within on_io(): the open WebSockets, in order of arrival, and what they were closed with.
    std::vector<std::shared_ptr<WebSocket>>& web_sockets() { return web_sockets_; }
    std::vector<std::pair<std::uint16_t, std::string>>& closes() { return closes_; }
    /// Only within on_io(), before a session opens: what is done with a message instead of an echo.
    std::function<void(const std::shared_ptr<WebSocket>&, std::string_view)> on_message;
    /// The same for a binary message; empty: nobody wants one.
    std::function<void(const std::shared_ptr<WebSocket>&, std::string_view)> on_binary;
    /// What handlers threw.
    std::vector<std::string> failures();

    HttpServer& server() { return *server_; }

private:
    struct Io;
    boost::asio::awaitable<Response> handle(Request request);
    boost::asio::awaitable<void> wait_at_gate();
    void opened(const std::shared_ptr<WebSocket>& web_socket);
    HttpHandlers handlers();

    std::unique_ptr<Io> io_;
    std::unique_ptr<HttpServer> server_;
    std::uint16_t port_ = 0;
    std::atomic<bool> gate_ = false;
    std::atomic<int> at_gate_ = 0;
    std::vector<std::shared_ptr<WebSocket>> web_sockets_;
    std::vector<std::pair<std::uint16_t, std::string>> closes_;
    std::vector<std::string> failures_;
    std::thread thread_;
};

}  // namespace sauda::net::testing
