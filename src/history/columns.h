/// Rows to columns and back, where one value is packed: both directions side by side.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "core/types/ids.h"
#include "core/types/units.h"
#include "history/rows.h"
#include "sql/connection.h"
#include "views/accounts.h"
#include "views/listings.h"

namespace sauda::history {

/// A sum that may exceed 64 bits: high × 2^62 + low, low below 2^62. Requires: value >= 0.
struct Wide {
    std::int64_t high = 0;
    std::int64_t low = 0;
};
constexpr Wide to_wide(core::Int128 value) {
    return {static_cast<std::int64_t>(value >> 62),
            static_cast<std::int64_t>(value & ((core::Int128{1} << 62) - 1))};
}
constexpr core::Int128 from_wide(Wide wide) {
    return (static_cast<core::Int128>(wide.high) << 62) + wide.low;
}

/// `flags` of an order: side + 2 × post_only + 4 × kind + 16 × time_in_force.
constexpr std::int64_t order_flags(const views::OrderView& order) {
    return static_cast<std::int64_t>(order.side) + (order.post_only ? 2 : 0) +
           4 * static_cast<std::int64_t>(order.kind) + 16 * static_cast<std::int64_t>(order.time_in_force);
}
constexpr void set_order_flags(views::OrderView& order, std::int64_t flags) {
    order.side = static_cast<core::Side>(flags & 1);
    order.post_only = (flags & 2) != 0;
    order.kind = static_cast<core::OrderKind>(flags >> 2 & 3);
    order.time_in_force = static_cast<core::TimeInForce>(flags >> 4);
}

/// `status` of an order: core::OrderStatus + 8 × core::EndCause.
constexpr std::int64_t order_status(const views::OrderView& order) {
    return static_cast<std::int64_t>(order.status) + 8 * static_cast<std::int64_t>(order.end_cause);
}
constexpr void set_order_status(views::OrderView& order, std::int64_t status) {
    order.status = static_cast<core::OrderStatus>(status & 7);
    order.end_cause = static_cast<core::EndCause>(status >> 3);
}

/// The sum in two columns from `column` on; below zero where no sum stands there. No market has trades for
/// more: their ids fit 53 bits, the amount of each 61.
inline core::Int128 wide_at(const sql::Statement& row, int column) {
    const Wide wide{row.integer(column), row.integer(column + 1)};
    const bool is_written = wide.high >= 0 && wide.high < std::int64_t{1} << 53 && wide.low >= 0 &&
                            wide.low < std::int64_t{1} << 62;
    return is_written ? from_wide(wide) : -1;
}

/// An enumerator of one byte; one that there is not where the column holds more.
template <class Enum>
Enum enum_at(const sql::Statement& row, int column) {
    static_assert(sizeof(Enum) == 1);
    const std::int64_t value = row.integer(column);
    return static_cast<Enum>(value >= 0 && value < UINT8_MAX ? value : UINT8_MAX);
}

inline core::Uuid to_uuid(std::span<const std::uint8_t> blob) {
    core::Uuid uuid;
    std::copy_n(blob.begin(), std::min(blob.size(), uuid.bytes.size()), uuid.bytes.begin());
    return uuid;
}

/// What is listed, as far as history knows it: without ticks, lots, fees and states.
sql::Result<views::Listings> read_listings(sql::Connection& connection);

/// What order_at() reads, in its order.
inline constexpr const char* order_columns =
    "order_id, account, market, client_order_id, flags, status, price, quantity, filled, leaves, "
    "filled_quote_high, filled_quote, quote_quantity, quote_used, maker_ppm, taker_ppm, created, updated, "
    "closed, closed_n";
/// A row that says what was never written fails the statement, here and with candle_at: see soundness.h.
OrderRow order_at(sql::Statement& row);

inline constexpr const char* candle_columns =
    "market, interval_s, start_s, open, high, low, close, volume_high, volume, quote_volume_high, "
    "quote_volume, trade_count, first_trade, last_trade, bought_high, bought, bought_quote_high, "
    "bought_quote";
Candle candle_at(sql::Statement& row);

}  // namespace sauda::history
