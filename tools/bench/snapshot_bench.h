/// `sauda bench snapshot`: whether trading feels that a snapshot is made beside it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace sauda::bench {

/// The process that makes snapshots, as `sauda run` has it. Called on one thread, which lives until the last
/// call.
struct SnapshotMaker {
    std::function<void(const std::string& data_dir, std::uint64_t through)> start;
    std::function<bool()> is_running;
};

struct SnapshotBenchOptions {
    std::string data_dir = ".";  ///< a new folder in it takes the files, and goes after
    std::uint64_t live = 1'000'000;
    std::uint64_t rate = 20'000;  ///< orders per second
    std::uint64_t seconds = 60;
    std::uint64_t segment_mib = 4;  ///< small, so that some are closed in that time: each gives a snapshot
    bool json = false;
    std::string plot;  ///< the slowest order of each 100 ms, with and without a snapshot; empty: none
};

/// Orders reach a whole engine at a fixed rate; after each closed segment, some seconds later, `maker` rolls
/// a snapshot, and after it a process of no priority computes for as long. Reports the latencies, from
/// scheduled arrival to released events, and the longest pause between releases: of orders beside a snapshot,
/// beside that idle process (what the machine makes of any), beside the making of a journal segment, and
/// beside nothing. Returns the exit status.
int run_snapshot_bench(const SnapshotBenchOptions& options, const SnapshotMaker& maker);

}  // namespace sauda::bench
