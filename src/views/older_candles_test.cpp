#include "views/older_candles.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "views/testing/random_trades.h"

namespace sauda::views {
namespace {

using testing::RandomTrades;

/// Trades of one market, and the candles that a view which forgets nothing yet has of them.
struct Past {
    explicit Past(std::uint64_t seed, int commands = 900) : made(seed, 1) {
        for (int i = 1; i <= commands; ++i) {
            const auto trades = made.next();
            EXPECT_TRUE(view.apply({static_cast<std::uint64_t>(i)}, made.now(), testing::events_of(trades)));
        }
    }
    std::optional<std::vector<PublicTrade>> read(std::size_t limit, core::TradeId before) {
        ++reads;
        std::vector<PublicTrade> out;
        for (std::uint64_t id = before.raw - 1; id >= 1 && out.size() < limit; --id) {
            const auto& [time, trade] = made.all()[id - 1];
            out.push_back({trade.trade, trade.price, trade.quantity, trade.quote, trade.taker_side, time});
        }
        return out;
    }
    OlderSources trades() {
        return {[this](std::size_t limit, core::TradeId before) { return read(limit, before); }, {}};
    }
    /// Candles of an interval that divides `interval`, where there is one.
    OlderSources candles(CandleInterval interval) {
        OlderSources sources = trades();
        if (interval < CandleInterval::minute_1) return sources;
        const CandleInterval part = interval >= CandleInterval::day_1    ? CandleInterval::day_1
                                    : interval >= CandleInterval::hour_1 ? CandleInterval::hour_1
                                                                         : CandleInterval::minute_1;
        sources.candles = [this, part](std::size_t limit,
                                       core::TimestampNs before) -> std::optional<std::vector<Candle>> {
            std::vector<Candle> out;
            const auto& kept = view.traded({1}, part);
            for (auto at = kept.rbegin(); at != kept.rend() && out.size() < limit; ++at) {
                if (at->start < before) out.push_back(*at);
            }
            return out;
        };
        return sources;
    }
    /// What the view itself would answer.
    std::vector<Candle> wanted(CandleInterval interval, CandleRange range, std::size_t limit) const {
        return view.candles({1}, interval, range, limit, made.now());
    }

    RandomTrades made;
    CandlesView view;
    std::size_t reads = 0;
};

constexpr std::size_t no_limit = 1'000'000;

TEST(OlderCandles, equal_those_that_a_view_would_keep) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        Past past(seed);
        base::Random random(seed);
        for (const CandleInterval interval : candle_intervals()) {
            const auto& stored = past.view.traded({1}, interval);
            for (int i = 0; i < 6; ++i) {
                // As though the view had forgotten all candles before this one.
                const Candle& kept = stored[random.below(stored.size())];
                const core::TimestampNs to{random.chance(1, 2)
                                               ? kept.start.raw
                                               : random.between(stored.front().start.raw, kept.start.raw)};
                const core::TimestampNs from{
                    random.chance(1, 2) ? 0 : random.between(stored.front().start.raw, to.raw)};
                const std::size_t limit = 1 + random.below(400);
                for (const OlderSources& sources : {past.trades(), past.candles(interval)}) {
                    const auto got =
                        older_candles(sources, {interval, {from, to}, kept.first_trade, limit, no_limit});
                    ASSERT_TRUE(got);
                    ASSERT_EQ(got->candles, past.wanted(interval, {from, to}, limit))
                        << name(interval) << " seed " << seed;
                    const auto all = past.wanted(interval, {from, to}, limit + 1);
                    ASSERT_EQ(got->has_more, all.size() > limit) << name(interval) << " seed " << seed;
                }
            }
        }
    }
}

TEST(OlderCandles, pages_meet_whatever_the_bound_on_parts) {
    Past past(20);
    for (const std::size_t parts_max : {std::size_t{1}, std::size_t{300}, no_limit}) {
        for (const CandleInterval interval :
             {CandleInterval::minute_15, CandleInterval::day_1, CandleInterval::month_1}) {
            const Candle& kept = past.view.traded({1}, interval).back();
            std::vector<Candle> all;
            for (core::TimestampNs to = kept.start;;) {
                const auto page =
                    older_candles(past.trades(), {interval, {{0}, to}, kept.first_trade, 700, parts_max});
                ASSERT_TRUE(page);
                all.insert(all.begin(), page->candles.begin(), page->candles.end());
                if (!page->has_more) break;
                ASSERT_FALSE(page->candles.empty()) << "every page goes on";
                to = page->candles.front().start;
            }
            EXPECT_EQ(all, past.wanted(interval, {{0}, kept.start}, no_limit)) << name(interval);
        }
    }
}

TEST(OlderCandles, there_are_none_before_the_first_trade) {
    Past past(30);
    const core::TimestampNs first = past.made.all().front().time;
    const auto got = older_candles(
        past.trades(),
        {CandleInterval::second_1, {{0}, candle_start(CandleInterval::second_1, first)}, {5}, 10, no_limit});
    ASSERT_TRUE(got);
    EXPECT_TRUE(got->candles.empty());
    EXPECT_FALSE(got->has_more);
}

TEST(OlderCandles, a_source_that_fails_is_told) {
    Past past(40);
    for (std::size_t good = 0; good < 20; ++good) {
        std::size_t reads = 0;
        OlderSources source;
        source.trades = [&](std::size_t limit, core::TradeId before) {
            return ++reads > good ? std::nullopt : past.read(limit, before);
        };
        const Candle& kept = past.view.traded({1}, CandleInterval::hour_1).back();
        const auto got = older_candles(
            source, {CandleInterval::hour_1, {{0}, kept.start}, kept.first_trade, no_limit, no_limit});
        EXPECT_EQ(got.has_value(), reads <= good);
    }
}

TEST(OlderCandles, a_gap_is_told_and_not_bridged) {
    Past past(50);
    const Candle& kept = past.view.traded({1}, CandleInterval::day_1).back();
    OlderSources sources = past.candles(CandleInterval::day_1);
    sources.candles = [whole = sources.candles](std::size_t limit, core::TimestampNs before) {
        auto candles = whole(limit, before);
        candles->erase(candles->begin() + 1);
        return candles;
    };
    EXPECT_FALSE(
        older_candles(sources, {CandleInterval::day_1, {{0}, kept.start}, kept.first_trade, 10, no_limit}));
}

}  // namespace
}  // namespace sauda::views
