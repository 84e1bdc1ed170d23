#include "core/resting.h"

namespace sauda::core {

SlotIndex take_slot(ExchangeImpl& exchange, OrderId id, Account& owner) {
    const SlotIndex slot = exchange.books.orders.take();
    OrderSlot& order = exchange.books.orders.slot(slot);
    order.id = id;
    order.account = owner.id;
    order.account_previous = owner.last_open;
    exchange.books.orders.slot(owner.last_open).account_next = slot;
    owner.first_open = choose(bool{owner.first_open}, owner.first_open, slot);
    owner.last_open = slot;
    ++owner.open_orders;
    exchange.directory.insert(id, slot);
    return slot;
}

void forget_open_order(ExchangeImpl& exchange, SlotIndex slot, Account& owner, TimestampNs time) {
    const OrderSlot& order = exchange.books.orders.slot(slot);
    const SlotIndex previous = order.account_previous;
    const SlotIndex next = order.account_next;
    exchange.books.orders.slot(previous).account_next = next;
    exchange.books.orders.slot(next).account_previous = previous;
    owner.first_open = choose(bool{previous}, owner.first_open, next);
    owner.last_open = choose(bool{next}, owner.last_open, previous);
    --owner.open_orders;
    if (order.client_entry != 0) exchange.client_orders.close(order.client_entry, time);
    exchange.directory.erase(order.id);
    exchange.books.orders.release(slot);
}

namespace {

/// A slot for what is left of a new order.
SlotIndex slot_of_new(ExchangeImpl& exchange, const Taker& taker, TimestampNs accepted) {
    const SlotIndex slot = take_slot(exchange, taker.id, *taker.owner);
    OrderSlot& order = exchange.books.orders.slot(slot);
    order.side = taker.side;
    order.fee_schedule = taker.fee_schedule;
    order.terms = taker.terms;
    order.quantity = static_cast<std::uint32_t>(taker.quantity.raw);
    order.client_entry = taker.client_entry;
    order.accepted = accepted;
    return slot;
}

}  // namespace

void rest_order(ExchangeImpl& exchange, MarketDesk& desk, const Taker& taker, Applying now) {
    const SlotIndex slot = taker.slot ? taker.slot : slot_of_new(exchange, taker, exchange.last.time);
    OrderSlot& order = exchange.books.orders.slot(slot);
    order.leaves = static_cast<std::uint32_t>(taker.leaves.raw);
    order.hold_per_unit = taker.hold_per_unit;
    const Amount held = order.hold_of(taker.leaves);
    exchange.funds(*taker.owner, desk, taker.side).hold(held);
    desk.book.rest(slot, taker.price);
    RestedRecord& record = now.events.add<RestedRecord>();
    record.header.bits = RestedRecord::side::put(taker.side);
    record.market = desk.market.id;
    record.order = taker.id;
    record.account = taker.owner->id;
    record.leaves = order.leaves;
    record.update = desk.next_update();
    record.price = taker.price;
    record.held = held;
}

void end_resting_order(ExchangeImpl& exchange, SlotIndex slot, EndCause cause, Applying now) {
    const RestingOrder resting = resting_order(exchange, slot);
    const auto& [order, owner, desk, price, side] = resting;
    const Amount released = order.hold_of(order.open());
    EndedRecord& record = now.events.add<EndedRecord>();
    record.header.bits =
        static_cast<std::uint16_t>(EndedRecord::side::put(side) | EndedRecord::cause::put(cause));
    record.market = desk.market.id;
    record.order = order.id;
    record.account = order.account;
    record.leaves = order.leaves;
    record.update = desk.next_update();
    record.account_sequence = owner.next_sequence();
    record.price = price;
    record.released = released;
    resting.funds(exchange).release(released);
    desk.book.remove(slot);
    forget_open_order(exchange, slot, owner, exchange.last.time);
}

void end_resting_orders(ExchangeImpl& exchange, const Account& owner, MarketId market, EndCause cause,
                        Applying now) {
    for (SlotIndex slot = owner.first_open; slot;) {
        const SlotIndex next = exchange.books.orders.slot(slot).account_next;
        const OrderSlot& order = exchange.books.orders.slot(slot);
        if (!market || exchange.books.levels.market_of(order.level) == market)
            end_resting_order(exchange, slot, cause, now);
        slot = next;
    }
}

}  // namespace sauda::core
