/// What is done to a journal before it is served from: find its end, decide about damage, make its tail
/// durable.
#pragma once

#include <optional>
#include <string>

#include "journal/batch.h"
#include "journal/file_system.h"
#include "journal/journal_error.h"

namespace sauda::journal {

struct RecoverConfig {
    /// Refuses another journal's segments; without it the first segment's id must be that of all.
    std::optional<JournalId> journal;
    /// Batches at or above `replay_from` under other rules are refused.
    std::uint32_t rules_version = 0;
    /// The first sequence that will be replayed: the newest snapshot's plus one. Segments wholly below it are
    /// not read.
    std::uint64_t replay_from = 1;
    /// Everything through it is known to have been complete: the event log's last sequence or the newest
    /// snapshot's, whichever is higher. Both are written only after the journal's sync, so a journal that
    /// lacks it has lost data. (Durability::os promises nothing about power loss: an operator who accepted
    /// that and lost power passes 0 and cuts the event log to what is left, EventLog::cut_after.)
    std::uint64_t complete_through = 0;
};

/// What was cut, for the operator's log.
struct TornTail {
    std::string path;            ///< the segment
    std::uint64_t offset = 0;    ///< where in it
    std::uint64_t sequence = 0;  ///< the first sequence that is lost
    std::uint64_t length = 0;    ///< bytes kept
    std::string saved_as;        ///< where they are kept
    std::string reason;
};

struct Recovered {
    std::optional<JournalId> journal;    ///< nothing when there is no journal yet
    std::uint64_t next_sequence = 1;     ///< for Writer::open
    std::int64_t last_timestamp_ns = 0;  ///< of the last batch read; 0 when none was
    bool stopped_cleanly = false;        ///< the last thing in the journal is the mark of a clean stop
    std::optional<TornTail> torn;
    std::uint64_t rewritten = 0;  ///< sequences copied because nothing proved them durable
};

/// Recovers the journal in `directory`. Call it once at start, holding the data directory's lock, before any
/// Reader or Writer. It may be interrupted anywhere and run again.
///
/// Everything from the last segment, and from `replay_from` on, is read past the page cache: after a failed
/// fdatasync the cache may show bytes that the device never got. What does not check is judged by what is
/// *known durable*, the highest of `complete_through`, the stamps of all intact batches (also those behind
/// the damage) and the headers of all segments:
///
/// - Damage at or below it was durable once, so it is rot or tampering: refused, with its place, and the disk
///   is left as it is.
///
/// - Damage above it is taken for what power loss leaves of a sync that never finished. It and all behind it
///   are cut, kept as `<segment>.torn`, and reported. An intact batch behind the damage does not change that
///   unless its stamp says that what is damaged was durable first: the sectors of one unfinished sync reach
///   the device in any order. What rots in the very last sync, before any later batch, event or snapshot
///   bears witness to it, looks the same; that is why the event log's word is asked for.
///
/// - Anything behind the mark of a clean stop is refused.
///
/// Then whatever is intact but not known durable is copied to a new segment, synced and named before the old
/// place is given up: a device that could not sync the old place is not asked to again.
///
/// Errors: the JournalFaults with their place; `missing` when the journal ends before `complete_through`.
base::Result<Recovered, JournalError> recover(FileSystem& disk, const std::string& directory,
                                              const RecoverConfig& config);

}  // namespace sauda::journal
