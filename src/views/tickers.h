/// What a market did in the last hours, and where it stands: one look at depth and candles, with no state of
/// its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/types/ids.h"
#include "core/types/timestamp.h"
#include "views/candles.h"
#include "views/depth.h"

namespace sauda::views {

enum class TickerWindow : std::uint8_t { hour_1, hour_4, day_1, day_7 };

/// As the API names it: `1h`, `4h`, `24h`, `7d`.
std::string_view name(TickerWindow window);
std::optional<TickerWindow> find_ticker_window(std::string_view name);

/// Where the window that ends at `now` begins: the minute into which `now` less the window's length falls,
/// from its beginning. A window is therefore up to a minute longer than its name, never shorter.
core::TimestampNs window_start(TickerWindow window, core::TimestampNs now);

/// One market at one moment.
struct Ticker {
    TickerWindow window{};
    core::TimestampNs start;                     ///< of the window
    std::optional<core::PriceTicks> last_price;  ///< of the last trade ever; none before the first
    std::optional<DepthLevel> best_bid;
    std::optional<DepthLevel> best_ask;
    Candle traded;  ///< every trade from `start` on, as one candle; flat when there was none
};

/// The trades of `market` from window_start on: minutes to the first full hour, then hours. Sums are exact.
/// O(log kept + 60 + hours of the window).
Candle traded_in(const CandlesView& candles, core::MarketId market, TickerWindow window,
                 core::TimestampNs now);

/// `now` is the reader's clock: it alone decides what has rolled out of the window.
/// Requires: both views know the market.
Ticker ticker(const CandlesView& candles, const DepthView& depth, core::MarketId market, TickerWindow window,
              core::TimestampNs now);

/// 100 × (close - open) / open in ten-thousandths, rounded to the nearest, halves away from zero.
/// Requires: open > 0.
std::int64_t change_percent_rounded_half_away(core::PriceTicks open, core::PriceTicks close);

}  // namespace sauda::views
