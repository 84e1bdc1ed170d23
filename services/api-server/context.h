/// What every route works with. All of it outlives the server and belongs to the network thread, but for
/// identity, which says itself what blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "api-server/history_pool.h"
#include "api-server/identity_pool.h"
#include "api-server/rate_limiter.h"
#include "core/types/timestamp.h"
#include "gateway/gateway.h"
#include "gateway/horizon.h"
#include "identity/identity_service.h"
#include "identity/secrets.h"
#include "order_entry/order_entry.h"
#include "telemetry/metrics.h"
#include "views/read_model.h"

namespace sauda::api_server {

struct Limits {
    RateLimiter::Config requests_by_ip;
    RateLimiter::Config orders_by_account;
    RateLimiter::Config logins_by_ip;
};

/// A shard, as clients name it, its order ids number it, and `shards.file` lists it.
struct ShardListing {
    std::string name = "main";
    std::uint8_t number = 0;
    std::vector<std::string> markets;  ///< that the file gives it; it may have more
    std::vector<std::string> assets;   ///< likewise
};

/// How a shard is.
struct ShardHealth {
    std::string name;
    bool is_ready = false;
    std::string reason;               ///< why it is not
    core::Sequence sequence;          ///< that the views go through
    core::Sequence history_sequence;  ///< that history goes through: it may lag
    std::string history_problem;      ///< why history stands still; empty: it does not
};

/// How the process is: asked by the health routes.
struct Health {
    bool is_ready = false;  ///< some shard takes orders
    std::string reason;     ///< why it is not
    std::vector<ShardHealth> shards;
};

/// More about the process, for operators.
struct HealthFigures {
    std::string version;
    std::string data_dir;
    std::uint32_t rules_version = 0;
    std::uint64_t engine_epoch = 0;
    std::int64_t started_ms = 0;  ///< since 1970
    std::uint64_t commands_waiting = 0;
    std::uint64_t connections = 0;
    std::uint64_t disk_free_bytes = 0;
    bool is_cancel_only = false;
    bool is_demo = false;
};

/// One shard, and what all have in common.
struct Context {
    ShardListing shard;
    gateway::Gateway& gateway;
    const views::ReadModel& views;
    identity::IdentityService& identity;
    IdentityPool& pool;
    HistoryPool& history;
    order_entry::OrderEntry& orders;
    telemetry::Metrics& metrics;
    const identity::OperatorToken& operator_token;
    std::function<core::TimestampNs()> now;
    std::function<Health()> health;
    std::function<HealthFigures()> figures;
    Limits limits;
    /// Calls its argument once the views have all that any server can have told a client of by now; with
    /// false where that cannot be had in time. Empty: no other server answers clients.
    std::function<void(std::function<void(bool)>)> catch_up;
    /// Has identity know whether the session of this token is good; with `anew` as it is at this moment,
    /// though it knew a moment ago. Empty: it always does.
    std::function<boost::asio::awaitable<void>(std::string token, bool anew)> refresh_session;
    /// Names of the messages that a WebSocket takes, for /api/v1/routes.
    std::vector<std::string_view> socket_messages;
    /// Calls its argument with the engine's horizon, of a moment after the call, once the views go through
    /// its sequence; with nothing where that cannot be had in time.
    std::function<void(std::function<void(std::optional<gateway::Horizon>)>)> find_horizon;
    /// Whether an asset may be on several shards.
    std::function<bool(std::string_view asset)> is_transferable;
    /// Whether it can be asked: not while its engine has yet to answer this process for the first time. Its
    /// views are empty until then.
    std::function<bool()> is_open;
    /// Of all shards, this one's among them; the first is where users register. Set by the ApiServer.
    std::span<const Context> all;

    bool has_peers() const { return all.size() > 1; }
};

}  // namespace sauda::api_server
