#include "core/ledger/fees.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/ledger/ledger.h"
#include "core/types/decimal.h"

namespace sauda::core {
namespace {

Market market_with(std::int64_t quote_per_unit) {
    Market market;
    market.quote_per_unit = quote_per_unit;
    market.spec.fee_asset = FeeAsset::quote;
    return market;
}

TEST(Fees, TheExchangeKeepsTheRemainder) {
    EXPECT_EQ(fee_rounded_up({1}, 1).raw, 1);
    EXPECT_EQ(fee_rounded_up({1'000'000}, 1000).raw, 1000);
    EXPECT_EQ(fee_rounded_up({1'000'001}, 1000).raw, 1001);
    EXPECT_EQ(rebate_rounded_down({19'999}, 100).raw, 1);
    EXPECT_EQ(fee_rounded_up({0}, 1000).raw, 0);
    EXPECT_EQ(fee_rounded_up({asset_supply_max}, fee_rate_ppm_max).raw, asset_supply_max / 2);
}

RC_GTEST_PROP(Fees, ARebateIsNeverMoreThanTheFeeThatPaysForIt, ()) {
    const Amount basis{*rc::gen::inRange<std::int64_t>(0, asset_supply_max)};
    const auto taker_ppm = *rc::gen::inRange<std::int32_t>(0, fee_rate_ppm_max + 1);
    const auto maker_ppm = *rc::gen::inRange<std::int32_t>(-fee_rate_ppm_max, fee_rate_ppm_max + 1);
    const TradeFees fees = fees_of_trade(basis, basis, maker_ppm, taker_ppm);
    RC_ASSERT(fees.taker.raw + fees.maker.raw >= 0);
    RC_ASSERT(fees.taker.raw >= 0 && fees.taker.raw <= basis.raw);
}

RC_GTEST_PROP(Fees, AHoldCoversEveryWayToFillTheOrder, ()) {
    const Market market = market_with(power_of_ten(*rc::gen::inRange(0, 5)));
    const PriceTicks price{*rc::gen::inRange<std::int64_t>(1, 1'000'000)};
    const FeeRates rates{*rc::gen::inRange<std::int32_t>(-1000, 5000),
                         *rc::gen::inRange<std::int32_t>(1000, 5000)};
    std::int64_t leaves = *rc::gen::inRange<std::int64_t>(1, 100'000);
    Int128 held = static_cast<Int128>(hold_per_unit(market, Side::buy, price, rates).raw) * leaves;
    while (leaves > 0) {
        const std::int64_t fill = *rc::gen::inRange<std::int64_t>(1, leaves + 1);
        const Int128 released =
            static_cast<Int128>(hold_per_unit(market, Side::buy, price, rates).raw) * fill;
        const Amount notional{static_cast<std::int64_t>(market.notional(price, {fill}))};
        const auto highest = std::max(rates.maker_ppm, rates.taker_ppm);
        RC_ASSERT(released >= notional.raw + fee_rounded_up(notional, highest).raw);
        held -= released;
        leaves -= fill;
    }
    RC_ASSERT(held == 0);
}

TEST(Ledger, MovesInDoubleEntryAndListsWhatIsNotZero) {
    Accounts accounts;
    Ledger ledger(accounts);
    for (std::uint8_t user = 1; user <= 4; ++user) accounts.add({{user}});
    const AssetId quote{1}, rare{5000};
    for (const AssetId asset : {quote, rare}) {
        ledger.transfer(external_account, {17}, asset, {100});
        ledger.row(AccountId{17}, asset).hold({40});
        ledger.row(AccountId{17}, asset).release({10});
        ledger.transfer({17}, {18}, asset, {70});
        EXPECT_EQ(ledger.balance(AccountId{17}, asset).available.raw, 0);
        EXPECT_EQ(ledger.balance(AccountId{17}, asset).held.raw, 30);
        EXPECT_EQ(ledger.balance(AccountId{18}, asset).available.raw, 70);
    }
    std::int64_t sum = 0;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> seen;
    ledger.for_each([&](AccountId account, AssetId asset, Balance balance) {
        sum += balance.available.raw + balance.held.raw;
        seen.emplace_back(account.raw, asset.raw);
    });
    EXPECT_EQ(sum, 0);
    EXPECT_EQ(seen, (std::vector<std::pair<std::uint32_t, std::uint32_t>>{
                        {1, 1}, {1, 5000}, {17, 1}, {17, 5000}, {18, 1}, {18, 5000}}));
    EXPECT_EQ(ledger.balance(AccountId{17}, {4999}).available.raw, 0);
}

TEST(LedgerDeathTest, NeverLetsAnybodyGoBelowZero) {
    Accounts accounts;
    Ledger ledger(accounts);
    for (std::uint8_t user = 1; user <= 4; ++user) accounts.add({{user}});
    EXPECT_DEATH(ledger.transfer({17}, {18}, {1}, {1}), "ASSERT failed");
    EXPECT_DEATH(ledger.row(AccountId{17}, {1}).hold({1}), "ASSERT failed");
    EXPECT_DEATH(ledger.row(AccountId{17}, {1}).release({1}), "ASSERT failed");
    EXPECT_DEATH(ledger.row(AccountId{17}, {1}).change_hold({0}, {1}), "ASSERT failed");
    EXPECT_DEATH(ledger.row(AccountId{17}, {1}).add({-1}), "ASSERT failed");
    EXPECT_DEATH(ledger.row(AccountId{17}, {5000}).release_and_add({1}, {0}), "ASSERT failed");
    EXPECT_DEATH(ledger.row(AccountId{20}, {1}), "ASSERT failed");
}

}  // namespace
}  // namespace sauda::core
