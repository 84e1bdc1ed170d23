#include <string>
#include <utility>

#include "sauda/front.h"

namespace sauda {

void Front::register_metrics() {
    order_latency_ =
        &metrics_.histogram("sauda_order_seconds", "From receipt of an order request to its answer, durable");
    const auto number = [](const auto& cell) { return [&cell] { return static_cast<double>(cell); }; };
    const order_entry::Counters& orders_counted = orders_->counters();
    const auto outcome = [&](const char* name, const std::uint64_t& cell) {
        metrics_.counter_from("sauda_orders_total", "Order requests by outcome", number(cell),
                              {{"outcome", name}});
    };
    outcome("placed", orders_counted.placed);
    outcome("canceled", orders_counted.canceled);
    outcome("amended", orders_counted.amended);
    outcome("repeated", orders_counted.repeated);
    outcome("refused_by_rule", orders_counted.refused_by_rule);
    outcome("refused_before_acceptance", orders_counted.refused_before_acceptance);
    outcome("outcome_unknown", orders_counted.outcome_unknown);
    metrics_.gauge("sauda_ready", "1 while orders are taken",
                   [this] { return health().is_ready ? 1.0 : 0.0; });
    metrics_.gauge("sauda_disk_free_bytes", "Disk that may still be written below the data directory",
                   [this] { return static_cast<double>(hooks_.disk_free_bytes()); });
    metrics_.gauge("sauda_gateway_pending", "Commands that wait for their answer",
                   [this] { return static_cast<double>(gateway_->pending_count()); });
    metrics_.gauge("sauda_identity_waiting", "Logins and registrations that wait for a thread",
                   [this] { return static_cast<double>(pool_.waiting()); });
    metrics_.gauge("sauda_history_waiting", "Questions about the past that wait for a thread or for history",
                   [this] { return static_cast<double>(history_->waiting()); });
    metrics_.gauge("sauda_open_orders", "Open orders",
                   [this] { return static_cast<double>(views_.accounts.open_order_count()); });
    for (const auto& [name, server] : {std::pair("http", http_.get()), std::pair("ws", ws_.get())}) {
        const net::Counters& counted = server->counters();
        metrics_.gauge("sauda_connections", "Open connections", number(counted.connections_open),
                       {{"port", name}});
        metrics_.counter_from("sauda_http_requests_total", "Requests read", number(counted.requests),
                              {{"port", name}});
        metrics_.counter_from("sauda_bytes_out_total", "Bytes sent", number(counted.bytes_out),
                              {{"port", name}});
        metrics_.counter_from("sauda_ws_slow_closes_total", "WebSockets closed because they read too slowly",
                              number(counted.web_sockets_closed_slow), {{"port", name}});
    }
    register_feed_metrics();
}

void Front::register_feed_metrics() {
    const auto number = [](const auto& cell) { return [&cell] { return static_cast<double>(cell); }; };
    const feed::Counters& feed_counted = hub_->counters();
    metrics_.gauge("sauda_feed_sessions", "WebSocket sessions", number(feed_counted.sessions));
    metrics_.counter_from("sauda_feed_messages_total", "Messages encoded for subscribers",
                          number(feed_counted.messages_encoded));
    metrics_.counter_from("sauda_feed_conflations_total", "Times a slow subscriber was conflated",
                          number(feed_counted.conflations));
    metrics_.counter_from("sauda_feed_slow_closes_total", "Connections closed with private data waiting",
                          number(feed_counted.slow_closes));
    metrics_.counter_from("sauda_feed_resumes_too_old_total", "Resumes from before what is remembered",
                          number(feed_counted.resumes_too_old));
}

}  // namespace sauda
