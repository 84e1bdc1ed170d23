#include "core/taker.h"

#include <algorithm>

#include "core/book/matcher.h"
#include "core/ledger/fees.h"
#include "core/lookahead.h"
#include "core/resting.h"

namespace sauda::core {

namespace {

/// Moves one trade's base, quote and fees between the accounts. The maker pays from held, the taker from
/// available.
void settle(Ledger& ledger, const MarketSpec& spec, const Trade& trade, Amount base) {
    const bool taker_buys = trade.taker_side == Side::buy;
    const AssetId taker_pays = taker_buys ? spec.quote : spec.base;
    const AssetId maker_pays = taker_buys ? spec.base : spec.quote;
    // The maker's share of its hold pays for its side of the trade; what that leaves returns to available.
    ledger.pay_from_held(trade.maker_account, trade.taker_account, maker_pays,
                         taker_buys ? base : trade.quote, trade.released);
    ledger.transfer(trade.taker_account, trade.maker_account, taker_pays, taker_buys ? trade.quote : base);
    const auto charge = [&](AccountId account, Liquidity liquidity, Amount fee) {
        const AssetId asset = trade.fee_in_base(liquidity) ? spec.base : spec.quote;
        if (fee.raw > 0) ledger.transfer(account, fees_account, asset, fee);
        // A negative fee is a rebate, paid out of what the same trade's taker was charged just before.
        if (fee.raw < 0) ledger.transfer(fees_account, account, asset, -fee);
    };
    charge(trade.taker_account, Liquidity::taker, trade.taker_fee);
    charge(trade.maker_account, Liquidity::maker, trade.maker_fee);
}

/// One taker's way through one book.
class TakerRun {
public:
    TakerRun(ExchangeImpl& exchange, MarketDesk& desk, Taker& taker, const Applying& now)
        : exchange_(exchange), desk_(desk), taker_(taker), now_(now) {}

    void trade() {
        const std::optional<PriceTicks> limit =
            taker_.kind == OrderKind::limit ? std::optional(taker_.price) : std::nullopt;
        const auto on_fill = [this](SlotIndex slot, const OrderSlot& maker, PriceTicks price,
                                    QuantityLots fill, bool maker_is_done) {
            fill_maker(slot, maker, price, fill, maker_is_done);
        };
        if (!taker_.is_quote_bound) {
            Matcher::match(desk_.book, taker_.side, limit, taker_.leaves, on_fill);
            return;
        }
        const auto max_fill = [this](PriceTicks price, QuantityLots available) {
            return affordable(desk_.market, taker_, price, available);
        };
        Matcher::match(desk_.book, taker_.side, limit, taker_.leaves, max_fill, on_fill);
    }

private:
    void fill_maker(SlotIndex slot, const OrderSlot& maker, PriceTicks price, QuantityLots fill,
                    bool maker_is_done) {
        look_behind(exchange_, desk_.market.spec.base, maker);
        Trade& trade = now_.events.add<Trade>();
        trade.market = desk_.market.id;
        trade.update = desk_.next_update();
        trade.trade = desk_.next_trade();
        trade.price = price;
        trade.quantity = fill;
        trade.maker_order = maker.id;
        trade.taker_order = taker_.id;
        trade.maker_account = maker.account;
        trade.taker_account = taker_.account;
        trade.maker_account_sequence = exchange_.account(maker.account).next_sequence();
        trade.taker_account_sequence = exchange_.account(taker_.account).next_sequence();
        trade.maker_leaves = maker.open();
        trade.taker_leaves = taker_.is_quote_bound ? QuantityLots{} : taker_.leaves;
        trade.taker_side = taker_.side;
        trade.fee_asset = desk_.market.spec.fee_asset;
        // What is traded fits 64 bits: the maker held it.
        const Amount base{desk_.market.base_per_unit * fill.raw};
        charge(trade, desk_.fee_schedules[maker.fee_schedule], base);
        settle(exchange_.ledger, desk_.market.spec, trade, base);
        if (taker_.is_quote_bound) taker_.quote_left -= trade.quote + buyer_quote_fee(trade);
        if (maker_is_done) forget_open_order(exchange_, slot, now_.stamp.time);
    }

    /// The trade's quote, its fees, and what leaves the maker's hold.
    void charge(Trade& trade, const FeeRates& maker_rates, Amount base) const {
        const Market& market = desk_.market;
        const Side maker_side = opposite(taker_.side);
        trade.quote = {market.unit_notional(trade.price).raw * trade.quantity.raw};
        // What each side is charged a share of, in the asset that its fee is in.
        const auto basis = [&](Side side) {
            const bool in_base = market.spec.fee_asset == FeeAsset::received && side == Side::buy;
            return in_base ? base : trade.quote;
        };
        const TradeFees fees = fees_of_trade(basis(maker_side), basis(taker_.side), maker_rates.maker_ppm,
                                             taker_.fees.taker_ppm);
        trade.maker_fee = fees.maker;
        trade.taker_fee = fees.taker;
        trade.released = {hold_per_unit(market, maker_side, trade.price, maker_rates).raw *
                          trade.quantity.raw};
    }

    Amount buyer_quote_fee(const Trade& trade) const {
        return taker_.side == Side::buy && !trade.fee_in_base(Liquidity::taker) ? trade.taker_fee : Amount{};
    }

    ExchangeImpl& exchange_;
    MarketDesk& desk_;
    Taker& taker_;
    const Applying& now_;
};

void expire(ExchangeImpl& exchange, const MarketDesk& desk, const Taker& taker, EndCause cause,
            const Applying& now) {
    OrderEnded& event = now.events.add<OrderEnded>();
    event.market = desk.market.id;
    event.order = taker.id;
    event.account = taker.account;
    event.side = taker.side;
    event.cause = cause;
    event.account_sequence = exchange.account(taker.account).next_sequence();
    event.price = taker.price;
    event.leaves = taker.is_quote_bound ? QuantityLots{} : taker.leaves;
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
    const bool may_trade = taker.kind == OrderKind::market || desk.book.crosses(taker.side, taker.price);
    if (may_trade) TakerRun(exchange, desk, taker, now).trade();
    const bool has_rest = taker.is_quote_bound ? taker.quote_left.raw > 0 : taker.leaves.raw > 0;
    if (has_rest && taker.rests) return rest_order(exchange, desk, taker, now);
    if (has_rest) {
        const EndCause cause =
            taker.kind == OrderKind::market ? EndCause::market_remainder : EndCause::ioc_remainder;
        expire(exchange, desk, taker, cause, now);
    }
    close_taker(exchange, taker, now.stamp.time);
}

}  // namespace sauda::core
