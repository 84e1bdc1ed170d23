#include "core/event_buffer.h"

namespace sauda::core {

namespace {

std::uint32_t narrow(QuantityLots quantity) {
    ASSERT(quantity.raw >= 0 && quantity.raw <= order_quantity_max);
    return static_cast<std::uint32_t>(quantity.raw);
}

template <class R>
void set_side_bits(R& record, Side side) {
    record.header.bits = R::side::put(side);
}

}  // namespace

void EventBuffer::grow(std::size_t more) {
    const std::size_t taken = size();
    bytes_.resize(bytes_.size() * 2 + more);
    stand_at(taken);
}

void EventBuffer::append(const OrderAccepted& event) {
    using R = AcceptedRecord;
    const OrderTerms terms(event.kind, event.time_in_force, event.post_only != 0);
    const auto bits = static_cast<std::uint16_t>(R::terms::put(terms.raw()) | R::side::put(event.side));
    R& record = add_accepted(bits, false, event.quote_quantity, event.client_order_id).record;
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

}  // namespace sauda::core
