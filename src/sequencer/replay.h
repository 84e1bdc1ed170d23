/// Replays a journal into an exchange: the same path as live sequencing, with the top cut off.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "core/exchange.h"
#include "journal/batch.h"
#include "journal/file_system.h"
#include "journal/journal_error.h"

namespace sauda::sequencer {

template <class T>
using JournalResult = base::Result<T, journal::JournalError>;

struct ReplayConfig {
    std::uint32_t rules_version = 0;
    std::optional<journal::JournalId> journal;  ///< refuses another journal's segments
    /// Batches above it are left alone; nothing: to the end. Must be the last sequence of a batch.
    std::optional<core::Sequence> through;
};

/// The events of one replayed batch, byte for byte what was released when it was first applied.
struct ReplayedBatch {
    core::Sequence first;
    core::Sequence last;
    std::uint64_t engine_epoch = 0;  ///< of the run that wrote it
    base::ByteView frames;           ///< valid only during the call
};
using ReplaySink = std::function<JournalResult<void>(const ReplayedBatch&)>;

struct ReplayTotals {
    std::uint64_t commands = 0;
    std::uint64_t batches = 0;
    std::uint64_t engine_epoch = 0;  ///< the newest in what was replayed, 0 if nothing was
};

/// Applies what the journal in `directory` holds above `exchange.last()`, in order, and shows each batch's
/// events to `sink` (which may be empty). A failure of the sink ends the replay and is returned.
///
/// Errors: as journal::Reader; and `damaged` with its place where a record is no command, or time runs
/// backwards: another program wrote it, or a bug did. Threads: the caller's; memory is one batch and its
/// events.
JournalResult<ReplayTotals> replay_into(core::Exchange& exchange, journal::FileSystem& disk,
                                        const std::string& directory, const ReplayConfig& config,
                                        const ReplaySink& sink);

}  // namespace sauda::sequencer
