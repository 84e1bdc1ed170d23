#include "core/trading.h"

#include "core/order_rules.h"
#include "core/resting.h"
#include "core/retries.h"
#include "core/taker.h"

namespace sauda::core {

using base::Result;
using base::Unexpected;

namespace {

void announce(OrderAccepted& event, const PlaceOrder& order, const Taker& taker) {
    event.account = order.account;
    event.order = taker.id;
    event.market = order.market;
    event.side = order.side;
    event.kind = order.kind;
    event.time_in_force = order.time_in_force;
    event.post_only = order.post_only ? 1 : 0;
    event.price = taker.price;
    event.quantity = order.quantity;
    event.quote_quantity = order.quote_quantity;
    event.fees = taker.fees;
    if (!order.client_order_id.empty()) event.client_order_id = order.client_order_id;
}

/// The checked order comes in: from here on nothing can refuse it. `request` and `target` are what its client
/// order id is remembered for.
void accept(ExchangeImpl& exchange, const PlaceOrder& order, std::uint8_t request, OrderId target,
            Amount hold_per_unit, const Applying& now) {
    MarketDesk& desk = *exchange.find_market(order.market);
    Taker taker;
    taker.id = exchange.next_order_id();
    taker.account = order.account;
    taker.side = order.side;
    taker.kind = order.kind;
    taker.time_in_force = order.time_in_force;
    taker.post_only = order.post_only;
    taker.rests = order.kind == OrderKind::limit && order.time_in_force == TimeInForce::gtc;
    taker.fee_schedule = desk.fee_schedule();
    taker.fees = desk.market.spec.fees;
    taker.price = order.kind == OrderKind::limit ? order.price : PriceTicks{};
    taker.quantity = order.quantity;
    taker.is_quote_bound = order.quote_quantity.raw != 0;
    taker.quote_left = order.quote_quantity;
    taker.leaves = taker.is_quote_bound ? QuantityLots{order_quantity_max} : order.quantity;
    taker.hold_per_unit = hold_per_unit;
    if (!order.client_order_id.empty()) {
        taker.client_entry = remember_request(exchange, order.account, order.client_order_id,
                                              content_of(order, request, target), taker.id, true, now);
    }
    OrderAccepted& event = now.events.add<OrderAccepted>();
    event.account_sequence = exchange.account(order.account).next_sequence();
    announce(event, order, taker);
    trade_and_rest(exchange, desk, taker, now);
}

/// What a replacement must meet beyond the rules of a new order, and what it sets free.
Result<FreedHold, RejectReason> check_replaced(ExchangeImpl& exchange, const ReplaceOrder& command,
                                               SlotIndex slot) {
    if (!slot) return Unexpected{RejectReason::unknown_order};
    const OrderSlot& order = exchange.orders.slot(slot);
    const MarketDesk& desk = desk_of(exchange, order);
    // One market and one side, as in FIX: so the order that goes cannot stand in the way of the one that
    // comes.
    const bool fits = desk.market.id == command.place.market && order.side == command.place.side;
    if (!fits) return Unexpected{RejectReason::invalid_combination};
    return FreedHold{hold_of_resting(desk, order, order.open()), 1};
}

Result<Amount, RejectReason> check_replace(ExchangeImpl& exchange, const ReplaceOrder& command,
                                           SlotIndex slot, const Applying& now) {
    const PlaceOrder& place = command.place;
    if (const auto request = check_request(exchange, place.account, place.client_order_id, now); !request)
        return Unexpected{request.error()};
    const auto freed = check_replaced(exchange, command, slot);
    if (!freed) return Unexpected{freed.error()};
    return check_place(exchange, place, *freed);
}

}  // namespace

SlotIndex find_own_order(const ExchangeImpl& exchange, AccountId account, OrderId order) {
    const SlotIndex slot = exchange.directory.find(order);
    if (!slot || exchange.orders.slot(slot).account != account) return {};
    return slot;
}

void place_order(ExchangeImpl& exchange, const PlaceOrder& command, const Applying& now) {
    const auto refuse = [&](RejectReason reason) {
        ExchangeImpl::refuse(reason, command.account, command.market, now);
    };
    if (exchange.find_account(command.account) == nullptr) return refuse(RejectReason::unknown_account);
    if (!command.client_order_id.empty() &&
        answered_before(exchange, command.account, command.client_order_id,
                        content_of(command, request_of<PlaceOrder>(), {}), command.on_duplicate, now))
        return;
    if (const auto request = check_request(exchange, command.account, command.client_order_id, now);
        !request) {
        return refuse(request.error());
    }
    const auto hold_per_unit = check_place(exchange, command, {});
    if (!hold_per_unit) return refuse(hold_per_unit.error());
    accept(exchange, command, request_of<PlaceOrder>(), {}, *hold_per_unit, now);
}

void cancel_order(ExchangeImpl& exchange, const CancelOrder& command, const Applying& now) {
    const auto refuse = [&](RejectReason reason) {
        ExchangeImpl::refuse(reason, command.account, {}, now, command.order);
    };
    if (exchange.find_account(command.account) == nullptr) return refuse(RejectReason::unknown_account);
    OrderId order = command.order;
    if (!order) {
        const ClientOrderIds::Entry entry =
            exchange.client_orders.find(command.account, command.client_order_id);
        // The id of an amendment names that request, not the order.
        const bool names_order =
            entry != 0 && exchange.client_orders[entry].content.request != request_of<AmendOrder>();
        if (names_order) order = exchange.client_orders[entry].order;
    }
    const SlotIndex slot = find_own_order(exchange, command.account, order);
    if (!slot) return refuse(RejectReason::unknown_order);
    end_resting_order(exchange, slot, EndCause::canceled_by_owner, now);
}

void cancel_all(ExchangeImpl& exchange, const CancelAll& command, const Applying& now) {
    const auto refuse = [&](RejectReason reason) {
        ExchangeImpl::refuse(reason, command.account, command.market, now);
    };
    const AccountDesk* account = exchange.find_account(command.account);
    if (account == nullptr) return refuse(RejectReason::unknown_account);
    if (command.market && exchange.find_market(command.market) == nullptr)
        return refuse(RejectReason::unknown_market);
    for (SlotIndex slot = account->first_open; slot;) {
        const SlotIndex next = exchange.orders.details(slot).account_next;
        const OrderSlot& order = exchange.orders.slot(slot);
        if (!command.market || exchange.levels.market_of(order.level) == command.market) {
            end_resting_order(exchange, slot, EndCause::canceled_all, now);
        }
        slot = next;
    }
}

void replace_order(ExchangeImpl& exchange, const ReplaceOrder& command, const Applying& now) {
    const PlaceOrder& place = command.place;
    const auto refuse = [&](RejectReason reason) {
        ExchangeImpl::refuse(reason, place.account, place.market, now, command.cancel);
    };
    if (exchange.find_account(place.account) == nullptr) return refuse(RejectReason::unknown_account);
    if (!place.client_order_id.empty() &&
        answered_before(exchange, place.account, place.client_order_id,
                        content_of(place, request_of<ReplaceOrder>(), command.cancel), place.on_duplicate,
                        now))
        return;
    const SlotIndex slot = find_own_order(exchange, place.account, command.cancel);
    const auto hold_per_unit = check_replace(exchange, command, slot, now);
    if (!hold_per_unit) return refuse(hold_per_unit.error());
    end_resting_order(exchange, slot, EndCause::replaced, now);
    accept(exchange, place, request_of<ReplaceOrder>(), command.cancel, *hold_per_unit, now);
}

}  // namespace sauda::core
