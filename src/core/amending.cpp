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
    PriceTicks price;
    QuantityLots leaves;
    QuantityLots quantity;  // in all
    // Of one that loses its priority:
    Amount hold_per_unit;  // as it will be
    Amount held_before;
    Amount held;  // if none of it trades
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

/// Works out leaves and quantity where `command` changes them, by the rules for them. Leaves of zero or less
/// cancel the order, whatever the quantity.
Result<void, RejectReason> check_new_quantity(const Market& market, const AmendOrder& command,
                                              Amendment& amendment) {
    if (const auto quantity = check_quantity(market, command.quantity); !quantity) return quantity;
    const QuantityLots filled = amendment.quantity - amendment.leaves;
    amendment.leaves = leaves_after(command, amendment.leaves, filled);
    amendment.quantity = filled + amendment.leaves;
    if (amendment.leaves.raw > 0 && amendment.quantity.raw > order_quantity_max) [[unlikely]]
        return Unexpected{RejectReason::quantity_too_large};
    return {};
}

/// The rules of every amendment of the caller's own resting order but for those of quantities. What comes of
/// it goes into `amendment`, but for its hold. (Field by field into the one amendment there is: a whole one
/// returned is copied through memory.) Nothing changes.
Result<void, RejectReason> check_amend(const AmendOrder& command, const RestingOrder& resting,
                                       Amendment& amendment) {
    if (resting.desk.market.state != MarketState::trading) [[unlikely]]
        return Unexpected{RejectReason::market_halted};
    const bool changes_quantity = command.quantity_change != QuantityChange::unchanged;
    if (!changes_quantity && command.price.raw == 0 && !command.requeue) [[unlikely]]
        return Unexpected{RejectReason::nothing_to_amend};
    if (command.price.raw < 0) [[unlikely]]
        return Unexpected{RejectReason::invalid_price};
    amendment.price = command.price.raw == 0 ? resting.price : command.price;
    amendment.leaves = resting.order.open();
    amendment.quantity = QuantityLots{resting.order.quantity};
    return {};
}

bool keeps_priority(const AmendOrder& command, const RestingOrder& resting, const Amendment& amendment) {
    return !command.requeue && amendment.price == resting.price && amendment.leaves < resting.order.open();
}

/// The rules of an amendment that loses priority: those of a new order, with the old hold set free. `funds`
/// are what the order holds of. Nothing changes.
Result<void, RejectReason> check_requeue(const RestingOrder& resting, const Balance& funds,
                                         Amendment& amendment) {
    const auto& [order, owner, desk, price_before, side] = resting;
    if (const auto price = check_price(desk.market, amendment.price); !price) return price;
    const auto unit_notional = check_notional(desk.market, amendment.price, amendment.quantity);
    if (!unit_notional) return Unexpected{unit_notional.error()};
    if (order.terms.post_only() && desk.book.crosses(side, amendment.price)) [[unlikely]]
        return Unexpected{RejectReason::post_only_would_take};
    amendment.hold_per_unit = desk.hold_per_unit(order.fee_schedule, side, *unit_notional);
    amendment.held_before = order.hold_of(order.open());
    amendment.held = times_or_most(amendment.hold_per_unit, amendment.leaves);
    if (!is_part_of(amendment.held, funds.available + amendment.held_before)) [[unlikely]]
        return Unexpected{RejectReason::insufficient_funds};
    return {};
}

/// Tells of the amendment. `behind` are bytes of parts behind the record.
AmendedRecord& announce(const RestingOrder& resting, const Amendment& amendment, Amount released,
                        std::uint16_t bits, Applying now, std::size_t behind = 0) {
    const OrderSlot& order = resting.order;
    AmendedRecord& record = now.events.add_bare<AmendedRecord>(
        static_cast<std::uint16_t>(bits | AmendedRecord::side::put(resting.side)), behind);
    record.market = resting.desk.market.id;
    record.order = order.id;
    record.account = order.account;
    record.leaves_before = order.leaves;
    record.leaves = static_cast<std::uint32_t>(amendment.leaves.raw);
    record.quantity = static_cast<std::uint32_t>(amendment.quantity.raw);
    record.update = resting.desk.next_update();
    record.account_sequence = resting.owner.next_sequence();
    record.price_before = resting.price;
    record.price = amendment.price;
    record.released = released;
    return record;
}

void reduce_in_place(ExchangeImpl& exchange, SlotIndex slot, const RestingOrder& resting,
                     const Amendment& amendment, Applying now) {
    OrderSlot& order = resting.order;
    const QuantityLots taken_off = order.open() - amendment.leaves;
    const Amount released = order.hold_of(taken_off);
    announce(resting, amendment, released, 0, now);
    resting.funds(exchange).release(released);
    resting.desk.book.reduce(slot, taken_off);
    order.quantity = static_cast<std::uint32_t>(amendment.quantity.raw);
}

/// Puts the order behind its new price, where nothing is for it to trade with.
void move(SlotIndex slot, const RestingOrder& resting, Balance& funds, const Amendment& amendment,
          Applying now) {
    auto& [order, owner, desk, price_before, side] = resting;
    funds.change_hold(amendment.held_before, amendment.held);
    const std::uint16_t bits = AmendedRecord::lost_priority::put(true) | AmendedRecord::rests::put(true);
    AmendedRecord& record =
        announce(resting, amendment, amendment.held_before, bits, now, sizeof amendment.held);
    new (&record + 1) Amount{amendment.held};
    desk.next_update();
    order.quantity = static_cast<std::uint32_t>(amendment.quantity.raw);
    order.hold_per_unit = amendment.hold_per_unit;
    desk.book.move(slot, order, side, amendment.price, amendment.leaves);
}

/// Takes the order out and places it anew under its id, against the book. Few come here: the many that only
/// move shall have their amendment in registers, so it is copied for these.
[[gnu::noinline]] void requeue(ExchangeImpl& exchange, SlotIndex slot, Amendment amendment, Applying now) {
    const RestingOrder resting = resting_order(exchange, slot);
    const auto& [order, owner, desk, price_before, side] = resting;
    announce(resting, amendment, amendment.held_before, AmendedRecord::lost_priority::put(true), now);
    resting.funds(exchange).release(amendment.held_before);
    desk.book.remove(slot);
    order.quantity = static_cast<std::uint32_t>(amendment.quantity.raw);

    Taker taker;
    taker.id = order.id;
    taker.owner = &owner;
    taker.side = side;
    taker.terms = order.terms;
    taker.rests = true;  // it did
    taker.fee_schedule = order.fee_schedule;
    taker.client_entry = order.client_entry;
    taker.slot = slot;
    taker.fees = desk.rates_of(order.fee_schedule);
    taker.price = amendment.price;
    taker.quantity = amendment.quantity;
    taker.leaves = amendment.leaves;
    taker.hold_per_unit = amendment.hold_per_unit;
    trade_and_rest(exchange, desk, taker, now);
}

/// Answers a request that is a retry, or that its deadline or its id refuses. False: it is to be carried out.
[[gnu::noinline]] bool is_answered(ExchangeImpl& exchange, const AmendOrder& command, Applying now) {
    if (!command.request_id.empty() &&
        answered_before(exchange, command.account, command.request_id, content_of(command),
                        DuplicatePolicy::return_first, now))
        return true;
    const auto request = check_request(exchange, command.account, command.request_id, now);
    if (!request) ExchangeImpl::refuse(request.error(), command.account, {}, now, command.order);
    return !request;
}

/// What was amended without losing its place: it ends, or has fewer leaves.
[[gnu::noinline]] void cut_down(ExchangeImpl& exchange, SlotIndex slot, Amendment amendment, Applying now) {
    if (amendment.leaves.raw <= 0)
        return end_resting_order(exchange, slot, EndCause::reduced_to_nothing, now);
    reduce_in_place(exchange, slot, resting_order(exchange, slot), amendment, now);
}

/// Carries out an amendment that nothing about its request speaks against. `remember()` is called before it
/// changes anything.
template <class Remember>
void amend(ExchangeImpl& exchange, const AmendOrder& command, Account& account, Applying now,
           Remember remember) {
    const auto refuse = [&](RejectReason reason) {
        ExchangeImpl::refuse(reason, command.account, {}, now, command.order);
    };
    if (account.frozen != 0) [[unlikely]]
        return refuse(RejectReason::account_frozen);
    const SlotIndex slot = exchange.find_order(command.order);
    if (!owns(exchange, command.account, slot)) [[unlikely]]
        return refuse(RejectReason::unknown_order);
    const RestingOrder resting = resting_order(exchange, slot, account);
    Amendment amendment;
    if (const auto checked = check_amend(command, resting, amendment); !checked)
        return refuse(checked.error());
    if (command.quantity_change != QuantityChange::unchanged) {
        if (const auto checked = check_new_quantity(resting.desk.market, command, amendment); !checked)
            return refuse(checked.error());
        if (amendment.leaves.raw <= 0 || keeps_priority(command, resting, amendment)) {
            remember();
            return cut_down(exchange, slot, amendment, now);
        }
    }
    Balance& funds = resting.funds(exchange);
    if (const auto checked = check_requeue(resting, funds, amendment); !checked)
        return refuse(checked.error());
    remember();
    // An order that rests is a limit order without an end of its own: it can only trade or rest again.
    if (resting.desk.book.crosses(resting.side, amendment.price)) [[unlikely]]
        return requeue(exchange, slot, amendment, now);
    move(slot, resting, funds, amendment, now);
}

/// The same of a request that has a client order id or a deadline. Apart, so that the many that have neither
/// find nothing on their way that might have changed anything.
[[gnu::noinline]] void amend_on_request(ExchangeImpl& exchange, const AmendOrder& command, Account& account,
                                        Applying now) {
    if (is_answered(exchange, command, now)) return;
    amend(exchange, command, account, now, [&] {
        if (command.request_id.empty()) return;
        remember_request(exchange, command.account, command.request_id, content_of(command), command.order,
                         false);
    });
}

}  // namespace

void amend_order(ExchangeImpl& exchange, const AmendOrder& command, Applying now) {
    Account* account = exchange.find_account(command.account);
    if (account == nullptr) [[unlikely]]
        return ExchangeImpl::refuse(RejectReason::unknown_account, command.account, {}, now, command.order);
    if (!is_plain(command.request_id, now)) return amend_on_request(exchange, command, *account, now);
    amend(exchange, command, *account, now, [] {});
}

}  // namespace sauda::core
