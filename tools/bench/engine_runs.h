/// `sauda bench engine`: several runs of one stage, each in a process of its own, and what they say together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/cpus.h"
#include "bench/engine_bench.h"

namespace sauda::bench {

struct EngineRunsOptions {
    std::string flow;
    std::string stage = "risk";
    std::string data_dir = ".";  ///< a new folder in it takes the journal of a durable run, and goes after
    std::uint32_t runs = 3;
    std::uint32_t warm_up = 1;  ///< runs before these that are not counted
    bool ratio = false;         ///< a run of the textbook beside each
    std::uint64_t rate = 0;     ///< not zero: latencies at so many orders a second instead (paced_runs.h)
    std::uint64_t seconds = 5;  ///< at that rate
    std::uint32_t sync_delay_ms = 0;  ///< durable: so much longer each sync takes
    /// durable: the sequencer's CPU, and those of all other threads; none: wherever the system puts them
    std::optional<base::CpuShares> cpus = {};
    bool json = false;
    std::string plot;  ///< file for an SVG of the runs; empty: none
};

/// Prints the median of the runs and how far they lie apart, and in which machine. Returns the exit status:
/// 1 when a run failed, or when its trades are not the flow's.
int run_engine_runs(const EngineRunsOptions& options);

}  // namespace sauda::bench
