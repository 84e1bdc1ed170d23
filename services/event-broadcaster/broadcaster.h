/// WebSocket sessions of the native protocol: what clients send, and their place in the feed.
///
/// Threads: the network thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/types/timestamp.h"
#include "event-broadcaster/connection_leases.h"
#include "feed/hub.h"
#include "identity/identity_service.h"
#include "net/http_message.h"
#include "net/web_socket.h"
#include "order_entry/order_entry.h"
#include "views/read_model.h"

namespace sauda::event_broadcaster {

using Redeemed = identity::IdentityService::Outcome<identity::SessionCache::SessionPointer>;
using TicketRedeemed = std::function<void(const Redeemed& session)>;

/// One shard, as sessions work with it.
struct ShardContext {
    std::string name;
    std::uint8_t number = 0;           ///< in the top bits of its order ids
    std::vector<std::string> markets;  ///< that `shards.file` gives it; it may have more
    feed::Hub& hub;
    const views::ReadModel& views;
    order_entry::OrderEntry& orders;
    gateway::Gateway& gateway;
    /// Calls its argument once the views have all that any server can have told a client of by now; with
    /// false where that cannot be had in time. Empty: no other server answers clients.
    std::function<void(std::function<void(bool)>)> catch_up;
    /// Whether it can be asked: not while its engine has yet to answer this process for the first time. Its
    /// views are empty until then.
    std::function<bool()> is_open;
};

/// What sessions work with. All of it outlives the broadcaster.
struct Context {
    std::vector<ShardContext> shards;  ///< at least one
    identity::IdentityService& identity;
    std::function<core::TimestampNs()> now;
    /// Takes `count` of the account's orders from its rate; seconds to wait, 0: go on.
    std::function<std::uint64_t(std::size_t shard, core::AccountId, std::uint64_t count)> limit_orders;
    /// Has identity know whether the session of this token is good, then calls `done`, maybe before it
    /// returns. Empty: it always does.
    std::function<void(const std::string& token, std::function<void()> done)> refresh_session;
    /// Uses a ticket up where that may wait for others, then calls `done`. Empty: identity answers at once.
    std::function<void(const std::string& ticket, TicketRedeemed done)> redeem_ticket;
    /// Messages of one connection per second, and at once.
    std::uint64_t messages_per_second = 1'000;
};

/// Names of the messages that clients may send.
std::vector<std::string_view> message_names();

class Session;

class Broadcaster {
public:
    explicit Broadcaster(Context context);
    ~Broadcaster();

    /// Takes a connection over. A `ticket` in the query authenticates it; a `user_id` means nothing.
    void open(std::shared_ptr<net::WebSocket> socket, const net::Request& request);

    /// A shard can be asked from now on: connections that are authenticated get its private events too.
    void shard_opened();

    /// Ends the private side of a session's connections: it was logged out. They are closed.
    void end_session(const std::string& token_id);

    /// Token ids of the sessions that open connections have.
    std::vector<std::string> token_ids() const;

    std::size_t connection_count() const { return sessions_.size(); }

    /// Connections that cancel on disconnect, at one shard. Has to be told of events and of time.
    ConnectionLeases& leases(std::size_t shard) { return *leases_[shard]; }

private:
    friend class Session;
    void closed(Session& session);
    void end_connection(std::uint64_t number);

    Context context_;
    // Connections are numbered for the log; the numbers of another run of the process are told apart.
    const std::string run_;
    std::vector<std::unique_ptr<ConnectionLeases>> leases_;  // one a shard
    std::uint64_t opened_ = 0;
    std::unordered_map<Session*, std::shared_ptr<Session>> sessions_;
};

}  // namespace sauda::event_broadcaster
