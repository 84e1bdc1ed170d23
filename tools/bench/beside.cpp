#include "bench/beside.h"

#include <algorithm>

#include "base/assert.h"

namespace sauda::bench {

std::vector<bool> touching(const std::vector<Wait>& waits, const std::vector<Interval>& intervals) {
    std::vector<bool> out;
    out.reserve(waits.size());
    for (const Wait& wait : waits) {
        out.push_back(std::ranges::any_of(intervals, [&](const Interval& interval) {
            return wait.arrival_ns <= interval.end_ns && wait.release_ns >= interval.begin_ns;
        }));
    }
    return out;
}

Felt felt(const std::vector<Wait>& waits, const std::vector<bool>& chosen) {
    ASSERT(waits.size() == chosen.size());
    Felt out;
    std::vector<std::int64_t> latencies;
    for (std::size_t i = 0; i < waits.size(); ++i) {
        if (!chosen[i]) continue;
        latencies.push_back(waits[i].release_ns - waits[i].arrival_ns);
        if (i == 0) continue;
        const std::int64_t gap = waits[i].release_ns - waits[i - 1].release_ns;
        ASSERT(gap >= 0);
        out.pause_ns_max = std::max(out.pause_ns_max, gap);
        out.pauses += gap > pause_ns ? 1 : 0;
    }
    if (!latencies.empty()) out.latency = latency_of(std::move(latencies));
    return out;
}

}  // namespace sauda::bench
