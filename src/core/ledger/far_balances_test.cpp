#include "core/ledger/far_balances.h"

#include <map>

#include <gtest/gtest.h>

#include "base/random.h"

namespace sauda::core {
namespace {

/// Enough rows for tables to move to longer shelves several times, some before others.
TEST(FarBalances, AgreesWithAMapThroughGrowth) {
    FarBalances rows;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> expected;
    base::Random random(7);
    for (int step = 0; step < 100'000; ++step) {
        const auto account = static_cast<std::uint32_t>(16 + random.below(5'000));
        const auto asset = static_cast<std::uint32_t>(7 + random.below(40));
        rows.prefetch({account}, {asset});
        const auto found = expected.find({account, asset});
        ASSERT_EQ(rows.balance({account}, {asset}).available.raw,
                  found == expected.end() ? 0 : found->second);
        rows.row({account}, {asset}).available.raw += step;
        expected[{account, asset}] += step;
    }
    std::size_t seen = 0;
    rows.for_each([&](AccountId account, AssetId asset, Balance balance) {
        ++seen;
        ASSERT_EQ(balance.available.raw, expected.at({account.raw, asset.raw}));
        ASSERT_EQ(balance.held.raw, 0);
    });
    EXPECT_EQ(seen, expected.size());
}

TEST(FarBalances, AskingMakesNoRow) {
    FarBalances rows;
    EXPECT_EQ(rows.balance({16}, {7}).available.raw, 0);
    rows.prefetch({16}, {7});
    rows.row({16}, {7}).available.raw = 5;
    EXPECT_EQ(rows.balance({17}, {7}).available.raw, 0);
    EXPECT_EQ(rows.balance({16}, {8}).available.raw, 0);
    EXPECT_EQ(rows.balance({16}, {7}).available.raw, 5);
    int seen = 0;
    rows.for_each([&](AccountId, AssetId, Balance) { ++seen; });
    EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace sauda::core
