#include "core/trading.h"

#include "core/ledger/fees.h"
#include "core/order_rules.h"
#include "core/taker.h"

namespace sauda::core {

using base::Result;
using base::Unexpected;

namespace {

/// The index of a command in CommandBody, as RequestContent keeps it.
template <class C>
constexpr std::uint8_t request_of() {
    return static_cast<std::uint8_t>(CommandBody(C{}).index());
}

RequestContent content_of(const PlaceOrder& order, std::uint8_t request, OrderId target) {
    RequestContent content;
    content.request = request;
    content.side = order.side;
    content.kind = order.kind;
    content.time_in_force = order.time_in_force;
    content.post_only = order.post_only ? 1 : 0;
    content.on_duplicate = static_cast<std::uint8_t>(order.on_duplicate);
    content.market = order.market;
    content.price = order.price;
    content.quantity = order.quantity;
    content.quote_quantity = order.quote_quantity;
    content.target = target;
    return content;
}

RequestContent content_of(const AmendOrder& amend) {
    RequestContent content;
    content.request = request_of<AmendOrder>();
    content.quantity_change = amend.quantity_change;
    content.requeue = amend.requeue ? 1 : 0;
    content.price = amend.price;
    content.quantity = amend.quantity;
    content.target = amend.order;
    return content;
}

/// What a client order id that is remembered means for a request with `content`: a retry, told the first
/// outcome; or a conflict. False when the id is free to be used.
bool answered_before(ExchangeImpl& exchange, AccountId account, const ClientOrderId& id,
                     const RequestContent& content, DuplicatePolicy policy, const Applying& now) {
    const ClientOrderIds::Entry entry = exchange.client_orders.find(account, id);
    if (entry == 0) return false;
    const ClientOrderRecord& before = exchange.client_orders[entry];
    if (policy == DuplicatePolicy::refuse_if_open) {
        if (!before.open) return false;
        ExchangeImpl::refuse(RejectReason::client_order_id_open, account, content.market, now, before.order);
        return true;
    }
    if (before.content != content) {
        ExchangeImpl::refuse(RejectReason::client_order_id_conflict, account, content.market, now,
                             before.order);
        return true;
    }
    Repeated repeated;
    repeated.account = account;
    repeated.first = before.first;
    repeated.order = before.order;
    now.events.append(repeated);
    return true;
}

/// Rules about the request rather than the order: a sound client order id with room to remember it, and the
/// deadline.
Result<void, RejectReason> check_request(const ExchangeImpl& exchange, AccountId account,
                                         const ClientOrderId& id, const Applying& now) {
    if (now.deadline.raw != 0 && now.stamp.time > now.deadline) {
        return Unexpected{RejectReason::expired_before_sequencing};
    }
    if (id.empty()) return {};
    if (!is_valid_client_order_id(id.view())) return Unexpected{RejectReason::invalid_client_order_id};
    const bool is_full = exchange.client_orders.count(account) >= client_order_ids_per_account_max &&
                         exchange.client_orders.find(account, id) == 0;
    if (is_full) return Unexpected{RejectReason::idempotency_window_full};
    return {};
}

ClientOrderIds::Entry remember_request(ExchangeImpl& exchange, AccountId account, const ClientOrderId& id,
                                       const RequestContent& content, OrderId order, bool open,
                                       const Applying& now) {
    if (id.empty()) return 0;
    ClientOrderRecord record;
    record.account = account;
    record.client_order_id = id;
    record.content = content;
    record.order = order;
    record.first = now.stamp.sequence;
    record.open = open;
    return exchange.client_orders.remember(record, now.stamp.time);
}

void announce(const Taker& taker, const PlaceOrder& order, AccountDesk& account, const Applying& now) {
    OrderAccepted event;
    event.account = taker.account;
    event.account_sequence = account.next_sequence();
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
    event.client_order_id = order.client_order_id;
    now.events.append(event);
}

/// The checked order comes in: from here on nothing can refuse it.
void accept(ExchangeImpl& exchange, const PlaceOrder& order, const RequestContent& content,
            const Applying& now) {
    MarketDesk& desk = *exchange.find_market(order.market);
    Taker taker;
    taker.id = exchange.next_order_id();
    taker.account = order.account;
    taker.side = order.side;
    taker.kind = order.kind;
    taker.time_in_force = order.time_in_force;
    taker.post_only = order.post_only;
    taker.fee_schedule = desk.fee_schedule();
    taker.fees = desk.market.spec.fees;
    taker.price = order.kind == OrderKind::limit ? order.price : PriceTicks{};
    taker.quantity = order.quantity;
    taker.is_quote_bound = order.quote_quantity.raw != 0;
    taker.quote_left = order.quote_quantity;
    taker.leaves = taker.is_quote_bound ? QuantityLots{order_quantity_max} : order.quantity;
    taker.client_entry =
        remember_request(exchange, order.account, order.client_order_id, content, taker.id, true, now);
    announce(taker, order, exchange.account(order.account), now);
    trade_and_rest(exchange, desk, taker, now);
}

/// The caller's own open order, or none: another account's order is as unknown as one that never was.
SlotIndex find_own_order(const ExchangeImpl& exchange, AccountId account, OrderId order) {
    const SlotIndex slot = exchange.directory.find(order);
    if (!slot || exchange.orders.slot(slot).account != account) return {};
    return slot;
}

MarketDesk& desk_of(ExchangeImpl& exchange, const OrderSlot& order) {
    return *exchange.find_market(exchange.levels.market_of(order.level));
}

Amount hold_of_resting(const MarketDesk& desk, const OrderSlot& order, QuantityLots leaves) {
    const FeeRates& rates = desk.fee_schedules[order.fee_schedule];
    return {static_cast<std::int64_t>(
        hold_of(desk.market, order.side, desk.book.price_of(order), leaves, rates))};
}

/// An amendment worked out: what the order will be.
struct Amendment {
    PriceTicks price;
    QuantityLots leaves;
    QuantityLots quantity;  // in all
    bool keeps_priority = false;
};

Amendment work_out(const ExchangeImpl& exchange, const MarketDesk& desk, SlotIndex slot,
                   const AmendOrder& command) {
    const OrderSlot& order = exchange.orders.slot(slot);
    const QuantityLots total{exchange.orders.details(slot).original_quantity};
    const QuantityLots filled = total - order.open();
    const PriceTicks price_before = desk.book.price_of(order);
    Amendment amendment;
    amendment.price = command.price.raw == 0 ? price_before : command.price;
    switch (command.quantity_change) {
        case QuantityChange::unchanged:
            amendment.leaves = order.open();
            break;
        case QuantityChange::total:
            amendment.leaves = command.quantity - filled;
            break;
        case QuantityChange::leaves:
            amendment.leaves = command.quantity;
            break;
        case QuantityChange::reduce_by:
            amendment.leaves = order.open() - command.quantity;
            break;
    }
    amendment.quantity = filled + amendment.leaves;
    amendment.keeps_priority =
        !command.requeue && amendment.price == price_before && amendment.leaves < order.open();
    return amendment;
}

/// The rules of an amendment that loses priority: those of a new order, with the old hold set free.
Result<void, RejectReason> check_requeue(const ExchangeImpl& exchange, const MarketDesk& desk, SlotIndex slot,
                                         const Amendment& amendment) {
    const OrderSlot& order = exchange.orders.slot(slot);
    const FeeRates& rates = desk.fee_schedules[order.fee_schedule];
    if (const auto price = check_price(desk.market, amendment.price); !price) return price;
    if (const auto notional = check_notional(desk.market, amendment.price, amendment.quantity); !notional)
        return notional;
    if (exchange.orders.details(slot).post_only && desk.book.crosses(order.side, amendment.price)) {
        return Unexpected{RejectReason::post_only_would_take};
    }
    const Balance balance = exchange.ledger.balance(order.account, paying_asset(desk.market, order.side));
    const Int128 funds = Int128{balance.available.raw} + hold_of_resting(desk, order, order.open()).raw;
    if (hold_of(desk.market, order.side, amendment.price, amendment.leaves, rates) > funds) {
        return Unexpected{RejectReason::insufficient_funds};
    }
    return {};
}

Result<void, RejectReason> check_amend(ExchangeImpl& exchange, const AmendOrder& command, SlotIndex slot) {
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
        if (const auto quantity = check_quantity(desk.market, command.quantity); !quantity) return quantity;
    }
    const Amendment amendment = work_out(exchange, desk, slot, command);
    if (amendment.leaves.raw <= 0) return {};  // cancels
    if (amendment.quantity.raw > order_quantity_max) return Unexpected{RejectReason::quantity_too_large};
    if (amendment.keeps_priority) return {};
    return check_requeue(exchange, desk, slot, amendment);
}

OrderAmended amended_event(const MarketDesk& desk, const OrderSlot& order, const Amendment& amendment) {
    OrderAmended event;
    event.market = desk.market.id;
    event.order = order.id;
    event.account = order.account;
    event.side = order.side;
    event.price_before = desk.book.price_of(order);
    event.price = amendment.price;
    event.leaves_before = order.open();
    event.leaves = amendment.leaves;
    event.quantity = amendment.quantity;
    return event;
}

void reduce_in_place(ExchangeImpl& exchange, MarketDesk& desk, SlotIndex slot, const Amendment& amendment,
                     const Applying& now) {
    const OrderSlot& order = exchange.orders.slot(slot);
    const QuantityLots taken_off = order.open() - amendment.leaves;
    OrderAmended event = amended_event(desk, order, amendment);
    event.update = desk.next_update();
    event.account_sequence = exchange.account(order.account).next_sequence();
    event.released = hold_of_resting(desk, order, taken_off);
    desk.book.reduce(slot, taken_off);
    exchange.orders.details(slot).original_quantity = static_cast<std::uint32_t>(amendment.quantity.raw);
    exchange.ledger.release(order.account, paying_asset(desk.market, order.side), event.released);
    now.events.append(event);
}

/// Takes the order out and places it anew under its id: behind its new price, or against the book.
void requeue(ExchangeImpl& exchange, MarketDesk& desk, SlotIndex slot, const Amendment& amendment,
             const Applying& now) {
    const OrderSlot& order = exchange.orders.slot(slot);
    OrderDetails& details = exchange.orders.details(slot);
    OrderAmended event = amended_event(desk, order, amendment);
    event.update = desk.next_update();
    event.lost_priority = 1;
    event.account_sequence = exchange.account(order.account).next_sequence();
    event.released = hold_of_resting(desk, order, order.open());
    desk.book.remove(slot);
    details.original_quantity = static_cast<std::uint32_t>(amendment.quantity.raw);
    exchange.ledger.release(order.account, paying_asset(desk.market, order.side), event.released);
    now.events.append(event);

    Taker taker;
    taker.id = order.id;
    taker.account = order.account;
    taker.side = order.side;
    taker.kind = details.kind;
    taker.time_in_force = details.time_in_force;
    taker.post_only = details.post_only;
    taker.fee_schedule = order.fee_schedule;
    taker.fees = desk.fee_schedules[order.fee_schedule];
    taker.price = amendment.price;
    taker.quantity = amendment.quantity;
    taker.leaves = amendment.leaves;
    taker.client_entry = details.client_entry;
    taker.slot = slot;
    trade_and_rest(exchange, desk, taker, now);
}

void apply_amendment(ExchangeImpl& exchange, const AmendOrder& command, SlotIndex slot, const Applying& now) {
    MarketDesk& desk = desk_of(exchange, exchange.orders.slot(slot));
    const Amendment amendment = work_out(exchange, desk, slot, command);
    if (amendment.leaves.raw <= 0)
        return end_resting_order(exchange, slot, EndCause::reduced_to_nothing, now);
    if (amendment.keeps_priority) return reduce_in_place(exchange, desk, slot, amendment, now);
    requeue(exchange, desk, slot, amendment, now);
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

Result<void, RejectReason> check_replace(ExchangeImpl& exchange, const ReplaceOrder& command, SlotIndex slot,
                                         const Applying& now) {
    const PlaceOrder& place = command.place;
    if (const auto request = check_request(exchange, place.account, place.client_order_id, now); !request)
        return request;
    const auto freed = check_replaced(exchange, command, slot);
    if (!freed) return Unexpected{freed.error()};
    return check_place(exchange, place, *freed);
}

}  // namespace

void end_resting_order(ExchangeImpl& exchange, SlotIndex slot, EndCause cause, const Applying& now) {
    const OrderSlot& order = exchange.orders.slot(slot);
    MarketDesk& desk = desk_of(exchange, order);
    OrderEnded event;
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
    desk.book.remove(slot);
    exchange.ledger.release(order.account, paying_asset(desk.market, order.side), event.released);
    forget_open_order(exchange, slot, now.stamp.time);
    now.events.append(event);
}

void place_order(ExchangeImpl& exchange, const PlaceOrder& command, const Applying& now) {
    const auto refuse = [&](RejectReason reason) {
        ExchangeImpl::refuse(reason, command.account, command.market, now);
    };
    if (exchange.find_account(command.account) == nullptr) return refuse(RejectReason::unknown_account);
    const RequestContent content = content_of(command, request_of<PlaceOrder>(), {});
    if (answered_before(exchange, command.account, command.client_order_id, content, command.on_duplicate,
                        now))
        return;
    if (const auto request = check_request(exchange, command.account, command.client_order_id, now);
        !request) {
        return refuse(request.error());
    }
    if (const auto checked = check_place(exchange, command, {}); !checked) return refuse(checked.error());
    accept(exchange, command, content, now);
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

void amend_order(ExchangeImpl& exchange, const AmendOrder& command, const Applying& now) {
    const auto refuse = [&](RejectReason reason) {
        ExchangeImpl::refuse(reason, command.account, {}, now, command.order);
    };
    if (exchange.find_account(command.account) == nullptr) return refuse(RejectReason::unknown_account);
    const RequestContent content = content_of(command);
    if (answered_before(exchange, command.account, command.request_id, content, DuplicatePolicy::return_first,
                        now))
        return;
    if (const auto request = check_request(exchange, command.account, command.request_id, now); !request) {
        return refuse(request.error());
    }
    const SlotIndex slot = find_own_order(exchange, command.account, command.order);
    if (const auto checked = check_amend(exchange, command, slot); !checked) return refuse(checked.error());
    remember_request(exchange, command.account, command.request_id, content, command.order, false, now);
    apply_amendment(exchange, command, slot, now);
}

void replace_order(ExchangeImpl& exchange, const ReplaceOrder& command, const Applying& now) {
    const PlaceOrder& place = command.place;
    const auto refuse = [&](RejectReason reason) {
        ExchangeImpl::refuse(reason, place.account, place.market, now, command.cancel);
    };
    if (exchange.find_account(place.account) == nullptr) return refuse(RejectReason::unknown_account);
    const RequestContent content = content_of(place, request_of<ReplaceOrder>(), command.cancel);
    if (answered_before(exchange, place.account, place.client_order_id, content, place.on_duplicate, now))
        return;
    const SlotIndex slot = find_own_order(exchange, place.account, command.cancel);
    if (const auto checked = check_replace(exchange, command, slot, now); !checked)
        return refuse(checked.error());
    end_resting_order(exchange, slot, EndCause::replaced, now);
    accept(exchange, place, content, now);
}

}  // namespace sauda::core
