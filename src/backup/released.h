/// How far an exchange has released its events, seen from outside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "journal/file_system.h"
#include "sequencer/replay.h"

namespace sauda::backup {

/// The end of an event log.
struct ReleasedEnd {
    std::uint64_t sequence = 0;  ///< the last that is whole
    std::string segment;         ///< the path of the newest segment
    std::uint64_t bytes = 0;     ///< of that segment, through the record of `sequence`
};

/// Where the event log in `directory` ends, nothing when there is none. Its last sequence is durable in the
/// journal, and everything acknowledged by now is at or below it: events are written to the log after the
/// journal's sync and before any answer.
///
/// Changes nothing, takes no lock: an engine may be appending. Cost: one pass over the last segment.
sequencer::JournalResult<std::optional<ReleasedEnd>> released_end(journal::FileSystem& disk,
                                                                  const std::string& directory);

}  // namespace sauda::backup
