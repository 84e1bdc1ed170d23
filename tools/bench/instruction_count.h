/// Instructions and cache misses of the timed part of a run, counted by callgrind: figures that no busy
/// machine can blur, where the machine has no counters of its own.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace sauda::bench {

/// Of all timed orders together, in callgrind's model of a processor with this one's caches and no
/// prefetcher. A prefetch instruction counts as an instruction; what it loads is a miss only when it is used.
struct InstructionCount {
    std::uint64_t instructions = 0;
    std::uint64_t last_level_misses = 0;  ///< of loads and stores
};

/// Runs `stage` (match, risk or textbook) over the flow in `flow_file`, once, under callgrind, some 50 times
/// slower than without. Its output goes to `scratch`, a directory. The error says what is missing when
/// valgrind is not there. Requires: this process has no other threads.
base::Result<InstructionCount, std::string> count_instructions(const std::string& flow_file,
                                                               const std::string& stage,
                                                               const std::string& scratch);

/// What callgrind wrote: `events: Ir Dr ...` names the columns of `totals: 1 2 ...`. Zeros where either is
/// missing: a process that did nothing of interest.
InstructionCount parse_callgrind(const std::string& text);

struct CountOptions {
    std::string flow;
    std::string stage = "risk";
    std::string data_dir = ".";  ///< a new folder in it takes callgrind's output, and goes after
    bool json = false;
};

/// `sauda bench count`: both per order. Returns the exit status.
int run_count_bench(const CountOptions& options);

}  // namespace sauda::bench
