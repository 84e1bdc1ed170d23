#include "core/leases.h"

#include <variant>

#include "core/resting.h"

namespace sauda::core {

namespace {

RejectReason why_not_grant(const ExchangeImpl& exchange, const GrantLease& command) {
    const Account* account = exchange.find_account(command.account);
    if (account == nullptr) return RejectReason::unknown_account;
    if (command.span.raw <= 0 || command.span.raw > lease_span_ns_max)
        return RejectReason::invalid_lease_span;
    if (exchange.leases.has(command.account, command.lease)) return RejectReason::none;
    if (account->leases == leases_per_account_max) return RejectReason::too_many_leases;
    return exchange.leases.size() == leases_max ? RejectReason::too_many : RejectReason::none;
}

void tell_end(AccountId account, LeaseId lease, LeaseEnd how, Applying now) {
    LeaseEnded event;
    event.account = account;
    event.lease = lease;
    event.how = how;
    now.events.append(event);
}

/// What the lease is there for. It has been taken out of the table.
void end(ExchangeImpl& exchange, AccountId id, LeaseId lease, LeaseEnd how, Applying now) {
    Account& account = exchange.accounts[id];
    --account.leases;
    tell_end(id, lease, how, now);
    if (how == LeaseEnd::called_off) return;
    const EndCause cause = lease.is_countdown() ? EndCause::cancel_after : EndCause::cancel_on_disconnect;
    end_resting_orders(exchange, account, {}, cause, now);
}

/// What is due lapses until `events_max` events or more have come of it; the rest of it falls due `later`.
void lapse(ExchangeImpl& exchange, std::uint64_t events_max, TimestampNs later, Applying now) {
    const std::vector<LeaseRecord> due = exchange.leases.due_at(exchange.last.time);
    std::uint64_t events = 0;
    std::size_t lapsed = 0;
    for (; lapsed < due.size() && events < events_max; ++lapsed) {
        const LeaseRecord& lease = due[lapsed];
        events += 1 + exchange.accounts[lease.account].open_orders;
        end(exchange, lease.account, lease.lease, LeaseEnd::lapsed, now);
    }
    exchange.leases.take_due(due, lapsed, later);
}

}  // namespace

void grant_lease(ExchangeImpl& exchange, const GrantLease& command, Applying now) {
    const RejectReason reason = why_not_grant(exchange, command);
    if (reason != RejectReason::none) return ExchangeImpl::refuse(reason, command.account, {}, now);
    const TimestampNs due = exchange.last.time + command.span;
    if (!exchange.leases.has(command.account, command.lease)) ++exchange.accounts[command.account].leases;
    exchange.leases.put({command.account, command.lease, command.span, due});
    LeaseGranted event;
    event.account = command.account;
    event.lease = command.lease;
    event.span = command.span;
    event.due = due;
    now.events.append(event);
}

void end_lease(ExchangeImpl& exchange, const EndLease& command, Applying now) {
    if (!exchange.leases.has(command.account, command.lease))
        return ExchangeImpl::refuse(RejectReason::unknown_lease, command.account, {}, now);
    exchange.leases.erase(command.account, command.lease);
    const LeaseEnd how = command.cancel_orders ? LeaseEnd::fired : LeaseEnd::called_off;
    end(exchange, command.account, command.lease, how, now);
}

void lapse_leases(ExchangeImpl& exchange, const LapseLeases& command, Applying now) {
    lapse(exchange, command.events_max, exchange.last.time + command.pause, now);
}

void fire_due_leases(ExchangeImpl& exchange, const Command& command, Applying now) {
    const bool sees_to_leases = std::holds_alternative<RestartLeases>(command.body) ||
                                std::holds_alternative<LapseLeases>(command.body);
    // One that a gateway sent may be a redelivery, and would do nothing.
    if (sees_to_leases && command.id.gateway == 0) return;
    lapse(exchange, UINT64_MAX, {}, now);
}

}  // namespace sauda::core
