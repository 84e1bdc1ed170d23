/// The oracle's deposits, withdrawals and transfers between shards.
#include <algorithm>

#include "base/assert.h"
#include "core/testing/oracle.h"

namespace sauda::core::testing {

namespace {

using Reference = std::pair<std::string, std::string>;

template <class Asked>
constexpr bool is_between_shards =
    std::is_same_v<Asked, SendTransfer> || std::is_same_v<Asked, ReceiveTransfer>;

ShardName other_shard(const SendTransfer& asked) {
    return asked.to;
}
ShardName other_shard(const ReceiveTransfer& asked) {
    return asked.from;
}

template <class Asked>
Reference reference_of(const Asked& asked) {
    return {"", std::string(asked.reference.view())};
}
Reference reference_of(const ReceiveTransfer& asked) {
    return {std::string(asked.from.view()), std::string(asked.reference.view())};
}

/// Whether a transfer that was made is what is asked for again; who asks does not matter.
template <class Asked>
bool is_the_same(const Asked& before, const Asked& asked) {
    if constexpr (is_between_shards<Asked>) {
        if (other_shard(before) != other_shard(asked)) return false;
    }
    return before.account == asked.account && before.asset == asked.asset && before.amount == asked.amount;
}
template <class Other, class Asked>
bool is_the_same(const Other&, const Asked&) {
    return false;
}

template <class Asked>
RejectReason why_not_shape(const Asked& asked) {
    const Int128 amount = asked.amount.raw;
    if (amount < 1 || amount > asset_supply_max) return RejectReason::invalid_amount;
    if (!is_valid_transfer_reference(asked.reference.view())) return RejectReason::invalid_reference;
    if constexpr (is_between_shards<Asked>) {
        const ShardName name = other_shard(asked);
        const std::string_view shard = name.view();
        const bool is_good =
            shard.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
        if (shard.empty() || !is_good) return RejectReason::invalid_shard;
    }
    return RejectReason::none;
}

}  // namespace

std::vector<SendTransfer> Oracle::pending_transfers() const {
    std::vector<SendTransfer> pending;
    for (const auto& [key, moved] : moved_) {
        const auto* sent = std::get_if<SendTransfer>(&moved.asked);
        if (sent != nullptr && !moved.confirmed) pending.push_back(*sent);
    }
    return pending;
}

/// All that users have, and the fees.
Int128 Oracle::supply(AssetId asset) const {
    Int128 sum = 0;
    for (const auto& [key, amount] : available_) {
        const bool counts = key.first != external_account && key.first != in_transit_account;
        if (counts && key.second == asset) sum += amount;
    }
    for (const auto& [id, order] : orders_) {
        if (paying_asset(order) == asset) sum += order.held;
    }
    return sum;
}

template <class Asked>
bool Oracle::moved_before(const Asked& asked) {
    const auto found = moved_.find(reference_of(asked));
    if (found == moved_.end()) return false;
    const bool same =
        std::visit([&](const auto& before) { return is_the_same(before, asked); }, found->second.asked);
    if (same) {
        Repeated event;
        event.account = asked.account;
        event.first = found->second.first;
        events_->append(event);
    } else {
        refuse(RejectReason::reference_conflict, asked.account, {});
    }
    return true;
}

template <class Asked>
RejectReason Oracle::why_not_move(const Asked& asked, AccountId from, AccountId to) const {
    const Int128 amount = asked.amount.raw;
    if (!has_account(asked.account)) return RejectReason::unknown_account;
    if (!has_asset(asked.asset)) return RejectReason::unknown_asset;
    const bool is_under_way = std::is_same_v<Asked, ReceiveTransfer>;
    if (assets_[asked.asset.raw - 1].halted && !is_under_way) return RejectReason::asset_halted;
    const bool comes_in = to == asked.account;
    if (comes_in && supply(asked.asset) + amount > asset_supply_max) return RejectReason::supply_exceeded;
    if (comes_in && available(from, asked.asset) - amount < -asset_supply_max)
        return RejectReason::supply_exceeded;
    if (comes_in) return RejectReason::none;
    if (available(to, asked.asset) + amount > asset_supply_max) return RejectReason::supply_exceeded;
    if (account(asked.account).frozen) return RejectReason::account_frozen;
    if (available(from, asked.asset) < amount) return RejectReason::insufficient_funds;
    return RejectReason::none;
}

template <class Asked>
bool Oracle::moves(const Asked& asked, AccountId from, AccountId to) {
    const RejectReason misshapen = why_not_shape(asked);
    if (misshapen != RejectReason::none) return refuse(misshapen, asked.account, {}), false;
    if (moved_before(asked)) return false;
    const RejectReason reason = why_not_move(asked, from, to);
    if (reason != RejectReason::none) return refuse(reason, asked.account, {}), false;
    move(from, to, asked.asset, asked.amount.raw);
    moved_[reference_of(asked)] = {asked, now_.sequence, {}};
    return true;
}

void Oracle::execute(const Deposit& command) {
    if (!moves(command, external_account, command.account)) return;
    Transferred event;
    event.account = command.account;
    event.account_sequence = next_sequence(command.account);
    event.asset = command.asset;
    event.amount = command.amount;
    event.operator_id = command.operator_id;
    event.reference = command.reference;
    events_->append(event);
}

void Oracle::execute(const Withdraw& command) {
    if (!moves(command, command.account, external_account)) return;
    Transferred event;
    event.account = command.account;
    event.account_sequence = next_sequence(command.account);
    event.asset = command.asset;
    event.amount = -command.amount;
    event.operator_id = command.operator_id;
    event.reference = command.reference;
    events_->append(event);
}

void Oracle::execute(const SendTransfer& command) {
    if (!moves(command, command.account, in_transit_account)) return;
    TransferSent event;
    event.account = command.account;
    event.account_sequence = next_sequence(command.account);
    event.asset = command.asset;
    event.amount = command.amount;
    event.operator_id = command.operator_id;
    event.reference = command.reference;
    event.to = command.to;
    events_->append(event);
}

void Oracle::execute(const ReceiveTransfer& command) {
    if (!moves(command, in_transit_account, command.account)) return;
    TransferReceived event;
    event.account = command.account;
    event.account_sequence = next_sequence(command.account);
    event.asset = command.asset;
    event.amount = command.amount;
    event.reference = command.reference;
    event.from = command.from;
    events_->append(event);
}

void Oracle::execute(const ConfirmTransfer& command) {
    const auto found = moved_.find({"", std::string(command.reference.view())});
    const auto* sent = found == moved_.end() ? nullptr : std::get_if<SendTransfer>(&found->second.asked);
    if (sent == nullptr || sent->to != command.to) return refuse(RejectReason::unknown_transfer, {}, {});
    Moved& moved = found->second;
    if (moved.confirmed) {
        Repeated event;
        event.account = sent->account;
        event.first = moved.confirmed;
        return events_->append(event);
    }
    moved.confirmed = now_.sequence;
    TransferConfirmed event;
    event.account = sent->account;
    event.sent = moved.first;
    event.asset = sent->asset;
    event.amount = sent->amount;
    event.reference = command.reference;
    event.to = command.to;
    events_->append(event);
}

}  // namespace sauda::core::testing
