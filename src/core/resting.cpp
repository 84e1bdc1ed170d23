#include "core/resting.h"

namespace sauda::core {

SlotIndex remember_open_order(ExchangeImpl& exchange, const Taker& taker, TimestampNs accepted) {
    const SlotIndex slot = exchange.orders.take();
    OrderSlot& order = exchange.orders.slot(slot);
    order.id = taker.id;
    order.account = taker.account;
    order.side = taker.side;
    order.fee_schedule = taker.fee_schedule;
    OrderDetails& details = exchange.orders.details(slot);
    details.original_quantity = static_cast<std::uint32_t>(taker.quantity.raw);
    details.client_entry = taker.client_entry;
    details.kind = taker.kind;
    details.time_in_force = taker.time_in_force;
    details.post_only = taker.post_only;
    details.accepted_time = accepted;

    AccountDesk& account = exchange.account(taker.account);
    details.account_previous = account.last_open;
    details.account_next = {};
    if (account.last_open) {
        exchange.orders.details(account.last_open).account_next = slot;
    } else {
        account.first_open = slot;
    }
    account.last_open = slot;
    ++account.open_orders;
    exchange.directory.insert(taker.id, slot);
    return slot;
}

void forget_open_order(ExchangeImpl& exchange, SlotIndex slot, TimestampNs time) {
    const OrderSlot& order = exchange.orders.slot(slot);
    const OrderDetails& details = exchange.orders.details(slot);
    AccountDesk& account = exchange.account(order.account);
    (details.account_previous ? exchange.orders.details(details.account_previous).account_next
                              : account.first_open) = details.account_next;
    (details.account_next ? exchange.orders.details(details.account_next).account_previous
                          : account.last_open) = details.account_previous;
    --account.open_orders;
    if (details.client_entry != 0) exchange.client_orders.close(details.client_entry, time);
    exchange.directory.erase(order.id);
    exchange.orders.release(slot);
}

void rest_order(ExchangeImpl& exchange, MarketDesk& desk, const Taker& taker, const Applying& now) {
    const Amount held{taker.hold_per_unit.raw * taker.leaves.raw};
    exchange.ledger.hold(taker.account, paying_asset(desk.market, taker.side), held);
    const SlotIndex slot = taker.slot ? taker.slot : remember_open_order(exchange, taker, now.stamp.time);
    OrderSlot& order = exchange.orders.slot(slot);
    order.leaves = static_cast<std::uint32_t>(taker.leaves.raw);
    desk.book.rest(slot, taker.price);
    OrderRested& event = now.events.add<OrderRested>();
    event.market = desk.market.id;
    event.update = desk.next_update();
    event.order = taker.id;
    event.account = taker.account;
    event.side = taker.side;
    event.price = taker.price;
    event.leaves = taker.leaves;
    event.held = held;
}

void end_resting_order(ExchangeImpl& exchange, SlotIndex slot, EndCause cause, const Applying& now) {
    const OrderSlot& order = exchange.orders.slot(slot);
    MarketDesk& desk = desk_of(exchange, order);
    OrderEnded& event = now.events.add<OrderEnded>();
    event.market = desk.market.id;
    event.update = desk.next_update();
    event.order = order.id;
    event.account = order.account;
    event.side = order.side;
    event.cause = cause;
    event.account_sequence = exchange.account(order.account).next_sequence();
    event.price = desk.book.price_of(order);
    event.leaves = order.open();
    event.released = hold_of_resting(desk, order, order.open());
    exchange.ledger.release(order.account, paying_asset(desk.market, order.side), event.released);
    desk.book.remove(slot);
    forget_open_order(exchange, slot, now.stamp.time);
}

}  // namespace sauda::core
