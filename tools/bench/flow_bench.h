/// `sauda bench flow`: writes an order flow to replay.
#pragma once

#include <cstdint>
#include <string>

namespace sauda::bench {

struct FlowBenchOptions {
    std::string kind;
    std::string file;
    std::uint64_t orders = 0;  ///< zero here and below: what the kind has
    std::uint32_t markets = 0;
    std::uint32_t accounts = 0;
    std::uint64_t live = 0;
    std::uint64_t seed = 1;
};

/// Returns the exit status.
int run_flow_bench(const FlowBenchOptions& options);

}  // namespace sauda::bench
