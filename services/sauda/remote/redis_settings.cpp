#include "sauda/remote/redis_settings.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/types/text.h"

namespace sauda {

using base::Result;
using base::Unexpected;
using bus::redis::Address;
using bus::redis::RedisConfig;

namespace {

constexpr std::uint16_t default_port = 6379;
constexpr std::uint16_t default_sentinel_port = 26379;

Unexpected<std::string> misread(const std::string& url) {
    return Unexpected{
        "redis.url must look like redis://127.0.0.1:6379, redis://user@host:6379 or "
        "redis-sentinel://host:26379,host:26379/master-name, not " +
        url};
}

/// `host`, `host:port` or `[v6]:port`.
std::optional<Address> read_address(std::string_view text, std::uint16_t port) {
    Address address;
    address.port = port;
    std::string_view port_text;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        address.host = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
        if (!text.empty() && text.front() != ':') return std::nullopt;
        port_text = text.empty() ? text : text.substr(1);
    } else {
        const std::size_t colon = text.find(':');
        address.host = text.substr(0, colon);
        if (colon != std::string_view::npos) port_text = text.substr(colon + 1);
    }
    if (address.host.empty()) return std::nullopt;
    if (port_text.empty()) return address;
    const auto [end, error] =
        std::from_chars(port_text.data(), port_text.data() + port_text.size(), address.port);
    const bool is_good =
        error == std::errc() && end == port_text.data() + port_text.size() && address.port != 0;
    return is_good ? std::optional(address) : std::nullopt;
}

}  // namespace

Result<RedisConfig, std::string> redis_config(const RunConfig& config, const std::string& program) {
    if (!core::is_valid_shard_name(config.shard))
        return Unexpected{"shard must be 1 to 15 of a-z, 0-9 and -, not " + config.shard};
    RedisConfig out;
    out.shard = config.shard;
    out.client_name = "sauda-" + program;
    out.password = config.redis_password;
    out.sentinel_password = config.redis_sentinel_password;
    std::string_view rest = config.redis_url;
    const auto take = [&](std::string_view prefix) {
        if (!rest.starts_with(prefix)) return false;
        rest.remove_prefix(prefix.size());
        return true;
    };
    const bool has_sentinels = take("redis-sentinel://");
    if (!has_sentinels && !take("redis://")) return misread(config.redis_url);
    if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
        out.username = rest.substr(0, at);
        if (out.username.find(':') != std::string::npos)
            return Unexpected{
                std::string("redis.url holds a password; give it as redis.password instead, where no "
                            "log and no list of processes shows it")};
        rest.remove_prefix(at + 1);
    }
    if (!has_sentinels) {
        const auto server = read_address(rest, default_port);
        if (!server) return misread(config.redis_url);
        out.server = *server;
        return out;
    }
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos || slash + 1 == rest.size()) return misread(config.redis_url);
    out.master_name = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
    while (true) {
        const std::size_t comma = rest.find(',');
        const auto sentinel = read_address(rest.substr(0, comma), default_sentinel_port);
        if (!sentinel) return misread(config.redis_url);
        out.sentinels.push_back(*sentinel);
        if (comma == std::string_view::npos) return out;
        rest.remove_prefix(comma + 1);
    }
}

}  // namespace sauda
