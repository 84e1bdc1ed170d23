/// The fields of every command, once: each list is read and written in both layouts of commands.
///
/// Internal to the codec.
#pragma once

#include <cstdint>
#include <type_traits>

#include "codec/coder_vocabulary.h"
#include "codec/market_spec_fields.h"
#include "core/command.h"

namespace sauda::codec {

// Flags of bodies.
constexpr std::uint8_t is_sell = 16;
constexpr std::uint8_t is_post_only = 32;
constexpr std::uint8_t refuses_if_open = 64;
constexpr std::uint8_t requeues = 16;

// Flags of bodies in layout 1, whose optional fields are announced (old_command_codec.h). Its flags 1 and 2
// are every command's.
constexpr std::uint8_t has_quote_quantity = 4;
constexpr std::uint8_t has_client_order_id = 8;
constexpr std::uint8_t has_price = 4;

// Enumerators among the flags; in layout 1 each is a byte of its own.
constexpr FlagBits kind_bits{0, 1};
constexpr FlagBits time_in_force_bits{1, 2};
constexpr FlagBits quantity_change_bits{0, 2};
constexpr FlagBits market_state_bits{0, 2};

/// An enumeration of two values as a flag.
template <class Coder, class Enum>
void two_valued(Coder& coder, std::uint8_t bit, Enum& value) {
    using Plain = std::remove_const_t<Enum>;
    bool second = value == Plain{1};
    coder.flag(bit, second);
    if constexpr (!Coder::is_encoder) value = Plain{second};
}

template <class Coder>
void fields(Coder&, Subject<Coder, core::AdvanceTime>&) {}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::PlaceOrder>& order) {
    coder.id(order.account);
    coder.id(order.market);
    two_valued(coder, is_sell, order.side);
    two_valued(coder, refuses_if_open, order.on_duplicate);
    coder.flag(is_post_only, order.post_only);
    coder.enumerator(kind_bits, order.kind, core::OrderKind::market);
    coder.enumerator(time_in_force_bits, order.time_in_force, core::TimeInForce::fok);
    coder.unit(order.price);
    coder.unit(order.quantity);
    coder.optional_unit(has_quote_quantity, order.quote_quantity);
    coder.optional_text(has_client_order_id, order.client_order_id);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::CancelOrder>& cancel) {
    coder.id(cancel.account);
    coder.id(cancel.order);
    coder.optional_text(has_client_order_id, cancel.client_order_id);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::CancelAll>& cancel) {
    coder.id(cancel.account);
    coder.id(cancel.market);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::AmendOrder>& amend) {
    coder.id(amend.account);
    coder.id(amend.order);
    coder.optional_unit(has_price, amend.price);
    coder.enumerator(quantity_change_bits, amend.quantity_change, core::QuantityChange::reduce_by);
    coder.unit(amend.quantity);
    coder.flag(requeues, amend.requeue);
    coder.optional_text(has_client_order_id, amend.request_id);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::ReplaceOrder>& replace) {
    coder.id(replace.cancel);
    fields(coder, replace.place);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::ListAsset>& list) {
    coder.uuid(list.operator_id);
    coder.text(list.name);
    coder.raw(list.scale);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::ListMarket>& list) {
    coder.uuid(list.operator_id);
    fields(coder, list.spec);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::SetFees>& set) {
    coder.uuid(set.operator_id);
    coder.id(set.market);
    coder.fees(set.fees);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::SetMarketState>& set) {
    coder.uuid(set.operator_id);
    coder.id(set.market);
    coder.enumerator(market_state_bits, set.state, core::MarketState::halted);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::SetAssetState>& set) {
    coder.uuid(set.operator_id);
    coder.id(set.asset);
    coder.boolean(set.halted);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::OpenAccount>& open) {
    coder.uuid(open.user);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::SetAccountState>& set) {
    coder.uuid(set.operator_id);
    coder.id(set.account);
    coder.boolean(set.frozen);
}

/// Deposits and withdrawals are one layout under two tags, and what is sent begins as they do.
template <class Coder>
void transfer_fields(Coder& coder, auto& transfer) {
    coder.uuid(transfer.operator_id);
    coder.id(transfer.account);
    coder.id(transfer.asset);
    coder.unit(transfer.amount);
    coder.text(transfer.reference);
}
template <class Coder>
void fields(Coder& coder, Subject<Coder, core::Deposit>& deposit) {
    transfer_fields(coder, deposit);
}
template <class Coder>
void fields(Coder& coder, Subject<Coder, core::Withdraw>& withdraw) {
    transfer_fields(coder, withdraw);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::NumberShard>& shard) {
    coder.raw(shard.number);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::SendTransfer>& send) {
    transfer_fields(coder, send);
    coder.text(send.to);
}
template <class Coder>
void fields(Coder& coder, Subject<Coder, core::ReceiveTransfer>& receive) {
    coder.id(receive.account);
    coder.id(receive.asset);
    coder.unit(receive.amount);
    coder.text(receive.reference);
    coder.text(receive.from);
}
template <class Coder>
void fields(Coder& coder, Subject<Coder, core::ConfirmTransfer>& confirm) {
    coder.text(confirm.reference);
    coder.text(confirm.to);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::GrantLease>& grant) {
    coder.id(grant.account);
    coder.lease(grant.lease);
    coder.unit(grant.span);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::RenewLeases>& renew) {
    coder.raw(renew.holder);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::EndLease>& end) {
    coder.id(end.account);
    coder.lease(end.lease);
    coder.boolean(end.cancel_orders);
}

template <class Coder>
void fields(Coder&, Subject<Coder, core::RestartLeases>&) {}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::LapseLeases>& lapse) {
    coder.number(lapse.events_max);
    coder.unit(lapse.pause);
}

}  // namespace sauda::codec
