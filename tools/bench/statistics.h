/// What is said of repeated measurements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sauda::bench {

/// The middle of several runs, and how far they lie apart.
struct Spread {
    double median = 0;
    double low = 0;
    double high = 0;
};

/// Of an even number of values the median is the mean of the two in the middle. Requires: values is not
/// empty.
Spread spread_of(std::vector<double> values);

/// The smallest value that at least `share` of all values do not exceed (nearest rank: always one that was
/// measured). Requires: `sorted` rises and is not empty; 0 < share <= 1.
std::int64_t percentile(std::span<const std::int64_t> sorted, double share);

/// Latencies in nanoseconds.
struct Latency {
    std::size_t count = 0;
    std::int64_t p50 = 0;
    std::int64_t p90 = 0;
    std::int64_t p99 = 0;
    std::int64_t p999 = 0;
    std::int64_t max = 0;
};

/// Requires: latencies_ns is not empty.
Latency latency_of(std::vector<std::int64_t> latencies_ns);

}  // namespace sauda::bench
