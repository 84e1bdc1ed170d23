#include "codec/command_codec.h"

#include <array>
#include <utility>
#include <variant>

#include "codec/byte_coder.h"

namespace sauda::codec {

namespace {

// Flags of every command; the higher bits belong to the body and mean what its fields() say.
constexpr std::uint8_t has_id = 1;
constexpr std::uint8_t has_deadline = 2;
constexpr std::uint8_t has_quote_quantity = 4;
constexpr std::uint8_t has_client_order_id = 8;
constexpr std::uint8_t is_sell = 16;
constexpr std::uint8_t is_post_only = 32;
constexpr std::uint8_t refuses_if_open = 64;
constexpr std::uint8_t has_price = 4;
constexpr std::uint8_t requeues = 16;

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
    coder.enumerator(order.kind, core::OrderKind::market);
    coder.enumerator(order.time_in_force, core::TimeInForce::fok);
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
    coder.enumerator(amend.quantity_change, core::QuantityChange::reduce_by);
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
    auto& spec = list.spec;
    coder.text(spec.name);
    coder.id(spec.base);
    coder.id(spec.quote);
    coder.raw(spec.price_scale);
    coder.raw(spec.quantity_scale);
    coder.enumerator(spec.fee_asset, core::FeeAsset::received);
    coder.varint(spec.tick);
    coder.varint(spec.lot);
    coder.unit(spec.min_notional);
    coder.fees(spec.fees);
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
    coder.enumerator(set.state, core::MarketState::halted);
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
    coder.varint(lapse.events_max);
    coder.unit(lapse.pause);
}

template <class Coder>
void identity(Coder& coder, Subject<Coder, core::Command>& command, bool with_id, bool with_deadline) {
    if (with_id) {
        coder.raw(command.id.gateway);
        coder.varint(command.id.sequence);
    }
    if (with_deadline) coder.raw(command.deadline.raw);
}

using BodyReader = void (*)(ByteDecoder&, core::CommandBody&);

template <std::size_t Tag>
void read_alternative(ByteDecoder& decoder, core::CommandBody& body) {
    fields(decoder, body.emplace<Tag>());
}

template <std::size_t... Tags>
constexpr auto make_body_readers(std::index_sequence<Tags...>) {
    return std::array<BodyReader, sizeof...(Tags)>{&read_alternative<Tags>...};
}
constexpr auto body_readers =
    make_body_readers(std::make_index_sequence<std::variant_size_v<core::CommandBody>>{});

template <class Body>
constexpr std::size_t tag_of = core::CommandBody(Body{}).index();

/// The three that nearly all commands are without a call, so that the decoder's place stays in a register.
void read_body(std::uint8_t tag, ByteDecoder& decoder, core::CommandBody& body) {
    switch (tag) {
        case tag_of<core::PlaceOrder>:
            return read_alternative<tag_of<core::PlaceOrder>>(decoder, body);
        case tag_of<core::AmendOrder>:
            return read_alternative<tag_of<core::AmendOrder>>(decoder, body);
        case tag_of<core::CancelOrder>:
            return read_alternative<tag_of<core::CancelOrder>>(decoder, body);
        default:
            body_readers[tag](decoder, body);
    }
}

}  // namespace

void encode_command(const core::Command& command, base::Bytes& out) {
    const bool with_id = command.id != core::CommandId{};
    const bool with_deadline = command.deadline.raw != 0;
    ByteEncoder<command_size_max - 2> encoder;
    identity(encoder, command, with_id, with_deadline);
    std::visit([&](const auto& body) { fields(encoder, body); }, command.body);
    encoder.flag(has_id, with_id);
    encoder.flag(has_deadline, with_deadline);

    base::ByteWriter writer(out);
    writer.put(static_cast<std::uint8_t>(command.body.index()));
    writer.put(encoder.flags());
    writer.put_bytes(encoder.bytes());
}

base::Result<core::Command, DecodeError> decode_command(base::ByteView bytes) {
    core::Command command;
    if (const auto done = decode_command(bytes, command); !done) return base::Unexpected{done.error()};
    return command;
}

base::Result<void, DecodeError> decode_command(base::ByteView bytes, core::Command& command) {
    ByteDecoder decoder(bytes);
    std::uint8_t tag = 0;
    std::uint8_t flags = 0;
    decoder.raw(tag);
    decoder.raw(flags);
    if (decoder.failed()) return base::Unexpected{decoder.error()};
    if (tag >= body_readers.size()) return base::Unexpected{DecodeError::unknown_tag};
    decoder.set_flags(flags);

    bool with_id = false;
    bool with_deadline = false;
    decoder.flag(has_id, with_id);
    decoder.flag(has_deadline, with_deadline);
    command.id = {};
    command.deadline = {};
    identity(decoder, command, with_id, with_deadline);
    read_body(tag, decoder, command.body);

    if (decoder.failed()) return base::Unexpected{decoder.error()};
    if (!decoder.flags_are_taken()) return base::Unexpected{DecodeError::unknown_flags};
    if (decoder.left() != 0) return base::Unexpected{DecodeError::trailing_bytes};
    const bool omits_zeros =
        with_id == (command.id != core::CommandId{}) && with_deadline == (command.deadline.raw != 0);
    if (!omits_zeros) return base::Unexpected{DecodeError::not_canonical};
    return {};
}

}  // namespace sauda::codec
