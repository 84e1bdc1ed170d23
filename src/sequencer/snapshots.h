/// The exchange's state as snapshots: at a clean stop, and rolled forward beside a running engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "core/exchange.h"
#include "journal/event_log.h"
#include "journal/snapshot_store.h"
#include "journal/writer.h"
#include "sequencer/replay.h"

namespace sauda::sequencer {

/// Writes the state of `exchange` as a snapshot of the data directory `root` and removes all but the newest
/// `keep`, and the one at which `rules_version` took over from other rules: nothing before it can be
/// replayed. Returns its path. Requires: everything through exchange.last() is durable in the journal, so
/// that no snapshot is ahead of it.
JournalResult<std::string> save_snapshot(journal::FileSystem& disk, const std::string& root,
                                         const core::Exchange& exchange, const journal::JournalId& journal,
                                         std::uint32_t rules_version, std::size_t keep = 2);

/// The exchange that a loaded snapshot holds; `damaged` when it does not decode, or not to the state whose
/// hash it carries.
JournalResult<core::Exchange> exchange_of(const journal::Snapshot& snapshot, const std::string& path);

struct RollOptions {
    std::uint32_t rules_version = 0;
    std::uint8_t shard = 0;
    std::size_t keep = 2;
    /// The snapshot is taken no higher: the sequence through which the event log has been synced, so that
    /// recovery finds it usable.
    std::optional<core::Sequence> through_max = {};
};

struct Rolled {
    core::Sequence from;  ///< the snapshot that was rolled forward, zero: the beginning
    core::Sequence to;    ///< the snapshot that was written
    std::uint64_t replayed = 0;
    std::string path;
};

/// Takes the newest snapshot that checks, replays the closed segments of the journal of `root` over it, and
/// writes a new snapshot at the end of the last of them; nothing when that gains nothing. Takes no lock, and
/// touches nothing that a running engine writes to: it is meant for a process of its own, of low priority,
/// beside the engine.
JournalResult<std::optional<Rolled>> roll_snapshot_forward(journal::FileSystem& disk, const std::string& root,
                                                           const RollOptions& options);

}  // namespace sauda::sequencer
