/// Money at its limits: the largest factors, prices, quantities and rates, and the smallest.
#include <gtest/gtest.h>

#include "core/limits.h"
#include "core/testing/test_exchange.h"

namespace sauda::core::testing {
namespace {

/// One market between a base and a quote of chosen scales, and two accounts.
struct Pair {
    Pair(std::uint8_t base_scale, std::uint8_t quote_scale, MarketSpec spec) {
        base = exchange.list_asset("BASE", base_scale);
        quote = exchange.list_asset("QUOTE", quote_scale);
        spec.name = MarketName("BASE_QUOTE");
        spec.base = base;
        spec.quote = quote;
        market = exchange.list_market(spec);
        alice = exchange.open(1);
        bob = exchange.open(2);
    }
    Outcome place(const PlaceOrder& order) { return exchange.apply(order); }
    Outcome buy(AccountId account, std::int64_t price, std::int64_t quantity) {
        return place(limit(account, market, Side::buy, price, quantity));
    }
    Outcome sell(AccountId account, std::int64_t price, std::int64_t quantity) {
        return place(limit(account, market, Side::sell, price, quantity));
    }

    TestExchange exchange{TestExchange::Listed::nothing};
    AssetId base, quote;
    MarketId market;
    AccountId alice, bob;
};

MarketSpec charged(FeeAsset fee_asset, FeeRates fees) {
    MarketSpec spec;
    spec.fee_asset = fee_asset;
    spec.fees = fees;
    return spec;
}

TEST(MoneyLimits, AnOrderForMoreBaseThanFits64BitsIsNotSoldForNothing) {
    // One base unit is 10^12 minor units here: 2^32 of them wrap around in 64 bits.
    Pair pair(12, 0, charged(FeeAsset::received, {0, 0}));
    for (const std::int64_t quantity :
         {order_quantity_max, std::int64_t{9'223'373}, std::int64_t{18'446'745}}) {
        EXPECT_EQ(pair.sell(pair.bob, 1, quantity).reason, RejectReason::insufficient_funds);
        EXPECT_EQ(pair.place(market_order(pair.bob, pair.market, Side::sell, quantity)).reason,
                  RejectReason::insufficient_funds);
    }
    EXPECT_EQ(pair.exchange.exchange.open_order_count(), 0u);
}

TEST(MoneyLimits, ASellBoundByQuoteNeedsBaseForWhatItTakesOnly) {
    Pair pair(0, 0, charged(FeeAsset::quote, {0, 0}));
    pair.exchange.deposit(pair.alice, pair.quote, 1'000'000);
    pair.exchange.deposit(pair.bob, pair.base, 3);
    pair.buy(pair.alice, 100, 5);
    pair.buy(pair.alice, 1, 50);
    // 350 takes 3 at 100; the 50 left over would take 50 at 1, past the better bid that they do not cover.
    const Outcome outcome = pair.place(market_by_quote(pair.bob, pair.market, Side::sell, 350));
    ASSERT_EQ(outcome.trades.size(), 1u);
    EXPECT_EQ(outcome.trades[0].quantity.raw, 3);
    EXPECT_EQ(pair.exchange.available(pair.bob, pair.quote), 300);
}

TEST(MoneyLimits, TheSmallestTradeIsChargedAndNeverMoreThanItIsWorth) {
    Pair pair(0, 0, charged(FeeAsset::quote, {1, 1}));
    pair.exchange.deposit(pair.alice, pair.quote, 2);
    pair.exchange.deposit(pair.bob, pair.base, 1);
    pair.sell(pair.bob, 1, 1);
    // One minor unit changes hands; each fee of a millionth of it rounds up to a whole one.
    const Outcome outcome = pair.buy(pair.alice, 1, 1);
    ASSERT_EQ(outcome.trades.size(), 1u);
    EXPECT_EQ(pair.exchange.available(pair.alice, pair.quote), 0);
    EXPECT_EQ(pair.exchange.available(pair.bob, pair.quote), 0);
    EXPECT_EQ(pair.exchange.available(fees_account, pair.quote), 2);
}

TEST(MoneyLimits, FillsOfOneUnitEachPayNoMoreThanTheHold) {
    // The rounded fee of every fill is a whole unit, a million times what the rate says: the hold covers it.
    Pair pair(0, 0, charged(FeeAsset::quote, {1, 1}));
    pair.exchange.deposit(pair.alice, pair.quote, 100);
    pair.exchange.deposit(pair.bob, pair.base, 50);
    const Outcome rested = pair.buy(pair.alice, 1, 50);
    EXPECT_EQ(pair.exchange.held(pair.alice, pair.quote), 100);
    for (int fill = 0; fill < 50; ++fill) EXPECT_EQ(pair.sell(pair.bob, 1, 1).trades.size(), 1u);
    EXPECT_EQ(pair.exchange.held(pair.alice, pair.quote), 0);
    EXPECT_FALSE(pair.exchange.exchange.find_order(rested.order).has_value());
}

TEST(MoneyLimits, TheWholeSupplyTradesAtTheHighestRates) {
    for (const FeeAsset fee_asset : {FeeAsset::quote, FeeAsset::received}) {
        Pair pair(0, 0, charged(fee_asset, {fee_rate_ppm_max, fee_rate_ppm_max}));
        pair.exchange.deposit(pair.alice, pair.quote, asset_supply_max);
        pair.exchange.deposit(pair.bob, pair.base, order_quantity_max);
        pair.sell(pair.bob, 1 << 28, order_quantity_max);
        // 2^32 - 1 lots at 2^28: just under 2^60, and half of that again as fee.
        const Outcome outcome = pair.buy(pair.alice, 1 << 28, order_quantity_max);
        ASSERT_EQ(outcome.trades.size(), 1u);
        const std::int64_t notional = order_quantity_max << 28;
        EXPECT_EQ(outcome.trades[0].quote.raw, notional);
        EXPECT_EQ(pair.exchange.available(pair.bob, pair.quote), notional / 2);
    }
}

TEST(MoneyLimits, AHoldOfMoreThanAnyoneHasIsRefusedNotWrapped) {
    Pair pair(0, 12, charged(FeeAsset::quote, {fee_rate_ppm_max, fee_rate_ppm_max}));
    pair.exchange.deposit(pair.alice, pair.quote, asset_supply_max);
    // One price unit is 10^12 of quote: a notional just within the supply, and with its fee beyond it.
    EXPECT_EQ(pair.buy(pair.alice, 1'000'000, 2).reason, RejectReason::insufficient_funds);
    EXPECT_EQ(pair.buy(pair.alice, 1'200'000, 2).reason, RejectReason::notional_too_large);
    EXPECT_EQ(pair.buy(pair.alice, order_price_max, order_quantity_max).reason,
              RejectReason::notional_too_large);
    EXPECT_EQ(pair.buy(pair.alice, 1'500'000, 1).reason, RejectReason::none);
}

TEST(MoneyLimits, ASweepOfMoreThanAnyoneHasIsRefused) {
    Pair pair(0, 0, charged(FeeAsset::quote, {0, fee_rate_ppm_max}));
    pair.exchange.deposit(pair.alice, pair.quote, asset_supply_max);
    pair.exchange.deposit(pair.bob, pair.base, asset_supply_max);
    // Each level alone is worth nearly all there is; eight of them are more than 64 bits hold.
    for (int level = 0; level < 8; ++level)
        pair.sell(pair.bob, (1 << 29) - 8 + level, order_quantity_max - 7);
    EXPECT_EQ(pair.place(market_order(pair.alice, pair.market, Side::buy, order_quantity_max)).reason,
              RejectReason::insufficient_funds);
    const Outcome by_quote =
        pair.place(market_by_quote(pair.alice, pair.market, Side::buy, asset_supply_max));
    EXPECT_EQ(by_quote.reason, RejectReason::none);
    ASSERT_EQ(by_quote.trades.size(), 1u);
    EXPECT_LE(by_quote.trades[0].quote.raw + by_quote.trades[0].taker_fee.raw, asset_supply_max);
}

TEST(MoneyLimits, ARebateOfAnOldOrderIsCappedByTheFeeOfTheNewTaker) {
    for (const FeeAsset fee_asset : {FeeAsset::quote, FeeAsset::received}) {
        Pair pair(0, 0, charged(fee_asset, {-fee_rate_ppm_max, fee_rate_ppm_max}));
        pair.exchange.deposit(pair.alice, pair.quote, 1'000'000);
        pair.exchange.deposit(pair.bob, pair.base, 1'000);
        pair.sell(pair.bob, 100, 1'000);
        pair.exchange.apply(SetFees{{}, pair.market, {0, 10}});
        const Outcome outcome = pair.buy(pair.alice, 100, 1'000);
        ASSERT_EQ(outcome.trades.size(), 1u);
        EXPECT_EQ(outcome.trades[0].maker_fee.raw, -outcome.trades[0].taker_fee.raw);
        EXPECT_EQ(pair.exchange.available(fees_account, pair.quote), 0);
        EXPECT_EQ(pair.exchange.available(fees_account, pair.base), 0);
    }
}

TEST(MoneyLimits, AnAmendedOrderMayNotGrowBeyondTheLargestQuantity) {
    Pair pair(0, 0, charged(FeeAsset::quote, {0, 0}));
    pair.exchange.deposit(pair.alice, pair.quote, asset_supply_max);
    pair.exchange.deposit(pair.bob, pair.base, 10);
    const OrderId order = pair.buy(pair.alice, 1, 20).order;
    pair.sell(pair.bob, 1, 10);
    AmendOrder amend;
    amend.account = pair.alice;
    amend.order = order;
    amend.quantity_change = QuantityChange::leaves;
    amend.quantity = {order_quantity_max};  // and ten are filled already
    EXPECT_EQ(pair.exchange.apply(amend).reason, RejectReason::quantity_too_large);
    amend.quantity = {order_quantity_max - 10};
    EXPECT_EQ(pair.exchange.apply(amend).reason, RejectReason::none);
    EXPECT_EQ(pair.exchange.held(pair.alice, pair.quote), order_quantity_max - 10);
}

TEST(MoneyLimits, FillOrKillCountsTheOwnersOrdersToo) {
    Pair pair(0, 0, charged(FeeAsset::quote, {0, 1000}));
    pair.exchange.deposit(pair.alice, pair.quote, 10'000);
    pair.exchange.deposit(pair.alice, pair.base, 5);
    pair.exchange.deposit(pair.bob, pair.base, 5);
    pair.sell(pair.alice, 100, 5);
    pair.sell(pair.bob, 100, 5);
    PlaceOrder order = limit(pair.alice, pair.market, Side::buy, 100, 10);
    order.time_in_force = TimeInForce::fok;
    EXPECT_EQ(pair.place(order).trades.size(), 2u);
    EXPECT_EQ(pair.exchange.available(pair.alice, pair.base), 10);
    // 500 of 1000 went to itself; a fee of one rounded up for each trade.
    EXPECT_EQ(pair.exchange.available(pair.alice, pair.quote), 10'000 - 500 - 2);
}

TEST(MoneyLimits, TheSupplyMayBeFilledToTheLastUnitAndNotBeyond) {
    Pair pair(0, 0, charged(FeeAsset::quote, {0, 0}));
    pair.exchange.deposit(pair.alice, pair.quote, asset_supply_max - 1);
    const auto deposit = [&](std::int64_t amount, const char* reference) {
        return pair.exchange.apply(Deposit{{}, pair.bob, pair.quote, {amount}, TransferReference(reference)})
            .reason;
    };
    EXPECT_EQ(deposit(2, "two"), RejectReason::supply_exceeded);
    EXPECT_EQ(deposit(1, "one"), RejectReason::none);
    EXPECT_EQ(deposit(1, "one-more"), RejectReason::supply_exceeded);
    EXPECT_EQ(deposit(asset_supply_max + 1, "much"), RejectReason::invalid_amount);
}

}  // namespace
}  // namespace sauda::core::testing
