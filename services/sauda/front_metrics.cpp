#include <string>
#include <utility>

#include "sauda/front.h"

namespace sauda {

std::size_t Front::ending_leases() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < shards_.size(); ++i) count += broadcaster_->leases(i).ending_count();
    return count;
}

void Front::register_metrics() {
    metrics_.gauge("sauda_ready", "1 while orders are taken",
                   [this] { return health().is_ready ? 1.0 : 0.0; });
    for (const auto& shard : shards_) {
        metrics_.gauge(
            "sauda_shard_ready", "1 while the shard's orders are taken",
            [one = shard.get()] { return one->is_open() && one->problem().empty() ? 1.0 : 0.0; },
            shard->labels());
    }
    metrics_.gauge("sauda_disk_free_bytes", "Disk that may still be written below the data directory",
                   [this] { return static_cast<double>(hooks_.disk_free_bytes()); });
    metrics_.gauge("sauda_identity_waiting", "Logins and registrations that wait for a thread",
                   [this] { return static_cast<double>(pool_.waiting()); });
    metrics_.gauge("sauda_cancel_on_disconnect_connections", "Connections whose end cancels orders",
                   [this] { return static_cast<double>(broadcaster_->leases(0).count()); });
    metrics_.gauge("sauda_cancel_on_disconnect_waiting",
                   "Connections that have ended and whose orders are not yet known to be cancelled",
                   [this] { return static_cast<double>(ending_leases()); });
    for (const auto& [name, server] : {std::pair("http", http_.get()), std::pair("ws", ws_.get())}) {
        const net::Counters& counted = server->counters();
        metrics_.gauge("sauda_connections", "Open connections",
                       telemetry::reading_of(counted.connections_open), {{"port", name}});
        metrics_.counter_from("sauda_http_requests_total", "Requests read",
                              telemetry::reading_of(counted.requests), {{"port", name}});
        metrics_.counter_from("sauda_bytes_out_total", "Bytes sent", telemetry::reading_of(counted.bytes_out),
                              {{"port", name}});
        metrics_.counter_from("sauda_ws_slow_closes_total", "WebSockets closed because they read too slowly",
                              telemetry::reading_of(counted.web_sockets_closed_slow), {{"port", name}});
    }
}

}  // namespace sauda
