/// The settings of the exchange, whether it runs as one process or as several: built-in defaults, then a TOML
/// file, then the environment, then flags; the later outweigh the earlier. Each setting is described once, in
/// settings.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace sauda {

struct RunConfig {
    std::string data_dir = "data";
    std::string bind = "127.0.0.1";
    std::uint16_t http_port = 3000;
    std::uint16_t ws_port = 8080;
    bool demo = true;

    std::uint64_t ws_ping_seconds = 20;
    std::uint64_t ws_silence_seconds = 30;

    std::string durability = "fdatasync";
    std::uint64_t segment_mib = 64;
    std::uint64_t snapshots_kept = 2;
    std::uint64_t disk_reserve_mib = 256;
    std::uint64_t queue_frames = 65'536;
    std::uint64_t checkpoint_commands = 200'000;
    std::uint32_t open_orders_reserved = 100'000;
    std::string sequencer_cpu = "none";  ///< none, auto, or the number of a CPU
    std::optional<unsigned> its_cpu;     ///< no setting: what the one above has come to in this process

    std::string store;  ///< empty: SQLite in the data directory. Never printed: it may hold a password.
    bool history_write = true;
    std::uint64_t history_threads = 1;

    std::string secrets_dir;  ///< empty: the data directory
    std::string jwt_secret;   ///< empty: the file in the data directory. Never printed.
    std::uint64_t password_threads = 1;

    std::uint64_t requests_per_second_ip = 200;
    std::uint64_t request_burst_ip = 2'000;
    std::uint64_t orders_per_second_account = 500;
    std::uint64_t order_burst_account = 2'000;
    std::uint64_t logins_per_minute_ip = 30;
    std::uint64_t body_bytes_max = 1u << 20;
    std::uint64_t connections_max = 10'000;
    std::string cors_allow_origins;  ///< comma-separated

    std::string trusted_proxies;  ///< comma-separated addresses

    std::string redis_url = "redis://127.0.0.1:6379";
    std::string redis_password;           ///< Never printed.
    std::string redis_sentinel_password;  ///< Never printed.
    std::string shard = "main";
    std::string shards_file;  ///< empty: there is one, `shard`
    std::string engine_url = "http://127.0.0.1:3100";
    std::uint16_t engine_port = 3100;
    std::uint64_t events_kept = 200'000;

    std::string log_level = "info";
    std::string log_file;
    std::uint64_t log_rotate_mib = 64;
    std::uint64_t log_rotate_files = 5;
};

/// The programs, as bits: a setting belongs to some of them.
enum Program : unsigned {
    program_run = 1,  ///< all of them in one process
    program_engine = 2,
    program_api_server = 4,
    program_broadcaster = 8,
    program_history_writer = 16,
};
inline constexpr unsigned every_program = 31;
inline constexpr unsigned services_only = every_program & ~unsigned{program_run};

/// One setting: its name in TOML (`http.port`), its flag, its environment variable, and how it is read and
/// shown.
struct Setting {
    std::string key;
    std::string flag;
    std::string environment;
    std::string help;
    std::function<base::Result<void, std::string>(RunConfig&, const std::string&)> read;
    std::function<std::string(const RunConfig&)> show;
    unsigned programs = every_program;
    bool is_text = false;    ///< shown in quotes
    bool is_secret = false;  ///< shown as "(set)" or "(not set)"
    bool is_live = false;    ///< may change while the exchange runs: SIGHUP reads it again
};

const std::vector<Setting>& settings();

/// Values given by flags, by key.
using FlagValues = std::map<std::string, std::string>;

/// Puts the layers on top of each other. `file` empty: none. The error is a sentence that names the setting,
/// where it was set and what it may be.
base::Result<RunConfig, std::string> load_config(const std::string& file, const FlagValues& flags);

/// What reading the settings again has changed, by key.
struct ConfigChanges {
    std::vector<std::string> taken;
    std::vector<std::string> need_restart;
};

/// Gives `running` the live settings of `wanted`, and tells which others differ.
ConfigChanges take_live_settings(RunConfig& running, const RunConfig& wanted);

/// The configuration of one of the programs as TOML, each setting with its help. Secrets are left out.
std::string print_config(const RunConfig& config, Program program);

}  // namespace sauda
