/// `sauda bench history`: how fast history catches up with an event log, and how much it writes.
#pragma once

#include <cstdint>
#include <string>

namespace sauda::bench {

struct HistoryBenchOptions {
    std::string data_dir = ".";  ///< a new folder in it takes the files, and goes after
    std::string store;           ///< a PostgreSQL database without a history; empty: SQLite in that folder
    std::string kind = "crossing";
    std::uint64_t orders = 500'000;
    std::uint64_t rows_per_batch = 200'000;  ///< as the history writer has it
    bool json = false;
};

/// Returns the exit status.
int run_history_bench(const HistoryBenchOptions& options);

}  // namespace sauda::bench
