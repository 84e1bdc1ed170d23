/// `sauda bench engine --stage durable --rate R`: several paced runs and what they say together.
#pragma once

#include "bench/engine_runs.h"

namespace sauda::bench {

/// Prints latencies; returns the exit status. Requires: options.rate is not zero.
int run_paced_runs(const EngineRunsOptions& options);

}  // namespace sauda::bench
