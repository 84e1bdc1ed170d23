/// One-time tickets in Redis, so that one that an API server issued opens a WebSocket at any broadcaster.
///
/// Threads: any but the network thread, which does what Redis is asked for.
#pragma once

#include <chrono>
#include <string>

#include <boost/asio/io_context.hpp>

#include "identity/ticket_store.h"
#include "redis_streams/client.h"

namespace sauda {

class RedisTickets final : public identity::TicketStore {
public:
    static constexpr std::chrono::milliseconds lifetime{30'000};
    static constexpr std::int64_t per_user_max = 16;  ///< issued within a lifetime

    /// Keys begin with `prefix`. Both outlive it.
    RedisTickets(boost::asio::io_context& io, bus::redis::Client& redis, std::string prefix);

    base::Result<std::string, identity::TicketRefusal> issue(identity::TicketGrant grant,
                                                             std::int64_t now_ms) override;
    base::Result<std::optional<identity::TicketGrant>, identity::TicketRefusal> redeem(
        std::string_view ticket, std::int64_t now_ms) override;
    bool is_quick() const override { return false; }

private:
    boost::asio::io_context& io_;
    bus::redis::Client& redis_;
    const std::string prefix_;
    const bus::redis::Script issue_;
};

}  // namespace sauda
