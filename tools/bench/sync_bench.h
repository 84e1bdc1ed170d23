/// Appending and syncing batches, beside the same bytes written and synced barely.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/progress.h"
#include "bench/statistics.h"

namespace sauda::bench {

struct SyncFigures {
    std::uint64_t records = 0;  ///< in each batch
    std::uint64_t bytes = 0;    ///< of a batch
    Latency journal;            ///< journal::Writer: append and sync
    Latency bare;               ///< write and fdatasync into a file that has its blocks
    double journal_per_second = 0;
    double bare_per_second = 0;
};

/// Batches of 1 to 4096 records of 40 bytes, `syncs` of each size; the two are measured in turn, so that both
/// see the same disk. Writes into the existing `directory`.
base::Result<std::vector<SyncFigures>, std::string> measure_syncs(const std::string& directory,
                                                                  std::uint64_t syncs, Progress& progress);

}  // namespace sauda::bench
