#include "sauda/part_configs.h"

#include <algorithm>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "sauda/data_place.h"
#include "sql/postgres/address.h"

namespace sauda {

namespace asio = boost::asio;
using base::Result;
using base::Unexpected;

namespace {

bool is_loopback(const std::string& address) {
    boost::system::error_code error;
    const auto parsed = asio::ip::make_address(address, error);
    return !error && parsed.is_loopback();
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin < list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        if (end > begin) parts.push_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

}  // namespace

Result<void, std::string> check_settings(const RunConfig& config) {
    boost::system::error_code error;
    asio::ip::make_address(config.bind, error);
    if (error) return Unexpected{"--bind must be a numeric address such as 127.0.0.1, not " + config.bind};
    if (config.demo && !is_loopback(config.bind)) {
        return Unexpected{std::string("the demo has a known password, so it listens on loopback only; add "
                                      "--no-demo (demo = false, SAUDA_DEMO=false) to listen on ") +
                          config.bind};
    }
    for (const std::string& proxy : split(config.trusted_proxies)) {
        asio::ip::make_address(proxy, error);
        if (error) return Unexpected{"http.trusted-proxies must be numeric addresses, not " + proxy};
    }
    if (!config.store.empty()) {
        if (!sql::postgres::is_address(config.store))
            return Unexpected{std::string("store must be postgresql://user@host:port/database, or not set")};
        const auto database = sql::postgres::describe(config.store);
        if (!database) return Unexpected{"store: " + database.error().detail};
    }
    if (config.ws_ping_seconds >= config.ws_silence_seconds) {
        return Unexpected{std::string(
            "ws.ping-seconds must be less than ws.silence-seconds: a peer is heard because it is pinged")};
    }
    return {};
}

net::HttpConfig http_config(const RunConfig& config) {
    net::HttpConfig http;
    http.body_bytes_max = config.body_bytes_max;
    http.connections_max = config.connections_max;
    http.web_socket.ping_interval = std::chrono::seconds(config.ws_ping_seconds);
    http.web_socket.silence_max = std::chrono::seconds(config.ws_silence_seconds);
    http.cors_allow_origins = split(config.cors_allow_origins);
    http.trusted_proxies = split(config.trusted_proxies);
    return http;
}

orderbook_engine::EngineConfig engine_config(const RunConfig& config) {
    orderbook_engine::EngineConfig engine;
    engine.data_dir = config.data_dir;
    engine.durability = config.durability == "os" ? journal::Durability::os : journal::Durability::fdatasync;
    engine.segment_size = config.segment_mib << 20;
    engine.snapshots_kept = config.snapshots_kept;
    engine.disk_reserve_bytes = config.disk_reserve_mib << 20;
    engine.queue.frames_max = config.queue_frames;
    engine.open_orders_reserved = config.open_orders_reserved;
    engine.sequencer_cpu = config.its_cpu;
    return engine;
}

history_writer::HistoryWriterConfig history_config(const RunConfig& config) {
    return {store_of(config, "history.sqlite"), config.history_write};
}

api_server::Limits rate_limits(const RunConfig& config) {
    return {
        .requests_by_ip = {.per_minute = config.requests_per_second_ip * 60,
                           .burst = config.request_burst_ip},
        .orders_by_account = {.per_minute = config.orders_per_second_account * 60,
                              .burst = config.order_burst_account},
        .logins_by_ip = {.per_minute = config.logins_per_minute_ip, .burst = config.logins_per_minute_ip}};
}

}  // namespace sauda
