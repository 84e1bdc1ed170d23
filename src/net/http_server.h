/// An HTTP/1.1 server with WebSocket upgrades. It knows nothing of trading: a handler answers requests.
///
/// Threads: everything, construction and destruction included, on the thread that runs the io_context (or
/// while none does); handlers too.
///
/// Requests of a connection are answered in order, one at a time: a pipelined one waits for the one before.
///
/// Requires: the server is destroyed before its io_context.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "base/io_error.h"
#include "base/result.h"
#include "net/counters.h"
#include "net/http_config.h"
#include "net/http_message.h"
#include "net/web_socket.h"

namespace boost::asio {
class io_context;
}

namespace sauda::net {

/// Answers one request with a status of 200 to 599; may co_await anything on the same io_context. An
/// exception becomes a 500 internal_error and is counted. The server sets no deadline on it: a handler bounds
/// its own waiting.
using Handler = std::function<boost::asio::awaitable<Response>(Request)>;

struct HttpHandlers {
    Handler handle;
    /// Whether this WebSocket upgrade is wanted. False (or no function): the request goes to `handle`, which
    /// answers 404, 401, 429, ... as it would any request.
    std::function<bool(const Request&)> accepts_upgrade;
    /// The session of an accepted upgrade, open and able to send. Sets its callbacks and keeps the pointer
    /// for as long as it wants to send; the server keeps the session alive until it has ended.
    std::function<void(std::shared_ptr<WebSocket>, Request)> opened;
    /// Told of what a handler threw, for the log. Optional.
    std::function<void(const std::string& request_id, const std::string& what)> failed;
};

class HttpServer {
public:
    HttpServer(boost::asio::io_context& io, HttpConfig config, HttpHandlers handlers);
    /// Cuts every connection that is still open; on_close of its WebSockets is not called any more.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Binds and listens; may be called for several addresses. `address` is numeric ("127.0.0.1", "::1"; "::"
    /// takes IPv4 as well). Port 0 picks a free one. Returns the port. Connections are accepted from now on.
    base::Result<std::uint16_t, base::IoError> listen(const std::string& address, std::uint16_t port);

    /// Closes the listening sockets. Open connections go on, but every response now says Connection: close.
    void stop_accepting();

    /// stop_accepting(), then: idle connections are closed at once, requests in progress are answered,
    /// WebSockets are closed with 1001. True when all was done within `limit`; what remains by then is cut.
    boost::asio::awaitable<bool> drain(std::chrono::milliseconds limit);

    const Counters& counters() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sauda::net
