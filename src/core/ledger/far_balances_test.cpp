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
        const Balance* const row = rows.find({account}, {asset});
        ASSERT_EQ(row == nullptr, found == expected.end());
        if (row != nullptr) {
            ASSERT_EQ(row->available.raw, found->second);
        }
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
    EXPECT_EQ(rows.find({16}, {7}), nullptr);
    rows.prefetch({16}, {7});
    rows.row({16}, {7}).available.raw = 5;
    EXPECT_EQ(rows.find({17}, {7}), nullptr);
    EXPECT_EQ(rows.find({16}, {8}), nullptr);
    ASSERT_NE(rows.find({16}, {7}), nullptr);
    EXPECT_EQ(rows.find({16}, {7})->available.raw, 5);
    int seen = 0;
    rows.for_each([&](AccountId account, AssetId asset, Balance) {
        ++seen;
        EXPECT_EQ(account, AccountId{16});
        EXPECT_EQ(asset, AssetId{7});
    });
    EXPECT_EQ(seen, 1);
}

TEST(FarBalances, ARowIsChosenOrThatBesideIt) {
    FarBalances rows;
    Balance near;
    Balance& far = rows.row({16}, {7});
    EXPECT_EQ(rows.find_or(true, &near, {16}, {7}), &far);
    EXPECT_EQ(rows.find_or(false, &near, {16}, {7}), &near);
    EXPECT_EQ(rows.find_or(false, &near, {17}, {7}), &near) << "a row that is missing";
    EXPECT_EQ(rows.find_or(true, &near, {17}, {7}), nullptr);
}

}  // namespace
}  // namespace sauda::core
