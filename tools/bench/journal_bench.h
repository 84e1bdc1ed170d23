/// `sauda bench journal`: what durability costs on a disk, and how fast an engine comes back.
#pragma once

#include <cstdint>
#include <string>

namespace sauda::bench {

struct JournalBenchOptions {
    std::string data_dir = ".";  ///< a new folder in it takes the files, and goes after
    std::uint64_t commands = 1'000'000;
    std::uint64_t live = 100'000;  ///< orders that rest in the snapshot
    std::uint64_t syncs = 300;     ///< per size of batch
    bool json = false;
    std::string plot;  ///< latency of a sync by size of batch; empty: none
};

/// Returns the exit status.
int run_journal_bench(const JournalBenchOptions& options);

}  // namespace sauda::bench
