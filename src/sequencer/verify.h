/// Proves a data directory: the journal replayed from its beginning gives the events that were released and
/// the states that were saved. (`sauda journal verify`.)
#pragma once

#include <cstdint>
#include <string>

#include "sequencer/replay.h"

namespace sauda::sequencer {

struct VerifyOptions {
    std::uint32_t rules_version = 0;
    std::uint8_t shard = 0;
};

struct VerifyReport {
    core::Sequence
        from;  ///< the snapshot replay had to start from because the journal begins later, zero: none
    core::Sequence last;
    std::uint64_t replayed = 0;
    std::uint64_t event_frames_compared = 0;
    std::uint64_t snapshots_compared = 0;
    std::uint64_t state_hash = 0;  ///< of the state after `last`
};

/// Replays all there is in `root` and compares every event frame of the event log and the state hash of every
/// snapshot on the way. Changes nothing but what opening a log that was not closed cleanly cuts from its torn
/// end. Requires: no engine runs on it (the lock is taken); `recover` has been run since the last crash,
/// otherwise the torn end is reported as damage.
JournalResult<VerifyReport> verify(journal::FileSystem& disk, const std::string& root,
                                   const VerifyOptions& options);

}  // namespace sauda::sequencer
