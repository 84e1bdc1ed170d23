/// Random commands, their events, history: what history tells is what core said.
#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "history/reader.h"
#include "history/testing/recorded_world.h"
#include "sql/testing/test_database.h"

namespace sauda::history {
namespace {

using core::AccountId;
using core::Amount;
using core::AssetId;
using core::MarketId;
using core::OrderId;
using core::Sequence;
using testing::RecordedTrade;
using testing::RecordedWorld;

/// A world and its history, projected in batches of `per_batch`, reopened in the middle.
class HistoryOf {
public:
    HistoryOf(sql::Dialect dialect, std::uint64_t seed, std::uint64_t per_batch)
        : place_(dialect), world(seed, 4'000, 97) {
        for (const std::uint64_t through : {world.last() / 3, world.last() / 2, world.last()}) {
            const std::string problem = testing::project(place_.name(), world, through, per_batch);
            EXPECT_EQ(problem, "") << "seed " << seed;
        }
        reader = Reader::open(place_.name()).value();
    }

    /// Every page of a list, put together. The pages are small, so that their seams are everywhere.
    template <class T, class ReadPage>
    static std::vector<T> all(ReadPage read) {
        std::vector<T> rows;
        Range range;
        range.limit = 7;
        do {
            Page<T> page = read(range).value();
            EXPECT_LE(page.rows.size(), range.limit);
            rows.insert(rows.end(), page.rows.begin(), page.rows.end());
            range.cursor = page.next;
        } while (range.cursor);
        return rows;
    }
    std::vector<LedgerEntry> ledger(AccountId account, AssetId asset = {}) const {
        return all<LedgerEntry>([&](const Range& range) { return reader->ledger(account, asset, range); });
    }
    std::vector<Fill> fills(AccountId account, MarketId market = {}, OrderId order = {}) const {
        return all<Fill>([&](const Range& range) { return reader->fills(account, market, order, range); });
    }

private:
    sql::testing::TestDatabase place_;

public:
    RecordedWorld world;
    std::unique_ptr<Reader> reader;
};

using Case = std::pair<sql::Dialect, std::uint64_t>;

/// One world and its history per case, made at first use: tests only read them.
const HistoryOf& history_of(const Case& of) {
    static std::map<Case, std::unique_ptr<HistoryOf>> all;
    auto& history = all[of];
    const auto& [dialect, seed] = of;
    const std::uint64_t small = dialect == sql::Dialect::sqlite ? 1 : 20;
    if (!history) history = std::make_unique<HistoryOf>(dialect, seed, seed % 2 == 0 ? small : 113);
    return *history;
}

class RandomHistory : public ::testing::TestWithParam<Case> {
protected:
    const HistoryOf& history = history_of(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomHistory,
                         ::testing::Values(Case{sql::Dialect::sqlite, 1}, Case{sql::Dialect::sqlite, 2},
                                           Case{sql::Dialect::sqlite, 3}, Case{sql::Dialect::sqlite, 5},
                                           Case{sql::Dialect::postgres, 2}, Case{sql::Dialect::postgres, 5}),
                         [](const auto& test) {
                             return sql::testing::name_of(test.param.first) + "_" +
                                    std::to_string(test.param.second);
                         });

TEST_P(RandomHistory, BalancesAtEveryMomentAreThoseOfCore) {
    std::size_t checked = 0;
    for (const auto& [sequence, balances] : history.world.balances()) {
        for (const AccountId account : history.world.all_accounts()) {
            std::map<AssetId, Balance> told;
            const Moment moment = history.reader->balances_after(account, {sequence}).value();
            for (const MomentBalance& each : moment.balances) told[each.asset] = each.balance;
            for (const core::Asset& asset : history.world.listings().assets()) {
                const auto expected = balances.find({account, asset.id});
                if (expected == balances.end()) continue;  // neither was listed or opened yet
                ASSERT_EQ(told[asset.id], expected->second)
                    << "account " << account.raw << " " << asset.name.view() << " after " << sequence;
                ++checked;
            }
        }
    }
    EXPECT_GT(checked, 1'000u);
}

TEST_P(RandomHistory, LedgerEntriesSumToTheBalancesAtEveryMoment) {
    for (const AccountId account : history.world.all_accounts()) {
        std::vector<LedgerEntry> entries = history.ledger(account);
        std::ranges::reverse(entries);
        std::map<AssetId, Balance> sums;
        auto next = entries.begin();
        for (const auto& [sequence, balances] : history.world.balances()) {
            for (; next != entries.end() && next->place.sequence.raw <= sequence; ++next) {
                Balance& sum = sums[next->asset];
                sum.available += next->available_change;
                sum.held += next->held_change;
                ASSERT_EQ(sum, (Balance{next->available, next->held}));
            }
            for (const core::Asset& asset : history.world.listings().assets()) {
                const auto expected = balances.find({account, asset.id});
                if (expected == balances.end()) continue;  // neither was listed or opened yet
                ASSERT_EQ(sums[asset.id], expected->second);
            }
        }
        EXPECT_EQ(next, entries.end());
    }
}

TEST_P(RandomHistory, EveryEntryHasItsOpposite) {
    // Sum of all changes of a command in an asset, over all accounts: zero. And by cause: a fee that one pays
    // another one earns.
    std::map<std::tuple<Sequence, AssetId>, std::int64_t> sums;
    std::map<std::tuple<Sequence, AssetId, Cause>, std::int64_t> by_cause;
    std::size_t count = 0;
    for (const AccountId account : history.world.all_accounts()) {
        for (const LedgerEntry& entry : history.ledger(account)) {
            const std::int64_t change = entry.available_change.raw + entry.held_change.raw;
            sums[{entry.place.sequence, entry.asset}] += change;
            by_cause[{entry.place.sequence, entry.asset, entry.cause}] += change;
            const bool is_move = entry.cause == Cause::hold || entry.cause == Cause::release;
            ASSERT_EQ(change == 0, is_move);
            ++count;
        }
    }
    for (const auto& [key, sum] : sums) ASSERT_EQ(sum, 0) << "sequence " << std::get<0>(key).raw;
    for (const auto& [key, sum] : by_cause) ASSERT_EQ(sum, 0) << "sequence " << std::get<0>(key).raw;
    EXPECT_GT(count, 1'000u);
}

TEST_P(RandomHistory, AnAssetsLedgerIsThePartOfTheWholeThatIsOfIt) {
    const AccountId account{core::first_user_account.raw};
    const std::vector<LedgerEntry> whole = history.ledger(account);
    for (const core::Asset& asset : history.world.listings().assets()) {
        std::vector<Cursor> expected, got;
        for (const LedgerEntry& entry : whole) {
            if (entry.asset == asset.id) expected.push_back(entry.place);
        }
        for (const LedgerEntry& entry : history.ledger(account, asset.id)) got.push_back(entry.place);
        EXPECT_EQ(got, expected) << asset.name.view();
    }
    EXPECT_TRUE(std::ranges::is_sorted(whole, std::greater{}, &LedgerEntry::place));
}

bool is_the_same(const ShardTransferRow& row, const testing::RecordedShardTransfer& recorded) {
    return row.account == recorded.account && row.asset == recorded.asset && row.amount == recorded.amount &&
           row.operator_id == recorded.operator_id && row.reference == recorded.reference &&
           row.peer == recorded.peer && row.place.sequence == recorded.stamp.sequence &&
           row.time == recorded.stamp.time && row.confirmed == recorded.confirmed;
}

TEST_P(RandomHistory, TransfersBetweenShardsAreToldWithTheirArrival) {
    std::size_t confirmed = 0, pending = 0;
    for (const AccountId account : history.world.all_accounts()) {
        std::vector<testing::RecordedShardTransfer> expected;
        for (const auto& recorded : history.world.shard_transfers()) {
            if (recorded.account == account) expected.push_back(recorded);
        }
        std::ranges::reverse(expected);
        const auto got = HistoryOf::all<ShardTransferRow>(
            [&](const Range& range) { return history.reader->shard_transfers(account, range); });
        ASSERT_EQ(got.size(), expected.size());
        for (std::size_t i = 0; i < got.size(); ++i) ASSERT_TRUE(is_the_same(got[i], expected[i]));
        for (const ShardTransferRow& row : got) {
            confirmed += row.confirmed ? 1 : 0;
            pending += row.amount.raw < 0 && !row.confirmed ? 1 : 0;
        }
    }
    EXPECT_GT(confirmed, 0u);
    EXPECT_EQ(pending, history.world.accounts().pending_transfers().size());
}

TEST_P(RandomHistory, ATransferBetweenShardsIsFoundByWhoGaveItsReference) {
    std::size_t found = 0;
    for (const auto& recorded : history.world.shard_transfers()) {
        const core::ShardName origin = recorded.amount.raw < 0 ? core::ShardName{} : recorded.peer;
        const auto row = history.reader->find_shard_transfer(origin, recorded.reference).value();
        ASSERT_TRUE(row.has_value());
        EXPECT_TRUE(is_the_same(*row, recorded));
        ++found;
    }
    EXPECT_GT(found, 10u);
    const core::TransferReference reference = history.world.shard_transfers().front().reference;
    EXPECT_FALSE(history.reader->find_shard_transfer(core::ShardName("elsewhere"), reference).value());
    EXPECT_FALSE(history.reader->find_shard_transfer({}, core::TransferReference("never")).value());
}

TEST_P(RandomHistory, TransfersBetweenShardsAreNoDepositsAndStandInTheLedgerAgainstInTransit) {
    std::map<Sequence, const testing::RecordedShardTransfer*> recorded;
    for (const auto& each : history.world.shard_transfers()) recorded[each.stamp.sequence] = &each;
    std::size_t entries = 0;
    for (const AccountId account : history.world.all_accounts()) {
        const auto deposits = HistoryOf::all<TransferRow>(
            [&](const Range& range) { return history.reader->transfers(account, range); });
        const auto counted = history.world.transferred().find(account);
        EXPECT_EQ(deposits.size(), counted == history.world.transferred().end() ? 0 : counted->second);
        for (const TransferRow& row : deposits) EXPECT_FALSE(recorded.contains(row.place.sequence));
        for (const LedgerEntry& entry : history.ledger(account)) {
            const auto found = recorded.find(entry.place.sequence);
            const bool is_between =
                entry.cause == Cause::transfer_sent || entry.cause == Cause::transfer_received;
            ASSERT_EQ(found != recorded.end(), is_between);
            if (!is_between) continue;
            const testing::RecordedShardTransfer& transfer = *found->second;
            const bool is_owner = account == transfer.account;
            EXPECT_EQ(entry.cause == Cause::transfer_sent, transfer.amount.raw < 0);
            EXPECT_EQ(entry.available_change, is_owner ? transfer.amount : -transfer.amount);
            EXPECT_EQ(entry.counter, is_owner ? core::in_transit_account : transfer.account);
            EXPECT_EQ(entry.reference, is_owner ? transfer.reference : core::TransferReference());
            ++entries;
        }
    }
    EXPECT_EQ(entries, 2 * recorded.size());
}

TEST_P(RandomHistory, FillsAgreeWithTrades) {
    const auto is_fill_of = [](const Fill& fill, const RecordedTrade& recorded, bool is_taker) {
        const core::Trade& trade = recorded.trade;
        const core::Liquidity liquidity = is_taker ? core::Liquidity::taker : core::Liquidity::maker;
        return fill.trade == trade.trade && fill.market == trade.market && fill.price == trade.price &&
               fill.quantity == trade.quantity && fill.liquidity == liquidity &&
               fill.order == (is_taker ? trade.taker_order : trade.maker_order) &&
               fill.matched_with == (is_taker ? trade.maker_order : trade.taker_order) &&
               fill.fee == (is_taker ? trade.taker_fee : trade.maker_fee) &&
               fill.fee_in_base == trade.fee_in_base(liquidity) &&
               fill.leaves == (is_taker ? trade.taker_leaves : trade.maker_leaves) &&
               fill.side == (is_taker ? trade.taker_side : core::opposite(trade.taker_side)) &&
               fill.place.sequence == recorded.sequence && fill.time == recorded.time;
    };
    std::size_t count = 0;
    for (const AccountId account : history.world.all_accounts()) {
        std::vector<std::pair<const RecordedTrade*, bool>> expected;
        for (const RecordedTrade& trade : history.world.trades()) {
            if (trade.trade.maker_account == account) expected.emplace_back(&trade, false);
            if (trade.trade.taker_account == account) expected.emplace_back(&trade, true);
        }
        const std::vector<Fill> got = history.fills(account);
        ASSERT_EQ(got.size(), expected.size());
        for (std::size_t i = 0; i < got.size(); ++i) {
            const auto& [trade, is_taker] = expected[expected.size() - 1 - i];
            ASSERT_TRUE(is_fill_of(got[i], *trade, is_taker))
                << "fill " << i << " of account " << account.raw;
        }
        count += got.size();
    }
    EXPECT_GT(count, 100u);
}

TEST_P(RandomHistory, FillsOfAMarketAndOfAnOrderAreThoseOfIt) {
    const AccountId account = core::first_user_account;
    std::map<MarketId, std::vector<Cursor>> by_market;
    std::map<OrderId, std::vector<Cursor>> by_order;
    for (const Fill& fill : history.fills(account)) {
        by_market[fill.market].push_back(fill.place);
        by_order[fill.order].push_back(fill.place);
    }
    const auto places = [](const std::vector<Fill>& fills) {
        std::vector<Cursor> out;
        for (const Fill& fill : fills) out.push_back(fill.place);
        return out;
    };
    for (const auto& [market, expected] : by_market)
        EXPECT_EQ(places(history.fills(account, market)), expected);
    for (const auto& [order, expected] : by_order)
        EXPECT_EQ(places(history.fills(account, {}, order)), expected);
    EXPECT_GT(by_order.size(), 5u);
}

void expect_same(const views::OrderView& got, const views::OrderView& expected) {
    EXPECT_EQ(got.account, expected.account);
    EXPECT_EQ(got.market, expected.market);
    EXPECT_EQ(got.client_order_id, expected.client_order_id);
    EXPECT_EQ(got.side, expected.side);
    EXPECT_EQ(got.kind, expected.kind);
    EXPECT_EQ(got.time_in_force, expected.time_in_force);
    EXPECT_EQ(got.post_only, expected.post_only);
    EXPECT_EQ(got.status, expected.status);
    EXPECT_EQ(got.end_cause, expected.end_cause);
    EXPECT_EQ(got.price, expected.price);
    EXPECT_EQ(got.quantity, expected.quantity);
    EXPECT_EQ(got.filled, expected.filled);
    EXPECT_EQ(got.leaves, expected.leaves);
    EXPECT_EQ(got.quote_quantity, expected.quote_quantity);
    EXPECT_EQ(got.quote_used, expected.quote_used);
    EXPECT_TRUE(got.filled_quote == expected.filled_quote);
    EXPECT_TRUE(got.filled_quote_complete);
    EXPECT_EQ(got.fees, expected.fees);
    EXPECT_EQ(got.created, expected.created);
    EXPECT_EQ(got.updated, expected.updated);
}

TEST_P(RandomHistory, OrdersAreAsTheViewsKnowThemAndOpenOnesAsCoreDoes) {
    for (const auto& [id, account] : history.world.orders()) {
        const auto found = history.reader->find_order(account, id).value();
        ASSERT_TRUE(found.has_value()) << "order " << id.raw;
        expect_same(*found, *history.world.accounts().find_order(account, id));
        ASSERT_FALSE(HasFailure()) << "order " << id.raw;
        EXPECT_FALSE(history.reader->find_order({account.raw + 1}, id).value().has_value());
    }
    for (const core::OrderRecord& open : history.world.exchange().state().orders) {
        const auto found = history.reader->find_order(open.account, open.id).value();
        EXPECT_TRUE(found->is_open());
        EXPECT_EQ(found->leaves, open.leaves);
        EXPECT_EQ(found->filled, open.quantity - open.leaves);
    }
    EXPECT_GT(history.world.orders().size(), 500u);
}

TEST_P(RandomHistory, AClientOrderIdFindsTheNewestOrderThatBoreIt) {
    std::size_t count = 0;
    for (const auto& [id, account] : history.world.orders()) {
        const views::OrderView& order = *history.world.accounts().find_order(account, id);
        if (order.client_order_id.empty()) continue;
        const auto* newest = history.world.accounts().find_order(account, order.client_order_id);
        const auto found = history.reader->find_order(account, order.client_order_id).value();
        ASSERT_TRUE(found.has_value());
        EXPECT_EQ(found->id, newest->id);
        ++count;
    }
    EXPECT_GT(count, 10u);
}

TEST_P(RandomHistory, ClosedOrdersComeInTheOrderOfTheViews) {
    for (const AccountId account : history.world.all_accounts()) {
        for (const MarketId market : {MarketId{}, MarketId{1}}) {
            std::vector<OrderId> expected, got;
            for (const auto* order : history.world.accounts().closed_orders(account, market, SIZE_MAX))
                expected.push_back(order->id);
            OrderId cursor;
            do {
                const auto page = history.reader->closed_orders(account, market, 7, cursor).value();
                for (const views::OrderView& order : page.orders) got.push_back(order.id);
                cursor = page.next;
            } while (cursor);
            EXPECT_EQ(got, expected) << "account " << account.raw;
        }
    }
    for (const auto& [id, account] : history.world.orders()) {
        const bool is_open = history.world.accounts().find_order(account, id)->is_open();
        const AccountId other{account.raw + 1};
        EXPECT_TRUE(history.reader->closed_orders(other, {}, 7, id).value().orders.empty());
        if (is_open) {
            EXPECT_TRUE(history.reader->closed_orders(account, {}, 7, id).value().orders.empty());
        }
    }
}

void expect_same(const OrderEvent& got, const OrderEvent& expected) {
    EXPECT_EQ(got.place, expected.place);
    EXPECT_EQ(got.time, expected.time);
    EXPECT_EQ(got.kind, expected.kind);
    EXPECT_EQ(got.price, expected.price);
    EXPECT_EQ(got.quantity, expected.quantity);
    EXPECT_EQ(got.leaves, expected.leaves);
    EXPECT_EQ(got.price_before, expected.price_before);
    EXPECT_EQ(got.leaves_before, expected.leaves_before);
    EXPECT_EQ(got.lost_priority, expected.lost_priority);
    EXPECT_EQ(got.cause, expected.cause);
    EXPECT_EQ(got.fill.has_value(), expected.fill.has_value());
}

TEST_P(RandomHistory, AnOrdersEventsLeadToWhatBecameOfIt) {
    std::size_t rested = 0;
    for (const auto& [id, account] : history.world.orders()) {
        const auto read_all = [&, &order_id = id, &owner = account](std::size_t limit) {
            std::vector<OrderEvent> events;
            std::optional<Cursor> after;
            do {
                const Page<OrderEvent> page =
                    history.reader->order_events(owner, order_id, after, limit).value().value();
                events.insert(events.end(), page.rows.begin(), page.rows.end());
                after = page.next;
            } while (after);
            return events;
        };
        const std::vector<OrderEvent> events = read_all(1'000);
        const views::OrderView& order = *history.world.accounts().find_order(account, id);
        using Kind = OrderEvent::Kind;
        ASSERT_EQ(events.front().kind, Kind::accepted);
        EXPECT_EQ(events.front().time, order.created);
        EXPECT_TRUE(std::ranges::is_sorted(events, {}, &OrderEvent::place));
        core::QuantityLots filled;
        core::QuantityLots leaves = events.front().leaves;
        core::PriceTicks price = events.front().price;
        for (const OrderEvent& event : events) {
            if (event.kind == Kind::filled) filled += event.quantity;
            if (event.kind == Kind::amended) {
                EXPECT_EQ(event.price_before, price);
                EXPECT_EQ(event.leaves_before, leaves);
                EXPECT_EQ(event.quantity, filled + event.leaves);
                price = event.price;
            }
            rested += event.kind == Kind::rested ? 1 : 0;
            if (event.kind == Kind::rested) {
                EXPECT_EQ(event.leaves, leaves);
            }
            if (event.kind == Kind::ended) {
                EXPECT_EQ(event.cause, order.end_cause);
            }
            leaves = event.leaves;
        }
        EXPECT_EQ(filled, order.filled);
        EXPECT_EQ(price, order.price);
        EXPECT_EQ(leaves, order.leaves);
        EXPECT_EQ(events.back().time, order.updated);
        for (const std::size_t limit : {1, 2, 5}) {
            const std::vector<OrderEvent> by_pages = read_all(limit);
            ASSERT_EQ(by_pages.size(), events.size());
            for (std::size_t i = 0; i < events.size(); ++i) expect_same(by_pages[i], events[i]);
        }
        ASSERT_FALSE(HasFailure()) << "order " << id.raw;
    }
    EXPECT_GT(rested, 100u);
}

TEST_P(RandomHistory, AnOrdersEventsGoOnBehindAnyCursor) {
    std::size_t cursors = 0;
    for (const auto& [id, account] : history.world.orders()) {
        const auto all = history.reader->order_events(account, id, {}, 1'000).value().value().rows;
        for (const OrderEvent& event : all) {
            // At an event, just before it, and where no event is: all the same to who asks.
            for (const std::uint32_t n : {event.place.n, event.place.n + (event.place.n < UINT32_MAX ? 1 : 0),
                                          event.place.n - (event.place.n > 0 ? 1 : 0)}) {
                const Cursor after{event.place.sequence, n, 0};
                const auto got = history.reader->order_events(account, id, after, 3).value().value().rows;
                const auto from = std::ranges::upper_bound(all, after, {}, &OrderEvent::place);
                ASSERT_EQ(got.size(),
                          static_cast<std::size_t>(std::min<std::ptrdiff_t>(3, all.end() - from)));
                for (std::size_t i = 0; i < got.size(); ++i)
                    expect_same(got[i], from[static_cast<std::ptrdiff_t>(i)]);
                ++cursors;
            }
        }
        ASSERT_FALSE(HasFailure()) << "order " << id.raw;
    }
    EXPECT_GT(cursors, 1'000u);
}

TEST_P(RandomHistory, PublicTradesAreThoseThatWereMade) {
    for (const core::Market& market : history.world.listings().markets()) {
        std::vector<views::PublicTrade> expected, got;
        for (const RecordedTrade& made : history.world.trades()) {
            if (made.trade.market != market.id) continue;
            expected.push_back({made.trade.trade, made.trade.price, made.trade.quantity, made.trade.quote,
                                made.trade.taker_side, made.time});
        }
        std::ranges::reverse(expected);
        core::TradeId before;
        for (std::size_t count = 1; count > 0;) {
            const auto page = history.reader->trades(market, 7, before).value();
            count = page.size();
            if (count > 0) before = page.back().trade;
            got.insert(got.end(), page.begin(), page.end());
        }
        EXPECT_EQ(got, expected) << market.spec.name.view();
    }
}

/// Candles of `interval_s` as one makes them by hand.
std::vector<Candle> candles_of(const RecordedWorld& world, MarketId market, std::int64_t interval_s) {
    std::map<std::int64_t, Candle> candles;
    for (const auto& [trade, sequence, time] : world.trades()) {
        if (trade.market != market) continue;
        const std::int64_t start = time.raw / 1'000'000'000 / interval_s * interval_s;
        const auto [at, is_new] = candles.try_emplace(start);
        Candle& candle = at->second;
        if (is_new)
            candle = {market, interval_s, start, trade.price, trade.price, trade.price,  trade.price,
                      0,      0,          0,     trade.trade, {},          TakerBought{}};
        candle.high = std::max(candle.high, trade.price);
        candle.low = std::min(candle.low, trade.price);
        candle.close = trade.price;
        candle.volume += trade.quantity.raw;
        candle.quote_volume += trade.quote.raw;
        ++candle.trade_count;
        candle.last_trade = trade.trade;
        if (trade.taker_side == core::Side::buy) {
            candle.taker_bought->quantity += trade.quantity.raw;
            candle.taker_bought->quote += trade.quote.raw;
        }
    }
    std::vector<Candle> out;
    for (const auto& [start, candle] : candles) out.push_back(candle);
    return out;
}

TEST_P(RandomHistory, CandlesAgreeWithTradesToTheLastUnit) {
    std::size_t count = 0;
    for (const core::Market& market : history.world.listings().markets()) {
        for (const std::int64_t interval_s : {1, 5, 60, 300, 3'600, 14'400, 86'400, 604'800}) {
            const std::vector<Candle> expected = candles_of(history.world, market.id, interval_s);
            const auto got = history.reader->candles(market, interval_s, 0, INT64_MAX, SIZE_MAX).value();
            EXPECT_EQ(got, expected) << market.spec.name.view() << " " << interval_s;
            count += got.size();
            if (expected.size() < 3) continue;
            const auto part =
                history.reader
                    ->candles(market, interval_s, expected[0].start_s + 1, expected.back().start_s, SIZE_MAX)
                    .value();
            EXPECT_EQ(part, std::vector(expected.begin() + 1, expected.end() - 1));
        }
    }
    EXPECT_GT(count, 20u);
    const core::Market& market = history.world.listings().markets()[0];
    for (const auto& [from, to] : {std::pair(INT64_MAX, INT64_MAX), std::pair(INT64_MIN, std::int64_t{0})})
        EXPECT_TRUE(history.reader->candles(market, 1, from, to, 10).value().empty());
    EXPECT_EQ(history.reader->candles(market, 1, 0, INT64_MAX, 2).value().size(), 2u);
}

TEST_P(RandomHistory, ATimeDividesTheListsWhereTheCommandsDid) {
    const AccountId account = core::first_user_account;
    const std::vector<Fill> all = history.fills(account);
    ASSERT_GT(all.size(), 10u);
    const core::TimestampNs middle = all[all.size() / 2].time;
    std::vector<Cursor> expected_until, expected_from;
    for (const Fill& fill : all) (fill.time < middle ? expected_until : expected_from).push_back(fill.place);
    const auto places = [&](const Range& range) {
        const Page<Fill> page = history.reader->fills(account, {}, {}, range).value();
        std::vector<Cursor> out;
        for (const Fill& fill : page.rows) out.push_back(fill.place);
        return out;
    };
    Range until, from;
    until.limit = from.limit = 100'000;
    until.to = from.from = middle;
    EXPECT_EQ(places(until), expected_until);
    EXPECT_EQ(places(from), expected_from);
    const Moment before = history.reader->balances_before(account, middle).value();
    EXPECT_LT(before.sequence, expected_from.back().sequence);
}

}  // namespace
}  // namespace sauda::history
