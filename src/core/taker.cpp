#include "core/taker.h"

#include <algorithm>

#include "core/book/matcher.h"
#include "core/ledger/fees.h"
#include "core/order_rules.h"
#include "core/trading.h"

namespace sauda::core {

namespace {

/// The base of one trade. It fits: the seller has it.
Amount traded_base(const Market& market, QuantityLots quantity) {
    return {static_cast<std::int64_t>(market.base_amount(quantity))};
}

/// What one side of a trade is charged a share of, in the asset that the fee is in.
Amount fee_basis(const Market& market, Side side, Amount quote, QuantityLots quantity) {
    const bool in_base = market.spec.fee_asset == FeeAsset::received && side == Side::buy;
    return in_base ? traded_base(market, quantity) : quote;
}

/// Moves one trade's base, quote and fees between the accounts. The maker pays from held, the taker from
/// available.
class Settlement {
public:
    Settlement(ExchangeImpl& exchange, MarketDesk& desk)
        : ledger_(exchange.ledger), spec_(desk.market.spec) {}

    void settle(const Trade& trade, Amount base) {
        const bool taker_buys = trade.taker_side == Side::buy;
        const AccountId buyer = taker_buys ? trade.taker_account : trade.maker_account;
        const AccountId seller = taker_buys ? trade.maker_account : trade.taker_account;

        // The maker's share of its hold returns first: from here on both sides pay from available.
        const AssetId maker_pays = taker_buys ? spec_.base : spec_.quote;
        ledger_.release(trade.maker_account, maker_pays, trade.released);
        ledger_.transfer(buyer, seller, spec_.quote, trade.quote);
        ledger_.transfer(seller, buyer, spec_.base, base);
        charge(trade.taker_account, trade.fee_in_base(Liquidity::taker), trade.taker_fee);
        charge(trade.maker_account, trade.fee_in_base(Liquidity::maker), trade.maker_fee);
    }

private:
    /// A negative fee is a rebate, paid out of what the same trade's taker was charged just before.
    void charge(AccountId account, bool in_base, Amount fee) {
        const AssetId asset = in_base ? spec_.base : spec_.quote;
        if (fee.raw > 0) ledger_.transfer(account, fees_account, asset, fee);
        if (fee.raw < 0) ledger_.transfer(fees_account, account, asset, -fee);
    }

    Ledger& ledger_;
    const MarketSpec& spec_;
};

/// One taker's way through one book.
class TakerRun {
public:
    TakerRun(ExchangeImpl& exchange, MarketDesk& desk, Taker& taker, const Applying& now)
        : exchange_(exchange), desk_(desk), taker_(taker), now_(now), settlement_(exchange, desk) {}

    void trade() {
        const std::optional<PriceTicks> limit =
            taker_.kind == OrderKind::limit ? std::optional(taker_.price) : std::nullopt;
        Matcher::match(
            desk_.book, taker_.side, limit, taker_.leaves,
            [this](PriceTicks price, QuantityLots available) {
                return taker_.is_quote_bound ? affordable(desk_.market, taker_, price, available) : available;
            },
            [this](SlotIndex slot, const OrderSlot& maker, PriceTicks price, QuantityLots fill,
                   bool maker_is_done) { on_fill(slot, maker, price, fill, maker_is_done); });
    }

private:
    void on_fill(SlotIndex slot, const OrderSlot& maker, PriceTicks price, QuantityLots fill,
                 bool maker_is_done) {
        AccountDesk& maker_account = exchange_.account(maker.account);
        const Amount base = traded_base(desk_.market, fill);

        Trade trade = priced(maker, price, fill);
        trade.update = desk_.next_update();
        trade.trade = desk_.next_trade();
        trade.maker_order = maker.id;
        trade.taker_order = taker_.id;
        trade.maker_account = maker.account;
        trade.taker_account = taker_.account;
        trade.maker_account_sequence = maker_account.next_sequence();
        trade.taker_account_sequence = exchange_.account(taker_.account).next_sequence();
        trade.maker_leaves = maker.open();
        trade.taker_leaves = taker_.is_quote_bound ? QuantityLots{} : taker_.leaves;
        settlement_.settle(trade, base);
        now_.events.append(trade);

        if (taker_.is_quote_bound) taker_.quote_left -= trade.quote + buyer_quote_fee(trade);
        if (maker_is_done) forget_open_order(exchange_, slot, now_.stamp.time);
    }

    /// The trade's market, price, quantity, quote, fees and what leaves the maker's hold.
    Trade priced(const OrderSlot& maker, PriceTicks price, QuantityLots fill) const {
        const Market& market = desk_.market;
        const FeeRates& maker_rates = desk_.fee_schedules[maker.fee_schedule];
        Trade trade;
        trade.market = market.id;
        trade.price = price;
        trade.quantity = fill;
        trade.quote = {static_cast<std::int64_t>(market.notional(price, fill))};
        trade.taker_side = taker_.side;
        trade.fee_asset = market.spec.fee_asset;
        const TradeFees fees = fees_of_trade(fee_basis(market, opposite(taker_.side), trade.quote, fill),
                                             fee_basis(market, taker_.side, trade.quote, fill),
                                             maker_rates.maker_ppm, taker_.fees.taker_ppm);
        trade.maker_fee = fees.maker;
        trade.taker_fee = fees.taker;
        trade.released = {
            static_cast<std::int64_t>(hold_of(market, opposite(taker_.side), price, fill, maker_rates))};
        return trade;
    }

    Amount buyer_quote_fee(const Trade& trade) const {
        return taker_.side == Side::buy && !trade.fee_in_base(Liquidity::taker) ? trade.taker_fee : Amount{};
    }

    ExchangeImpl& exchange_;
    MarketDesk& desk_;
    Taker& taker_;
    const Applying& now_;
    Settlement settlement_;
};

/// Rests what is left: holds its funds and puts it behind its price level.
void rest(ExchangeImpl& exchange, MarketDesk& desk, Taker& taker, const Applying& now) {
    const Market& market = desk.market;
    const Amount held{
        static_cast<std::int64_t>(hold_of(market, taker.side, taker.price, taker.leaves, taker.fees))};
    exchange.ledger.hold(taker.account, paying_asset(market, taker.side), held);
    const SlotIndex slot = taker.slot ? taker.slot : remember_open_order(exchange, taker, now.stamp.time);
    OrderSlot& order = exchange.orders.slot(slot);
    order.leaves = static_cast<std::uint32_t>(taker.leaves.raw);
    desk.book.rest(slot, taker.price);

    OrderRested event;
    event.market = market.id;
    event.update = desk.next_update();
    event.order = taker.id;
    event.account = taker.account;
    event.side = taker.side;
    event.price = taker.price;
    event.leaves = taker.leaves;
    event.held = held;
    now.events.append(event);
}

void expire(ExchangeImpl& exchange, const MarketDesk& desk, const Taker& taker, EndCause cause,
            const Applying& now) {
    OrderEnded event;
    event.market = desk.market.id;
    event.order = taker.id;
    event.account = taker.account;
    event.side = taker.side;
    event.cause = cause;
    event.account_sequence = exchange.account(taker.account).next_sequence();
    event.price = taker.price;
    event.leaves = taker.is_quote_bound ? QuantityLots{} : taker.leaves;
    now.events.append(event);
}

/// Fill or kill: what the book offers is counted before anything trades.
bool is_unfillable(const MarketDesk& desk, const Taker& taker) {
    if (taker.time_in_force != TimeInForce::fok) return false;
    const PriceTicks any{taker.side == Side::buy ? order_price_max : 0};
    const PriceTicks limit = taker.kind == OrderKind::limit ? taker.price : any;
    return desk.book.fillable(taker.side, limit, taker.leaves) < taker.leaves;
}

/// A new order that will not rest is over: its client id, if any, is remembered from now.
void close_taker(ExchangeImpl& exchange, const Taker& taker, TimestampNs time) {
    if (taker.slot) {
        forget_open_order(exchange, taker.slot, time);
    } else if (taker.client_entry != 0) {
        exchange.client_orders.close(taker.client_entry, time);
    }
}

}  // namespace

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

QuantityLots affordable(const Market& market, const Taker& taker, PriceTicks price, QuantityLots available) {
    const Int128 unit = static_cast<Int128>(price.raw) * market.quote_per_unit;
    const bool pays_fee = taker.side == Side::buy && market.spec.fee_asset == FeeAsset::quote;
    const std::int32_t rate = pays_fee ? taker.fees.taker_ppm : 0;
    const std::int64_t lot = market.spec.lot;
    const auto cost = [&](Int128 quantity) {
        const Int128 notional = unit * quantity;
        return notional + millionths_rounded_up(notional * rate);
    };
    // The estimate ignores that the fee rounds up, so it can be at most one lot too many.
    Int128 quantity = static_cast<Int128>(taker.quote_left.raw) * ppm / (unit * (ppm + rate));
    quantity = std::min(quantity, Int128{available.raw}) / lot * lot;
    if (quantity > 0 && cost(quantity) > taker.quote_left.raw) quantity -= lot;
    return {static_cast<std::int64_t>(quantity)};
}

void trade_and_rest(ExchangeImpl& exchange, MarketDesk& desk, Taker& taker, const Applying& now) {
    if (is_unfillable(desk, taker)) {
        expire(exchange, desk, taker, EndCause::fok_unfillable, now);
        return close_taker(exchange, taker, now.stamp.time);
    }
    TakerRun(exchange, desk, taker, now).trade();
    const bool has_rest = taker.is_quote_bound ? taker.quote_left.raw > 0 : taker.leaves.raw > 0;
    if (has_rest && taker.kind == OrderKind::limit && taker.time_in_force == TimeInForce::gtc) {
        return rest(exchange, desk, taker, now);
    }
    if (has_rest) {
        const EndCause cause =
            taker.kind == OrderKind::market ? EndCause::market_remainder : EndCause::ioc_remainder;
        expire(exchange, desk, taker, cause, now);
    }
    close_taker(exchange, taker, now.stamp.time);
}

}  // namespace sauda::core
