#include "core/trading.h"

#include "core/order_rules.h"
#include "core/resting.h"
#include "core/retries.h"
#include "core/taker.h"

namespace sauda::core {

using base::Result;
using base::Unexpected;

namespace {

OrderTerms terms_of(const PlaceOrder& order) {
    return {order.kind, order.time_in_force, order.post_only};
}

/// Tells that the order came in. Where it `rests` whole, the caller fills in how.
RestedPart* announce(Account& owner, const MarketDesk& desk, const PlaceOrder& order, OrderId id, bool rests,
                     const Applying& now) {
    using R = AcceptedRecord;
    const auto bits =
        static_cast<std::uint16_t>(R::terms::put(terms_of(order).raw()) | R::side::put(order.side));
    const auto [record, rested] =
        now.events.add_accepted(bits, rests, order.quote_quantity, order.client_order_id);
    record.market = order.market;
    record.order = id;
    record.account = order.account;
    record.quantity = static_cast<std::uint32_t>(order.quantity.raw);
    record.account_sequence = owner.next_sequence();
    record.price = order.kind == OrderKind::limit ? order.price : PriceTicks{};
    record.fees = desk.market.spec.fees;
    return rested;
}

/// Rests an order that nothing in the book is for it to trade with.
void rest_whole(ExchangeImpl& exchange, Account& owner, MarketDesk& desk, const PlaceOrder& order, OrderId id,
                ClientOrderIds::Entry client_entry, const Funding& funding, const Applying& now) {
    RestedPart* rested = announce(owner, desk, order, id, true, now);
    const SlotIndex slot = take_slot(exchange, id, owner);
    OrderSlot& resting = exchange.books.orders.slot(slot);
    resting.leaves = resting.quantity = static_cast<std::uint32_t>(order.quantity.raw);
    resting.fee_schedule = desk.fee_schedule();
    resting.side = order.side;
    resting.terms = terms_of(order);
    resting.client_entry = client_entry;
    resting.hold_per_unit = funding.hold_per_unit;
    resting.accepted = now.stamp.time;
    rested->update = desk.next_update();
    rested->held = resting.hold_of(order.quantity);
    ASSERT(funding.row != nullptr);
    funding.row->hold(rested->held);
    desk.book.rest(slot, order.price);
}

/// Lets an order trade that can, or that cannot rest.
void take(ExchangeImpl& exchange, Account& owner, MarketDesk& desk, const PlaceOrder& order, OrderId id,
          ClientOrderIds::Entry client_entry, Amount hold_per_unit, const Applying& now) {
    announce(owner, desk, order, id, false, now);
    Taker taker;
    taker.id = id;
    taker.owner = &owner;
    taker.side = order.side;
    taker.terms = terms_of(order);
    taker.rests = order.kind == OrderKind::limit && order.time_in_force == TimeInForce::gtc;
    taker.fee_schedule = desk.fee_schedule();
    taker.client_entry = client_entry;
    taker.fees = desk.market.spec.fees;
    taker.price = order.kind == OrderKind::limit ? order.price : PriceTicks{};
    taker.quantity = order.quantity;
    taker.is_quote_bound = order.quote_quantity.raw != 0;
    taker.quote_left = order.quote_quantity;
    taker.leaves = taker.is_quote_bound ? QuantityLots{order_quantity_max} : order.quantity;
    taker.hold_per_unit = hold_per_unit;
    trade_and_rest(exchange, desk, taker, now);
}

/// The checked order comes in: from here on nothing can refuse it. `request` and `target` are what its client
/// order id is remembered for.
void accept(ExchangeImpl& exchange, Account& owner, MarketDesk& desk, const PlaceOrder& order,
            std::uint8_t request, OrderId target, const Funding& funding, const Applying& now) {
    const OrderId id = exchange.next_order_id();
    ClientOrderIds::Entry client_entry = 0;
    if (!order.client_order_id.empty()) {
        client_entry = remember_request(exchange, order.account, order.client_order_id,
                                        content_of(order, request, target), id, true, now);
    }
    const bool rests_whole = order.kind == OrderKind::limit && order.time_in_force == TimeInForce::gtc &&
                             !desk.book.crosses(order.side, order.price);
    if (rests_whole) return rest_whole(exchange, owner, desk, order, id, client_entry, funding, now);
    take(exchange, owner, desk, order, id, client_entry, funding.hold_per_unit, now);
}

/// Answers a request that is a retry, or that its deadline or its id refuses. False: it is to be carried out.
[[gnu::noinline]] bool is_answered(ExchangeImpl& exchange, const PlaceOrder& command, const Applying& now) {
    if (!command.client_order_id.empty() &&
        answered_before(exchange, command.account, command.client_order_id,
                        content_of(command, request_of<PlaceOrder>(), {}), command.on_duplicate, now))
        return true;
    const auto request = check_request(exchange, command.account, command.client_order_id, now);
    if (!request) ExchangeImpl::refuse(request.error(), command.account, command.market, now);
    return !request;
}

/// What a replacement must meet beyond the rules of a new order, and what it sets free.
Result<FreedHold, RejectReason> check_replaced(ExchangeImpl& exchange, const ReplaceOrder& command,
                                               SlotIndex slot) {
    if (!slot) return Unexpected{RejectReason::unknown_order};
    const OrderSlot& order = exchange.books.orders.slot(slot);
    const MarketDesk& desk = desk_of(exchange, order);
    // One market and one side, as in FIX: so the order that goes cannot stand in the way of the one that
    // comes.
    const bool fits = desk.market.id == command.place.market && order.side == command.place.side;
    if (!fits) return Unexpected{RejectReason::invalid_combination};
    return FreedHold{order.hold_of(order.open()), 1};
}

Result<Funding, RejectReason> check_replace(ExchangeImpl& exchange, Account& owner, const MarketDesk* desk,
                                            const ReplaceOrder& command, SlotIndex slot,
                                            const Applying& now) {
    const PlaceOrder& place = command.place;
    if (const auto request = check_request(exchange, place.account, place.client_order_id, now); !request)
        return Unexpected{request.error()};
    const auto freed = check_replaced(exchange, command, slot);
    if (!freed) return Unexpected{freed.error()};
    return check_place(exchange, owner, desk, place, *freed);
}

}  // namespace

SlotIndex find_own_order(const ExchangeImpl& exchange, AccountId account, OrderId order) {
    const SlotIndex slot = exchange.directory.find(order);
    return owns(exchange, account, slot) ? slot : SlotIndex{};
}

void place_order(ExchangeImpl& exchange, const PlaceOrder& command, const Applying& now) {
    const auto refuse = [&](RejectReason reason) {
        ExchangeImpl::refuse(reason, command.account, command.market, now);
    };
    Account* owner = exchange.find_account(command.account);
    if (owner == nullptr) return refuse(RejectReason::unknown_account);
    if (!is_plain(command.client_order_id, now) && is_answered(exchange, command, now)) return;
    MarketDesk* desk = exchange.find_market(command.market);
    const auto funding = check_place(exchange, *owner, desk, command, {});
    if (!funding) return refuse(funding.error());
    accept(exchange, *owner, *desk, command, request_of<PlaceOrder>(), {}, *funding, now);
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
    const Account* account = exchange.find_account(command.account);
    if (account == nullptr) return refuse(RejectReason::unknown_account);
    if (command.market && exchange.find_market(command.market) == nullptr)
        return refuse(RejectReason::unknown_market);
    end_resting_orders(exchange, *account, command.market, EndCause::canceled_all, now);
}

void replace_order(ExchangeImpl& exchange, const ReplaceOrder& command, const Applying& now) {
    const PlaceOrder& place = command.place;
    const auto refuse = [&](RejectReason reason) {
        ExchangeImpl::refuse(reason, place.account, place.market, now, command.cancel);
    };
    Account* owner = exchange.find_account(place.account);
    if (owner == nullptr) return refuse(RejectReason::unknown_account);
    if (!place.client_order_id.empty() &&
        answered_before(exchange, place.account, place.client_order_id,
                        content_of(place, request_of<ReplaceOrder>(), command.cancel), place.on_duplicate,
                        now))
        return;
    const SlotIndex slot = find_own_order(exchange, place.account, command.cancel);
    MarketDesk* desk = exchange.find_market(place.market);
    const auto funding = check_replace(exchange, *owner, desk, command, slot, now);
    if (!funding) return refuse(funding.error());
    end_resting_order(exchange, slot, EndCause::replaced, now);
    accept(exchange, *owner, *desk, place, request_of<ReplaceOrder>(), command.cancel, *funding, now);
}

}  // namespace sauda::core
