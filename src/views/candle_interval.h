/// The lengths of candles and where each candle begins and ends. All of it in UTC, none of it from a clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/types/timestamp.h"

namespace sauda::views {

/// Enumerators are indexes of candle_intervals, shortest first.
enum class CandleInterval : std::uint8_t {
    second_1,
    minute_1,
    minute_3,
    minute_5,
    minute_15,
    minute_30,
    hour_1,
    hour_2,
    hour_4,
    hour_6,
    hour_8,
    hour_12,
    day_1,
    day_3,
    week_1,
    month_1,
};
inline constexpr std::size_t candle_interval_count = 16;

/// Every interval, shortest first.
constexpr std::array<CandleInterval, candle_interval_count> candle_intervals() {
    std::array<CandleInterval, candle_interval_count> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<CandleInterval>(i);
    return all;
}

/// As the API names it: `1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M`.
std::string_view name(CandleInterval interval);
/// Case matters: `1m` is a minute, `1M` a month.
std::optional<CandleInterval> find_candle_interval(std::string_view name);

/// The beginning of the candle that `time` falls into, itself part of it. Fixed lengths count from
/// 1970-01-01 00:00 UTC, which was a Thursday; weeks begin on Mondays, months on their first day.
core::TimestampNs candle_start(CandleInterval interval, core::TimestampNs time);
/// The end of the candle that begins at `start`: the first moment that is not part of it, where the next one
/// begins. Requires: `start` is the beginning of a candle.
core::TimestampNs candle_end(CandleInterval interval, core::TimestampNs start);

}  // namespace sauda::views
