/// How long an engine takes to come back, from its journal alone and from a snapshot.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "bench/progress.h"

namespace sauda::bench {

struct RecoveryFigures {
    std::uint64_t commands = 0;              ///< in the journal, opening of accounts included
    std::uint64_t live_orders = 0;           ///< at its end
    double replay_seconds = 0;               ///< recover() without a snapshot: replay, events compared
    double snapshot_seconds = 0;             ///< to write one: encode, hash, sync
    std::uint64_t snapshot_bytes = 0;        ///< of its file
    double start_from_snapshot_seconds = 0;  ///< recover() from it
};

/// Fills a journal in `data_dir` (made by this) through sequencer and journal thread, then recovers it as an
/// engine's start does.
base::Result<RecoveryFigures, std::string> measure_recovery(const std::string& data_dir,
                                                            std::uint64_t commands, std::uint64_t live,
                                                            Progress& progress);

}  // namespace sauda::bench
