/// Accounts and orders with very much behind them: what a page says of them is what all of it says.
#include <algorithm>

#include <gtest/gtest.h>

#include "history/reader.h"
#include "history/store.h"
#include "sql/testing/test_database.h"

namespace sauda::history {
namespace {

constexpr std::uint32_t asset_count = 3'000;
constexpr std::uint64_t rounds = 4;
constexpr std::uint32_t fill_count = 20'000;
constexpr core::AccountId account{7};
constexpr core::OrderId sweeper{1};
constexpr core::Sequence sweep_sequence{100'000};

class LargeAnswers : public ::testing::TestWithParam<sql::Dialect> {
protected:
    void SetUp() override {
        Batch batch;
        for (std::uint32_t id = 1; id <= asset_count; ++id) {
            core::AssetListed asset;
            asset.asset = {id};
            asset.name = core::AssetName("A" + std::to_string(id));
            batch.assets.push_back(asset);
        }
        core::MarketListed market;
        market.market = {1};
        market.name = core::MarketName("A1_A2");
        market.base = {1};
        market.quote = {2};
        market.tick = market.lot = 1;
        batch.markets.push_back(market);
        batch.times.push_back({{1}, {1'000}});
        // Every asset in turn, in rounds: each posting one more than the asset had.
        for (std::uint64_t round = 0; round < rounds; ++round) {
            for (std::uint32_t asset = 1; asset <= asset_count; ++asset) {
                Posting posting;
                posting.account = account;
                posting.asset = {asset};
                posting.sequence = {round * asset_count + asset};
                posting.cause = Cause::deposit;
                posting.counter = core::external_account;
                posting.available = {static_cast<std::int64_t>(round + 1)};
                batch.postings.push_back(posting);
            }
        }
        add_sweep(batch);
        batch.progress.sequence = sweep_sequence;
        auto store = Store::open(place.name()).value();
        ASSERT_TRUE(store->write(batch).has_value());
        reader = Reader::open(place.name()).value();
    }

    /// One order that takes one lot from each of many in one command.
    static void add_sweep(Batch& batch) {
        OrderRow order;
        order.order.id = sweeper;
        order.order.account = account;
        order.order.market = {1};
        order.order.quantity = {fill_count + 1};
        order.order.leaves = {1};
        order.order.filled = {fill_count};
        order.created = order.updated = sweep_sequence;
        batch.new_orders.push_back(order);
        for (std::uint32_t i = 1; i <= fill_count; ++i) {
            batch.trades.push_back({{1},
                                    {i},
                                    sweep_sequence,
                                    {5},
                                    {1},
                                    core::Side::buy,
                                    {1'000 + i},
                                    sweeper,
                                    {},
                                    {fill_count + 1 - i},
                                    {},
                                    {}});
            batch.fills.push_back({account, sweep_sequence, 2 * i + 1, sweeper, {1}, {i}});
        }
    }

    const sql::testing::TestDatabase place{GetParam()};
    std::unique_ptr<Reader> reader;
};
INSTANTIATE_TEST_SUITE_P(Both, LargeAnswers, ::testing::ValuesIn(sql::testing::dialects),
                         [](const auto& test) { return sql::testing::name_of(test.param); });

TEST_P(LargeAnswers, TheLedgerOfManyAssetsComesInTheOrderOfItsEntries) {
    Range range;
    range.limit = 1'000;
    std::uint64_t next = rounds * asset_count;
    do {
        const Page<LedgerEntry> page = reader->ledger(account, {}, range).value();
        for (const LedgerEntry& entry : page.rows) {
            ASSERT_EQ(entry.place.sequence.raw, next);
            ASSERT_EQ(entry.asset.raw, (next - 1) % asset_count + 1);
            ASSERT_EQ(entry.available_change.raw, 1);
            ASSERT_EQ(entry.available.raw, static_cast<std::int64_t>((next - 1) / asset_count + 1));
            --next;
        }
        range.cursor = page.next;
    } while (range.cursor);
    EXPECT_EQ(next, 0u);
}

TEST_P(LargeAnswers, BalancesOfManyAssetsAreThoseOfTheMoment) {
    for (const std::uint64_t sequence : {1'000u, asset_count + 17u, 2 * asset_count, 99'999u}) {
        const Moment moment = reader->balances_after(account, {sequence}).value();
        ASSERT_EQ(moment.balances.size(), std::min<std::uint64_t>(sequence, asset_count));
        for (const MomentBalance& each : moment.balances) {
            const std::uint64_t count =
                sequence < each.asset.raw ? 0 : (sequence - each.asset.raw) / asset_count + 1;
            ASSERT_EQ(each.balance.available.raw, static_cast<std::int64_t>(std::min(count, rounds)));
        }
    }
    EXPECT_TRUE(reader->balances_after({8}, {99'999}).value().balances.empty());
}

TEST_P(LargeAnswers, AnOrderThatSweptManyIsToldPageByPage) {
    std::optional<Cursor> after;
    std::vector<OrderEvent> events;
    do {
        const auto page = reader->order_events(account, sweeper, after, 1'000).value().value();
        events.insert(events.end(), page.rows.begin(), page.rows.end());
        after = page.next;
    } while (after);
    ASSERT_EQ(events.size(), fill_count + 2);
    EXPECT_EQ(events.front().kind, OrderEvent::Kind::accepted);
    EXPECT_EQ(events.back().kind, OrderEvent::Kind::rested);
    EXPECT_EQ(events.back().leaves.raw, 1);
    for (std::uint32_t i = 1; i <= fill_count; ++i) {
        ASSERT_EQ(events[i].fill->trade.raw, i);
        ASSERT_EQ(events[i].leaves.raw, fill_count + 1 - i);
    }
}

}  // namespace
}  // namespace sauda::history
