/// Candles that a CandlesView no longer keeps, made again of what someone else keeps: trades, or candles of
/// shorter intervals.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "core/types/ids.h"
#include "views/candle_interval.h"
#include "views/candles.h"
#include "views/trades.h"

namespace sauda::views {

/// Up to `limit` trades of one market with ids below `before`, newest first, none left out; fewer only at the
/// market's first. Nothing when they cannot be read.
using TradeSource =
    std::function<std::optional<std::vector<PublicTrade>>(std::size_t limit, core::TradeId before)>;

/// Up to `limit` candles of one market and of an interval that divides the one asked for, which begin before
/// `before` and are not flat, newest first, none left out; fewer only at the market's first. Nothing when
/// they cannot be read.
using CandleSource =
    std::function<std::optional<std::vector<Candle>>(std::size_t limit, core::TimestampNs before)>;

struct OlderSources {
    TradeSource trades;
    CandleSource candles;  ///< null: there are trades alone
};

struct OlderCandlesQuery {
    CandleInterval interval{};
    CandleRange range;          ///< its end: where the candles that are kept begin, or earlier
    core::TradeId before;       ///< the first trade of the oldest candle that is kept
    std::size_t limit = 0;      ///< candles
    std::size_t parts_max = 0;  ///< trades or candles: after so many no further candle is begun
};

struct OlderCandles {
    std::vector<Candle> candles;  ///< oldest first, flat ones included
    bool has_more = false;        ///< there are older ones in the range
};

/// The newest candles of the range. Nothing when a source failed, or has a gap. O(parts of the page), and a
/// few dozen reads of one trade to find where it ends.
std::optional<OlderCandles> older_candles(const OlderSources& sources, const OlderCandlesQuery& query);

}  // namespace sauda::views
