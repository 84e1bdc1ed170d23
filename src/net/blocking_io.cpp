#include "net/blocking_io.h"

namespace sauda::net {
namespace asio = boost::asio;

ErrorCode connect_until(asio::io_context& io, Socket& socket, const std::string& host, std::uint16_t port,
                        TimePoint deadline) {
    ErrorCode error;
    // Looked up synchronously: Asio's asynchronous resolver starts a thread of its own.
    asio::ip::tcp::resolver resolver(io);
    const auto endpoints = resolver.resolve(host, std::to_string(port), error);
    if (error) return error;
    error = asio::error::host_not_found;
    for (const auto& entry : endpoints) {
        ErrorCode ignored;
        socket.close(ignored);
        error = run_until(
            io, deadline, [&](auto handler) { socket.async_connect(entry.endpoint(), std::move(handler)); },
            [&] { socket.close(ignored); });
        if (!error) {
            socket.set_option(asio::ip::tcp::no_delay(true), ignored);
            return error;
        }
    }
    return error;
}

}  // namespace sauda::net
