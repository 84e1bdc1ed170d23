/// Where one-time tickets wait to be used: in memory (tickets.h), or wherever several servers find them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "identity/random_id.h"

namespace sauda::identity {

enum class TicketRefusal : std::uint8_t {
    too_many_for_user,
    too_many_overall,
    store_failed,  ///< it cannot be reached now
};

/// Whom a ticket was issued to. The session may have ended since: ask the cache.
struct TicketGrant {
    Uuid user_id;
    std::string token_id;
};

/// Tickets open a WebSocket: a browser cannot send an Authorization header with the handshake, and a token in
/// a URL would end up in logs. A ticket in a log is worthless: it works once, on whichever server, and for 30
/// seconds.
///
/// Threads: any. Invariants: what issue() returned is redeemed at most once, however many ask at once.
class TicketStore {
public:
    virtual ~TicketStore() = default;

    /// A ticket of 64 hexadecimal digits for the session `grant.token_id`.
    virtual base::Result<std::string, TicketRefusal> issue(TicketGrant grant, std::int64_t now_ms) = 0;

    /// Uses the ticket up. Nothing when it was never issued, was used, or has expired.
    virtual base::Result<std::optional<TicketGrant>, TicketRefusal> redeem(std::string_view ticket,
                                                                           std::int64_t now_ms) = 0;

    /// Whether calls take microseconds and no I/O, and so may be made on the network thread.
    virtual bool is_quick() const = 0;
};

}  // namespace sauda::identity
