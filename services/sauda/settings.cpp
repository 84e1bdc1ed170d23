// Every setting, described once.
#include <algorithm>
#include <charconv>

#include "sauda/config.h"

namespace sauda {

using base::Result;
using base::Unexpected;

namespace {

using Done = Result<void, std::string>;

Setting text(std::string key, std::string help, std::string RunConfig::*member,
             std::vector<std::string> allowed = {}) {
    Setting setting;
    setting.key = std::move(key);
    setting.help = std::move(help);
    setting.is_text = true;
    setting.read = [member, allowed](RunConfig& config, const std::string& value) -> Done {
        const bool is_allowed = allowed.empty() || std::ranges::find(allowed, value) != allowed.end();
        if (!is_allowed) {
            std::string choices;
            for (const std::string& choice : allowed) choices += (choices.empty() ? "" : ", ") + choice;
            return Unexpected{"must be one of " + choices};
        }
        config.*member = value;
        return {};
    };
    setting.show = [member](const RunConfig& config) { return config.*member; };
    return setting;
}

template <class Number>
Setting number(std::string key, std::string help, Number RunConfig::*member, Number low, Number high) {
    Setting setting;
    setting.key = std::move(key);
    setting.help = std::move(help);
    setting.read = [member, low, high](RunConfig& config, const std::string& value) -> Done {
        Number parsed{};
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
        const bool is_good =
            error == std::errc{} && end == value.data() + value.size() && parsed >= low && parsed <= high;
        if (!is_good) {
            return Unexpected{"must be a whole number from " + std::to_string(low) + " to " +
                              std::to_string(high)};
        }
        config.*member = parsed;
        return {};
    };
    setting.show = [member](const RunConfig& config) { return std::to_string(config.*member); };
    return setting;
}

Setting flag(std::string key, std::string help, bool RunConfig::*member) {
    Setting setting;
    setting.key = std::move(key);
    setting.help = std::move(help);
    setting.read = [member](RunConfig& config, const std::string& value) -> Done {
        if (value != "true" && value != "false") return Unexpected{std::string("must be true or false")};
        config.*member = value == "true";
        return {};
    };
    setting.show = [member](const RunConfig& config) {
        return std::string(config.*member ? "true" : "false");
    };
    return setting;
}

Setting secret(Setting setting) {
    setting.is_secret = true;
    return setting;
}

Setting live(Setting setting) {
    setting.is_live = true;
    return setting;
}

Setting of(unsigned programs, Setting setting) {
    setting.programs = programs;
    return setting;
}

/// `rate.orders-per-second` → `SAUDA_RATE_ORDERS_PER_SECOND`.
std::string environment_name(const std::string& key) {
    std::string name = "SAUDA_";
    for (const char c : key) {
        name.push_back(c == '-' || c == '.' ? '_'
                                            : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c));
    }
    return name;
}

/// `http.port` → `--http-port`; `data.dir` → `--data-dir`.
std::string flag_name(const std::string& key) {
    std::string name = "--" + key;
    std::ranges::replace(name, '.', '-');
    return name;
}

std::vector<Setting> make_settings() {
    using C = RunConfig;
    constexpr std::uint16_t port_max = 65'535;
    constexpr unsigned engines = program_run | program_engine;
    constexpr unsigned fronts = program_run | program_api_server | program_broadcaster;
    constexpr unsigned behind_engine = services_only & ~unsigned{program_engine};
    std::vector<Setting> all{
        text("data.dir", "where everything durable lives", &C::data_dir),
        text("bind", "address to listen on; anything but loopback needs --no-demo", &C::bind),
        of(program_run | program_api_server | program_history_writer,
           number<std::uint16_t>("http.port", "port of the REST API (and of /ws); 0 picks a free one",
                                 &C::http_port, 0, port_max)),
        of(program_run | program_broadcaster,
           number<std::uint16_t>("ws.port", "port of the WebSocket; 0 picks a free one", &C::ws_port, 0,
                                 port_max)),
        of(program_run | program_broadcaster,
           number<std::uint64_t>("ws.ping-seconds", "a WebSocket is pinged so often", &C::ws_ping_seconds, 1,
                                 3600)),
        of(program_run | program_broadcaster,
           number<std::uint64_t>("ws.silence-seconds", "a WebSocket not heard from for so long is closed",
                                 &C::ws_silence_seconds, 2, 7200)),
        of(program_run | program_api_server,
           flag("demo", "make demo users with balances and rest quotes (flag: --demo / --no-demo)",
                &C::demo)),
        of(engines, text("journal.durability",
                         "fdatasync: survives power loss; os: survives the process, not the machine",
                         &C::durability, {"fdatasync", "os"})),
        of(engines, number<std::uint64_t>("journal.segment-mib", "size of one journal file", &C::segment_mib,
                                          1, 4096)),
        of(engines, number<std::uint64_t>("journal.snapshots-kept", "snapshots kept beside the journal",
                                          &C::snapshots_kept, 1, 100)),
        of(engines, number<std::uint64_t>("journal.disk-reserve-mib",
                                          "with less free disk than this only cancels are taken",
                                          &C::disk_reserve_mib, 0, 1'000'000)),
        of(engines, number<std::uint64_t>("engine.queue-frames",
                                          "commands that may wait before new orders are refused with 503",
                                          &C::queue_frames, 16, 10'000'000)),
        of(engines, number<std::uint64_t>("views.checkpoint-commands",
                                          "a checkpoint of the views is taken after so many commands",
                                          &C::checkpoint_commands, 1, 1'000'000'000)),
        of(fronts | program_history_writer,
           secret(text("store",
                       "where users and history are kept: postgresql://user@host/database, with the password "
                       "in PGPASSFILE; not set: in SQLite files in the data directory",
                       &C::store))),
        of(program_run | program_history_writer,
           flag("history.write",
                "project events into history; false: it stays where it stands, and catches up later",
                &C::history_write)),
        of(program_run | program_api_server,
           number<std::uint64_t>("history.threads", "threads that read history", &C::history_threads, 1, 64)),
        of(engines, number<std::uint32_t>(
                        "engine.open-orders-reserved",
                        "memory for so many open orders is taken at the start, about 70 bytes each; more "
                        "may be open, each at the price of fresh memory",
                        &C::open_orders_reserved, 0, 50'000'000)),
        of(engines, text("engine.sequencer-cpu",
                         "number of the CPU that the sequencer has to itself, all other threads keep off it; "
                         "auto: the one that devices interrupt least; none: threads run anywhere",
                         &C::sequencer_cpu)),
        of(fronts, secret(text("identity.jwt-secret",
                               "key of session tokens, at least 32 characters; not set: made at first start",
                               &C::jwt_secret))),
        of(fronts, number<std::uint64_t>("identity.password-threads", "threads that hash passwords",
                                         &C::password_threads, 1, 64)),
        of(fronts,
           live(number<std::uint64_t>("rate.requests-per-second-ip", "sustained requests of one address",
                                      &C::requests_per_second_ip, 1, 10'000'000))),
        of(fronts, live(number<std::uint64_t>("rate.request-burst-ip", "requests of one address at once",
                                              &C::request_burst_ip, 1, 100'000'000))),
        of(fronts, live(number<std::uint64_t>("rate.orders-per-second-account",
                                              "sustained orders and amendments of one account",
                                              &C::orders_per_second_account, 1, 10'000'000))),
        of(fronts, live(number<std::uint64_t>("rate.order-burst-account",
                                              "orders and amendments of one account at once",
                                              &C::order_burst_account, 1, 100'000'000))),
        of(fronts,
           live(number<std::uint64_t>("rate.logins-per-minute-ip", "logins and registrations of one address",
                                      &C::logins_per_minute_ip, 1, 1'000'000))),
        of(fronts, number<std::uint64_t>("http.body-bytes-max", "largest request body", &C::body_bytes_max,
                                         1024, 64u << 20)),
        of(fronts,
           number<std::uint64_t>("http.connections-max", "open connections, WebSockets included, per port",
                                 &C::connections_max, 1, 1'000'000)),
        of(fronts,
           text("http.cors-allow-origins",
                "origins that browsers may call from, comma-separated; empty: none", &C::cors_allow_origins)),
        of(fronts,
           text("http.trusted-proxies",
                "addresses of proxies whose X-Forwarded-For names the client, comma-separated; empty: none",
                &C::trusted_proxies)),
        text("secrets.dir", "where jwt.secret, operator.token and internal.token are; empty: data.dir",
             &C::secrets_dir),
        of(services_only,
           text("redis.url",
                "redis://[user@]host:port, or redis-sentinel://[user@]host:port,host:port/master-name",
                &C::redis_url)),
        of(services_only,
           secret(text("redis.password", "of the Redis user; not set: none", &C::redis_password))),
        of(services_only, secret(text("redis.sentinel-password",
                                      "of the sentinels that redis.url names; not set: they ask for none",
                                      &C::redis_sentinel_password))),
        of(services_only,
           text("shard", "whose streams: names the engine in Redis, and in shards.file", &C::shard)),
        of(services_only,
           text("shards.file", "TOML file that lists the shards of the exchange; empty: there is one",
                &C::shards_file)),
        of(program_engine,
           number<std::uint16_t>("engine.port",
                                 "port where the other programs ask the engine; 0 picks a free one",
                                 &C::engine_port, 0, port_max)),
        of(program_engine,
           number<std::uint64_t>("engine.events-kept",
                                 "newest events that stay in Redis; older ones the engine tells",
                                 &C::events_kept, 1'000, 100'000'000)),
        of(behind_engine, text("engine.url", "where the engine is asked", &C::engine_url)),
        live(text("log.level", "debug, info, warning or error", &C::log_level,
                  {"debug", "info", "warning", "error"})),
        text("log.file", "file for logs, rotated; SIGHUP opens it anew; empty: standard error", &C::log_file),
        number<std::uint64_t>("log.rotate-mib", "size at which the log file is rotated", &C::log_rotate_mib,
                              1, 100'000),
        number<std::uint64_t>("log.rotate-files", "rotated log files kept beside the current one",
                              &C::log_rotate_files, 1, 1000),
    };
    for (Setting& setting : all) {
        setting.environment = environment_name(setting.key);
        setting.flag = flag_name(setting.key);
    }
    return all;
}

}  // namespace

const std::vector<Setting>& settings() {
    static const std::vector<Setting> all = make_settings();
    return all;
}

}  // namespace sauda
