/// Latency of the durable engine while orders arrive at a fixed rate, whatever the engine does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/cpus.h"
#include "base/result.h"
#include "bench/flow_file.h"
#include "bench/progress.h"
#include "bench/statistics.h"

namespace sauda::bench {

struct PacedOptions {
    std::uint64_t rate = 100'000;  ///< orders per second
    std::uint64_t seconds = 5;
    std::uint32_t sync_delay_ms = 0;           ///< so much longer each sync takes
    std::optional<base::CpuShares> cpus = {};  ///< as in DurableOptions
};

/// From the instant at which an order was meant to arrive until its durable events reached their reader.
///
/// The schedule is fixed before: order i arrives i / rate seconds after the start. An engine that stalls does
/// not put the orders behind it off, it makes them wait, and their waiting is counted: no coordinated
/// omission. Books are built first and not counted; nor is the first second, or tenth part if that is less,
/// in which segments and pages are first touched. Ends early when the flow does.
base::Result<Latency, std::string> run_paced(const FlowFile& flow, const std::string& data_dir,
                                             const PacedOptions& options, Progress& progress);

}  // namespace sauda::bench
