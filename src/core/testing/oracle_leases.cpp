/// The oracle's leases: one after the other is looked at, until none is due.
#include <algorithm>

#include "core/testing/oracle.h"

namespace sauda::core::testing {

void Oracle::fire_leases() {
    while (fire_next_lease() != 0) {
    }
}

std::uint64_t Oracle::fire_next_lease() {
    if (leases_.empty()) return 0;
    // Of several that fell due at once, the first by holder and number.
    const auto next = std::ranges::min_element(
        leases_, {}, [](const auto& lease) { return std::pair(lease.second.due(), lease.first); });
    if (next->second.due() > now_.time.raw) return 0;
    const std::size_t open_before = orders_.size();
    end_lease(next->first, LeaseEnd::lapsed);
    return 1 + open_before - orders_.size();
}

void Oracle::end_lease(LeaseKey key, LeaseEnd how) {
    leases_.erase(key);
    LeaseEnded event;
    event.account = key.second;
    event.lease = key.first;
    event.how = how;
    events_->append(event);
    const bool is_owners = key.first.holder == 0;
    if (how != LeaseEnd::called_off)
        end_all(key.second, {}, is_owners ? EndCause::cancel_after : EndCause::cancel_on_disconnect);
}

void Oracle::execute(const GrantLease& command) {
    const auto refused = [&](RejectReason reason) { refuse(reason, command.account, {}); };
    if (!has_account(command.account)) return refused(RejectReason::unknown_account);
    const std::int64_t span = command.span.raw;
    if (span < 1 || span > lease_span_ns_max) return refused(RejectReason::invalid_lease_span);
    const LeaseKey key{command.lease, command.account};
    const bool is_new = !leases_.contains(key);
    const auto of_account = std::ranges::count_if(
        leases_, [&](const auto& lease) { return lease.first.second == command.account; });
    if (is_new && of_account >= leases_per_account_max) return refused(RejectReason::too_many_leases);
    leases_[key] = {span, now_.time.raw};
    LeaseGranted event;
    event.account = command.account;
    event.lease = command.lease;
    event.span = command.span;
    event.due = {now_.time.raw + span};
    events_->append(event);
}

void Oracle::execute(const RenewLeases& command) {
    for (auto& [key, lease] : leases_) {
        if (command.holder != 0 && key.first.holder == command.holder) lease.begun = now_.time.raw;
    }
}

void Oracle::execute(const EndLease& command) {
    const LeaseKey key{command.lease, command.account};
    if (!leases_.contains(key)) return refuse(RejectReason::unknown_lease, command.account, {});
    end_lease(key, command.cancel_orders ? LeaseEnd::fired : LeaseEnd::called_off);
}

void Oracle::execute(const RestartLeases&) {
    for (auto& [key, lease] : leases_) lease.begun = now_.time.raw;
}

void Oracle::execute(const LapseLeases& command) {
    std::uint64_t events = 0;
    while (events < command.events_max) {
        const std::uint64_t more = fire_next_lease();
        if (more == 0) return;
        events += more;
    }
    for (auto& [key, lease] : leases_) {
        if (lease.due() <= now_.time.raw) lease.begun = now_.time.raw + command.pause.raw - lease.span;
    }
}

}  // namespace sauda::core::testing
