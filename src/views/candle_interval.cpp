#include "views/candle_interval.h"

#include <algorithm>
#include <chrono>

namespace sauda::views {

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;

struct Shape {
    std::string_view name;
    std::int64_t length;  ///< nanoseconds; zero: a calendar month
    std::int64_t offset;  ///< of one beginning, from 1970-01-01
};

constexpr std::array<Shape, candle_interval_count> shapes{{
    {"1s", second, 0},
    {"1m", minute, 0},
    {"3m", 3 * minute, 0},
    {"5m", 5 * minute, 0},
    {"15m", 15 * minute, 0},
    {"30m", 30 * minute, 0},
    {"1h", hour, 0},
    {"2h", 2 * hour, 0},
    {"4h", 4 * hour, 0},
    {"6h", 6 * hour, 0},
    {"8h", 8 * hour, 0},
    {"12h", 12 * hour, 0},
    {"1d", day, 0},
    {"3d", 3 * day, 0},
    {"1w", 7 * day, 4 * day},  // 1970-01-05 was a Monday
    {"1M", 0, 0},
}};

const Shape& shape_of(CandleInterval interval) {
    return shapes[static_cast<std::size_t>(interval)];
}

/// Rounds down also below zero: there were Mondays before 1970.
constexpr std::int64_t floor_to(std::int64_t value, std::int64_t step) {
    const std::int64_t rest = value % step;
    return value - (rest < 0 ? rest + step : rest);
}

std::chrono::year_month month_of(core::TimestampNs time) {
    const std::chrono::sys_days at{std::chrono::days{floor_to(time.raw, day) / day}};
    const std::chrono::year_month_day date{at};
    return date.year() / date.month();
}

core::TimestampNs begin_of(std::chrono::year_month month) {
    const std::chrono::sys_days first{month / 1};
    return {first.time_since_epoch().count() * day};
}

}  // namespace

std::string_view name(CandleInterval interval) {
    return shape_of(interval).name;
}

std::optional<CandleInterval> find_candle_interval(std::string_view name) {
    const auto* const found = std::ranges::find(shapes, name, &Shape::name);
    if (found == shapes.end()) return std::nullopt;
    return static_cast<CandleInterval>(found - shapes.begin());
}

core::TimestampNs candle_start(CandleInterval interval, core::TimestampNs time) {
    const Shape& shape = shape_of(interval);
    if (shape.length == 0) return begin_of(month_of(time));
    return {floor_to(time.raw - shape.offset, shape.length) + shape.offset};
}

core::TimestampNs candle_end(CandleInterval interval, core::TimestampNs start) {
    const Shape& shape = shape_of(interval);
    if (shape.length == 0) return begin_of(month_of(start) + std::chrono::months{1});
    return {start.raw + shape.length};
}

}  // namespace sauda::views
