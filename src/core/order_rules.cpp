#include "core/order_rules.h"

#include <algorithm>

#include "core/ledger/fees.h"
#include "core/taker.h"

namespace sauda::core {

using base::Result;
using base::Unexpected;

namespace {

/// Options of a limit order that contradict each other, whatever the market.
Result<void, RejectReason> check_limit_shape(const PlaceOrder& order) {
    const bool is_hasty = order.time_in_force != TimeInForce::gtc;
    if (order.quote_quantity.raw != 0 || (order.post_only && is_hasty)) {
        return Unexpected{RejectReason::invalid_combination};
    }
    return {};
}

/// The same of a market order.
Result<void, RejectReason> check_market_shape(const PlaceOrder& order) {
    const bool bound_by_quote = order.quote_quantity.raw != 0;
    if (order.post_only) return Unexpected{RejectReason::invalid_combination};
    if (bound_by_quote == (order.quantity.raw != 0)) return Unexpected{RejectReason::invalid_combination};
    if (bound_by_quote && order.time_in_force == TimeInForce::fok)
        return Unexpected{RejectReason::invalid_combination};
    if (order.quote_quantity.raw < 0) return Unexpected{RejectReason::invalid_quantity};
    return {};
}

/// A market order's worth is judged at the best opposite price; against an empty book it expires, so nothing
/// is judged.
Result<void, RejectReason> check_market_worth(const MarketDesk& desk, const PlaceOrder& order) {
    const Market& market = desk.market;
    if (order.quote_quantity.raw != 0) {
        if (order.quote_quantity.raw > asset_supply_max) return Unexpected{RejectReason::notional_too_large};
        if (order.quote_quantity < market.spec.min_notional)
            return Unexpected{RejectReason::below_min_notional};
        return {};
    }
    const auto best = desk.book.best(opposite(order.side));
    if (!best) return {};
    const auto notional = check_notional(market, *best, order.quantity);
    return notional ? Result<void, RejectReason>{} : Unexpected{notional.error()};
}

/// What a market order would cost in the asset it is paid from, trade by trade as matching will do it; where
/// that is more than anyone has, some such amount.
Amount market_order_cost(const MarketDesk& desk, const PlaceOrder& order) {
    const Market& market = desk.market;
    Taker taker;
    taker.side = order.side;
    taker.fees = market.spec.fees;
    taker.is_quote_bound = order.quote_quantity.raw != 0;
    taker.quote_left = order.quote_quantity;
    taker.leaves = taker.is_quote_bound ? QuantityLots{order_quantity_max} : order.quantity;

    Amount cost;
    QuantityLots filled;
    desk.book.walk_orders(opposite(order.side), [&](SlotIndex, const OrderSlot& maker, PriceTicks price) {
        QuantityLots fill = std::min(maker.open(), taker.leaves);
        if (taker.is_quote_bound) fill = affordable(market, taker, price, fill);
        if (fill.raw == 0) return false;
        const Amount quote = times_or_most(market.unit_notional(price), fill);
        if (quote.raw > asset_supply_max) {
            cost = quote;
            return false;
        }
        const Amount fee = market.spec.fee_asset == FeeAsset::quote && order.side == Side::buy
                               ? fee_rounded_up(quote, taker.fees.taker_ppm)
                               : Amount{};
        cost += quote + fee;
        taker.quote_left -= quote + fee;
        taker.leaves -= fill;
        filled += fill;
        // A maker that is not taken whole is the last: matching never passes over a better price.
        return fill == maker.open() && taker.leaves.raw > 0 && cost.raw <= asset_supply_max;
    });
    if (order.side == Side::buy) return cost;
    // A seller by quantity needs all of it, so that thin books do not decide who is refused.
    return times_or_most({market.base_per_unit}, taker.is_quote_bound ? filled : order.quantity);
}

}  // namespace

namespace {

[[gnu::cold]] RejectReason fault_of_price(PriceTicks price) {
    if (price.raw <= 0) return RejectReason::invalid_price;
    if (price.raw > order_price_max) return RejectReason::price_too_large;
    return RejectReason::price_off_tick;
}

[[gnu::cold]] RejectReason fault_of_quantity(QuantityLots quantity) {
    if (quantity.raw <= 0) return RejectReason::invalid_quantity;
    if (quantity.raw > order_quantity_max) return RejectReason::quantity_too_large;
    return RejectReason::quantity_off_lot;
}

}  // namespace

Result<void, RejectReason> check_price(const Market& market, PriceTicks price) {
    if (!market.tick_grid.contains(price.raw)) [[unlikely]]
        return Unexpected{fault_of_price(price)};
    return {};
}

Result<void, RejectReason> check_quantity(const Market& market, QuantityLots quantity) {
    if (!market.lot_grid.contains(quantity.raw)) [[unlikely]]
        return Unexpected{fault_of_quantity(quantity)};
    return {};
}

Result<Amount, RejectReason> check_notional(const Market& market, PriceTicks price, QuantityLots quantity) {
    constexpr Unexpected too_large{RejectReason::notional_too_large};
    Amount of_unit, notional;
    // One by one: of several conditions g++ makes words first.
    if (__builtin_mul_overflow(price.raw, market.quote_per_unit, &of_unit.raw)) [[unlikely]]
        return too_large;
    if (__builtin_mul_overflow(of_unit.raw, quantity.raw, &notional.raw)) [[unlikely]]
        return too_large;
    if (notional.raw > asset_supply_max) [[unlikely]]
        return too_large;
    if (notional < market.spec.min_notional) [[unlikely]]
        return Unexpected{RejectReason::below_min_notional};
    return of_unit;
}

namespace {

/// What pays for an order that needs so much, counting `freed`, which it holds and is about to set free. Null
/// where nothing is needed and nothing is there.
Result<Balance*, RejectReason> check_funds(const ExchangeImpl& exchange, Account& account,
                                           const MarketDesk& desk, Side side, Amount freed, Amount needed) {
    Balance* const row = exchange.find_funds(account, desk, side);
    const Amount available = row == nullptr ? Amount{} : row->available;
    if (needed > available + freed) return Unexpected{RejectReason::insufficient_funds};
    return row;
}

/// Room for one more open order. Orders that will not rest ask for it too: whether they do is the book's to
/// say.
Result<void, RejectReason> check_room(const ExchangeImpl& exchange, const Account& account, FreedHold freed) {
    if (account.open_orders - freed.open_orders >= open_orders_per_account_max ||
        !exchange.books.orders.has_room()) {
        return Unexpected{RejectReason::too_many_open_orders};
    }
    return {};
}

Result<Funding, RejectReason> check_limit_order(const ExchangeImpl& exchange, Account& account,
                                                const MarketDesk& desk, const PlaceOrder& order,
                                                FreedHold freed) {
    const Market& market = desk.market;
    if (const auto shape = check_limit_shape(order); !shape) return Unexpected{shape.error()};
    if (const auto price = check_price(market, order.price); !price) return Unexpected{price.error()};
    if (const auto quantity = check_quantity(market, order.quantity); !quantity)
        return Unexpected{quantity.error()};
    const auto unit_notional = check_notional(market, order.price, order.quantity);
    if (!unit_notional) return Unexpected{unit_notional.error()};
    if (const auto room = check_room(exchange, account, freed); !room) return Unexpected{room.error()};
    if (order.post_only && desk.book.crosses(order.side, order.price)) {
        return Unexpected{RejectReason::post_only_would_take};
    }
    const Amount per_unit = desk.hold_per_unit(desk.fee_schedule(), order.side, *unit_notional);
    const auto funds = check_funds(exchange, account, desk, order.side, freed.amount,
                                   times_or_most(per_unit, order.quantity));
    if (!funds) return Unexpected{funds.error()};
    return Funding{*funds, per_unit};
}

Result<Funding, RejectReason> check_market_order(const ExchangeImpl& exchange, Account& account,
                                                 const MarketDesk& desk, const PlaceOrder& order,
                                                 FreedHold freed) {
    const Market& market = desk.market;
    if (const auto shape = check_market_shape(order); !shape) return Unexpected{shape.error()};
    if (order.quote_quantity.raw == 0) {
        if (const auto quantity = check_quantity(market, order.quantity); !quantity)
            return Unexpected{quantity.error()};
    }
    if (const auto worth = check_market_worth(desk, order); !worth) return Unexpected{worth.error()};
    if (const auto room = check_room(exchange, account, freed); !room) return Unexpected{room.error()};
    const auto funds =
        check_funds(exchange, account, desk, order.side, freed.amount, market_order_cost(desk, order));
    if (!funds) return Unexpected{funds.error()};
    return Funding{};
}

}  // namespace

Result<Funding, RejectReason> check_place(const ExchangeImpl& exchange, Account& account,
                                          const MarketDesk* desk, const PlaceOrder& order, FreedHold freed) {
    if (account.frozen != 0) [[unlikely]]
        return Unexpected{RejectReason::account_frozen};
    if (desk == nullptr) [[unlikely]]
        return Unexpected{RejectReason::unknown_market};
    if (desk->market.state != MarketState::trading) [[unlikely]]
        return Unexpected{RejectReason::market_halted};
    return order.kind == OrderKind::limit ? check_limit_order(exchange, account, *desk, order, freed)
                                          : check_market_order(exchange, account, *desk, order, freed);
}

}  // namespace sauda::core
