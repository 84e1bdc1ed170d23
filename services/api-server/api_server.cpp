#include "api-server/api_server.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <span>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "api-server/account_opening.h"
#include "api-server/auth.h"
#include "api-server/await_callback.h"
#include "api-server/list_text.h"
#include "api-server/paging.h"
#include "api-server/responses.h"
#include "api-server/shard_choice.h"
#include "order_entry/several.h"
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

/// Users, their sessions, and what the program itself is: no engine need be asked.
bool needs_shard(std::string_view path) {
    constexpr std::string_view paths[] = {"/",
                                          "/logout",
                                          "/api/v1/sessions",
                                          "/api/v1/ws-ticket",
                                          "/api/v1/routes",
                                          "/api/v1/admin/health",
                                          "/api/v1/openapi.json",
                                          "/api/v1/asyncapi.json"};
    return !is_operation(path) && !is_login(path) && std::ranges::find(paths, path) == std::end(paths);
}

/// What an answer leaves out is in it by name.
bool may_leave_out(const net::Request& request) {
    return request.path == "/api/v1/markets" || request.path == "/api/v1/ticker";
}

/// The shards that the answer tells of: the one that was chosen, or every one.
std::span<const Context> asked_of(const Context& context, const net::Request& request) {
    const bool is_of_market = request.path == "/api/v1/ticker" && request.query.get("market");
    const bool is_of_all = !is_of_market && (request.path == "/api/v1/balances" || may_leave_out(request));
    return is_of_all ? told_of(context, request) : std::span(&context, 1);
}

/// Where a shard that is asked is away: what to answer.
std::optional<net::Response> away_of(std::span<const Context> asked, const net::Request& request) {
    const auto away = std::ranges::find_if(asked, [](const Context& one) { return !one.is_open(); });
    if (away == asked.end()) return std::nullopt;
    const bool is_one_there = std::ranges::any_of(asked, [](const Context& one) { return one.is_open(); });
    if (is_one_there && may_leave_out(request)) return std::nullopt;
    return failure(order_entry::shard_away(away->shard.name));
}

net::Response behind(const Context& context) {
    const std::string of_shard = context.has_peers() ? " at shard " + context.shard.name : std::string();
    return failure(503, "behind",
                   "This server has not yet heard of what happened last" + of_shard + "; try again.");
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

ApiServer::ApiServer(std::vector<Context> shards, Routes routes)
    : shards_(std::move(shards)),
      routers_(shards_.size()),
      courier_(shards_),
      requests_by_ip_(home().limits.requests_by_ip),
      logins_by_ip_(home().limits.logins_by_ip),
      orders_by_account_(home().limits.orders_by_account),
      requests_(home().metrics.counter("sauda_api_requests_total", "Requests to the REST API")),
      rate_limited_(home().metrics.counter("sauda_api_rate_limited_total", "Requests answered 429 by rate")) {
    for (Context& shard : shards_) shard.all = shards_;
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        Router& router = routers_[i];
        const Context& context = shards_[i];
        add_operation_routes(router, context);
        if (routes == Routes::operations) continue;
        add_account_routes(router, context);
        add_market_data_routes(router, context);
        add_candle_routes(router, context);
        add_ticker_routes(router, context);
        const OrderLimit limit = [this, i](core::AccountId account, std::uint64_t count) {
            return limit_orders(i, account, count);
        };
        add_order_routes(router, context, limit);
        add_admin_routes(router, context);
        add_admin_read_routes(router, context);
        add_operator_routes(router, context);
        add_document_routes(router, context);
        add_history_routes(router, context);
        add_statement_route(router, context);
        add_transfer_routes(router, context, limit);
    }
}

/// A user has one rate with all shards, under the number of his account with the first; while that one is
/// away, one with each. Other servers hear of what was spent by this key.
std::uint64_t ApiServer::limit_orders(std::size_t shard, core::AccountId account, std::uint64_t count) {
    core::AccountId known = account;
    if (shard != 0) {
        const auto user = shards_[shard].views.catalog.find_user(account);
        known = user ? home().views.catalog.find_account(*user) : core::AccountId{};
    }
    const std::string key =
        known ? std::to_string(known.raw) : fmt::format("{}:{}", shards_[shard].shard.name, account.raw);
    return orders_by_account_.take(key, count, rate_clock_ms());
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
    const auto delay_ns = read_pace_.take(rate_clock_ns(), home().views.last());
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
    const Router::Match match = routers_.front().find(request.method, request.path);
    if (!match.is_found) co_return no_route(match);
    if (yields_to_orders(request)) {
        const bool has_turn = co_await wait_for_turn();
        if (!has_turn)
            co_return failure(503, "overloaded", "The exchange is busy and too many reads wait; try again.");
    }
    const auto choice = choose_shard(shards_, request, match);
    if (!choice) co_return choice.error();
    switch (choice->reach) {
        case Reach::find:
            co_return co_await find_at_any(match, std::move(request));
        case Reach::list:
            co_return co_await list_of_all(match, std::move(request));
        case Reach::all:
            co_return co_await do_at_all(match, std::move(request));
        case Reach::one:
            break;
    }
    co_return co_await handle_at(choice->shard, match, std::move(request));
}

/// What must hold before a shard answers; where it cannot be had, what to answer instead.
boost::asio::awaitable<std::optional<net::Response>> ApiServer::become_ready(const Context& context,
                                                                             const net::Request& request) {
    const std::span<const Context> asked = asked_of(context, request);
    const bool is_of_shard = needs_shard(request.path);
    if (auto away = is_of_shard ? away_of(asked, request) : std::nullopt) co_return away;
    if (context.catch_up && needs_newest(request)) {
        for (const Context& one : asked) {
            if (!one.is_open()) continue;
            const bool is_there = co_await await_callback<bool>(one.catch_up);
            if (!is_there && is_of_shard) co_return behind(one);
        }
    }
    const auto token = bearer_token(request);
    if (!token) co_return std::nullopt;
    // Last, since it holds for a moment only.
    if (context.refresh_session) {
        // Who was an operator a second ago may be none now.
        const bool is_operators = request.path.starts_with("/api/v1/admin/");
        co_await context.refresh_session(std::string(*token), is_operators);
    }
    if (!context.has_peers() || !context.is_open()) co_return std::nullopt;
    // Who has registered has an account with every shard, but for one that was away then.
    const auto session = context.identity.authenticate(*token, context.now().milliseconds());
    const bool is_unopened = session && !context.views.catalog.find_account(to_core((*session)->user_id));
    if (is_unopened) co_await open_account(context, (*session)->user_id);
    co_return std::nullopt;
}

boost::asio::awaitable<net::Response> ApiServer::handle_at(std::size_t shard, const Router::Match& match,
                                                           net::Request request) {
    auto problem = co_await become_ready(shards_[shard], request);
    if (problem) co_return std::move(*problem);
    Call call{std::move(request), match.parameter};
    co_return co_await routers_[shard].handler(match)(std::move(call));
}

// --- Several shards ---

namespace {

/// How much an answer of one shard tells about what several were asked for: that it may still come outweighs
/// that a shard could not be asked, and that outweighs that one has no such thing.
int weight(const net::Response& response) {
    if (response.status == 202) return 2;
    return response.status == 404 ? 0 : 1;
}

}  // namespace

/// Asks one after the other for what one of them has.
boost::asio::awaitable<net::Response> ApiServer::find_at_any(const Router::Match& match,
                                                             net::Request request) {
    net::Response answer;
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        net::Request copy = request;
        net::Response response = co_await handle_at(i, match, std::move(copy));
        const bool is_found = response.status < 300 && response.status != 202;
        if (is_found || response.status == 401) co_return response;
        const bool tells_more = i == 0 || weight(response) > weight(answer);
        if (tells_more) answer = std::move(response);
    }
    co_return answer;
}

/// Has every shard do it, all at once: one that is away keeps it from none. All of it may be repeated: what
/// fails with one is told, and done again with all.
boost::asio::awaitable<net::Response> ApiServer::do_at_all(const Router::Match& match, net::Request request) {
    const auto executor = co_await boost::asio::this_coro::executor;
    std::vector<net::Response> responses(shards_.size());
    auto start = [&](std::function<void(bool)> done) {
        const auto left = std::make_shared<std::size_t>(shards_.size());
        for (std::size_t i = 0; i < shards_.size(); ++i) {
            boost::asio::co_spawn(
                executor, handle_at(i, match, request),
                [&responses, i, left, done](const std::exception_ptr& failed, net::Response response) {
                    responses[i] = failed
                                       ? failure(500, "internal_error", "The request could not be answered.")
                                       : std::move(response);
                    if (--*left == 0) done(true);
                });
        }
    };
    co_await await_callback<bool>(std::move(start));
    net::Response answer = std::move(responses.front());
    for (std::size_t i = 1; i < responses.size(); ++i) {
        if (answer.status >= 300) break;
        if (responses[i].status >= 300) co_return std::move(responses[i]);
        order_entry::add_canceled(answer.body, responses[i].body);
    }
    co_return answer;
}

/// A page of what the shards have, one behind the other: cursors are `shard:cursor`.
boost::asio::awaitable<net::Response> ApiServer::list_of_all(const Router::Match& match,
                                                             net::Request request) {
    constexpr std::uint64_t limit_default = 100;
    const auto limit = whole_parameter(request, "limit", limit_default, 1, list_page_max);
    if (!limit) co_return limit.error();
    std::size_t shard = 0;
    std::string cursor;
    if (const auto given = request.query.get("cursor")) {
        const std::size_t colon = given->find(':');
        const std::string_view name = given->substr(0, colon);
        const Context* from = find_shard(shards_, name);
        if (colon == std::string_view::npos || from == nullptr)
            co_return failure(400, "malformed_request",
                              "The parameter \"cursor\" must be the next_cursor of the page before.");
        shard = static_cast<std::size_t>(from - shards_.data());
        cursor = given->substr(colon + 1);
    }
    std::string rows;
    std::size_t count = 0;
    const auto lacks_asset = [&](const Context& one) {
        const auto asset = request.query.get("asset");
        return asset && !may_have_asset(one, *asset);
    };
    for (;; ++shard, cursor.clear()) {
        while (shard + 1 < shards_.size() && lacks_asset(shards_[shard])) ++shard;
        net::Request copy = request;
        copy.query.set("limit", std::to_string(*limit - count));
        copy.query.set("cursor", cursor);
        net::Response response = co_await handle_at(shard, match, std::move(copy));
        const auto page = response.status == 200 ? take_apart(response.body) : std::nullopt;
        if (!page) co_return response;
        if (!rows.empty() && page->count != 0) rows += ",";
        rows += page->rows;
        count += page->count;
        const bool has_more = page->next != "null";
        const bool is_last =
            std::all_of(shards_.begin() + static_cast<std::ptrdiff_t>(shard) + 1, shards_.end(), lacks_asset);
        if (!has_more && !is_last && count < *limit) continue;
        std::string next = "null";
        if (has_more) {
            const bool is_text = page->next.starts_with('"');
            const std::string_view inner = is_text ? page->next.substr(1, page->next.size() - 2) : page->next;
            next = fmt::format("\"{}:{}\"", shards_[shard].shard.name, inner);
        } else if (!is_last) {
            next = fmt::format("\"{}:\"", shards_[shard + 1].shard.name);
        }
        response.body = std::string(page->head) + rows + std::string(page->tail) + next + "}";
        co_return response;
    }
}

}  // namespace sauda::api_server
