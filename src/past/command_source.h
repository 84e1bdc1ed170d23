/// The commands of a journal, one by one, also while an engine appends to it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/command.h"
#include "core/exchange.h"
#include "journal/reader.h"
#include "sequencer/replay.h"

namespace sauda::past {

/// A command and where it stands.
struct StampedCommand {
    core::Stamp stamp;
    core::Command command;
};

/// Threads: one owner at a time. Takes no lock and writes nothing.
///
/// What an engine is writing at the journal's end may be seen half; it is read again until it is whole. A
/// batch that stays half is damage, or of an engine that died.
class CommandSource {
public:
    /// Reads from the sequence after `after` on. `directory` is the journal's.
    static sequencer::JournalResult<CommandSource> open(journal::FileSystem& disk,
                                                        const std::string& directory,
                                                        std::uint32_t rules_version, core::Sequence after);

    /// The next command, nothing at the end. Errors: as journal::Reader; `damaged` where a record is none.
    sequencer::JournalResult<std::optional<StampedCommand>> next();

private:
    CommandSource(journal::FileSystem& disk, std::string directory, const journal::ReaderConfig& config,
                  journal::Reader reader)
        : disk_(&disk), directory_(std::move(directory)), config_(config), reader_(std::move(reader)) {}

    sequencer::JournalResult<bool> read_batch();
    sequencer::JournalResult<std::optional<journal::BatchView>> patient_next();

    journal::FileSystem* disk_;
    std::string directory_;
    journal::ReaderConfig config_;  // from_sequence: what comes next
    journal::Reader reader_;
    std::optional<journal::RecordCursor> record_;
    core::TimestampNs time_;
};

/// The exchange after command `at`: the newest snapshot below it, and the journal from there. Fails with
/// `missing` when the journal ends before it, and names where. `root` is the data directory.
sequencer::JournalResult<core::Exchange> exchange_at(journal::FileSystem& disk, const std::string& root,
                                                     std::uint32_t rules_version, core::Sequence at);

/// Whether what follows the state after `after` can be replayed, as far as rules go; otherwise
/// `other_rules_version`, with a sentence about which part can.
sequencer::JournalResult<void> expect_replayable(journal::FileSystem& disk, const std::string& root,
                                                 std::uint32_t rules_version, core::Sequence after);

/// The newest state in the snapshots of `root` for which `is_early_enough`, an empty exchange when there is
/// none. Damaged snapshots are passed over.
sequencer::JournalResult<core::Exchange> exchange_before(
    journal::FileSystem& disk, const std::string& root,
    const std::function<bool(const core::Exchange&)>& is_early_enough);

}  // namespace sauda::past
