/// The native REST API: routes, rate limits, authentication. Everything about sockets is net's.
///
/// Threads: the network thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "api-server/context.h"
#include "api-server/read_pace.h"
#include "api-server/router.h"
#include "api-server/transfer_delivery.h"
#include "net/http_message.h"

namespace sauda::api_server {

enum class Routes : std::uint8_t {
    all,
    operations,  ///< health and metrics
};

class ApiServer {
public:
    /// `shards`: at least one; users register with the first.
    ApiServer(std::vector<Context> shards, Routes routes);
    ApiServer(const ApiServer&) = delete;
    ApiServer& operator=(const ApiServer&) = delete;

    /// Answers one request; never throws but for bugs and lack of memory.
    boost::asio::awaitable<net::Response> handle(net::Request request);

    /// Takes `count` of the account's orders from its rate; seconds to wait, 0: go on. One rate for REST and
    /// WebSocket.
    std::uint64_t limit_orders(std::size_t shard, core::AccountId account, std::uint64_t count);

    /// Requests of this address that must wait, in seconds; 0: go on. Also for WebSocket upgrades.
    std::uint64_t limit_by_ip(const net::Request& request);

    /// The rates, each by a name.
    struct NamedRate {
        std::string_view name;
        RateLimiter* limiter;
    };
    std::vector<NamedRate> rates() {
        return {{"requests", &requests_by_ip_}, {"logins", &logins_by_ip_}, {"orders", &orders_by_account_}};
    }

    /// Brings transfers between shards to their end that were left on the way: every second or so, in one
    /// process.
    boost::asio::awaitable<void> deliver_transfers() { return courier_.round(); }

    /// Rates from now on.
    void set_limits(const Limits& limits);

private:
    const Context& home() const { return shards_.front(); }
    boost::asio::awaitable<bool> wait_for_turn();
    /// `match` is of any shard's router: they have the same routes.
    boost::asio::awaitable<net::Response> handle_at(std::size_t shard, const Router::Match& match,
                                                    net::Request request);
    boost::asio::awaitable<net::Response> find_at_any(const Router::Match& match, net::Request request);
    boost::asio::awaitable<net::Response> do_at_all(const Router::Match& match, net::Request request);
    boost::asio::awaitable<net::Response> list_of_all(const Router::Match& match, net::Request request);
    boost::asio::awaitable<std::optional<net::Response>> become_ready(const Context& context,
                                                                      const net::Request& request);

    std::vector<Context> shards_;
    std::vector<Router> routers_;  // one a shard, with the same routes
    TransferCourier courier_;
    RateLimiter requests_by_ip_;
    RateLimiter logins_by_ip_;
    RateLimiter orders_by_account_;
    ReadPace read_pace_;
    telemetry::Counter& requests_;
    telemetry::Counter& rate_limited_;
};

/// Each adds its routes. `context` outlives the router.
void add_operation_routes(Router& router, const Context& context);
void add_account_routes(Router& router, const Context& context);
void add_market_data_routes(Router& router, const Context& context);
void add_candle_routes(Router& router, const Context& context);
void add_ticker_routes(Router& router, const Context& context);
using OrderLimit = std::function<std::uint64_t(core::AccountId, std::uint64_t count)>;
void add_order_routes(Router& router, const Context& context, OrderLimit limit_orders);
void add_admin_routes(Router& router, const Context& context);
void add_admin_read_routes(Router& router, const Context& context);
void add_operator_routes(Router& router, const Context& context);
void add_document_routes(Router& router, const Context& context);
void add_history_routes(Router& router, const Context& context);
void add_statement_route(Router& router, const Context& context);
/// A transfer counts as an order.
void add_transfer_routes(Router& router, const Context& context, OrderLimit limit);

}  // namespace sauda::api_server
