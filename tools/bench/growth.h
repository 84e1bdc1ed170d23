/// What `sauda bench scaling` grows, step by step, and what it finds at each step.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/flow_maker.h"
#include "bench/statistics.h"

namespace sauda::bench {

/// One of live orders, markets and accounts; the others keep a middling size meanwhile.
struct Dimension {
    const char* name;
    std::vector<std::uint64_t> steps;
};
/// `large`: with the steps that take minutes and gigabytes.
std::vector<Dimension> dimensions(bool large);

/// The shape of the flow, of kind `markets`, in which `dimension` has reached `at`; else 20 000 live orders,
/// 16 markets and 1000 accounts, or 10 000 while live orders grow.
FlowShape shape_at(const Dimension& dimension, std::uint64_t at, std::uint64_t timed_orders);

/// Nothing, or in a sentence why this step would not fit into the memory that is free now.
std::string why_too_large(const FlowShape& shape);

/// Nanoseconds per order of one step, and how many times faster than the textbook beside it.
struct TimedStep {
    std::uint64_t at = 0;
    Spread match_ns;
    Spread risk_ns;
    Spread textbook_ns;
    Spread match_ratio;
    Spread risk_ratio;
};
/// The flow is made once; each of `runs` then runs textbook, match and risk, each in a process of its own.
base::Result<TimedStep, std::string> time_step(const FlowShape& shape, std::uint64_t at, std::uint32_t runs);

/// Per order, counted by callgrind (instruction_count.h).
struct CountedStep {
    std::uint64_t at = 0;
    double match_instructions = 0;
    double match_misses = 0;
    double risk_instructions = 0;
    double risk_misses = 0;
};
/// The flow and callgrind's output go into a new folder in `data_dir`.
base::Result<CountedStep, std::string> count_step(const FlowShape& shape, std::uint64_t at,
                                                  const std::string& data_dir);

/// Resident bytes that one more resting order, market and account cost.
struct MemoryGrowth {
    double per_order = 0;
    double per_market = 0;
    double per_account = 0;
};
base::Result<MemoryGrowth, std::string> measure_memory();

}  // namespace sauda::bench
