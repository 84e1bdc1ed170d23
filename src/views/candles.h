/// What was traded per second, minute, ... month: candles of every market.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "core/event.h"
#include "core/state.h"
#include "core/types/ids.h"
#include "core/types/timestamp.h"
#include "core/types/units.h"
#include "views/candle_interval.h"

namespace sauda::views {

/// The trades of one market in one interval, summed exactly. The sums are in 128 bits: the same money and the
/// same shares may be traded any number of times.
struct Candle {
    core::TimestampNs start;
    core::PriceTicks open;
    core::PriceTicks high;
    core::PriceTicks low;
    core::PriceTicks close;
    core::Int128 quantity = 0;      ///< quantity units of the market
    core::Int128 quote = 0;         ///< quote minor units
    core::Int128 taker_bought = 0;  ///< of quantity: where the taker was the buyer
    core::Int128 taker_bought_quote = 0;
    core::TradeId first_trade;  ///< zero when nothing was traded
    core::TradeId last_trade;

    /// Ids of a market's trades rise by one.
    std::uint64_t trade_count() const { return first_trade ? last_trade.raw - first_trade.raw + 1 : 0; }
    bool is_flat() const { return !first_trade; }

    /// One more trade, later than all in it.
    void add(const core::Trade& trade);
    /// All trades of `later`, which follow those of this one at once. Either may be flat.
    void merge(const Candle& later);

    friend bool operator==(const Candle&, const Candle&) = default;
};

/// How much a CandlesView remembers; older candles are history's.
struct CandleLimits {
    std::size_t per_interval_max = 1'500;
};

/// Which candles of one market are asked for.
struct CandleRange {
    core::TimestampNs from;  ///< candles that begin here or later
    core::TimestampNs to;    ///< and before this
};

/// Keeps, per market and interval, the last candles_kept() in which something was traded. Older ones are
/// history's. Intervals without trades are not stored: readers see them as flat candles at the price of the
/// last trade before, with no quantity, from the first candle that is kept up to the reader's clock.
///
/// A busy market takes about 2.5 MB: a candle is 128 bytes, and only the short intervals fill up.
///
/// Threads: one owner at a time.
/// Invariants: candles of one market and interval rise in time and trade id; none of those kept is flat.
class CandlesView {
public:
    /// Minutes and hours reach back more than the longest ticker window, 7 days: see tickers.h.
    static constexpr std::size_t candles_kept(CandleInterval interval, CandleLimits limits = {}) {
        if (interval == CandleInterval::minute_1) return 10'200;
        const std::size_t hours = interval == CandleInterval::hour_1 ? 200 : 0;
        return std::max(limits.per_interval_max, hours);
    }

    explicit CandlesView(CandleLimits limits = {}) : limits_(limits) {}
    /// A state holds no trades: candles begin after it.
    explicit CandlesView(const core::ExchangeState& state);

    /// Folds the events of one command. A sequence at or below last() changes nothing.
    /// False where the bytes are not events of this version; what came before them is folded.
    /// Requires: no sequence is left out; time never goes back.
    bool apply(core::Sequence sequence, core::TimestampNs time, base::ByteView events);
    core::Sequence last() const { return last_; }

    /// The newest `limit` candles of `range`, flat ones included, oldest first. Those that begin after `now`,
    /// the reader's clock, are not there yet. O(limit + log kept).
    std::vector<Candle> candles(core::MarketId market, CandleInterval interval, CandleRange range,
                                std::size_t limit, core::TimestampNs now) const;

    /// The candle that begins at `start`, flat where nothing was traded; none before the first that is kept.
    std::optional<Candle> candle_at(core::MarketId market, CandleInterval interval,
                                    core::TimestampNs start) const;

    /// Where memory begins: the oldest candle that is kept. None when nothing was ever traded.
    std::optional<core::TimestampNs> oldest(core::MarketId market, CandleInterval interval) const;

    /// The market's last trade ever, as far as candles tell: its price and id. Null before the first.
    const Candle* newest(core::MarketId market, CandleInterval interval) const;

    /// Those stored, oldest first: candles without trades are left out. Empty for unknown markets.
    const std::deque<Candle>& traded(core::MarketId market, CandleInterval interval) const;

private:
    friend class CheckpointAccess;

    struct Market {
        std::array<std::deque<Candle>, candle_interval_count> by_interval;
        std::array<core::TimestampNs, candle_interval_count> ends;  // of the newest candle of each
    };

    void fold(const core::Trade& trade, core::TimestampNs time);
    void add(Market& market, CandleInterval interval, const core::Trade& trade, core::TimestampNs time) const;

    CandleLimits limits_;
    core::Sequence last_;
    std::vector<Market> markets_;  // by market index (id - 1)
};

}  // namespace sauda::views
