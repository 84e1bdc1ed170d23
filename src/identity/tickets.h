/// One-time tickets in the memory of this process.
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
#include "identity/ticket_store.h"

namespace sauda::identity {

/// Threads: any; a lock is held for each call.
/// Invariants: at most `tickets_max` tickets wait, at most `tickets_per_user_max` of one user.
class Tickets : public TicketStore {
public:
    struct Config {
        std::int64_t lifetime_ms = 30'000;
        std::size_t tickets_per_user_max = 16;
        std::size_t tickets_max = 100'000;
    };

    explicit Tickets(Config config) : config_(config) {}

    base::Result<std::string, TicketRefusal> issue(TicketGrant grant, std::int64_t now_ms) override;
    base::Result<std::optional<TicketGrant>, TicketRefusal> redeem(std::string_view ticket,
                                                                   std::int64_t now_ms) override;
    bool is_quick() const override { return true; }

    /// Tickets that wait, including expired ones not yet dropped.
    std::size_t size() const;

private:
    struct Issued {
        TicketGrant grant;
        std::int64_t expires_ms;
    };
    using Issues = std::unordered_map<std::string, Issued, TextHash, std::equal_to<>>;

    void drop_expired(std::int64_t now_ms);
    TicketGrant take(Issues::iterator at);

    const Config config_;
    mutable std::mutex mutex_;
    Issues issued_;
    /// Tickets in the order they expire; those used since are still named here and skipped.
    std::deque<std::pair<std::int64_t, std::string>> by_expiry_;
    std::unordered_map<Uuid, std::size_t, UuidHash> count_by_user_;
};

}  // namespace sauda::identity
