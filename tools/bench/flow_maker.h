/// Makes order flows: deterministic streams of orders, with the digest that a correct engine reproduces.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/io_error.h"
#include "base/result.h"
#include "bench/flow_file.h"
#include "bench/progress.h"

namespace sauda::bench {

/// What a flow is like. Zero: as the kind has it (defaults_of).
struct FlowShape {
    std::uint64_t orders = 0;  ///< timed records, after those that build the books
    std::uint32_t markets = 0;
    std::uint32_t accounts = 0;
    std::uint64_t live = 0;  ///< orders that rest when time begins; the flow keeps about as many
    std::uint64_t seed = 0;
};

enum class FlowKind : std::uint8_t {
    /// A small book in which most records move an order: 82 % replace, 9 % place, 3 % IOC, 6 % cancel.
    moves,
    /// A deep book; half of the orders rest near the touch or far from it, half cross the spread.
    crossing,
    /// Many markets of which few are busy: places near the touch, cancels, replaces, reductions, crossing
    /// orders. Accounts: a few quote everywhere, most trade now and then.
    markets,
};

FlowShape defaults_of(FlowKind kind);

/// `shape` with its zeros filled in. Same kind and shape: same flow, on every machine.
FlowFile make_flow(FlowKind kind, FlowShape shape, Progress& progress);

base::Result<void, base::IoError> write_flow(const FlowFile& flow, const std::string& path);

}  // namespace sauda::bench
