#include "identity/tickets.h"

#include <utility>

#include "base/assert.h"

namespace sauda::identity {
namespace {

constexpr std::size_t ticket_bytes = 32;

}  // namespace

base::Result<std::string, TicketRefusal> Tickets::issue(TicketGrant grant, std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    drop_expired(now_ms);
    // Used tickets stay in the queue until they would have expired, and count: they bound its memory.
    if (by_expiry_.size() >= config_.tickets_max) return base::Unexpected{TicketRefusal::too_many_overall};
    const auto count = count_by_user_.find(grant.user_id);
    if (count != count_by_user_.end() && count->second >= config_.tickets_per_user_max) {
        return base::Unexpected{TicketRefusal::too_many_for_user};
    }
    std::string ticket = random_token(ticket_bytes);
    const std::int64_t expires_ms = now_ms + config_.lifetime_ms;
    ++count_by_user_[grant.user_id];
    by_expiry_.emplace_back(expires_ms, ticket);
    issued_.emplace(ticket, Issued{std::move(grant), expires_ms});
    return ticket;
}

base::Result<std::optional<TicketGrant>, TicketRefusal> Tickets::redeem(std::string_view ticket,
                                                                        std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    drop_expired(now_ms);
    const auto at = issued_.find(ticket);
    if (at == issued_.end()) return std::optional<TicketGrant>();
    // The queue's order breaks when the clock steps back, so the ticket's own time decides.
    const bool is_expired = now_ms >= at->second.expires_ms;
    TicketGrant grant = take(at);
    if (is_expired) return std::optional<TicketGrant>();
    return std::optional(std::move(grant));
}

std::size_t Tickets::size() const {
    const std::lock_guard lock(mutex_);
    return issued_.size();
}

void Tickets::drop_expired(std::int64_t now_ms) {
    while (!by_expiry_.empty() && now_ms >= by_expiry_.front().first) {
        const auto at = issued_.find(by_expiry_.front().second);
        if (at != issued_.end()) take(at);
        by_expiry_.pop_front();
    }
}

TicketGrant Tickets::take(Issues::iterator at) {
    TicketGrant grant = std::move(at->second.grant);
    issued_.erase(at);
    const auto count = count_by_user_.find(grant.user_id);
    ASSERT(count != count_by_user_.end());
    if (--count->second == 0) count_by_user_.erase(count);
    return grant;
}

}  // namespace sauda::identity
