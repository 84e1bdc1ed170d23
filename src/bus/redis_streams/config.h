/// Where Redis is, as whom we talk to it, and how long it may take to answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sauda::bus::redis {

using Milliseconds = std::chrono::milliseconds;

struct Address {
    std::string host = "127.0.0.1";  ///< a name or a numeric address
    std::uint16_t port = 6379;

    std::string text() const { return host + ":" + std::to_string(port); }
};

struct RedisConfig {
    /// The server, when there are no sentinels.
    Address server;
    /// Sentinels that know where the master is, asked in this order until one answers. Redis Cluster is not
    /// supported.
    std::vector<Address> sentinels;
    std::string master_name = "sauda";  ///< what the sentinels call the master
    std::string username;               ///< empty: the default user
    std::string password;               ///< empty: no AUTH
    std::string sentinel_password;      ///< empty: no AUTH with the sentinels

    /// Whose streams: one engine and its journal.
    std::string shard = "main";
    /// Shown by CLIENT LIST; no spaces.
    std::string client_name = "sauda";

    Milliseconds reply_timeout{200};    ///< a command without an answer by then has failed
    Milliseconds connect_timeout{500};  ///< for finding, connecting and introducing ourselves
    Milliseconds reconnect_delay{100};  ///< between attempts
    /// Between questions to the sentinels whether the master is still the one that a connection goes to.
    Milliseconds master_check_interval{1'000};
    Milliseconds probe_interval{250};  ///< while the breaker is open, or nothing else is written
    std::uint32_t failures_to_open = 3;

    /// `sauda:{main}:commands`. The braces keep the keys of a shard together under any hashing of keys.
    std::string key(std::string_view what) const { return "sauda:{" + shard + "}:" + std::string(what); }
};

}  // namespace sauda::bus::redis
