#include "views/tickers.h"

#include <algorithm>
#include <array>

#include "base/assert.h"

namespace sauda::views {

namespace {

struct Shape {
    std::string_view name;
    std::int64_t hours;
};
constexpr std::array<Shape, 4> shapes{{{"1h", 1}, {"4h", 4}, {"24h", 24}, {"7d", 7 * 24}}};
constexpr std::int64_t hour_ns = 3'600'000'000'000;

static_assert(CandlesView::candles_kept(CandleInterval::minute_1) >= 7 * 24 * 60 + 60 + 1,
              "the minutes kept cover the longest window and the hour in which it begins");
static_assert(CandlesView::candles_kept(CandleInterval::hour_1, {1}) >= 7 * 24 + 2);

/// Adds the stored candles that begin in [from, to) to `sum`.
void merge_range(Candle& sum, const std::deque<Candle>& stored, core::TimestampNs from,
                 core::TimestampNs to) {
    for (auto at = std::ranges::lower_bound(stored, from, {}, &Candle::start);
         at != stored.end() && at->start < to; ++at) {
        sum.merge(*at);
    }
}

std::optional<DepthLevel> best(const DepthBook& book, core::Side side) {
    const auto levels = book.top(side, 1);
    return levels.empty() ? std::nullopt : std::optional(levels.front());
}

}  // namespace

std::string_view name(TickerWindow window) {
    return shapes[static_cast<std::size_t>(window)].name;
}

std::optional<TickerWindow> find_ticker_window(std::string_view name) {
    const auto* const found = std::ranges::find(shapes, name, &Shape::name);
    if (found == shapes.end()) return std::nullopt;
    return static_cast<TickerWindow>(found - shapes.begin());
}

core::TimestampNs window_start(TickerWindow window, core::TimestampNs now) {
    const std::int64_t length = shapes[static_cast<std::size_t>(window)].hours * hour_ns;
    return candle_start(CandleInterval::minute_1, {now.raw - length});
}

Candle traded_in(const CandlesView& candles, core::MarketId market, TickerWindow window,
                 core::TimestampNs now) {
    const core::TimestampNs start = window_start(window, now);
    const core::TimestampNs first_hour =
        candle_end(CandleInterval::hour_1, candle_start(CandleInterval::hour_1, {start.raw - 1}));
    Candle sum;
    sum.start = start;
    merge_range(sum, candles.traded(market, CandleInterval::minute_1), start, first_hour);
    merge_range(sum, candles.traded(market, CandleInterval::hour_1), first_hour, {INT64_MAX});
    return sum;
}

Ticker ticker(const CandlesView& candles, const DepthView& depth, core::MarketId market, TickerWindow window,
              core::TimestampNs now) {
    const DepthBook* const book = depth.find(market);
    ASSERT(book != nullptr);
    Ticker out;
    out.window = window;
    out.start = window_start(window, now);
    if (const Candle* newest = candles.newest(market, CandleInterval::month_1))
        out.last_price = newest->close;
    out.best_bid = best(*book, core::Side::buy);
    out.best_ask = best(*book, core::Side::sell);
    out.traded = traded_in(candles, market, window, now);
    return out;
}

std::int64_t change_percent_rounded_half_away(core::PriceTicks open, core::PriceTicks close) {
    ASSERT(open.raw > 0);
    const core::Int128 scaled = (core::Int128{close.raw} - open.raw) * 1'000'000;
    const core::Int128 half = open.raw / 2;
    const core::Int128 rounded = (scaled < 0 ? scaled - half : scaled + half) / open.raw;
    return static_cast<std::int64_t>(rounded);
}

}  // namespace sauda::views
