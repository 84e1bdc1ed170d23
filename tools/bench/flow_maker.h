/// Makes order flows (flow_file.h) from a seed, with the digest of the trades that the textbook book makes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/io_error.h"
#include "base/result.h"
#include "bench/flow_file.h"
#include "bench/progress.h"

namespace sauda::bench {

enum class FlowKind {
    moves,     ///< one small book whose orders are moved most of the time: market makers at work
    crossing,  ///< one deep book; half of the orders rest, half cross the spread
    markets,   ///< many books of unequal activity: places near the touch, cancels, moves, crossing orders
};

struct FlowOptions {
    FlowKind kind = FlowKind::moves;
    std::uint64_t orders = 0;    ///< records after the books are built
    std::uint32_t markets = 0;   ///< used by FlowKind::markets alone
    std::uint32_t accounts = 0;  ///< orders are spread evenly over them
    std::uint64_t live = 0;      ///< orders that rest at the beginning, and about as many later
    std::uint64_t seed = 1;
};

/// What a kind has if nothing else is asked for.
FlowOptions default_flow(FlowKind kind);

struct MadeFlow {
    FlowHeader header{};
    std::vector<FlowRecord> records;
};

/// The same options give the same flow on every machine. Requires: every number in `options` but the seed is
/// above zero.
MadeFlow make_flow(const FlowOptions& options, Progress& progress);

base::Result<void, base::IoError> write_flow(const MadeFlow& flow, const std::string& path);

}  // namespace sauda::bench
