#include "core/amending.h"

#include "core/order_rules.h"
#include "core/resting.h"
#include "core/retries.h"
#include "core/taker.h"
#include "core/trading.h"

namespace sauda::core {

using base::Result;
using base::Unexpected;

namespace {

/// An amendment worked out: what the order will be, and what that costs.
struct Amendment {
    PriceTicks price_before;
    PriceTicks price;
    QuantityLots leaves;
    QuantityLots quantity;  // in all
    Amount held_per_unit;   // as the order stands
    Amount hold_per_unit;   // as it will; the same when it keeps its priority
    bool keeps_priority = false;
};

QuantityLots leaves_after(const AmendOrder& command, QuantityLots open, QuantityLots filled) {
    switch (command.quantity_change) {
        case QuantityChange::total:
            return command.quantity - filled;
        case QuantityChange::leaves:
            return command.quantity;
        case QuantityChange::reduce_by:
            return open - command.quantity;
        case QuantityChange::unchanged:
            break;
    }
    return open;
}

Amendment work_out(const ExchangeImpl& exchange, const MarketDesk& desk, SlotIndex slot,
                   const AmendOrder& command) {
    const OrderSlot& order = exchange.orders.slot(slot);
    const FeeRates& rates = desk.fee_schedules[order.fee_schedule];
    const QuantityLots filled = QuantityLots{exchange.orders.details(slot).original_quantity} - order.open();
    Amendment amendment;
    amendment.price_before = desk.book.price_of(order);
    amendment.price = command.price.raw == 0 ? amendment.price_before : command.price;
    amendment.leaves = leaves_after(command, order.open(), filled);
    amendment.quantity = filled + amendment.leaves;
    amendment.held_per_unit = hold_per_unit(desk.market, order.side, amendment.price_before, rates);
    amendment.hold_per_unit = hold_per_unit(desk.market, order.side, amendment.price, rates);
    amendment.keeps_priority =
        !command.requeue && amendment.price == amendment.price_before && amendment.leaves < order.open();
    return amendment;
}

/// The rules of an amendment that loses priority: those of a new order, with the old hold set free.
Result<void, RejectReason> check_requeue(const ExchangeImpl& exchange, const MarketDesk& desk, SlotIndex slot,
                                         const Amendment& amendment) {
    const OrderSlot& order = exchange.orders.slot(slot);
    if (const auto price = check_price(desk.market, amendment.price); !price) return price;
    if (const auto notional = check_notional(desk.market, amendment.price, amendment.quantity); !notional)
        return notional;
    if (exchange.orders.details(slot).post_only && desk.book.crosses(order.side, amendment.price)) {
        return Unexpected{RejectReason::post_only_would_take};
    }
    const Amount freed{amendment.held_per_unit.raw * order.leaves};
    return check_funds(exchange.ledger, order.account, paying_asset(desk.market, order.side), freed,
                       static_cast<Int128>(amendment.hold_per_unit.raw) * amendment.leaves.raw);
}

/// Whether `command` may be done to the caller's order in `slot`; if so, what comes of it. Nothing changes.
Result<Amendment, RejectReason> check_amend(ExchangeImpl& exchange, const AmendOrder& command,
                                            SlotIndex slot) {
    if (exchange.account(command.account).frozen) return Unexpected{RejectReason::account_frozen};
    if (!slot) return Unexpected{RejectReason::unknown_order};
    const MarketDesk& desk = desk_of(exchange, exchange.orders.slot(slot));
    if (desk.market.state != MarketState::trading) return Unexpected{RejectReason::market_halted};
    const bool changes_quantity = command.quantity_change != QuantityChange::unchanged;
    if (!changes_quantity && command.price.raw == 0 && !command.requeue) {
        return Unexpected{RejectReason::nothing_to_amend};
    }
    if (command.price.raw < 0) return Unexpected{RejectReason::invalid_price};
    if (changes_quantity) {
        if (const auto quantity = check_quantity(desk.market, command.quantity); !quantity)
            return Unexpected{quantity.error()};
    }
    const Amendment amendment = work_out(exchange, desk, slot, command);
    if (amendment.leaves.raw <= 0) return amendment;  // cancels
    if (amendment.quantity.raw > order_quantity_max) return Unexpected{RejectReason::quantity_too_large};
    if (amendment.keeps_priority) return amendment;
    if (const auto checked = check_requeue(exchange, desk, slot, amendment); !checked)
        return Unexpected{checked.error()};
    return amendment;
}

/// Tells of the amendment, and gives `released` back.
void announce(ExchangeImpl& exchange, MarketDesk& desk, const OrderSlot& order, const Amendment& amendment,
              Amount released, const Applying& now) {
    OrderAmended& event = now.events.add<OrderAmended>();
    event.market = desk.market.id;
    event.update = desk.next_update();
    event.order = order.id;
    event.account = order.account;
    event.side = order.side;
    event.lost_priority = amendment.keeps_priority ? 0 : 1;
    event.account_sequence = exchange.account(order.account).next_sequence();
    event.price_before = amendment.price_before;
    event.price = amendment.price;
    event.leaves_before = order.open();
    event.leaves = amendment.leaves;
    event.quantity = amendment.quantity;
    event.released = released;
    exchange.ledger.release(order.account, paying_asset(desk.market, order.side), released);
}

void reduce_in_place(ExchangeImpl& exchange, MarketDesk& desk, SlotIndex slot, const Amendment& amendment,
                     const Applying& now) {
    const OrderSlot& order = exchange.orders.slot(slot);
    const QuantityLots taken_off = order.open() - amendment.leaves;
    announce(exchange, desk, order, amendment, {amendment.held_per_unit.raw * taken_off.raw}, now);
    desk.book.reduce(slot, taken_off);
    exchange.orders.details(slot).original_quantity = static_cast<std::uint32_t>(amendment.quantity.raw);
}

/// Takes the order out and places it anew under its id: behind its new price, or against the book.
void requeue(ExchangeImpl& exchange, MarketDesk& desk, SlotIndex slot, const Amendment& amendment,
             const Applying& now) {
    const OrderSlot& order = exchange.orders.slot(slot);
    OrderDetails& details = exchange.orders.details(slot);
    announce(exchange, desk, order, amendment, {amendment.held_per_unit.raw * order.leaves}, now);
    desk.book.remove(slot);
    details.original_quantity = static_cast<std::uint32_t>(amendment.quantity.raw);

    Taker taker;
    taker.id = order.id;
    taker.account = order.account;
    taker.side = order.side;
    taker.kind = details.kind;
    taker.time_in_force = details.time_in_force;
    taker.post_only = details.post_only;
    taker.rests = true;  // it did
    taker.fee_schedule = order.fee_schedule;
    taker.client_entry = details.client_entry;
    taker.slot = slot;
    taker.fees = desk.fee_schedules[order.fee_schedule];
    taker.price = amendment.price;
    taker.quantity = amendment.quantity;
    taker.leaves = amendment.leaves;
    taker.hold_per_unit = amendment.hold_per_unit;
    trade_and_rest(exchange, desk, taker, now);
}

}  // namespace

void amend_order(ExchangeImpl& exchange, const AmendOrder& command, const Applying& now) {
    const auto refuse = [&](RejectReason reason) {
        ExchangeImpl::refuse(reason, command.account, {}, now, command.order);
    };
    if (exchange.find_account(command.account) == nullptr) return refuse(RejectReason::unknown_account);
    if (!command.request_id.empty() &&
        answered_before(exchange, command.account, command.request_id, content_of(command),
                        DuplicatePolicy::return_first, now))
        return;
    if (const auto request = check_request(exchange, command.account, command.request_id, now); !request) {
        return refuse(request.error());
    }
    const SlotIndex slot = find_own_order(exchange, command.account, command.order);
    const auto amendment = check_amend(exchange, command, slot);
    if (!amendment) return refuse(amendment.error());
    if (!command.request_id.empty()) {
        remember_request(exchange, command.account, command.request_id, content_of(command), command.order,
                         false, now);
    }
    if (amendment->leaves.raw <= 0)
        return end_resting_order(exchange, slot, EndCause::reduced_to_nothing, now);
    MarketDesk& desk = desk_of(exchange, exchange.orders.slot(slot));
    if (amendment->keeps_priority) return reduce_in_place(exchange, desk, slot, *amendment, now);
    requeue(exchange, desk, slot, *amendment, now);
}

}  // namespace sauda::core
