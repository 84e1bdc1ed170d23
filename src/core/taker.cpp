#include "core/taker.h"

#include <algorithm>

#include "core/book/matcher.h"
#include "core/ledger/fees.h"
#include "core/resting.h"
#include "core/types/either.h"

namespace sauda::core {

namespace {

/// What one side of a trade gains of each asset; what it gives is negative.
struct Gain {
    Amount base;
    Amount quote;
};

/// What both sides of a trade gain; the rest is the fees account's.
struct Gains {
    Gain maker;
    Gain taker;
};

/// Of a trade of so much `base`.
Gains gains_of(FeeAsset fee_asset, const TradeRecord& trade, Side taker_side, Amount base) {
    const bool taker_sells = taker_side == Side::sell;
    Gain taker{negated_if(taker_sells, base), -negated_if(taker_sells, trade.quote)};
    Gain maker{-taker.base, -taker.quote};
    if (fee_asset == FeeAsset::quote) [[likely]] {
        taker.quote -= trade.taker_fee;
        maker.quote -= trade.maker_fee;
    } else {
        // Each pays in what it receives; a rebate comes out of the taker's fee, in that asset.
        const Amount taker_in_quote = only_if(taker_sells, trade.taker_fee);
        taker.base -= trade.taker_fee - taker_in_quote;
        taker.quote -= taker_in_quote;
        const Amount maker_in_quote = only_if(taker_sells == (trade.maker_fee.raw < 0), trade.maker_fee);
        maker.base -= trade.maker_fee - maker_in_quote;
        maker.quote -= maker_in_quote;
    }
    return {maker, taker};
}

/// Moves one trade's base, quote and fees between the accounts: each asset's movements add up to zero.
/// The maker pays from held, the taker from available. `base` is what was traded.
void settle(ExchangeImpl& exchange, const MarketDesk& desk, const TradeRecord& trade, Side taker_side,
            Amount base, Account& maker_owner, Account& taker_owner) {
    const MarketSpec& spec = desk.market.spec;
    const auto [maker, taker] = gains_of(spec.fee_asset, trade, taker_side, base);
    // What a maker's share of its hold does not pay for returns to available.
    const Amount quote_released = only_if(taker_side == Side::sell, trade.released);
    const auto move = [&](auto row) {
        row(maker_owner, spec.base).release_and_add(trade.released - quote_released, maker.base);
        row(maker_owner, spec.quote).release_and_add(quote_released, maker.quote);
        row(taker_owner, spec.base).add(taker.base);
        row(taker_owner, spec.quote).add(taker.quote);
        Account& fees = exchange.accounts[fees_account];
        row(fees, spec.quote).add(-(taker.quote + maker.quote));
        if (spec.fee_asset != FeeAsset::quote) row(fees, spec.base).add(-(taker.base + maker.base));
    };
    // Whether a row lies beside its account is asked once, not of each.
    if (desk.has_far_assets)
        return move([&](Account& of, AssetId asset) -> Balance& { return exchange.ledger.row(of, asset); });
    move([](Account& of, AssetId asset) -> Balance& { return of.near_row(asset); });
}

/// One taker's way through one book.
template <bool is_quote_bound>
class TakerRun {
public:
    TakerRun(ExchangeImpl& exchange, MarketDesk& desk, Taker& taker, Applying now)
        : exchange_(exchange), desk_(desk), taker_(taker), now_(now) {}

    void trade() {
        const std::optional<PriceTicks> limit =
            taker_.terms.kind() == OrderKind::limit ? std::optional(taker_.price) : std::nullopt;
        const auto max_fill = [this](PriceTicks price, QuantityLots available) {
            return is_quote_bound ? affordable(desk_.market, taker_, price, available) : available;
        };
        const auto on_fill = [this](SlotIndex slot, const OrderSlot& maker, PriceTicks price,
                                    QuantityLots fill, bool maker_is_done) {
            fill_maker(slot, maker, price, fill, maker_is_done);
        };
        Matcher::match(desk_.book, taker_.side, limit, taker_.leaves, max_fill, on_fill);
    }

private:
    /// Asks for what makers to come touch as they fill. Where levels are near, takers of few books take them
    /// in turn, whoever the taker is: so the second is asked for whenever one is done (the first, where there
    /// is no second at its price). Elsewhere the next taker comes to another book, and only one that goes on
    /// needs the first.
    void look_ahead(bool maker_is_done) const {
        if (!exchange_.has_far_data()) return;
        const SlotIndex first = desk_.book.first_order(opposite(taker_.side));
        if (exchange_.has_far_levels()) {
            if (taker_.leaves.raw > 0) exchange_.prefetch_maker(first, desk_.market.spec.base);
        } else if (maker_is_done) {
            const SlotIndex second = exchange_.books.orders.slot(first).next;
            // To guess whether there is one is to wait for the first.
            exchange_.prefetch_maker(either(bool{second}, second, first), desk_.market.spec.base);
        }
    }

    void fill_maker(SlotIndex slot, const OrderSlot& maker, PriceTicks price, QuantityLots fill,
                    bool maker_is_done) {
        look_ahead(maker_is_done);
        const Market& market = desk_.market;
        Account& maker_owner = exchange_.accounts[maker.account];
        const auto bits = static_cast<std::uint16_t>(TradeRecord::taker_side::put(taker_.side) |
                                                     TradeRecord::fee_asset::put(market.spec.fee_asset));
        TradeRecord& trade = now_.events.add_bare<TradeRecord>(bits);
        trade.market = market.id;
        trade.update = desk_.next_update();
        trade.trade = desk_.next_trade();
        trade.price = price;
        trade.maker_order = maker.id;
        trade.taker_order = taker_.id;
        trade.maker_account = maker.account;
        trade.taker_account = taker_.owner->id;
        trade.maker_account_sequence = maker_owner.next_sequence();
        trade.taker_account_sequence = taker_.owner->next_sequence();
        trade.quantity = static_cast<std::uint32_t>(fill.raw);
        trade.maker_leaves = maker.leaves;
        trade.taker_leaves = is_quote_bound ? 0 : static_cast<std::uint32_t>(taker_.leaves.raw);
        trade.reserved = 0;
        // What is traded fits 64 bits: the maker held it.
        trade.quote = {market.unit_notional(price).raw * fill.raw};
        trade.released = maker.hold_of(fill);
        const Amount base{market.base_per_unit * fill.raw};
        const TradeFees fees = fees_of(trade.quote, base, desk_.rates_of(maker.fee_schedule).maker_ppm);
        trade.maker_fee = fees.maker;
        trade.taker_fee = fees.taker;
        settle(exchange_, desk_, trade, taker_.side, base, maker_owner, *taker_.owner);
        if (is_quote_bound) taker_.quote_left -= trade.quote + buyer_quote_fee(fees.taker);
        if (maker_is_done) forget_open_order(exchange_, slot, maker_owner, exchange_.last.time);
    }

    TradeFees fees_of(Amount quote, Amount base, std::int32_t maker_ppm) const {
        // What each side is charged a share of, in the asset that its fee is in.
        if (desk_.market.spec.fee_asset == FeeAsset::quote) [[likely]]
            return fees_of_trade(quote, quote, maker_ppm, taker_.fees.taker_ppm);
        const bool taker_buys = taker_.side == Side::buy;
        return fees_of_trade(taker_buys ? quote : base, taker_buys ? base : quote, maker_ppm,
                             taker_.fees.taker_ppm);
    }

    Amount buyer_quote_fee(Amount taker_fee) const {
        const bool pays_in_quote = desk_.market.spec.fee_asset == FeeAsset::quote;
        return taker_.side == Side::buy && pays_in_quote ? taker_fee : Amount{};
    }

    ExchangeImpl& exchange_;
    MarketDesk& desk_;
    Taker& taker_;
    Applying now_;
};

void expire(const MarketDesk& desk, const Taker& taker, EndCause cause, Applying now) {
    EndedRecord& record = now.events.add<EndedRecord>();
    record.header.bits =
        static_cast<std::uint16_t>(EndedRecord::side::put(taker.side) | EndedRecord::cause::put(cause));
    record.market = desk.market.id;
    record.order = taker.id;
    record.account = taker.owner->id;
    record.leaves = taker.is_quote_bound ? 0 : static_cast<std::uint32_t>(taker.leaves.raw);
    record.account_sequence = taker.owner->next_sequence();
    record.price = taker.price;
}

/// Fill or kill: what the book offers is counted before anything trades.
bool is_unfillable(const MarketDesk& desk, const Taker& taker) {
    if (taker.terms.time_in_force() != TimeInForce::fok) return false;
    const PriceTicks any{taker.side == Side::buy ? order_price_max : 0};
    const PriceTicks limit = taker.terms.kind() == OrderKind::limit ? taker.price : any;
    return desk.book.fillable(taker.side, limit, taker.leaves) < taker.leaves;
}

/// A new order that will not rest is over: its client id, if any, is remembered from now.
void close_taker(ExchangeImpl& exchange, const Taker& taker, TimestampNs time) {
    if (taker.slot) {
        forget_open_order(exchange, taker.slot, *taker.owner, time);
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

void trade_and_rest(ExchangeImpl& exchange, MarketDesk& desk, Taker& taker, Applying now) {
    if (is_unfillable(desk, taker)) {
        expire(desk, taker, EndCause::fok_unfillable, now);
        return close_taker(exchange, taker, exchange.last.time);
    }
    if (taker.is_quote_bound) {
        TakerRun<true>(exchange, desk, taker, now).trade();
    } else {
        TakerRun<false>(exchange, desk, taker, now).trade();
    }
    const bool has_rest = taker.is_quote_bound ? taker.quote_left.raw > 0 : taker.leaves.raw > 0;
    if (has_rest && taker.rests) return rest_order(exchange, desk, taker, now);
    if (has_rest) {
        const EndCause cause =
            taker.terms.kind() == OrderKind::market ? EndCause::market_remainder : EndCause::ioc_remainder;
        expire(desk, taker, cause, now);
    }
    close_taker(exchange, taker, exchange.last.time);
}

}  // namespace sauda::core
