/// Which journal a directory holds.
#pragma once

#include <optional>
#include <string>

#include "journal/file_system.h"
#include "sequencer/replay.h"

namespace sauda::sequencer {

struct JournalName {
    journal::JournalId id{};
    core::Sequence first;  ///< the oldest sequence there
};

/// From the oldest segment in `directory`; nothing when there is none.
JournalResult<std::optional<JournalName>> read_journal_name(journal::FileSystem& disk,
                                                            const std::string& directory);

}  // namespace sauda::sequencer
