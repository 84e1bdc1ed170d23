/// The stream beneath Beast's WebSocket: reads come from the socket, writes go to the wire's output queue and
/// complete at once. Internal to net, and the reason that Beast's frames and ours share one order.
#pragma once

#include <string>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>

#include "net/web_socket_wire.h"

namespace sauda::net {

/// Models Beast's AsyncStream. `wire` outlives it and every operation on it.
class GatedStream {
public:
    using executor_type = Socket::executor_type;

    explicit GatedStream(WebSocketWire& wire) : wire_(&wire) {}
    executor_type get_executor() { return wire_->socket().get_executor(); }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(ErrorCode, std::size_t)>(
            [wire = wire_](auto handler, const Buffers& into) { read_some(*wire, into, std::move(handler)); },
            token, buffers);
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(ErrorCode, std::size_t)>(
            [wire = wire_](auto handler, const Buffers& from) {
                write_some(*wire, from, std::move(handler));
            },
            token, buffers);
    }

    /// Beast tears down when it has read or failed its last: the session lingers and closes by itself.
    friend void teardown(boost::beast::role_type, GatedStream&, ErrorCode& error) { error = {}; }
    template <class Handler>
    friend void async_teardown(boost::beast::role_type, GatedStream& stream, Handler&& handler) {
        boost::asio::post(stream.get_executor(),
                          boost::beast::bind_front_handler(std::forward<Handler>(handler), ErrorCode{}));
    }
    friend void beast_close_socket(GatedStream& stream) {
        ErrorCode ignored;
        stream.wire_->socket().close(ignored);
    }

private:
    template <class Buffers, class ReadHandler>
    static void read_some(WebSocketWire& wire, const Buffers& into, ReadHandler handler) {
        std::string& early = wire.early();
        if (!early.empty()) {
            const std::size_t count = boost::asio::buffer_copy(into, boost::asio::buffer(early));
            early.erase(0, count);
            post_completion(wire, count, std::move(handler));
            return;
        }
        // Everything runs on one io thread, so the handler needs no executor of its own.
        wire.socket().async_read_some(
            into, [&wire, handler = std::move(handler)](const ErrorCode& error, std::size_t count) mutable {
                wire.heard(count);
                std::move(handler)(error, count);
            });
    }

    template <class Buffers, class WriteHandler>
    static void write_some(WebSocketWire& wire, const Buffers& from, WriteHandler handler) {
        std::string bytes(boost::asio::buffer_size(from), '\0');
        boost::asio::buffer_copy(boost::asio::buffer(bytes), from);
        const std::size_t count = bytes.size();
        wire.write_for_beast(std::move(bytes));
        post_completion(wire, count, std::move(handler));
    }

    template <class IoHandler>
    static void post_completion(WebSocketWire& wire, std::size_t count, IoHandler handler) {
        boost::asio::post(wire.socket().get_executor(),
                          boost::beast::bind_front_handler(std::move(handler), ErrorCode{}, count));
    }

    WebSocketWire* wire_;
};

}  // namespace sauda::net
