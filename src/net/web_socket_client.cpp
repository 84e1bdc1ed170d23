#include "net/web_socket_client.h"

#include <cerrno>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "base/assert.h"
#include "net/blocking_io.h"

namespace sauda::net {
namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using Done = base::Result<void, base::IoError>;

struct WebSocketClient::Impl {
    using Stream = websocket::stream<Socket>;

    base::IoError error(const char* operation, const ErrorCode& code) const {
        if (code == asio::error::timed_out) return {operation, peer, ETIMEDOUT, ""};
        const bool is_system = code.category() == boost::system::system_category();
        return {operation, peer, is_system ? code.value() : 0, is_system ? "" : code.message()};
    }
    void cut() {
        ErrorCode ignored;
        stream->next_layer().close(ignored);
    }
    Done send(std::string_view bytes, bool is_text, std::chrono::milliseconds timeout);
    void start_read();
    base::IoError end_of_messages(const ErrorCode& code);

    std::string peer;
    asio::io_context io;
    std::unique_ptr<Stream> stream;
    boost::beast::flat_buffer buffer;
    bool is_reading = false;  // a read outlives the receive() that started it and timed out
    bool has_read = false;
    ErrorCode read_error;
    std::uint16_t close_code = 0;
    std::string close_reason;
};

WebSocketClient::WebSocketClient() : impl_(new Impl) {}
WebSocketClient::WebSocketClient(WebSocketClient&&) noexcept = default;
WebSocketClient& WebSocketClient::operator=(WebSocketClient&&) noexcept = default;

WebSocketClient::~WebSocketClient() {
    if (!impl_ || !impl_->stream) return;
    impl_->cut();
    impl_->io.restart();
    impl_->io.run();
}

Done WebSocketClient::connect(const std::string& host, std::uint16_t port, const std::string& target,
                              const ClientHeaders& headers, std::chrono::milliseconds timeout) {
    const TimePoint deadline = Clock::now() + timeout;
    impl_->peer = host + ":" + std::to_string(port) + target;
    impl_->stream = std::make_unique<Impl::Stream>(impl_->io);
    auto& stream = *impl_->stream;
    ErrorCode error = connect_until(impl_->io, stream.next_layer(), host, port, deadline);
    if (error) return base::Unexpected{impl_->error("connect to", error)};
    stream.set_option(websocket::stream_base::decorator([&headers](websocket::request_type& request) {
        for (const auto& [name, value] : headers) request.insert(name, value);
    }));
    stream.read_message_max(0);
    websocket::response_type response;
    error = run_until(
        impl_->io, deadline,
        [&](auto handler) {
            stream.async_handshake(response, host + ":" + std::to_string(port), target, std::move(handler));
        },
        [&] { impl_->cut(); });
    if (!error) return {};
    auto failure = impl_->error("WebSocket handshake with", error);
    if (response.result_int() != 0) failure.detail += ": status " + std::to_string(response.result_int());
    return base::Unexpected{failure};
}

Done WebSocketClient::Impl::send(std::string_view bytes, bool is_text, std::chrono::milliseconds timeout) {
    ASSERT(stream != nullptr);
    stream->text(is_text);
    const ErrorCode code = run_until(
        io, Clock::now() + timeout,
        [&](auto handler) { stream->async_write(asio::buffer(bytes), std::move(handler)); }, [&] { cut(); });
    if (code) return base::Unexpected{error("send to", code)};
    return {};
}

Done WebSocketClient::send(std::string_view text, std::chrono::milliseconds timeout) {
    return impl_->send(text, true, timeout);
}

Done WebSocketClient::send_binary(std::string_view bytes, std::chrono::milliseconds timeout) {
    return impl_->send(bytes, false, timeout);
}

void WebSocketClient::Impl::start_read() {
    is_reading = true;
    stream->async_read(buffer, [this](const ErrorCode& code, std::size_t) {
        is_reading = false;
        has_read = true;
        read_error = code;
    });
}

base::IoError WebSocketClient::Impl::end_of_messages(const ErrorCode& code) {
    if (code != websocket::error::closed) return error("receive from", code);
    const auto& reason = stream->reason();
    close_code = reason.code == websocket::close_code::none ? 1005 : reason.code;
    close_reason.assign(reason.reason.data(), reason.reason.size());
    return {"receive from", peer, 0,
            "closed by the peer: " + std::to_string(close_code) + " " + close_reason};
}

base::Result<std::string, base::IoError> WebSocketClient::receive(std::chrono::milliseconds timeout) {
    ASSERT(impl_->stream != nullptr);
    Impl& impl = *impl_;
    const TimePoint deadline = Clock::now() + timeout;
    if (!impl.has_read && !impl.is_reading) impl.start_read();
    impl.io.restart();
    while (!impl.has_read && impl.io.run_one_until(deadline) > 0) {
    }
    if (!impl.has_read) return base::Unexpected{impl.error("receive from", asio::error::timed_out)};
    impl.has_read = false;
    if (impl.read_error) return base::Unexpected{impl.end_of_messages(impl.read_error)};
    std::string message = boost::beast::buffers_to_string(impl.buffer.data());
    impl.buffer.consume(impl.buffer.size());
    return message;
}

Done WebSocketClient::close(std::uint16_t code, std::chrono::milliseconds timeout) {
    ASSERT(impl_->stream != nullptr);
    const ErrorCode error = run_until(
        impl_->io, Clock::now() + timeout,
        [&](auto handler) { impl_->stream->async_close(websocket::close_reason(code), std::move(handler)); },
        [&] { impl_->cut(); });
    if (error) return base::Unexpected{impl_->error("close", error)};
    return {};
}

std::uint16_t WebSocketClient::close_code() const {
    return impl_->close_code;
}
const std::string& WebSocketClient::close_reason() const {
    return impl_->close_reason;
}
int WebSocketClient::native_handle() const {
    return impl_->stream ? impl_->stream->next_layer().native_handle() : -1;
}

}  // namespace sauda::net
