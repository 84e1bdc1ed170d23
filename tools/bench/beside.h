/// What orders felt of something that went on beside trading.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/statistics.h"

namespace sauda::bench {

/// From one instant to another of the monotonic clock, both included.
struct Interval {
    std::int64_t begin_ns = 0;
    std::int64_t end_ns = 0;
};

/// An order that waited from its arrival until its events were released.
struct Wait {
    std::int64_t arrival_ns = 0;
    std::int64_t release_ns = 0;
};

/// For each wait, whether it has an instant in common with any of `intervals`.
std::vector<bool> touching(const std::vector<Wait>& waits, const std::vector<Interval>& intervals);

/// A longer time without a release than this is a pause of trading.
inline constexpr std::int64_t pause_ns = 5'000'000;

struct Felt {
    Latency latency;                ///< of zeros when there was no order
    std::int64_t pause_ns_max = 0;  ///< the longest time from one release to the next
    std::uint64_t pauses = 0;       ///< how often it was longer than pause_ns
};

/// Of the orders whose place in `chosen` is set; a time without a release belongs to the order that ended it.
/// Requires: as many of both; waits stand in the order of their releases.
Felt felt(const std::vector<Wait>& waits, const std::vector<bool>& chosen);

}  // namespace sauda::bench
