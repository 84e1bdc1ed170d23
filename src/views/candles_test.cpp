#include "views/candles.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "views/testing/random_trades.h"
#include "views/tickers.h"

namespace sauda::views {
namespace {

using namespace core;
using testing::RandomTrades;
using testing::TimedTrade;

constexpr std::int64_t second = 1'000'000'000;
constexpr TimestampNs for_ever{INT64_MAX};

TimestampNs at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int seconds = 0) {
    const std::chrono::sys_days date{std::chrono::year{year} / static_cast<int>(month) /
                                     static_cast<int>(day)};
    const std::int64_t days = date.time_since_epoch().count();
    return {(((days * 24 + hour) * 60 + minute) * 60 + seconds) * second};
}

TimestampNs start_of(std::string_view interval, TimestampNs time) {
    return candle_start(*find_candle_interval(interval), time);
}

/// A candles view and the events it is fed.
struct Fed {
    CandlesView view;
    Sequence sequence;

    void take(const std::vector<TimedTrade>& trades, TimestampNs time) {
        ++sequence.raw;
        EXPECT_TRUE(view.apply(sequence, time, testing::events_of(trades)));
    }
    void trade(TimestampNs time, std::int64_t price, std::uint32_t quantity = 1, Side taker = Side::buy) {
        TimedTrade made{time, {}};
        made.trade.market = {1};
        made.trade.trade.raw = ++last_trade;
        made.trade.price = {price};
        made.trade.quantity = {quantity};
        made.trade.quote = {price * quantity};
        made.trade.taker_side = taker;
        take({made}, time);
    }
    std::vector<Candle> minutes(TimestampNs from, TimestampNs to, TimestampNs now,
                                std::size_t limit = 1000) const {
        return view.candles({1}, CandleInterval::minute_1, {from, to}, limit, now);
    }
    std::uint64_t last_trade = 0;
};

/// The candle of every trade that `is_in` takes, added up one by one in plain words.
template <class IsIn>
Candle naive(const std::vector<TimedTrade>& trades, MarketId market, TimestampNs start, IsIn is_in) {
    Candle sum;
    sum.start = start;
    for (const auto& [time, trade] : trades) {
        if (trade.market != market || !is_in(time)) continue;
        if (!sum.first_trade) sum.open = sum.high = sum.low = trade.price;
        if (!sum.first_trade) sum.first_trade = trade.trade;
        sum.high = std::max(sum.high, trade.price);
        sum.low = std::min(sum.low, trade.price);
        sum.close = trade.price;
        sum.last_trade = trade.trade;
        sum.quantity += trade.quantity.raw;
        sum.quote += trade.quote.raw;
        if (trade.taker_side == Side::buy) sum.taker_bought += trade.quantity.raw;
        if (trade.taker_side == Side::buy) sum.taker_bought_quote += trade.quote.raw;
    }
    return sum;
}

TEST(CandleInterval, every_name_is_found_again_and_no_other) {
    std::string all;
    for (const CandleInterval interval : candle_intervals()) {
        EXPECT_EQ(find_candle_interval(name(interval)), interval);
        all += name(interval);
        all += ' ';
    }
    EXPECT_EQ(all, "1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M ");
    for (const char* other : {"", "1", "m", "2m", "1D", "60m", " 1m", "1m "}) {
        EXPECT_FALSE(find_candle_interval(other)) << other;
    }
}

TEST(CandleInterval, begins_where_the_calendar_says) {
    const TimestampNs time = at(2024, 2, 29, 23, 59, 59);
    EXPECT_EQ(start_of("1s", {time.raw + 999'999'999}), time);
    EXPECT_EQ(start_of("1m", time), at(2024, 2, 29, 23, 59));
    EXPECT_EQ(start_of("3m", time), at(2024, 2, 29, 23, 57));
    EXPECT_EQ(start_of("15m", time), at(2024, 2, 29, 23, 45));
    EXPECT_EQ(start_of("4h", time), at(2024, 2, 29, 20));
    EXPECT_EQ(start_of("8h", time), at(2024, 2, 29, 16));
    EXPECT_EQ(start_of("12h", time), at(2024, 2, 29, 12));
    EXPECT_EQ(start_of("1d", time), at(2024, 2, 29));
    EXPECT_EQ(start_of("3d", at(1970, 1, 3, 23)), at(1970, 1, 1));
    EXPECT_EQ(start_of("3d", at(1970, 1, 4)), at(1970, 1, 4));
    EXPECT_EQ(start_of("1w", time), at(2024, 2, 26)) << "a Monday";
    EXPECT_EQ(start_of("1w", at(2024, 2, 26)), at(2024, 2, 26));
    EXPECT_EQ(start_of("1w", {at(2024, 2, 26).raw - 1}), at(2024, 2, 19));
    EXPECT_EQ(start_of("1w", at(1969, 12, 31)), at(1969, 12, 29));
    EXPECT_EQ(start_of("1M", time), at(2024, 2, 1));
    EXPECT_EQ(candle_end(CandleInterval::month_1, at(2024, 2, 1)), at(2024, 3, 1));
    EXPECT_EQ(candle_end(CandleInterval::month_1, at(2023, 12, 1)), at(2024, 1, 1));
}

TEST(CandleInterval, candles_meet_without_gap_or_overlap) {
    base::Random random(4);
    for (const CandleInterval interval : candle_intervals()) {
        for (int i = 0; i < 2000; ++i) {
            const TimestampNs time{random.between(-second * 1'000'000'000, second * 5'000'000'000)};
            const TimestampNs start = candle_start(interval, time);
            const TimestampNs end = candle_end(interval, start);
            ASSERT_LE(start, time);
            ASSERT_GT(end, time);
            ASSERT_EQ(candle_start(interval, start), start);
            ASSERT_EQ(candle_start(interval, {end.raw - 1}), start);
            ASSERT_EQ(candle_start(interval, end), end);
        }
    }
}

TEST(Candles, agree_with_the_trades_to_the_last_unit) {
    RandomTrades trades(11, 2);
    Fed fed;
    for (int i = 0; i < 1200; ++i) {
        const auto made = trades.next();
        fed.take(made, trades.now());
    }
    for (const MarketId market : {MarketId{1}, MarketId{2}}) {
        for (const CandleInterval interval : candle_intervals()) {
            std::map<std::int64_t, Candle> wanted;
            for (const auto& [time, trade] : trades.all()) {
                const TimestampNs start = candle_start(interval, time);
                if (trade.market != market || wanted.contains(start.raw)) continue;
                wanted[start.raw] = naive(trades.all(), market, start, [&](TimestampNs other) {
                    return candle_start(interval, other) == start;
                });
            }
            const auto& stored = fed.view.traded(market, interval);
            ASSERT_EQ(stored.size(), wanted.size()) << name(interval);
            auto at = wanted.begin();
            for (const Candle& candle : stored) EXPECT_EQ(candle, (at++)->second) << name(interval);
        }
    }
}

TEST(Candles, of_long_intervals_are_the_sum_of_the_short_ones) {
    RandomTrades trades(12, 1);
    Fed fed;
    for (int i = 0; i < 1200; ++i) {
        const auto made = trades.next();
        fed.take(made, trades.now());
    }
    for (const CandleInterval interval : candle_intervals()) {
        for (const Candle& candle : fed.view.traded({1}, interval)) {
            Candle sum;
            sum.start = candle.start;
            for (const Candle& shorter : fed.view.traded({1}, CandleInterval::second_1)) {
                if (candle_start(interval, shorter.start) == candle.start) sum.merge(shorter);
            }
            ASSERT_EQ(sum, candle) << name(interval);
        }
    }
}

TEST(Candles, without_trades_are_flat_at_the_last_price_up_to_the_readers_clock) {
    Fed fed;
    const TimestampNs noon = at(2026, 3, 1, 12);
    const auto minute = [&](int n) { return TimestampNs{noon.raw + n * 60 * second}; };
    EXPECT_TRUE(fed.minutes({0}, for_ever, minute(5)).empty()) << "there is nothing before the first trade";
    fed.trade(minute(1), 100, 7, Side::sell);
    fed.trade(minute(4), 120, 2);
    const auto page = fed.minutes({0}, for_ever, minute(6));
    ASSERT_EQ(page.size(), 6u);
    for (std::size_t i = 0; i < page.size(); ++i) EXPECT_EQ(page[i].start, minute(static_cast<int>(i) + 1));
    EXPECT_EQ(page[0].trade_count(), 1u);
    for (const std::size_t i : {1u, 2u, 4u, 5u}) {
        EXPECT_TRUE(page[i].is_flat());
        EXPECT_EQ(page[i].trade_count(), 0u);
        EXPECT_EQ(page[i].quantity, 0);
        const PriceTicks price{i < 3 ? 100 : 120};
        EXPECT_EQ(std::tuple(page[i].open, page[i].high, page[i].low, page[i].close),
                  std::tuple(price, price, price, price));
    }
    EXPECT_EQ(*fed.view.candle_at({1}, CandleInterval::minute_1, minute(3)), page[2]);
    EXPECT_EQ(*fed.view.candle_at({1}, CandleInterval::minute_1, minute(4)), page[3]);
    EXPECT_FALSE(fed.view.candle_at({1}, CandleInterval::minute_1, minute(0)));
}

TEST(Candles, are_paged_from_the_newest_back) {
    Fed fed;
    const TimestampNs noon = at(2026, 3, 1, 12);
    const auto minute = [&](int n) { return TimestampNs{noon.raw + n * 60 * second}; };
    for (const int n : {0, 1, 5, 6, 9}) fed.trade(minute(n), 100 + n);
    const auto all = fed.minutes({0}, for_ever, minute(9));
    ASSERT_EQ(all.size(), 10u);
    std::vector<Candle> paged;
    for (TimestampNs to = for_ever;;) {
        const auto page = fed.minutes({0}, to, minute(9), 3);
        if (page.empty()) break;
        paged.insert(paged.begin(), page.begin(), page.end());
        to = page.front().start;
    }
    EXPECT_EQ(paged, all);
    EXPECT_EQ(fed.minutes(minute(2), minute(4), minute(9)).size(), 2u) << "from is part of it, to is not";
    EXPECT_EQ(fed.minutes({minute(2).raw + 1}, minute(4), minute(9)).size(), 1u);
    EXPECT_TRUE(fed.minutes(minute(10), for_ever, minute(9)).empty());
    EXPECT_TRUE(fed.minutes(minute(4), minute(4), minute(9)).empty());
    EXPECT_TRUE(fed.view.candles({2}, CandleInterval::minute_1, {{0}, for_ever}, 5, minute(9)).empty());
}

TEST(Candles, a_trade_ahead_of_the_readers_clock_is_there) {
    Fed fed;
    const TimestampNs noon = at(2026, 3, 1, 12);
    fed.trade(noon, 100);
    EXPECT_EQ(fed.minutes({0}, for_ever, {noon.raw - 5}).size(), 1u);
}

TEST(Candles, memory_is_bounded) {
    Fed fed;
    const TimestampNs noon = at(2026, 3, 1, 12);
    const std::size_t kept = CandlesView::candles_kept(CandleInterval::second_1);
    for (std::size_t i = 0; i < kept + 10; ++i) {
        fed.trade({noon.raw + static_cast<std::int64_t>(i) * second}, 100);
    }
    EXPECT_EQ(fed.view.traded({1}, CandleInterval::second_1).size(), kept);
    EXPECT_EQ(*fed.view.oldest({1}, CandleInterval::second_1), (TimestampNs{noon.raw + 10 * second}));
    EXPECT_EQ(*fed.view.oldest({1}, CandleInterval::minute_1), noon);
}

TEST(Candles, a_sequence_twice_counts_once) {
    Fed fed;
    const TimestampNs noon = at(2026, 3, 1, 12);
    fed.trade(noon, 100);
    fed.sequence.raw = 0;
    fed.last_trade = 0;
    fed.trade(noon, 100);
    EXPECT_EQ(fed.minutes({0}, for_ever, noon).front().trade_count(), 1u);
}

TEST(Ticker, windows_hold_exactly_the_trades_since_their_first_minute) {
    RandomTrades trades(13, 2);
    Fed fed;
    base::Random random(14);
    for (int i = 0; i < 3000; ++i) {
        const auto made = trades.next();
        fed.take(made, trades.now());
        if (i % 10 != 0) continue;
        // The reader's clock goes on while nothing happens.
        const TimestampNs now{trades.now().raw +
                              (random.chance(1, 3) ? random.between(0, 30'000 * second) : 0)};
        for (const TickerWindow window :
             {TickerWindow::hour_1, TickerWindow::hour_4, TickerWindow::day_1, TickerWindow::day_7}) {
            const TimestampNs start = window_start(window, now);
            const Candle wanted =
                naive(trades.all(), {1}, start, [&](TimestampNs time) { return time >= start; });
            ASSERT_EQ(traded_in(fed.view, {1}, window, now), wanted) << name(window);
        }
    }
}

TEST(Ticker, a_window_begins_with_a_whole_minute) {
    const TimestampNs now = at(2026, 3, 2, 12, 30, 59);
    EXPECT_EQ(window_start(TickerWindow::day_1, now), at(2026, 3, 1, 12, 30));
    EXPECT_EQ(window_start(TickerWindow::hour_1, at(2026, 3, 2, 12, 30)), at(2026, 3, 2, 11, 30));
    for (const TickerWindow window :
         {TickerWindow::hour_1, TickerWindow::hour_4, TickerWindow::day_1, TickerWindow::day_7}) {
        EXPECT_EQ(find_ticker_window(name(window)), window);
    }
    EXPECT_FALSE(find_ticker_window("2h"));
}

TEST(Ticker, rolls_by_the_readers_clock_alone) {
    Fed fed;
    const TimestampNs noon = at(2026, 3, 1, 12);
    fed.trade(noon, 100);
    const auto count = [&](TimestampNs now) {
        return traded_in(fed.view, {1}, TickerWindow::day_1, now).trade_count();
    };
    EXPECT_EQ(count(at(2026, 3, 2, 12, 0, 59)), 1u);
    EXPECT_EQ(count(at(2026, 3, 2, 12, 1, 0)), 0u);
}

TEST(Ticker, change_is_rounded_to_the_nearest_and_halves_away_from_zero) {
    const auto change = [](std::int64_t open, std::int64_t close) {
        return change_percent_rounded_half_away({open}, {close});
    };
    EXPECT_EQ(change(100, 100), 0);
    EXPECT_EQ(change(100, 150), 500'000);
    EXPECT_EQ(change(3, 4), 333'333);
    EXPECT_EQ(change(3, 5), 666'667);
    EXPECT_EQ(change(3, 1), -666'667);
    EXPECT_EQ(change(2'000'000, 2'000'001), 1) << "half a ten-thousandth";
    EXPECT_EQ(change(2'000'000, 1'999'999), -1);
    EXPECT_EQ(change(1, order_price_max), (order_price_max - 1) * 1'000'000);
}

}  // namespace
}  // namespace sauda::views
