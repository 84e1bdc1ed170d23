/// `sauda bench scaling`: how an order's cost and memory grow with orders, markets and accounts.
#pragma once

#include <cstdint>
#include <string>

namespace sauda::bench {

struct ScalingOptions {
    bool large = false;          ///< also the steps that take minutes and gigabytes
    bool counted = false;        ///< instructions and last-level misses under callgrind, in place of time
    std::uint32_t runs = 3;      ///< of each timed step; counts are the same in every run
    std::string data_dir = ".";  ///< counted: a new folder in it takes flows, and goes after
    bool json = false;
    std::string plot;  ///< cost of an order by live orders, markets and accounts; empty: none
};

/// Ends with status 1 and a sentence at a step that does not fit into the memory that is free.
int run_scaling_bench(const ScalingOptions& options);

struct IdsOptions {
    std::uint64_t orders = 20'000'000;
    std::uint64_t live = 1'000;
};

/// `sauda bench ids`: places and cancels so many orders while few are open, and prints resident memory as ids
/// rise: it follows what is open, not what has been. Returns the exit status.
int run_ids_bench(const IdsOptions& options);

}  // namespace sauda::bench
