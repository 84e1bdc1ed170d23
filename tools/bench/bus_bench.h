/// `sauda bench bus`: what Redis adds to the way of a command and of its events.
#pragma once

#include <cstdint>
#include <string>

namespace sauda::bench {

struct BusBenchOptions {
    std::string redis = "127.0.0.1:6379";  ///< host:port; the keys of shard "bench" are deleted there
    std::uint64_t commands = 20'000;       ///< one after another, for latency
    std::uint64_t burst = 500'000;         ///< as many at once as the bus takes, for throughput
    std::uint64_t command_bytes = 88;
    std::uint64_t event_bytes = 200;  ///< a frame
    bool json = false;
};

/// Returns the exit status.
int run_bus_bench(const BusBenchOptions& options);

}  // namespace sauda::bench
