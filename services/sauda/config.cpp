#include "sauda/config.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>

#include <toml++/toml.h>

#include "base/assert.h"

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
    std::vector<Setting> all{
        text("data.dir", "where everything durable lives", &C::data_dir),
        text("bind", "address to listen on; anything but loopback needs --no-demo", &C::bind),
        number<std::uint16_t>("http.port", "port of the REST API (and of /ws); 0 picks a free one",
                              &C::http_port, 0, port_max),
        number<std::uint16_t>("ws.port", "port of the WebSocket; 0 picks a free one", &C::ws_port, 0,
                              port_max),
        number<std::uint64_t>("ws.ping-seconds", "a WebSocket is pinged so often", &C::ws_ping_seconds, 1,
                              3600),
        number<std::uint64_t>("ws.silence-seconds", "a WebSocket not heard from for so long is closed",
                              &C::ws_silence_seconds, 2, 7200),
        flag("demo", "make demo users with balances and rest quotes (flag: --demo / --no-demo)", &C::demo),
        text("journal.durability",
             "fdatasync: survives power loss; os: survives the process, not the machine", &C::durability,
             {"fdatasync", "os"}),
        number<std::uint64_t>("journal.segment-mib", "size of one journal file", &C::segment_mib, 1, 4096),
        number<std::uint64_t>("journal.snapshots-kept", "snapshots kept beside the journal",
                              &C::snapshots_kept, 1, 100),
        number<std::uint64_t>("journal.disk-reserve-mib",
                              "with less free disk than this only cancels are taken", &C::disk_reserve_mib, 0,
                              1'000'000),
        number<std::uint64_t>("engine.queue-frames",
                              "commands that may wait before new orders are refused with 503",
                              &C::queue_frames, 16, 10'000'000),
        number<std::uint64_t>("views.checkpoint-commands",
                              "a checkpoint of the views is taken after so many commands",
                              &C::checkpoint_commands, 1, 1'000'000'000),
        flag("history.write",
             "project events into history; false: it stays where it stands, and catches up later",
             &C::history_write),
        number<std::uint64_t>("history.threads", "threads that read history", &C::history_threads, 1, 64),
        number<std::uint32_t>(
            "engine.open-orders-reserved",
            "memory for so many open orders is taken at the start, about 70 bytes each; more "
            "may be open, each at the price of fresh memory",
            &C::open_orders_reserved, 0, 50'000'000),
        secret(text("identity.jwt-secret",
                    "key of session tokens, at least 32 characters; not set: made at first start",
                    &C::jwt_secret)),
        number<std::uint64_t>("identity.password-threads", "threads that hash passwords",
                              &C::password_threads, 1, 64),
        live(number<std::uint64_t>("rate.requests-per-second-ip", "sustained requests of one address",
                                   &C::requests_per_second_ip, 1, 10'000'000)),
        live(number<std::uint64_t>("rate.request-burst-ip", "requests of one address at once",
                                   &C::request_burst_ip, 1, 100'000'000)),
        live(number<std::uint64_t>("rate.orders-per-second-account",
                                   "sustained orders and amendments of one account",
                                   &C::orders_per_second_account, 1, 10'000'000)),
        live(number<std::uint64_t>("rate.order-burst-account", "orders and amendments of one account at once",
                                   &C::order_burst_account, 1, 100'000'000)),
        live(number<std::uint64_t>("rate.logins-per-minute-ip", "logins and registrations of one address",
                                   &C::logins_per_minute_ip, 1, 1'000'000)),
        number<std::uint64_t>("http.body-bytes-max", "largest request body", &C::body_bytes_max, 1024,
                              64u << 20),
        number<std::uint64_t>("http.connections-max", "open connections, WebSockets included, per port",
                              &C::connections_max, 1, 1'000'000),
        text("http.cors-allow-origins", "origins that browsers may call from, comma-separated; empty: none",
             &C::cors_allow_origins),
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

const Setting* find_setting(const std::string& key) {
    const auto found = std::ranges::find(settings(), key, &Setting::key);
    return found == settings().end() ? nullptr : &*found;
}

Done apply(RunConfig& config, const Setting& setting, const std::string& value, const std::string& from) {
    const Done read = setting.read(config, value);
    if (read) return {};
    const std::string shown = setting.is_secret ? std::string() : " (" + value + ")";
    return Unexpected{setting.key + " " + read.error() + "; " + from + " says otherwise" + shown};
}

std::optional<std::string> value_text(const toml::node& node) {
    if (const auto* text_value = node.as_string()) return text_value->get();
    if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
    if (const auto* boolean = node.as_boolean()) return std::string(boolean->get() ? "true" : "false");
    return std::nullopt;
}

Done apply_table(RunConfig& config, const toml::table& table, const std::string& prefix,
                 const std::string& file) {
    for (const auto& [name, node] : table) {
        const std::string key = prefix + std::string(name.str());
        if (const auto* inner = node.as_table()) {
            if (Done done = apply_table(config, *inner, key + ".", file); !done) return done;
            continue;
        }
        const Setting* setting = find_setting(key);
        if (setting == nullptr)
            return Unexpected{file + ": there is no setting " + key + "; see sauda run --print-config"};
        const auto value = value_text(node);
        if (!value) return Unexpected{file + ": " + key + " must be a text, a whole number or true/false"};
        if (Done done = apply(config, *setting, *value, file); !done) return done;
    }
    return {};
}

Done apply_file(RunConfig& config, const std::string& file) {
    try {
        return apply_table(config, toml::parse_file(file), "", file);
    } catch (const toml::parse_error& error) {
        const auto line = error.source().begin.line;
        return Unexpected{file + ":" + std::to_string(line) + ": " + std::string(error.description())};
    }
}

}  // namespace

const std::vector<Setting>& settings() {
    static const std::vector<Setting> all = make_settings();
    return all;
}

Result<RunConfig, std::string> load_config(const std::string& file, const FlagValues& flags) {
    RunConfig config;
    if (!file.empty()) {
        if (Done done = apply_file(config, file); !done) return Unexpected{done.error()};
    }
    for (const Setting& setting : settings()) {
        if (const char* value = std::getenv(setting.environment.c_str())) {
            if (Done done = apply(config, setting, value, setting.environment); !done)
                return Unexpected{done.error()};
        }
    }
    for (const auto& [key, value] : flags) {
        const Setting* setting = find_setting(key);
        if (Done done = apply(config, *setting, value, setting->flag); !done) return Unexpected{done.error()};
    }
    return config;
}

ConfigChanges take_live_settings(RunConfig& running, const RunConfig& wanted) {
    ConfigChanges changes;
    for (const Setting& setting : settings()) {
        const std::string value = setting.show(wanted);
        if (value == setting.show(running)) continue;
        (setting.is_live ? changes.taken : changes.need_restart).push_back(setting.key);
        if (!setting.is_live) continue;
        const Done taken = setting.read(running, value);
        ASSERT(taken.has_value());  // it was read before
    }
    return changes;
}

std::string print_config(const RunConfig& config) {
    std::string out;
    for (const Setting& setting : settings()) {
        out += "# " + setting.help + "\n# environment " + setting.environment + "\n";
        if (setting.is_live) out += "# read again on SIGHUP\n";
        std::string value = setting.show(config);
        if (setting.is_secret) {
            out += "# " + setting.key + " is " + (value.empty() ? "not set" : "set") + "\n\n";
            continue;
        }
        if (setting.is_text) value = "\"" + value + "\"";
        out += setting.key + " = " + value + "\n\n";
    }
    return out;
}

}  // namespace sauda
