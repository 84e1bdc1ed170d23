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
    /// The snapshot that replay had to start from, because the journal begins later or under other rules;
    /// zero: none.
    core::Sequence from;
    core::Sequence last;
    std::uint64_t replayed = 0;
    std::uint64_t event_frames_compared = 0;
    core::Sequence other_rules_through;   ///< commands through it are of other rules; zero: none are
    std::uint64_t commands_checked = 0;   ///< below `from`: whole and in order, and not replayed
    std::uint64_t event_frames_read = 0;  ///< of those commands: they can be read
    std::uint64_t snapshots_compared = 0;
    std::uint64_t state_hash = 0;  ///< of the state after `last`
};

/// Replays all that is of these rules in `root` and compares every event frame of the event log and the state
/// hash of every snapshot on the way. Of commands before that, of other rules, it checks that they are whole,
/// and that their events can be read. Changes nothing but what opening a log that was not closed cleanly cuts
/// from its torn end. Requires: no engine runs on it (the lock is taken); `recover` has been run since the
/// last crash, otherwise the torn end is reported as damage.
JournalResult<VerifyReport> verify(journal::FileSystem& disk, const std::string& root,
                                   const VerifyOptions& options);

}  // namespace sauda::sequencer
