#include "core/default_listings.h"

#include <gtest/gtest.h>

#include "core/event_reader.h"
#include "core/exchange.h"

namespace sauda::core {
namespace {

Exchange listed_by_default() {
    Exchange exchange;
    Stamp stamp;
    for (const CommandBody& body : default_listings({})) {
        EventBuffer events;
        ++stamp.sequence.raw;
        exchange.apply(Command{{}, {}, body}, stamp, events);
        for_each_event(events.bytes(), Overloaded{[](const Refused& e) { ADD_FAILURE() << code(e.reason); },
                                                  [](const auto&) {}});
    }
    return exchange;
}

TEST(DefaultListings, AreAllAcceptedByAnEmptyExchange) {
    const Exchange exchange = listed_by_default();
    EXPECT_EQ(exchange.asset_count(), 6u);
    EXPECT_EQ(exchange.market_count(), 4u);
}

TEST(DefaultListings, NameTheAssetsTheyMean) {
    const Exchange exchange = listed_by_default();
    for (const std::string_view name : {"TATA_INR", "JIO_INR", "BTC_USDT", "ETH_USDT"}) {
        const Market* market = exchange.find_market(name);
        ASSERT_NE(market, nullptr) << name;
        const std::string base(exchange.find_asset(market->spec.base)->name.view());
        const std::string quote(exchange.find_asset(market->spec.quote)->name.view());
        EXPECT_EQ(base + "_" + quote, name);
    }
}

TEST(DefaultListings, CountInTheUnitsOfTheirAssets) {
    const Exchange exchange = listed_by_default();
    const Market& shares = *exchange.find_market("TATA_INR");
    EXPECT_EQ(shares.spec.tick, 5);
    EXPECT_EQ(shares.spec.min_notional.raw, 1'0000);
    EXPECT_EQ(shares.quote_per_unit, 100);  // 0.01 INR × 1 share, at 4 decimals
    EXPECT_EQ(shares.base_per_unit, 1);
    const Market& coins = *exchange.find_market("BTC_USDT");
    EXPECT_EQ(coins.spec.min_notional.raw, 5'0000'0000);
    EXPECT_EQ(coins.quote_per_unit, 10);    // 0.01 USDT × 0.00001 BTC, at 8 decimals
    EXPECT_EQ(coins.base_per_unit, 1'000);  // 0.00001 BTC, at 8 decimals
}

}  // namespace
}  // namespace sauda::core
