/// Every limit of feed in one place.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sauda::feed {

/// What is remembered of private events for Resume.
struct WindowLimits {
    std::size_t events_per_account_max = 1'000;
    /// Of all accounts together, about 170 bytes each; beyond it the account that has been quiet longest is
    /// forgotten.
    std::size_t events_max = 262'144;
};

struct Limits {
    /// A connection with more than this waiting gets no market data until it has drained.
    std::size_t conflate_above_bytes = 256 * 1024;
    /// A conflated connection with at most this waiting has drained.
    std::size_t recover_below_bytes = 64 * 1024;
    /// No connection may ever have more than this waiting: it is closed first.
    std::size_t queued_bytes_max = 1024 * 1024;
    /// Of one connection, over all channels.
    std::size_t subscriptions_per_session_max = 200;
    /// Levels per side in an order book snapshot; those behind them follow only when they change.
    std::size_t snapshot_levels_max = 5'000;
    /// Open orders listed with resume_too_old.
    std::size_t resume_open_orders_max = 1'000;
    /// Tickers and candles are told of at most this often, in nanoseconds.
    std::int64_t summary_interval = 500'000'000;
    /// A candle is told closed this long after its end, so that trades stamped within it, which become
    /// durable a moment later, are in it. One that comes later still has the candle told again.
    std::int64_t candle_close_delay = 200'000'000;
    /// Of candles that closed since the last time, this many are told (a process that slept does not tell
    /// all), and as many are looked at for late trades.
    std::size_t closed_candles_max = 10;
    WindowLimits window;
};

}  // namespace sauda::feed
