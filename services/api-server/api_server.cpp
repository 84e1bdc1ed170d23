#include "api-server/api_server.h"

#include <algorithm>
#include <chrono>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api-server/auth.h"
#include "api-server/await_callback.h"
#include "api-server/responses.h"
#include "telemetry/log.h"

namespace sauda::api_server {

namespace {

bool is_operation(std::string_view path) {
    return path.starts_with("/health/") || path == "/metrics";
}

bool is_login(std::string_view path) {
    return path == "/login" || path == "/register" || path == "/api/v1/password";
}

/// Market data and the past: many may ask, often, and all of it can wait for orders.
bool yields_to_orders(const net::Request& request) {
    constexpr std::string_view paths[] = {"markets", "depth",  "trades",   "candles",       "ticker",
                                          "fills",   "ledger", "deposits", "statement.csv", "orders"};
    constexpr std::string_view prefix = "/api/v1/";
    if (request.method != net::Method::get || !request.path.starts_with(prefix)) return false;
    std::string_view name = std::string_view(request.path).substr(prefix.size());
    name = name.substr(0, name.find('/'));
    return std::ranges::find(paths, name) != std::end(paths);
}

/// Whether the answer tells of, or rests on, what another server may have told the client of. Placing and
/// canceling do not: the engine alone decides on them.
bool needs_newest(const net::Request& request) {
    if (is_operation(request.path)) return false;
    const bool is_to_engine = request.method == net::Method::post || request.method == net::Method::delete_;
    return !is_to_engine || is_login(request.path) || request.path.find("/admin/") != std::string::npos;
}

/// Rates go by a clock that nobody sets: after a wall clock was set back no bucket would fill up.
std::int64_t rate_clock_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}
std::int64_t rate_clock_ms() {
    return rate_clock_ns() / 1'000'000;
}

net::Response no_route(const Router::Match& match) {
    if (match.allowed.empty())
        return failure(404, "unknown_path", "There is nothing at this path; see the API's documentation.");
    net::Response response = failure(405, "method_not_allowed", "This path does not know this method.");
    response.headers.emplace_back("Allow", match.allowed);
    return response;
}

/// Bodies are JSON; a declared other type is refused rather than guessed at.
bool is_json_or_empty(const net::Request& request) {
    const std::string_view type = request.headers.get("Content-Type");
    if (request.body.empty() || type.empty()) return true;
    const std::string_view essence = type.substr(0, type.find(';'));
    // curl -d says application/x-www-form-urlencoded when it is not told otherwise.
    return net::equals_ignoring_case(essence, "application/json") ||
           net::equals_ignoring_case(essence, "application/x-www-form-urlencoded");
}

}  // namespace

ApiServer::ApiServer(Context context, Routes routes)
    : context_(std::move(context)),
      requests_by_ip_(context_.limits.requests_by_ip),
      logins_by_ip_(context_.limits.logins_by_ip),
      orders_by_account_(context_.limits.orders_by_account),
      requests_(context_.metrics.counter("sauda_api_requests_total", "Requests to the REST API")),
      rate_limited_(
          context_.metrics.counter("sauda_api_rate_limited_total", "Requests answered 429 by rate")) {
    add_operation_routes(router_, context_);
    if (routes == Routes::operations) return;
    add_account_routes(router_, context_);
    add_market_data_routes(router_, context_);
    add_candle_routes(router_, context_);
    add_ticker_routes(router_, context_);
    add_order_routes(router_, context_, [this](core::AccountId account, std::uint64_t count) {
        return limit_orders(account, count);
    });
    add_admin_routes(router_, context_);
    add_admin_read_routes(router_, context_);
    add_operator_routes(router_, context_);
    add_document_routes(router_, context_);
    add_history_routes(router_, context_);
    add_statement_route(router_, context_);
}

std::uint64_t ApiServer::limit_orders(core::AccountId account, std::uint64_t count) {
    return orders_by_account_.take(std::to_string(account.raw), count, rate_clock_ms());
}

void ApiServer::set_limits(const Limits& limits) {
    requests_by_ip_.set_config(limits.requests_by_ip);
    logins_by_ip_.set_config(limits.logins_by_ip);
    orders_by_account_.set_config(limits.orders_by_account);
}

std::uint64_t ApiServer::limit_by_ip(const net::Request& request) {
    const std::int64_t now_ms = rate_clock_ms();
    if (const auto wait = requests_by_ip_.take(request.peer_address, 1, now_ms); wait != 0) return wait;
    return is_login(request.path) ? logins_by_ip_.take(request.peer_address, 1, now_ms) : 0;
}

/// False where too many wait already.
boost::asio::awaitable<bool> ApiServer::wait_for_turn() {
    const auto delay_ns = read_pace_.take(rate_clock_ns(), context_.views.last());
    if (!delay_ns) co_return false;
    if (*delay_ns == 0) co_return true;
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor, std::chrono::nanoseconds(*delay_ns));
    co_await timer.async_wait(boost::asio::use_awaitable);
    co_return true;
}

boost::asio::awaitable<net::Response> ApiServer::handle(net::Request request) {
    requests_.add();
    if (!is_operation(request.path)) {
        if (const auto wait = limit_by_ip(request); wait != 0) {
            rate_limited_.add();
            co_return too_many_requests(wait);
        }
    }
    if (!is_json_or_empty(request)) {
        co_return failure(415, "unsupported_media_type", "Send JSON, with Content-Type: application/json.");
    }
    Router::Match match = router_.find(request.method, request.path);
    if (match.handler == nullptr) co_return no_route(match);
    if (yields_to_orders(request)) {
        const bool has_turn = co_await wait_for_turn();
        if (!has_turn)
            co_return failure(503, "overloaded", "The exchange is busy and too many reads wait; try again.");
    }
    if (context_.catch_up && needs_newest(request)) {
        const bool is_there = co_await await_callback<bool>(context_.catch_up);
        if (!is_there)
            co_return failure(503, "behind",
                              "This server has not yet heard of what happened last; try again.");
    }
    // Last, since it holds for a moment only.
    if (context_.refresh_session) {
        // Who was an operator a second ago may be none now.
        const bool is_operators = request.path.starts_with("/api/v1/admin/");
        if (const auto token = bearer_token(request))
            co_await context_.refresh_session(std::string(*token), is_operators);
    }
    Call call{std::move(request), std::move(match.parameter)};
    co_return co_await (*match.handler)(std::move(call));
}

}  // namespace sauda::api_server
