#include "net/http_server.h"

#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/assert.h"
#include "net/http_session.h"
#include "net/server_state.h"

namespace sauda::net {
namespace asio = boost::asio;
namespace {

/// After a failed accept, which is nearly always a lack of descriptors: trying at once would spin.
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::chrono::milliseconds kDrainPoll{10};

base::IoError listen_error(const std::string& address, std::uint16_t port, const ErrorCode& error) {
    const std::string host = address.find(':') == std::string::npos ? address : "[" + address + "]";
    base::IoError result{"listen", host + ":" + std::to_string(port), error.value(), ""};
    if (error == asio::error::address_in_use) {
        result.detail = "another program listens there; stop it or choose another port";
    } else if (error == asio::error::access_denied) {
        result.detail = "ports below 1024 need a privilege; choose a higher port";
    } else if (error == asio::error::invalid_argument) {
        result.detail = "the address must be numeric, as 127.0.0.1 or ::1";
    } else if (error.value() == EADDRNOTAVAIL) {
        result.detail = "no interface of this machine has that address";
    }
    return result;
}

/// Opens, binds and listens; the first failure ends it.
void open_acceptor(Acceptor& acceptor, const asio::ip::tcp::endpoint& endpoint, int backlog,
                   ErrorCode& error) {
    acceptor.open(endpoint.protocol(), error);
    if (error) return;
    acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (error) return;
    if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
    if (error) return;
    acceptor.bind(endpoint, error);
    if (error) return;
    acceptor.listen(backlog, error);
}

asio::awaitable<void> pause(asio::io_context& io, std::chrono::milliseconds duration) {
    asio::steady_timer timer(io, duration);
    ErrorCode ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> accept_loop(std::shared_ptr<ServerState> state, std::shared_ptr<Acceptor> acceptor) {
    while (acceptor->is_open()) {
        Socket socket(state->io);
        ErrorCode error;
        co_await acceptor->async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
        if (!acceptor->is_open()) co_return;
        if (error) {
            ++state->counters.accept_failures;
            co_await pause(state->io, kAcceptPause);
            continue;
        }
        HttpSession::start(state, std::move(socket));
    }
}

asio::awaitable<void> sweep_loop(std::shared_ptr<ServerState> state,
                                 std::shared_ptr<asio::steady_timer> timer) {
    for (;;) {
        timer->expires_after(state->config.sweep_interval);
        ErrorCode error;
        co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, error));
        if (error || state->is_over) co_return;
        state->sweep();
    }
}

}  // namespace

struct HttpServer::Impl {
    std::shared_ptr<ServerState> state;
    std::shared_ptr<asio::steady_timer> sweep_timer;
    std::vector<std::shared_ptr<Acceptor>> acceptors;
};

HttpServer::HttpServer(asio::io_context& io, HttpConfig config, HttpHandlers handlers) : impl_(new Impl) {
    ASSERT(handlers.handle != nullptr);
    ASSERT(config.sweep_interval.count() > 0);
    impl_->state = std::make_shared<ServerState>(io, std::move(config), std::move(handlers));
    impl_->sweep_timer = std::make_shared<asio::steady_timer>(io);
    asio::co_spawn(io, sweep_loop(impl_->state, impl_->sweep_timer), asio::detached);
}

HttpServer::~HttpServer() {
    stop_accepting();
    impl_->state->is_over = true;
    impl_->sweep_timer->cancel();
    impl_->state->abort_all();
    impl_->state->forget_all();
}

base::Result<std::uint16_t, base::IoError> HttpServer::listen(const std::string& address,
                                                              std::uint16_t port) {
    ErrorCode error;
    const auto ip = asio::ip::make_address(address, error);
    if (error) return base::Unexpected{listen_error(address, port, error)};
    auto acceptor = std::make_shared<Acceptor>(impl_->state->io);
    open_acceptor(*acceptor, {ip, port}, impl_->state->config.listen_backlog, error);
    if (error) return base::Unexpected{listen_error(address, port, error)};
    const std::uint16_t bound = acceptor->local_endpoint(error).port();
    impl_->acceptors.push_back(acceptor);
    asio::co_spawn(impl_->state->io, accept_loop(impl_->state, acceptor), asio::detached);
    return bound;
}

void HttpServer::stop_accepting() {
    impl_->state->is_stopping = true;
    ErrorCode ignored;
    for (const auto& acceptor : impl_->acceptors) acceptor->close(ignored);
    impl_->acceptors.clear();
}

asio::awaitable<bool> HttpServer::drain(std::chrono::milliseconds limit) {
    stop_accepting();
    // Held here: the server may be destroyed while this waits.
    const std::shared_ptr<ServerState> state = impl_->state;
    const TimePoint deadline = Clock::now() + limit;
    state->drain_all();
    while (!state->empty() && Clock::now() < deadline) {
        co_await pause(state->io, kDrainPoll);
        state->sweep();
    }
    const bool is_done = state->empty();
    state->abort_all();
    co_return is_done;
}

const Counters& HttpServer::counters() const {
    return impl_->state->counters;
}

}  // namespace sauda::net
