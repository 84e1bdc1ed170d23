#include "net/web_socket_session.h"

#include <array>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "net/gated_stream.h"

namespace sauda::net {
namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
namespace {

constexpr std::size_t kBufferKept = 16 * 1024;
constexpr std::size_t kLingerBytesMax = 4 * 1024 * 1024;

using Handshake = http::request<http::empty_body>;

Handshake handshake_of(const Request& request) {
    Handshake handshake(http::verb::get, request.target, 11);
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
        const auto [name, value] = request.headers.at(i);
        handshake.insert(boost::beast::string_view(name.data(), name.size()),
                         boost::beast::string_view(value.data(), value.size()));
    }
    return handshake;
}

/// The code that Beast closed with, from the error its read ended with.
CloseCode code_of(const ErrorCode& error) {
    if (error == websocket::error::bad_frame_payload) return CloseCode::invalid_payload;
    if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow) {
        return CloseCode::message_too_big;
    }
    if (error == websocket::condition::protocol_violation) return CloseCode::protocol_error;
    return CloseCode::abnormal;
}

void limit_kernel_backlog(Socket& socket, std::size_t bytes_max) {
    if (bytes_max == 0) return;
    const int value = static_cast<int>(bytes_max);
    // An old kernel without the option only hides more of the backlog.
    (void)::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, sizeof value);
}

/// Counts a session as open while it lives.
class OpenCount {
public:
    explicit OpenCount(Counters& counters) : counters_(counters) { ++counters_.web_sockets_open; }
    ~OpenCount() { --counters_.web_sockets_open; }
    OpenCount(const OpenCount&) = delete;
    OpenCount& operator=(const OpenCount&) = delete;

private:
    Counters& counters_;
};

class WebSocketSession final : public WebSocket,
                               public Session,
                               public std::enable_shared_from_this<WebSocketSession> {
public:
    WebSocketSession(std::shared_ptr<ServerState> state, Socket socket, Request request, std::string early);
    asio::awaitable<void> run();

    void set_callbacks(Callbacks callbacks) override { callbacks_ = std::move(callbacks); }
    bool send(const Frame& frame) override { return wire_.send(frame); }
    std::size_t queued_bytes() const override { return wire_.queue().queued_bytes(); }
    void close(CloseCode code, std::string_view reason) override { wire_.close(code, reason); }
    void set_silence_max(std::chrono::milliseconds silence_max) override;
    bool is_open() const override { return !wire_.is_closing() && wire_.socket().is_open(); }
    const std::string& peer_address() const override { return peer_address_; }

    void sweep(TimePoint now) override;
    void drain() override;
    void abort() override { close_socket(wire_.socket()); }

private:
    asio::awaitable<bool> accept();
    void open();
    asio::awaitable<void> serve();
    asio::awaitable<void> read_messages();
    asio::awaitable<void> linger();
    void prepare();
    void deliver();
    void sweep_open(TimePoint now);
    void closing(std::uint16_t code, std::string reason);
    template <class Call>
    bool guarded(Call&& call);
    void report(const std::string& what);
    void notify_ended(const ErrorCode& error);
    void notify_close(std::uint16_t code, std::string_view reason);

    const WebSocketConfig& config() const { return state_->config.web_socket; }

    std::shared_ptr<ServerState> state_;
    Request request_;
    std::string request_id_;
    std::string peer_address_;
    WebSocketWire wire_;
    websocket::stream<GatedStream> stream_;
    boost::beast::flat_buffer message_;
    Callbacks callbacks_;
    std::chrono::milliseconds ping_interval_;
    std::chrono::milliseconds silence_max_;
    TimePoint last_ping_;
    TimePoint deadline_;            ///< of the handshake, then of closing
    bool has_peer_closed_ = false;  ///< its close frame is read: it has nothing more to say
    bool is_notified_ = false;
};

WebSocketSession::WebSocketSession(std::shared_ptr<ServerState> state, Socket socket, Request request,
                                   std::string early)
    : state_(std::move(state)),
      request_(std::move(request)),
      request_id_(request_.request_id),
      peer_address_(request_.peer_address),
      wire_(std::move(socket), std::move(early), config().queued_bytes_max, state_->counters),
      stream_(wire_),
      ping_interval_(config().ping_interval),
      silence_max_(config().silence_max),
      last_ping_(Clock::now()),
      deadline_(Clock::now() + state_->config.header_timeout) {}

void WebSocketSession::prepare() {
    wire_.queue().set_owner(weak_from_this());
    wire_.on_closing = [this](std::uint16_t code, std::string reason) { closing(code, std::move(reason)); };
    limit_kernel_backlog(wire_.socket(), config().kernel_unsent_bytes_max);
    // The server's sweep is the only clock: Beast arms no timer of its own.
    stream_.set_option(websocket::stream_base::timeout{websocket::stream_base::none(),
                                                       websocket::stream_base::none(), false});
    stream_.set_option(
        websocket::stream_base::decorator([id = request_id_](websocket::response_type& response) {
            response.erase(http::field::server);
            response.set("X-Request-Id", id);
        }));
    stream_.read_message_max(config().message_bytes_max);
}

/// A session's whole life. The state and this coroutine keep it alive; then its user alone.
asio::awaitable<void> WebSocketSession::run() {
    const Registration registration{*state_, shared_from_this()};
    try {
        prepare();
        if (co_await accept()) {
            co_await serve();
            co_await linger();
        }
    } catch (const std::exception& error) {
        report(error.what());
    }
    close_socket(wire_.socket());
    notify_close(static_cast<std::uint16_t>(CloseCode::abnormal), "the connection broke");
}

asio::awaitable<bool> WebSocketSession::accept() {
    const Handshake handshake = handshake_of(request_);
    ErrorCode error;
    co_await stream_.async_accept(handshake, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return false;
    wire_.handshake_is_done();
    deadline_ = TimePoint::max();
    ++state_->counters.responses_by_class[1];
    ++state_->counters.web_sockets_accepted;
    co_return true;
}

void WebSocketSession::open() {
    const bool is_taken = guarded([&] { state_->handlers.opened(shared_from_this(), std::move(request_)); });
    if (!is_taken) close(CloseCode::internal_error, "the server failed");
}

asio::awaitable<void> WebSocketSession::serve() {
    const OpenCount count(state_->counters);
    open();
    co_await read_messages();
}

asio::awaitable<void> WebSocketSession::read_messages() {
    for (;;) {
        ErrorCode error;
        co_await stream_.async_read(message_, asio::redirect_error(asio::use_awaitable, error));
        if (error) {
            notify_ended(error);
            co_return;
        }
        ++state_->counters.web_socket_messages_in;
        deliver();
        message_.consume(message_.size());
        // One long message must not hold its memory for the life of the connection.
        if (message_.capacity() > kBufferKept) message_.shrink_to_fit();
    }
}

void WebSocketSession::deliver() {
    if (!is_open()) return;
    const bool is_text = stream_.got_text();
    if (!is_text && !callbacks_.on_binary)
        return close(CloseCode::unsupported_data, "only text messages are understood");
    const auto& callback = is_text ? callbacks_.on_message : callbacks_.on_binary;
    if (!callback) return;
    const auto bytes = message_.cdata();
    const std::string_view content(static_cast<const char*>(bytes.data()), bytes.size());
    const bool is_handled = guarded([&] { callback(content); });
    if (!is_handled) close(CloseCode::internal_error, "the server failed to handle this message");
}

/// Flushes what waits, ends our side and reads until the peer has ended its own: a close frame it has not
/// read yet would be lost to a reset. close_timeout bounds all of it.
asio::awaitable<void> WebSocketSession::linger() {
    deadline_ = std::min(deadline_, Clock::now() + config().close_timeout);
    ErrorCode error;
    while (!wire_.queue().empty() && !error) {
        co_await wire_.socket().async_wait(Socket::wait_write,
                                           asio::redirect_error(asio::use_awaitable, error));
    }
    if (has_peer_closed_) co_return;
    if (!error) wire_.socket().shutdown(Socket::shutdown_send, error);
    std::array<char, 4096> rest;
    for (std::size_t read = 0; !error && read < kLingerBytesMax;) {
        read += co_await wire_.socket().async_read_some(asio::buffer(rest),
                                                        asio::redirect_error(asio::use_awaitable, error));
    }
}

void WebSocketSession::set_silence_max(std::chrono::milliseconds silence_max) {
    silence_max_ = std::min(silence_max, config().silence_max);
    ping_interval_ = std::min(silence_max_ / 3, config().ping_interval);
}

void WebSocketSession::drain() {
    if (!wire_.is_handshake_done()) return abort();
    close(CloseCode::going_away, "the server is shutting down");
}

void WebSocketSession::sweep(TimePoint now) {
    if (!wire_.socket().is_open()) return;
    if (now >= deadline_) {
        ++state_->counters.timeouts;
        abort();
    } else if (deadline_ == TimePoint::max()) {
        sweep_open(now);
    }
}

void WebSocketSession::sweep_open(TimePoint now) {
    if (now - wire_.last_heard() >= silence_max_) {
        ++state_->counters.web_sockets_closed_silent;
        abort();
    } else if (now - last_ping_ >= ping_interval_ && wire_.ping()) {
        last_ping_ = now;
    }
}

/// Our side has sent a close frame. Its user hears of it, but never from within the call that caused it.
void WebSocketSession::closing(std::uint16_t code, std::string reason) {
    deadline_ = Clock::now() + config().close_timeout;
    asio::post(wire_.socket().get_executor(), [self = shared_from_this(), code, reason = std::move(reason)] {
        self->notify_close(code, reason);
    });
}

/// Reading has ended: by the peer's close, by an error of the peer that Beast has closed for, or by the
/// network.
void WebSocketSession::notify_ended(const ErrorCode& error) {
    if (error == websocket::error::closed) {
        has_peer_closed_ = true;
        const auto& reason = stream_.reason();
        const std::uint16_t no_status = static_cast<std::uint16_t>(CloseCode::no_status);
        notify_close(reason.code == websocket::close_code::none ? no_status : reason.code,
                     std::string_view(reason.reason.data(), reason.reason.size()));
    } else {
        const CloseCode code = code_of(error);
        notify_close(static_cast<std::uint16_t>(code), error.message());
    }
}

/// Calls into the session's user. False when that threw; it is reported.
template <class Call>
bool WebSocketSession::guarded(Call&& call) {
    try {
        call();
        return true;
    } catch (const std::exception& error) {
        report(error.what());
    } catch (...) {
        report("an exception of unknown type");
    }
    return false;
}

void WebSocketSession::report(const std::string& what) {
    ++state_->counters.handler_exceptions;
    if (state_->handlers.failed) state_->handlers.failed(request_id_, what);
}

void WebSocketSession::notify_close(std::uint16_t code, std::string_view reason) {
    if (is_notified_) return;
    is_notified_ = true;
    const Callbacks callbacks = std::exchange(callbacks_, {});
    // Who destroyed the server wants to hear nothing more of it.
    if (!callbacks.on_close || state_->is_over) return;
    guarded([&] { callbacks.on_close(code, reason); });
}

}  // namespace

void start_web_socket(std::shared_ptr<ServerState> state, Socket socket, Request request, std::string early) {
    const auto executor = socket.get_executor();
    const auto session =
        std::make_shared<WebSocketSession>(state, std::move(socket), std::move(request), std::move(early));
    state->add(session);
    asio::co_spawn(executor, session->run(), asio::detached);
}

}  // namespace sauda::net
