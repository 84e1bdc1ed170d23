#include "core/event_buffer.h"

#include <algorithm>

namespace sauda::core {

namespace {

std::uint32_t narrow(QuantityLots quantity) {
    ASSERT(quantity.raw >= 0 && quantity.raw <= order_quantity_max);
    return static_cast<std::uint32_t>(quantity.raw);
}

/// Reads what stands behind a record, part by part.
class Parts {
public:
    explicit Parts(base::ByteView bytes) : rest_(bytes) {}

    template <class T>
    T take() {
        T value{};
        if (rest_.size() < sizeof value) return is_valid_ = false, value;
        std::memcpy(static_cast<void*>(&value), rest_.data(), sizeof value);
        rest_ = rest_.subspan(sizeof value);
        return value;
    }
    ClientOrderId take_client_order_id(std::size_t size) {
        const std::size_t room = (size + 7) / 8 * 8;
        if (size > client_order_id_size_max || rest_.size() < room) return is_valid_ = false, ClientOrderId{};
        const ClientOrderId id(std::string_view(reinterpret_cast<const char*>(rest_.data()), size));
        rest_ = rest_.subspan(room);
        return id;
    }
    bool all_read() const { return is_valid_ && rest_.empty(); }

private:
    base::ByteView rest_;
    bool is_valid_ = true;
};

template <class R>
void set_side_bits(R& record, Side side) {
    record.header.bits = R::side::put(side);
}

}  // namespace

void EventBuffer::append(const OrderAccepted& event) {
    using R = AcceptedRecord;
    R& record = add_accepted(false, event.quote_quantity, event.client_order_id).record;
    record.header.bits |=
        static_cast<std::uint16_t>(R::side::put(event.side) | R::post_only::put(event.post_only != 0) |
                                   R::kind::put(event.kind) | R::time_in_force::put(event.time_in_force));
    record.market = event.market;
    record.order = event.order;
    record.account = event.account;
    record.quantity = narrow(event.quantity);
    record.account_sequence = event.account_sequence;
    record.price = event.price;
    record.fees = event.fees;
}

void EventBuffer::append(const OrderRested& event) {
    RestedRecord& record = add<RestedRecord>();
    set_side_bits(record, event.side);
    record.market = event.market;
    record.order = event.order;
    record.account = event.account;
    record.leaves = narrow(event.leaves);
    record.update = event.update;
    record.price = event.price;
    record.held = event.held;
}

void EventBuffer::append(const Trade& event) {
    TradeRecord& record = add<TradeRecord>();
    record.header.bits = static_cast<std::uint16_t>(TradeRecord::taker_side::put(event.taker_side) |
                                                    TradeRecord::fee_asset::put(event.fee_asset));
    record.market = event.market;
    record.update = event.update;
    record.trade = event.trade;
    record.price = event.price;
    record.maker_order = event.maker_order;
    record.taker_order = event.taker_order;
    record.maker_account = event.maker_account;
    record.taker_account = event.taker_account;
    record.maker_account_sequence = event.maker_account_sequence;
    record.taker_account_sequence = event.taker_account_sequence;
    record.quantity = narrow(event.quantity);
    record.maker_leaves = narrow(event.maker_leaves);
    record.taker_leaves = narrow(event.taker_leaves);
    record.quote = event.quote;
    record.maker_fee = event.maker_fee;
    record.taker_fee = event.taker_fee;
    record.released = event.released;
}

void EventBuffer::append(const OrderEnded& event) {
    EndedRecord& record = add<EndedRecord>();
    record.header.bits =
        static_cast<std::uint16_t>(EndedRecord::side::put(event.side) | EndedRecord::cause::put(event.cause));
    record.market = event.market;
    record.order = event.order;
    record.account = event.account;
    record.leaves = narrow(event.leaves);
    record.update = event.update;
    record.account_sequence = event.account_sequence;
    record.price = event.price;
    record.released = event.released;
}

void EventBuffer::append(const OrderAmended& event) {
    AmendedRecord& record = add<AmendedRecord>();
    record.header.bits = static_cast<std::uint16_t>(
        AmendedRecord::side::put(event.side) | AmendedRecord::lost_priority::put(event.lost_priority != 0));
    record.market = event.market;
    record.order = event.order;
    record.account = event.account;
    record.leaves_before = narrow(event.leaves_before);
    record.leaves = narrow(event.leaves);
    record.quantity = narrow(event.quantity);
    record.update = event.update;
    record.account_sequence = event.account_sequence;
    record.price_before = event.price_before;
    record.price = event.price;
    record.released = event.released;
}

AcceptedEvents read_accepted(base::ByteView bytes) {
    using R = AcceptedRecord;
    Parts parts(bytes);
    const R record = parts.take<R>();
    const std::uint16_t bits = record.header.bits;
    AcceptedEvents out;
    OrderAccepted& accepted = out.accepted;
    accepted.account = record.account;
    accepted.account_sequence = record.account_sequence;
    accepted.order = record.order;
    accepted.market = record.market;
    accepted.side = R::side::get(bits);
    accepted.kind = R::kind::get(bits);
    accepted.time_in_force = R::time_in_force::get(bits);
    accepted.post_only = R::post_only::get(bits) ? 1 : 0;
    accepted.price = record.price;
    accepted.quantity = {record.quantity};
    accepted.fees = record.fees;
    out.rests = R::rests::get(bits);
    if (out.rests) {
        const RestedPart part = parts.take<RestedPart>();
        out.rested = {record.market, part.update,  record.order,      record.account,
                      accepted.side, record.price, accepted.quantity, part.held};
    }
    if (R::has_quote_quantity::get(bits)) accepted.quote_quantity = parts.take<Amount>();
    if (const unsigned size = R::client_order_id_size::get(bits); size != 0)
        accepted.client_order_id = parts.take_client_order_id(size);
    out.is_valid = parts.all_read();
    return out;
}

AmendedEvents read_amended(base::ByteView bytes) {
    using R = AmendedRecord;
    Parts parts(bytes);
    const R record = parts.take<R>();
    AmendedEvents out;
    OrderAmended& amended = out.amended;
    amended.market = record.market;
    amended.update = record.update;
    amended.order = record.order;
    amended.account = record.account;
    amended.side = R::side::get(record.header.bits);
    amended.lost_priority = R::lost_priority::get(record.header.bits) ? 1 : 0;
    amended.account_sequence = record.account_sequence;
    amended.price_before = record.price_before;
    amended.price = record.price;
    amended.leaves_before = {record.leaves_before};
    amended.leaves = {record.leaves};
    amended.quantity = {record.quantity};
    amended.released = record.released;
    out.rests = R::rests::get(record.header.bits);
    if (out.rests) {
        const Amount held = parts.take<Amount>();
        out.rested = {record.market, {record.update.raw + 1}, record.order, record.account, amended.side,
                      record.price,  amended.leaves,          held};
    }
    out.is_valid = parts.all_read();
    return out;
}

OrderRested read_event(const RestedRecord& record) {
    return {record.market,
            record.update,
            record.order,
            record.account,
            RestedRecord::side::get(record.header.bits),
            record.price,
            {record.leaves},
            record.held};
}

Trade read_event(const TradeRecord& record) {
    Trade trade;
    trade.market = record.market;
    trade.update = record.update;
    trade.trade = record.trade;
    trade.price = record.price;
    trade.quantity = {record.quantity};
    trade.maker_order = record.maker_order;
    trade.taker_order = record.taker_order;
    trade.maker_account = record.maker_account;
    trade.taker_account = record.taker_account;
    trade.maker_account_sequence = record.maker_account_sequence;
    trade.taker_account_sequence = record.taker_account_sequence;
    trade.maker_leaves = {record.maker_leaves};
    trade.taker_leaves = {record.taker_leaves};
    trade.quote = record.quote;
    trade.maker_fee = record.maker_fee;
    trade.taker_fee = record.taker_fee;
    trade.released = record.released;
    trade.taker_side = TradeRecord::taker_side::get(record.header.bits);
    trade.fee_asset = TradeRecord::fee_asset::get(record.header.bits);
    return trade;
}

OrderEnded read_event(const EndedRecord& record) {
    OrderEnded ended;
    ended.market = record.market;
    ended.update = record.update;
    ended.order = record.order;
    ended.account = record.account;
    ended.side = EndedRecord::side::get(record.header.bits);
    ended.cause = EndedRecord::cause::get(record.header.bits);
    ended.account_sequence = record.account_sequence;
    ended.price = record.price;
    ended.leaves = {record.leaves};
    ended.released = record.released;
    return ended;
}

}  // namespace sauda::core
