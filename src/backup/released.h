/// How far an exchange has released its events, seen from outside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "journal/file_system.h"
#include "sequencer/replay.h"

namespace sauda::backup {

/// The last sequence whole in the event log of `directory`, nothing when there is no log. What it names is
/// durable in the journal, and everything acknowledged by now is at or below it: events are written to the
/// log after the journal's sync and before any answer.
///
/// Changes nothing, takes no lock: an engine may be appending. Cost: one pass over the last segment.
sequencer::JournalResult<std::optional<std::uint64_t>> released_sequence(journal::FileSystem& disk,
                                                                         const std::string& directory);

}  // namespace sauda::backup
