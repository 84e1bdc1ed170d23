#include "net/http_session.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/client_address.h"
#include "net/response_writer.h"
#include "net/web_socket_session.h"

namespace sauda::net {
namespace asio = boost::asio;
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
/// Beyond the header limit, so that the parser meets the limit before the buffer is full.
constexpr std::size_t kInputSlack = 1024;
/// A body up to this size is copied behind its head: one contiguous write beats a gathered one.
constexpr std::size_t kInlineBodyMax = 16 * 1024;
constexpr std::size_t kRequestIdMax = 64;
/// Connections beyond connections_max that may wait to be told so at any time; more are dropped unheard.
constexpr std::size_t kRefusalsMax = 256;
constexpr std::chrono::milliseconds kLingerTimeout{2'000};
/// Enough for a peer on this continent; a shutdown must not wait for those that never close.
constexpr std::chrono::milliseconds kLingerTimeoutStopping{250};
/// What a closing connection is still read for, so that its last response is not lost to a reset.
constexpr std::size_t kLingerBytesMax = 4 * 1024 * 1024;

bool is_request_id(std::string_view id) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_' || c == '.';
    };
    return !id.empty() && id.size() <= kRequestIdMax && std::all_of(id.begin(), id.end(), is_allowed);
}

/// The Access-Control-Allow-Origin that `request` may have; empty for none.
std::string allowed_origin(const HttpConfig& config, const Request& request) {
    if (config.cors_allow_origins.empty()) return {};
    const auto origin = request.headers.find("Origin");
    if (!origin) return {};
    for (const std::string& allowed : config.cors_allow_origins) {
        if (allowed == "*" || allowed == *origin) return allowed;
    }
    return {};
}

bool is_preflight(const Request& request) {
    return request.method == Method::options && request.headers.find("Access-Control-Request-Method");
}

Response preflight_response(const Request& request) {
    Response response;
    response.status = 204;
    response.headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
    response.headers.emplace_back("Access-Control-Max-Age", "600");
    const auto asked = request.headers.find("Access-Control-Request-Headers");
    if (asked) response.headers.emplace_back("Access-Control-Allow-Headers", *asked);
    return response;
}

}  // namespace

void HttpSession::start(std::shared_ptr<ServerState> state, Socket socket) {
    const bool is_full = state->is_full();
    if (is_full) ++state->counters.connections_refused;
    if (is_full && state->session_count() >= state->config.connections_max + kRefusalsMax) return;
    if (!is_full) ++state->counters.connections_accepted;
    const auto executor = socket.get_executor();
    const auto session = std::make_shared<HttpSession>(state, std::move(socket));
    state->add(session);
    asio::co_spawn(executor, is_full ? session->refuse() : session->run(), asio::detached);
}

HttpSession::HttpSession(std::shared_ptr<ServerState> state, Socket socket)
    : state_(std::move(state)),
      socket_(std::move(socket)),
      peer_address_(peer_address_of(socket_)),
      parser_(state_->config.header_bytes_max, state_->config.body_bytes_max) {
    configure_socket(socket_, state_->config);
    ErrorCode ignored;
    local_port_ = socket_.local_endpoint(ignored).port();
}

void HttpSession::sweep(TimePoint now) {
    if (now < deadline_ || !socket_.is_open()) return;
    ++state_->counters.timeouts;
    abort();
}

void HttpSession::drain() {
    if (is_idle_) abort();
}

asio::awaitable<void> HttpSession::run() {
    const Registration registration{*state_, shared_from_this()};
    input_.resize(state_->config.header_bytes_max + kInputSlack);
    while (co_await serve_request()) {
    }
    co_await linger();
}

asio::awaitable<void> HttpSession::refuse() {
    const Registration registration{*state_, shared_from_this()};
    Response response = error_response(
        503, "too_many_connections", "This server has as many connections as it accepts; try again shortly.");
    response.headers.emplace_back("Retry-After", "1");
    const Exchange exchange;
    co_await respond(response, exchange);
    co_await linger();
}

/// Reads one request and answers it. False when the connection must not serve another.
asio::awaitable<bool> HttpSession::serve_request() {
    const Outcome outcome = co_await read_request();
    if (outcome == Outcome::closed) co_return false;
    ++state_->counters.requests;
    if (outcome == Outcome::refused) {
        Exchange exchange;
        exchange.request_id = state_->next_request_id();
        const Response refusal = parser_.refusal();
        co_await respond(refusal, exchange);
        co_return false;
    }
    Request request = parser_.take();
    complete_request(request);
    if (is_wanted_upgrade(request)) {
        upgrade(std::move(request));
        co_return false;
    }
    Exchange exchange = exchange_of(request);
    deadline_ = TimePoint::max();
    const Response response = co_await answer(std::move(request), exchange);
    // Asked again after the handler, which may have run while the server was told to stop.
    exchange.keep_alive = exchange.keep_alive && !state_->is_stopping;
    if (response.stream && exchange.is_http10) exchange.keep_alive = false;
    co_await respond(response, exchange);
    co_return exchange.keep_alive && !is_broken_;
}

asio::awaitable<HttpSession::Outcome> HttpSession::read_request() {
    begin_request();
    for (;;) {
        const ParseState parsed = parse_input();
        if (parsed == ParseState::done) co_return Outcome::request;
        if (parsed == ParseState::failed || !make_room()) co_return Outcome::refused;
        if (is_in_body_ && parser_.wants_continue() && input_begin_ == input_end_ && !continued_) {
            continued_ = true;
            if (!co_await write_rest(kContinue, {})) co_return Outcome::closed;
            expect_within(state_->config.body_timeout);
        }
        ErrorCode error;
        const std::size_t count = co_await socket_.async_read_some(
            asio::buffer(input_.data() + input_end_, input_.size() - input_end_),
            asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return Outcome::closed;
        input_end_ += count;
        state_->counters.bytes_in += count;
    }
}

void HttpSession::begin_request() {
    parser_.start();
    is_idle_ = true;
    is_in_body_ = false;
    continued_ = false;
    // Who has just connected has not earned the long wait of a client that sends requests.
    expect_within(is_first_ ? state_->config.header_timeout : state_->config.idle_timeout);
}

ParseState HttpSession::parse_input() {
    if (input_begin_ == input_end_) return ParseState::need_more;
    const RequestParser::Fed fed =
        parser_.feed(std::string_view(input_).substr(input_begin_, input_end_ - input_begin_));
    input_begin_ += fed.used;
    if (fed.state == ParseState::need_more) {
        update_deadline();
    } else {
        is_idle_ = false;
        is_first_ = false;
    }
    return fed.state;
}

/// A request that has begun must end its headers in time, then its body; bytes that trickle win no extension.
void HttpSession::update_deadline() {
    if (is_idle_ && (parser_.has_begun() || input_begin_ < input_end_)) {
        if (!is_first_) expect_within(state_->config.header_timeout);
        is_idle_ = false;
    }
    if (!is_in_body_ && parser_.header_done()) {
        expect_within(state_->config.body_timeout);
        is_in_body_ = true;
    }
}

/// Moves unparsed bytes to the front. False when they fill the whole input: no sane element is that long.
bool HttpSession::make_room() {
    const std::size_t left = input_end_ - input_begin_;
    if (input_begin_ > 0 && left > 0) std::memmove(input_.data(), input_.data() + input_begin_, left);
    input_begin_ = 0;
    input_end_ = left;
    return left < input_.size();
}

HttpSession::Exchange HttpSession::exchange_of(const Request& request) const {
    Exchange exchange;
    exchange.method = request.method;
    exchange.request_id = request.request_id;
    exchange.cors_origin = allowed_origin(state_->config, request);
    exchange.keep_alive = parser_.keep_alive();
    exchange.is_http10 = parser_.is_http10();
    return exchange;
}

void HttpSession::complete_request(Request& request) {
    request.peer_address = client_address(peer_address_, request.headers, state_->config.trusted_proxies);
    request.local_port = local_port_;
    const std::string_view given = request.headers.get("X-Request-Id");
    request.request_id = is_request_id(given) ? std::string(given) : state_->next_request_id();
}

/// A handshake that is malformed, unwanted or comes too late is answered as any request is.
bool HttpSession::is_wanted_upgrade(const Request& request) {
    if (!is_web_socket_upgrade(request) || state_->is_stopping) return false;
    const HttpHandlers& handlers = state_->handlers;
    if (!handlers.accepts_upgrade || !handlers.opened || handshake_refusal(request)) return false;
    try {
        return handlers.accepts_upgrade(request);
    } catch (const std::exception& error) {
        failed(request.request_id, error.what());
        return false;
    }
}

void HttpSession::upgrade(Request request) {
    // The client may have sent its first frames behind the request.
    std::string early = input_.substr(input_begin_, input_end_ - input_begin_);
    start_web_socket(state_, std::move(socket_), std::move(request), std::move(early));
}

asio::awaitable<Response> HttpSession::answer(Request request, const Exchange& exchange) {
    if (!exchange.cors_origin.empty() && is_preflight(request)) co_return preflight_response(request);
    if (is_web_socket_upgrade(request)) {
        auto refusal = handshake_refusal(request);
        if (refusal) co_return std::move(*refusal);
        if (state_->is_stopping)
            co_return error_response(503, "shutting_down", "The server is shutting down.");
    }
    std::string what = "an exception of unknown type";
    try {
        Response response = co_await state_->handlers.handle(std::move(request));
        if (response.status >= 200 && response.status <= 599) co_return response;
        what = "the handler returned status " + std::to_string(response.status);
    } catch (const std::exception& error) {
        what = error.what();
    } catch (...) {
    }
    co_return failed(exchange.request_id, what.c_str());
}

/// Counts and reports what a handler threw. The client is not told: it may name files or keys.
Response HttpSession::failed(const std::string& request_id, const char* what) {
    ++state_->counters.handler_exceptions;
    if (state_->handlers.failed) state_->handlers.failed(request_id, what);
    return error_response(500, "internal_error",
                          "The server failed to answer; report request id " + request_id + ".");
}

asio::awaitable<void> HttpSession::respond(const Response& response, const Exchange& exchange) {
    const auto status_class = static_cast<std::size_t>(std::clamp(response.status / 100, 0, 5));
    ++state_->counters.responses_by_class[status_class];
    ResponseContext context;
    context.request_id = exchange.request_id;
    context.date = state_->date();
    context.security_headers = state_->config.security_headers;
    context.cors_origin = exchange.cors_origin;
    context.keep_alive = exchange.keep_alive;
    context.is_http10 = exchange.is_http10;
    head_.clear();
    append_head(head_, response, context);
    if (response.stream) {
        const bool is_whole = co_await respond_in_pieces(response, exchange);
        is_broken_ = !is_whole;
        // Cut, not ended: who reads to the end of the connection must not take this for it.
        if (is_broken_) close_socket(socket_);
        co_return;
    }
    std::string_view body;
    if (may_have_body(response.status, exchange.method)) body = response.body_view();
    if (body.size() <= kInlineBodyMax) {
        head_.append(body);
        body = {};
    }
    // Nearly every response fits the kernel's buffer: no coroutine, no wait.
    const std::size_t written = write_some(head_, body);
    if (is_broken_ || written == head_.size() + body.size()) co_return;
    const std::size_t of_head = std::min(written, head_.size());
    const bool is_whole =
        co_await write_rest(std::string_view(head_).substr(of_head), body.substr(written - of_head));
    is_broken_ = !is_whole;
}

/// Writes without waiting. Returns how much the kernel took; sets is_broken_ when the peer is gone.
std::size_t HttpSession::write_some(std::string_view head, std::string_view body) {
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head), asio::buffer(body)};
    ErrorCode error;
    const std::size_t count = socket_.write_some(buffers, error);
    state_->counters.bytes_out += count;
    if (error && error != asio::error::would_block) is_broken_ = true;
    return error ? 0 : count;
}

asio::awaitable<bool> HttpSession::write_rest(std::string_view head, std::string_view body) {
    while (!head.empty() || !body.empty()) {
        const std::size_t count = write_some(head, body);
        if (is_broken_) co_return false;
        const std::size_t of_head = std::min(count, head.size());
        head.remove_prefix(of_head);
        body.remove_prefix(count - of_head);
        if (count > 0) continue;
        expect_within(state_->config.write_timeout);
        ErrorCode error;
        co_await socket_.async_wait(Socket::wait_write, asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return false;
    }
    co_return true;
}

/// Ends our side and reads what the peer still sends. Closing with unread bytes would send a reset, and a
/// reset makes the peer forget the response it has not read yet.
asio::awaitable<void> HttpSession::linger() {
    if (!socket_.is_open()) co_return;
    ErrorCode error;
    socket_.shutdown(Socket::shutdown_send, error);
    is_idle_ = false;
    expect_within(state_->is_stopping ? kLingerTimeoutStopping : kLingerTimeout);
    input_.resize(std::max<std::size_t>(input_.size(), kInputSlack));
    for (std::size_t read = 0; !error && read < kLingerBytesMax;) {
        read += co_await socket_.async_read_some(asio::buffer(input_.data(), input_.size()),
                                                 asio::redirect_error(asio::use_awaitable, error));
    }
    close_socket(socket_);
}

}  // namespace sauda::net
