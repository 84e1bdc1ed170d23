#include "core/transferring.h"

#include "base/result.h"

namespace sauda::core {

using base::Result;
using base::Unexpected;

namespace {

/// What makes a transfer's own fields wrong, whatever the state.
RejectReason misshapen(Amount amount, const TransferReference& reference) {
    if (amount.raw <= 0 || amount.raw > asset_supply_max) return RejectReason::invalid_amount;
    return is_valid_transfer_reference(reference.view()) ? RejectReason::none
                                                         : RejectReason::invalid_reference;
}
/// The same of one to or from another shard.
RejectReason misshapen(Amount amount, const TransferReference& reference, const ShardName& peer) {
    if (const RejectReason reason = misshapen(amount, reference); reason != RejectReason::none) return reason;
    return is_valid_shard_name(peer.view()) ? RejectReason::none : RejectReason::invalid_shard;
}

/// Recognises a reference used before: a retry is answered with the first outcome, another transfer refused.
bool answered_before(const ExchangeImpl& exchange, const TransferRecord& transfer, Applying now) {
    const TransferRecord* before = exchange.transfers.find(transfer.origin(), transfer.reference);
    if (before == nullptr) return false;
    const bool same = before->account == transfer.account && before->asset == transfer.asset &&
                      before->amount == transfer.amount && before->peer == transfer.peer;
    if (!same) {
        ExchangeImpl::refuse(RejectReason::reference_conflict, transfer.account, {}, now);
        return true;
    }
    Repeated repeated;
    repeated.account = transfer.account;
    repeated.first = before->first;
    now.events.append(repeated);
    return true;
}

/// What all accounts of users and fees hold of an asset: what came in through the accounts that may owe.
Int128 supply(const ExchangeImpl& exchange, AssetId asset) {
    return -Int128{exchange.ledger.balance(external_account, asset).available.raw} -
           exchange.ledger.balance(in_transit_account, asset).available.raw;
}

/// Whether the ledger has room: for more of the asset, and for what its counter account comes to.
bool has_room(const ExchangeImpl& exchange, const TransferRecord& transfer) {
    const Int128 counter = Int128{exchange.ledger.balance(transfer.counter(), transfer.asset).available.raw} -
                           transfer.amount.raw;
    return supply(exchange, transfer.asset) + transfer.amount.raw <= asset_supply_max &&
           counter >= -asset_supply_max && counter <= asset_supply_max;
}

Result<void, RejectReason> check_transfer(ExchangeImpl& exchange, const TransferRecord& transfer) {
    const Account* account = exchange.find_account(transfer.account);
    if (account == nullptr) return Unexpected{RejectReason::unknown_account};
    const AssetState* asset = exchange.find_asset(transfer.asset);
    if (asset == nullptr) return Unexpected{RejectReason::unknown_asset};
    // What is under way has left another shard, and must be able to arrive.
    if (asset->halted && !transfer.is_received()) return Unexpected{RejectReason::asset_halted};
    if (!has_room(exchange, transfer)) return Unexpected{RejectReason::supply_exceeded};
    if (transfer.amount.raw >= 0) return {};
    if (account->frozen != 0) return Unexpected{RejectReason::account_frozen};
    const Balance balance = exchange.ledger.balance(transfer.account, transfer.asset);
    if (balance.available < -transfer.amount) return Unexpected{RejectReason::insufficient_funds};
    return {};
}

void move_funds(ExchangeImpl& exchange, const TransferRecord& transfer) {
    if (transfer.amount.raw > 0) {
        exchange.ledger.transfer(transfer.counter(), transfer.account, transfer.asset, transfer.amount);
    } else {
        exchange.ledger.transfer(transfer.account, transfer.counter(), transfer.asset, -transfer.amount);
    }
}

/// Moves the money of a well-shaped transfer and remembers it. False where nothing was moved, and the answer
/// given.
bool is_moved(ExchangeImpl& exchange, const TransferRecord& transfer, Applying now) {
    if (answered_before(exchange, transfer, now)) return false;
    if (const auto checked = check_transfer(exchange, transfer); !checked) {
        ExchangeImpl::refuse(checked.error(), transfer.account, {}, now);
        return false;
    }
    move_funds(exchange, transfer);
    exchange.transfers.remember(transfer);
    return true;
}

/// A deposit or withdrawal, told apart by the sign of its amount.
void transfer_outside(ExchangeImpl& exchange, const TransferRecord& transfer, const Uuid& operator_id,
                      Applying now) {
    if (!is_moved(exchange, transfer, now)) return;
    Transferred event;
    event.account = transfer.account;
    event.account_sequence = exchange.accounts[transfer.account].next_sequence();
    event.asset = transfer.asset;
    event.amount = transfer.amount;
    event.operator_id = operator_id;
    event.reference = transfer.reference;
    now.events.append(event);
}

}  // namespace

void deposit(ExchangeImpl& exchange, const Deposit& command, Applying now) {
    if (const RejectReason reason = misshapen(command.amount, command.reference);
        reason != RejectReason::none) {
        return ExchangeImpl::refuse(reason, command.account, {}, now);
    }
    transfer_outside(exchange,
                     {command.reference, command.account, command.asset, command.amount,
                      exchange.last.sequence, ShardName{}, Sequence{}},
                     command.operator_id, now);
}

void withdraw(ExchangeImpl& exchange, const Withdraw& command, Applying now) {
    if (const RejectReason reason = misshapen(command.amount, command.reference);
        reason != RejectReason::none) {
        return ExchangeImpl::refuse(reason, command.account, {}, now);
    }
    transfer_outside(exchange,
                     {command.reference, command.account, command.asset, -command.amount,
                      exchange.last.sequence, ShardName{}, Sequence{}},
                     command.operator_id, now);
}

void send_transfer(ExchangeImpl& exchange, const SendTransfer& command, Applying now) {
    if (const RejectReason reason = misshapen(command.amount, command.reference, command.to);
        reason != RejectReason::none) {
        return ExchangeImpl::refuse(reason, command.account, {}, now);
    }
    const TransferRecord transfer{command.reference,      command.account, command.asset, -command.amount,
                                  exchange.last.sequence, command.to,      Sequence{}};
    if (!is_moved(exchange, transfer, now)) return;
    TransferSent event;
    event.account = command.account;
    event.account_sequence = exchange.accounts[command.account].next_sequence();
    event.asset = command.asset;
    event.amount = command.amount;
    event.operator_id = command.operator_id;
    event.reference = command.reference;
    event.to = command.to;
    now.events.append(event);
}

void receive_transfer(ExchangeImpl& exchange, const ReceiveTransfer& command, Applying now) {
    if (const RejectReason reason = misshapen(command.amount, command.reference, command.from);
        reason != RejectReason::none) {
        return ExchangeImpl::refuse(reason, command.account, {}, now);
    }
    const TransferRecord transfer{command.reference,      command.account, command.asset, command.amount,
                                  exchange.last.sequence, command.from,    Sequence{}};
    if (!is_moved(exchange, transfer, now)) return;
    TransferReceived event;
    event.account = command.account;
    event.account_sequence = exchange.accounts[command.account].next_sequence();
    event.asset = command.asset;
    event.amount = command.amount;
    event.reference = command.reference;
    event.from = command.from;
    now.events.append(event);
}

void confirm_transfer(ExchangeImpl& exchange, const ConfirmTransfer& command, Applying now) {
    const TransferRecord* sent = exchange.transfers.find({}, command.reference);
    if (sent == nullptr || !sent->is_sent() || sent->peer != command.to) {
        return ExchangeImpl::refuse(RejectReason::unknown_transfer, {}, {}, now);
    }
    if (sent->confirmed) {
        Repeated repeated;
        repeated.account = sent->account;
        repeated.first = sent->confirmed;
        return now.events.append(repeated);
    }
    exchange.transfers.confirm(command.reference, exchange.last.sequence);
    TransferConfirmed event;
    event.account = sent->account;
    event.sent = sent->first;
    event.asset = sent->asset;
    event.amount = -sent->amount;
    event.reference = command.reference;
    event.to = command.to;
    now.events.append(event);
}

}  // namespace sauda::core
