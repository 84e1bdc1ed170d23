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

}  // namespace
}  // namespace sauda::core::testing
