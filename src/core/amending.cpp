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
    bool keeps_priority = false;
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

/// What `command` makes of an order, but for its hold at another price. (Field by field into the one
/// amendment there is: a whole one returned is copied through memory.)
void work_out(const RestingOrder& resting, const AmendOrder& command, Amendment& amendment) {
    const OrderSlot& order = resting.order;
    const QuantityLots filled = QuantityLots{order.quantity} - order.open();
    amendment.price = command.price.raw == 0 ? resting.price : command.price;
    amendment.leaves = leaves_after(command, order.open(), filled);
    amendment.quantity = filled + amendment.leaves;
    amendment.keeps_priority =
        !command.requeue && amendment.price == resting.price && amendment.leaves < order.open();
}

/// The rules of an amendment that loses priority: those of a new order, with the old hold set free.
Result<void, RejectReason> check_requeue(ExchangeImpl& exchange, const RestingOrder& resting,
                                         Amendment& amendment) {
    const auto& [order, owner, desk, price_before] = resting;
    if (const auto price = check_price(desk.market, amendment.price); !price) return price;
    if (const auto notional = check_notional(desk.market, amendment.price, amendment.quantity); !notional)
        return notional;
    if (order.terms.post_only() && desk.book.crosses(order.side, amendment.price)) {
        return Unexpected{RejectReason::post_only_would_take};
    }
    amendment.hold_per_unit =
        amendment.price == price_before
            ? order.hold_per_unit
            : hold_per_unit(desk.market, order.side, amendment.price, desk.rates_of(order.fee_schedule));
    amendment.held_before = order.hold_of(order.open());
    amendment.held = times_or_most(amendment.hold_per_unit, amendment.leaves);
    if (amendment.held > resting.funds(exchange.ledger).available + amendment.held_before)
        return Unexpected{RejectReason::insufficient_funds};
    return {};
}

/// Whether `command` may be done to the caller's own resting order; if so, `amendment` is what comes of it.
/// Nothing changes.
Result<void, RejectReason> check_amend(ExchangeImpl& exchange, const AmendOrder& command,
                                       const RestingOrder& resting, Amendment& amendment) {
    const Market& market = resting.desk.market;
    if (market.state != MarketState::trading) [[unlikely]]
        return Unexpected{RejectReason::market_halted};
    const bool changes_quantity = command.quantity_change != QuantityChange::unchanged;
    if (!changes_quantity && command.price.raw == 0 && !command.requeue) {
        return Unexpected{RejectReason::nothing_to_amend};
    }
    if (command.price.raw < 0) [[unlikely]]
        return Unexpected{RejectReason::invalid_price};
    if (changes_quantity) {
        if (const auto quantity = check_quantity(market, command.quantity); !quantity) return quantity;
    }
    work_out(resting, command, amendment);
    if (amendment.leaves.raw <= 0) return {};  // cancels
    if (amendment.quantity.raw > order_quantity_max) [[unlikely]]
        return Unexpected{RejectReason::quantity_too_large};
    if (amendment.keeps_priority) return {};
    return check_requeue(exchange, resting, amendment);
}

/// Tells of the amendment. `behind` are bytes of parts behind the record.
AmendedRecord& announce(const RestingOrder& resting, const Amendment& amendment, Amount released,
                        std::uint16_t bits, const Applying& now, std::size_t behind = 0) {
    const OrderSlot& order = resting.order;
    AmendedRecord& record = now.events.add<AmendedRecord>(behind);
    record.header.bits = static_cast<std::uint16_t>(bits | AmendedRecord::side::put(order.side));
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
                     const Amendment& amendment, const Applying& now) {
    OrderSlot& order = resting.order;
    const QuantityLots taken_off = order.open() - amendment.leaves;
    const Amount released = order.hold_of(taken_off);
    announce(resting, amendment, released, 0, now);
    resting.funds(exchange.ledger).release(released);
    resting.desk.book.reduce(slot, taken_off);
    order.quantity = static_cast<std::uint32_t>(amendment.quantity.raw);
}

/// Puts the order behind its new price, where nothing is for it to trade with.
void move(ExchangeImpl& exchange, SlotIndex slot, const RestingOrder& resting, const Amendment& amendment,
          const Applying& now) {
    auto& [order, owner, desk, price_before] = resting;
    resting.funds(exchange.ledger).change_hold(amendment.held_before, amendment.held);
    const std::uint16_t bits = AmendedRecord::lost_priority::put(true) | AmendedRecord::rests::put(true);
    AmendedRecord& record =
        announce(resting, amendment, amendment.held_before, bits, now, sizeof amendment.held);
    new (&record + 1) Amount{amendment.held};
    desk.next_update();
    order.quantity = static_cast<std::uint32_t>(amendment.quantity.raw);
    order.hold_per_unit = amendment.hold_per_unit;
    desk.book.move(slot, amendment.price, amendment.leaves);
}

/// Takes the order out and places it anew under its id, against the book. Few come here: the many that only
/// move shall have their amendment in registers, so it is copied for these.
[[gnu::noinline]] void requeue(ExchangeImpl& exchange, SlotIndex slot, Amendment amendment,
                               const Applying& now) {
    const RestingOrder resting = resting_order(exchange, slot);
    const auto& [order, owner, desk, price_before] = resting;
    announce(resting, amendment, amendment.held_before, AmendedRecord::lost_priority::put(true), now);
    resting.funds(exchange.ledger).release(amendment.held_before);
    desk.book.remove(slot);
    order.quantity = static_cast<std::uint32_t>(amendment.quantity.raw);

    Taker taker;
    taker.id = order.id;
    taker.owner = &owner;
    taker.side = order.side;
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

/// Does what was checked.
void amend(ExchangeImpl& exchange, SlotIndex slot, const RestingOrder& resting, const Amendment& amendment,
           const Applying& now) {
    if (amendment.leaves.raw <= 0)
        return end_resting_order(exchange, slot, EndCause::reduced_to_nothing, now);
    if (amendment.keeps_priority) return reduce_in_place(exchange, slot, resting, amendment, now);
    // An order that rests is a limit order without an end of its own: it can only trade or rest again.
    const bool may_trade = resting.desk.book.crosses(resting.order.side, amendment.price);
    if (!may_trade) [[likely]]
        return move(exchange, slot, resting, amendment, now);
    requeue(exchange, slot, amendment, now);
}

}  // namespace

void amend_order(ExchangeImpl& exchange, const AmendOrder& command, const Applying& now) {
    const auto refuse = [&](RejectReason reason) {
        ExchangeImpl::refuse(reason, command.account, {}, now, command.order);
    };
    Account* account = exchange.find_account(command.account);
    if (account == nullptr) return refuse(RejectReason::unknown_account);
    if (!command.request_id.empty() &&
        answered_before(exchange, command.account, command.request_id, content_of(command),
                        DuplicatePolicy::return_first, now))
        return;
    if (const auto request = check_request(exchange, command.account, command.request_id, now); !request) {
        return refuse(request.error());
    }
    if (account->frozen != 0) return refuse(RejectReason::account_frozen);
    const SlotIndex slot = find_own_order(exchange, command.account, command.order);
    if (!slot) return refuse(RejectReason::unknown_order);
    const RestingOrder resting = resting_order(exchange, slot, *account);
    Amendment amendment;
    if (const auto checked = check_amend(exchange, command, resting, amendment); !checked)
        return refuse(checked.error());
    if (!command.request_id.empty()) {
        remember_request(exchange, command.account, command.request_id, content_of(command), command.order,
                         false, now);
    }
    amend(exchange, slot, resting, amendment, now);
}

}  // namespace sauda::core
