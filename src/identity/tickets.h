/// One-time tickets that open a WebSocket: a browser cannot send an Authorization header with the handshake,
/// and a token in a URL would end up in logs. A ticket in a log is worthless: it works once and for 30
/// seconds.
///
/// Threads: any; a lock is held for each call.
/// Invariants: at most `tickets_max` tickets wait, at most `tickets_per_user_max` of one user.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "identity/random_id.h"

namespace sauda::identity {

enum class TicketRefusal : std::uint8_t { too_many_for_user, too_many_overall };

class Tickets {
public:
    struct Config {
        std::int64_t lifetime_ms = 30'000;
        std::size_t tickets_per_user_max = 16;
        std::size_t tickets_max = 100'000;
    };

    /// Whom a ticket was issued to. The session may have ended since: ask the cache.
    struct Grant {
        Uuid user_id;
        std::string token_id;
    };

    explicit Tickets(Config config) : config_(config) {}

    /// A ticket of 64 hexadecimal digits for the session `grant.token_id`.
    base::Result<std::string, TicketRefusal> issue(Grant grant, std::int64_t now_ms);

    /// Uses the ticket up. Nothing when it was never issued, was used, or has expired.
    std::optional<Grant> redeem(std::string_view ticket, std::int64_t now_ms);

    /// Tickets that wait, including expired ones not yet dropped.
    std::size_t size() const;

private:
    struct Issued {
        Grant grant;
        std::int64_t expires_ms;
    };
    using Issues = std::unordered_map<std::string, Issued, TextHash, std::equal_to<>>;

    void drop_expired(std::int64_t now_ms);
    Grant take(Issues::iterator at);

    const Config config_;
    mutable std::mutex mutex_;
    Issues issued_;
    /// Tickets in the order they expire; those used since are still named here and skipped.
    std::deque<std::pair<std::int64_t, std::string>> by_expiry_;
    std::unordered_map<Uuid, std::size_t, UuidHash> count_by_user_;
};

}  // namespace sauda::identity
