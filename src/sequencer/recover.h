/// From a data directory to an engine that can serve: newest usable snapshot, then the journal from the next
/// sequence, then the event log's tail, then a writer. A fresh directory is an engine too, at sequence 0.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/exchange.h"
#include "journal/data_directory.h"
#include "journal/event_log.h"
#include "journal/recover.h"
#include "journal/writer.h"
#include "sequencer/replay.h"

namespace sauda::sequencer {

struct RecoverOptions {
    std::uint32_t rules_version = 0;
    std::uint8_t shard = 0;            ///< of a fresh exchange
    journal::JournalId new_journal{};  ///< random bytes: names the journal if the directory has none yet
    std::uint64_t journal_segment_size = 64u << 20;
    std::uint64_t event_segment_size = 64u << 20;
    journal::Durability durability = journal::Durability::fdatasync;
};

/// What recovery found and did, for the operator's log.
struct RecoveryReport {
    bool fresh = false;                                    ///< there was no journal
    bool stopped_cleanly = false;                          ///< the last run ended as it should
    core::Sequence snapshot;                               ///< the state started from, zero: from nothing
    std::vector<journal::JournalError> damaged_snapshots;  ///< passed over
    core::Sequence last;                                   ///< where the engine stands now
    std::uint64_t replayed = 0;                            ///< commands applied
    std::uint64_t event_frames_compared = 0;               ///< found in the event log, equal byte for byte
    std::uint64_t event_frames_rebuilt = 0;                ///< missing there, written anew
    bool event_log_started_over = false;    ///< it ended before anything that can be replayed: set aside
    std::optional<journal::TornTail> torn;  ///< what was cut from the journal; it was never acknowledged
    /// Event frames that had been released and were lost with the journal's end: only ever under
    /// Durability::os, after the machine (not the process) died. Their sequences will be given anew.
    std::uint64_t forgotten = 0;
    std::uint64_t rewritten = 0;  ///< sequences copied because nothing proved them durable
};

/// Everything an engine needs to run. The exchange goes into a Sequencer, the rest to the journal thread.
struct Recovered {
    journal::DataDirectory directory;  ///< holds the lock: keep it as long as the engine runs
    journal::JournalId journal{};
    std::uint64_t engine_epoch = 0;  ///< above every earlier run's; durable before this returns
    core::Exchange exchange;
    std::unique_ptr<journal::Writer> writer;
    std::unique_ptr<journal::EventLog> event_log;  ///< complete through report.last
    RecoveryReport report;
};

/// Recovers `root`, made when missing (its parent must exist).
///
/// The snapshot used is the newest that checks and lies at or below the end of the event log, so that replay
/// passes every sequence that the event log lacks. What replay produces is compared with what the event log
/// has, byte for byte: a difference means that this core is not the one that released those events, and is
/// refused.
///
/// Errors: those of journal::recover and replay_into; `damaged` when events differ or a snapshot does not
/// decode to the state whose hash it carries; `io` with operation "flock" when another engine runs on the
/// directory. May be interrupted anywhere and run again.
JournalResult<Recovered> recover(journal::FileSystem& disk, const std::string& root,
                                 const RecoverOptions& options);

}  // namespace sauda::sequencer
