/// Where replay of a whole journal begins: at its first command, or, where its beginning was archived or
/// written under other rules, at the oldest snapshot that leads on to its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/exchange.h"
#include "journal/file_system.h"
#include "sequencer/replay.h"

namespace sauda::sequencer {

/// Where the part of the journal in `directory` begins that is of `rules_version` to its end; the first
/// sequence where all of it is. Nothing where its end is of other rules.
JournalResult<std::optional<core::Sequence>> first_of_rules(journal::FileSystem& disk,
                                                            const std::string& directory,
                                                            std::uint32_t rules_version);

struct ReplayBegin {
    core::Exchange exchange;
    /// Commands through it, if any, were written under other rules: what they did can be read, and not
    /// derived again.
    core::Sequence other_rules_through;
};

/// The state from which a program of `rules_version` replays the journal of the data directory `root`. Fails
/// with `missing` where no snapshot is left that leads on from other rules. A journal that ends under other
/// rules begins, and ends, at the newest snapshot.
JournalResult<ReplayBegin> replay_begin(journal::FileSystem& disk, const std::string& root,
                                        std::uint32_t rules_version, std::uint8_t shard);

}  // namespace sauda::sequencer
