/// A minimal synchronous WebSocket client for tests, benches and tools. It blocks its thread; pings are
/// answered while receive() runs.
///
/// Threads: one owner at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/io_error.h"
#include "base/result.h"
#include "net/http_client.h"

namespace sauda::net {

class WebSocketClient {
public:
    WebSocketClient();
    ~WebSocketClient();
    WebSocketClient(WebSocketClient&&) noexcept;
    WebSocketClient& operator=(WebSocketClient&&) noexcept;

    /// Connects and shakes hands at `target` ("/ws"). A refusal names the HTTP status in the error's detail.
    base::Result<void, base::IoError> connect(const std::string& host, std::uint16_t port,
                                              const std::string& target, const ClientHeaders& headers,
                                              std::chrono::milliseconds timeout);

    /// Sends one text message; waits at most `timeout` for room.
    base::Result<void, base::IoError> send(std::string_view text, std::chrono::milliseconds timeout);
    /// Sends one binary message.
    base::Result<void, base::IoError> send_binary(std::string_view bytes, std::chrono::milliseconds timeout);

    /// The next message. After a timeout (error_number ETIMEDOUT) the connection is intact and may be asked
    /// again; after the peer's close the detail has code and reason, and close_code() the code.
    base::Result<std::string, base::IoError> receive(std::chrono::milliseconds timeout);

    /// Close handshake, started by this side. Messages that are under way are dropped.
    base::Result<void, base::IoError> close(std::uint16_t code, std::chrono::milliseconds timeout);

    /// The code of the peer's close frame, 0 before it, 1005 when it had none.
    std::uint16_t close_code() const;
    const std::string& close_reason() const;

    /// The connected socket, for tests that need its options or its bytes; -1 before connect().
    int native_handle() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sauda::net
