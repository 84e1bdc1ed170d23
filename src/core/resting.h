/// Orders that rest: how one comes to rest, and how one is taken out again.
#pragma once

#include "core/exchange_impl.h"
#include "core/ledger/fees.h"
#include "core/order_rules.h"
#include "core/taker.h"

namespace sauda::core {

/// The desk of the market that a resting order is in.
inline MarketDesk& desk_of(ExchangeImpl& exchange, const OrderSlot& order) {
    return exchange.markets[exchange.books.levels.market_of(order.level).raw - 1];
}

/// An order that rests, and where.
struct RestingOrder {
    OrderSlot& order;
    Account& owner;
    MarketDesk& desk;
    PriceTicks price;
    Side side;

    /// Of the asset that it holds.
    Balance& funds(const ExchangeImpl& exchange) const { return exchange.funds(owner, desk, side); }
};
/// `owner` is the account of the order in `slot`.
inline RestingOrder resting_order(ExchangeImpl& exchange, SlotIndex slot, Account& owner) {
    OrderSlot& order = exchange.books.orders.slot(slot);
    const LevelPage& page = exchange.books.levels.page_of(order.level);
    return {order, owner, exchange.markets[page.market.raw - 1], page.price_of(order.level), order.side};
}
inline RestingOrder resting_order(ExchangeImpl& exchange, SlotIndex slot) {
    return resting_order(exchange, slot, exchange.accounts[exchange.books.orders.slot(slot).account]);
}

/// Takes a slot for an order that comes to rest, in its account's list and in the directory. All else in the
/// slot is the caller's to fill in.
SlotIndex take_slot(ExchangeImpl& exchange, OrderId id, Account& owner);

/// Gives the slot of an order back that has left its book, and starts the forgetting of its client order id.
void forget_open_order(ExchangeImpl& exchange, SlotIndex slot, Account& owner, TimestampNs time);

/// Rests what is left of `taker`: holds its funds and puts it behind its price level.
/// Requires: the account has them; nothing opposite is at its price or better.
void rest_order(ExchangeImpl& exchange, MarketDesk& desk, const Taker& taker, Applying now);

/// Takes a resting order out of its book, gives its hold back, and tells why.
[[gnu::noinline]] void end_resting_order(ExchangeImpl& exchange, SlotIndex slot, EndCause cause,
                                         Applying now);

/// Takes every resting order of `owner` out of its book, oldest first: in one market, or (market zero) in
/// all.
void end_resting_orders(ExchangeImpl& exchange, const Account& owner, MarketId market, EndCause cause,
                        Applying now);

}  // namespace sauda::core
