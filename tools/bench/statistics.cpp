#include "bench/statistics.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"

namespace sauda::bench {

Spread spread_of(std::vector<double> values) {
    ASSERT(!values.empty());
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    const bool is_odd = values.size() % 2 == 1;
    return {is_odd ? values[middle] : (values[middle - 1] + values[middle]) / 2, values.front(),
            values.back()};
}

std::int64_t percentile(std::span<const std::int64_t> sorted, double share) {
    ASSERT(!sorted.empty());
    ASSERT(share > 0 && share <= 1);
    // 0.999 * 1000 is a hair above 999 in binary: without the allowance the rank would be one too high.
    const double rank = std::ceil(share * static_cast<double>(sorted.size()) - 1e-6);
    return sorted[std::max<std::size_t>(static_cast<std::size_t>(rank), 1) - 1];
}

Latency latency_of(std::vector<std::int64_t> latencies_ns) {
    ASSERT(!latencies_ns.empty());
    std::ranges::sort(latencies_ns);
    return {latencies_ns.size(),
            percentile(latencies_ns, 0.5),
            percentile(latencies_ns, 0.9),
            percentile(latencies_ns, 0.99),
            percentile(latencies_ns, 0.999),
            latencies_ns.back()};
}

}  // namespace sauda::bench
