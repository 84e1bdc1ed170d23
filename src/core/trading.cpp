#include "core/trading.h"

#include "core/order_rules.h"
#include "core/resting.h"
#include "core/retries.h"
#include "core/taker.h"

namespace sauda::core {

using base::Result;
using base::Unexpected;

namespace {

/// An order that passed every check, on its way in.
struct Arrival {
    Account& owner;
    MarketDesk& desk;
    const PlaceOrder& order;
    OrderId id;
    ClientOrderIds::Entry client_entry;
    /// The order's; apart, so that who knows that there is none can say so.
    const ClientOrderId& client_order_id;

    /// The options of an order of `kind`, which is the order's.
    OrderTerms terms(OrderKind kind) const { return {kind, order.time_in_force, order.post_only}; }
};

/// Tells that the order came in, which is of `kind`. Where it `rests` whole, the caller fills in how.
RestedPart* announce(const Arrival& arrival, OrderKind kind, bool rests, Applying now) {
    const auto& [owner, desk, order, id, client_entry, client_order_id] = arrival;
    using R = AcceptedRecord;
    const auto bits =
        static_cast<std::uint16_t>(R::terms::put(arrival.terms(kind).raw()) | R::side::put(order.side));
    const Amount quote_quantity = kind == OrderKind::limit ? Amount{} : order.quote_quantity;
    const auto [record, rested] = now.events.add_accepted(bits, rests, quote_quantity, client_order_id);
    record.market = order.market;
    record.order = id;
    record.account = order.account;
    record.quantity = static_cast<std::uint32_t>(order.quantity.raw);
    record.account_sequence = owner.next_sequence();
    record.price = kind == OrderKind::limit ? order.price : PriceTicks{};
    record.fees = desk.market.spec.fees;
    return rested;
}

/// Rests a limit order that nothing in the book is for it to trade with.
void rest_whole(ExchangeImpl& exchange, const Arrival& arrival, const Funding& funding, Applying now) {
    const auto& [owner, desk, order, id, client_entry, client_order_id] = arrival;
    RestedPart* rested = announce(arrival, OrderKind::limit, true, now);
    const SlotIndex slot = take_slot(exchange, id, owner);
    OrderSlot& resting = exchange.books.orders.slot(slot);
    resting.leaves = resting.quantity = static_cast<std::uint32_t>(order.quantity.raw);
    resting.fee_schedule = desk.fee_schedule();
    resting.side = order.side;
    resting.terms = arrival.terms(OrderKind::limit);
    resting.client_entry = client_entry;
    resting.hold_per_unit = funding.hold_per_unit;
    resting.accepted = exchange.last.time;
    rested->update = desk.next_update();
    rested->held = resting.hold_of(order.quantity);
    ASSERT(funding.row != nullptr);
    funding.row->hold(rested->held);
    desk.book.rest(slot, order.price);
}

/// What all takers have.
Taker taker_of(const Arrival& arrival, OrderKind kind) {
    Taker taker;
    taker.id = arrival.id;
    taker.owner = &arrival.owner;
    taker.side = arrival.order.side;
    taker.terms = arrival.terms(kind);
    taker.fee_schedule = arrival.desk.fee_schedule();
    taker.client_entry = arrival.client_entry;
    taker.fees = arrival.desk.market.spec.fees;
    taker.quantity = arrival.order.quantity;
    return taker;
}

/// Lets a limit order trade that can, or that may not rest.
void take(ExchangeImpl& exchange, const Arrival& arrival, Amount hold_per_unit, Applying now) {
    announce(arrival, OrderKind::limit, false, now);
    Taker taker = taker_of(arrival, OrderKind::limit);
    taker.rests = arrival.order.time_in_force == TimeInForce::gtc;
    taker.price = arrival.order.price;
    taker.leaves = arrival.order.quantity;
    taker.hold_per_unit = hold_per_unit;
    trade_and_rest(exchange, arrival.desk, taker, now);
}

/// Lets a market order trade.
[[gnu::noinline]] void take_at_any_price(ExchangeImpl& exchange, Arrival arrival, Applying now) {
    announce(arrival, OrderKind::market, false, now);
    Taker taker = taker_of(arrival, OrderKind::market);
    taker.quote_left = arrival.order.quote_quantity;
    taker.is_quote_bound = taker.quote_left.raw != 0;
    taker.leaves = taker.is_quote_bound ? QuantityLots{order_quantity_max} : arrival.order.quantity;
    trade_and_rest(exchange, arrival.desk, taker, now);
}

/// The checked order comes in: from here on nothing can refuse it.
void accept(ExchangeImpl& exchange, const Arrival& arrival, const Funding& funding, Applying now) {
    const PlaceOrder& order = arrival.order;
    if (order.kind != OrderKind::limit) return take_at_any_price(exchange, arrival, now);
    const bool rests_whole =
        order.time_in_force == TimeInForce::gtc && !arrival.desk.book.crosses(order.side, order.price);
    if (rests_whole) return rest_whole(exchange, arrival, funding, now);
    take(exchange, arrival, funding.hold_per_unit, now);
}

/// The same of an order that may bear a client order id, which is remembered for `request` and `target`.
void accept_request(ExchangeImpl& exchange, Account& owner, MarketDesk& desk, const PlaceOrder& order,
                    std::uint8_t request, OrderId target, const Funding& funding, Applying now) {
    const OrderId id = exchange.next_order_id();
    ClientOrderIds::Entry client_entry = 0;
    if (!order.client_order_id.empty()) {
        client_entry = remember_request(exchange, order.account, order.client_order_id,
                                        content_of(order, request, target), id, true);
    }
    accept(exchange, {owner, desk, order, id, client_entry, order.client_order_id}, funding, now);
}

/// Answers a request that is a retry, or that its deadline or its id refuses. False: it is to be carried out.
[[gnu::noinline]] bool is_answered(ExchangeImpl& exchange, const PlaceOrder& command, Applying now) {
    if (!command.client_order_id.empty() &&
        answered_before(exchange, command.account, command.client_order_id,
                        content_of(command, request_of<PlaceOrder>(), {}), command.on_duplicate, now))
        return true;
    const auto request = check_request(exchange, command.account, command.client_order_id, now);
    if (!request) ExchangeImpl::refuse(request.error(), command.account, command.market, now);
    return !request;
}

/// Places an order that nothing about its request speaks against. `come_in(MarketDesk&, const Funding&)` is
/// called once it is checked.
template <class ComeIn>
void place(ExchangeImpl& exchange, const PlaceOrder& command, Account& owner, Applying now, ComeIn come_in) {
    MarketDesk* desk = exchange.find_market(command.market);
    const auto funding = check_place(exchange, owner, desk, command, {});
    if (!funding) return ExchangeImpl::refuse(funding.error(), command.account, command.market, now);
    come_in(*desk, *funding);
}

/// The same of one that bears a client order id or a deadline. Apart, so that the many that bear neither find
/// nothing on their way that might have changed anything.
[[gnu::noinline]] void place_on_request(ExchangeImpl& exchange, const PlaceOrder& command, Account& owner,
                                        Applying now) {
    if (is_answered(exchange, command, now)) return;
    place(exchange, command, owner, now, [&](MarketDesk& desk, const Funding& funding) {
        accept_request(exchange, owner, desk, command, request_of<PlaceOrder>(), {}, funding, now);
    });
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
                                            const ReplaceOrder& command, SlotIndex slot, Applying now) {
    const PlaceOrder& place = command.place;
    if (const auto request = check_request(exchange, place.account, place.client_order_id, now); !request)
        return Unexpected{request.error()};
    const auto freed = check_replaced(exchange, command, slot);
    if (!freed) return Unexpected{freed.error()};
    return check_place(exchange, owner, desk, place, *freed);
}

}  // namespace

SlotIndex find_own_order(const ExchangeImpl& exchange, AccountId account, OrderId order) {
    const SlotIndex slot = exchange.find_order(order);
    return owns(exchange, account, slot) ? slot : SlotIndex{};
}

void place_order(ExchangeImpl& exchange, const PlaceOrder& command, Applying now) {
    static constexpr ClientOrderId none;
    Account* owner = exchange.find_account(command.account);
    if (owner == nullptr)
        return ExchangeImpl::refuse(RejectReason::unknown_account, command.account, command.market, now);
    if (!is_plain(command.client_order_id, now)) return place_on_request(exchange, command, *owner, now);
    place(exchange, command, *owner, now, [&](MarketDesk& desk, const Funding& funding) {
        accept(exchange, {*owner, desk, command, exchange.next_order_id(), 0, none}, funding, now);
    });
}

void cancel_order(ExchangeImpl& exchange, const CancelOrder& command, Applying now) {
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

void cancel_all(ExchangeImpl& exchange, const CancelAll& command, Applying now) {
    const auto refuse = [&](RejectReason reason) {
        ExchangeImpl::refuse(reason, command.account, command.market, now);
    };
    const Account* account = exchange.find_account(command.account);
    if (account == nullptr) return refuse(RejectReason::unknown_account);
    if (command.market && exchange.find_market(command.market) == nullptr)
        return refuse(RejectReason::unknown_market);
    end_resting_orders(exchange, *account, command.market, EndCause::canceled_all, now);
}

void replace_order(ExchangeImpl& exchange, const ReplaceOrder& command, Applying now) {
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
    accept_request(exchange, *owner, *desk, place, request_of<ReplaceOrder>(), command.cancel, *funding, now);
}

}  // namespace sauda::core
