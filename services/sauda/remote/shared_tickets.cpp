#include "sauda/remote/shared_tickets.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "identity/random_id.h"

namespace sauda {

namespace {

constexpr std::size_t ticket_bytes = 32;
constexpr std::chrono::milliseconds lifetime{30'000};

/// What no ticket looks like is asked of nobody: it would be part of a key.
bool is_ticket(const std::string& text) {
    return text.size() == 2 * ticket_bytes &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

void SharedTickets::issue(const std::string& token_id, Found done) {
    const std::string ticket = identity::random_token(ticket_bytes);
    redis_.set(prefix_ + ticket, token_id, lifetime, [ticket, done = std::move(done)](const auto& taken) {
        done(taken ? std::optional(ticket) : std::nullopt);
    });
}

void SharedTickets::redeem(const std::string& ticket, Found done) {
    if (!is_ticket(ticket)) return done(std::nullopt);
    redis_.take(prefix_ + ticket,
                [done = std::move(done)](const auto& found) { done(found ? *found : std::nullopt); });
}

}  // namespace sauda
