#include "sequencer/verify.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "codec/state_codec.h"
#include "journal/data_directory.h"
#include "journal/event_log.h"
#include "journal/snapshot_store.h"
#include "sequencer/event_check.h"
#include "sequencer/journal_name.h"
#include "sequencer/snapshots.h"

namespace sauda::sequencer {

namespace {

using journal::failure_of;
using journal::JournalError;
using journal::JournalFault;

using Done = JournalResult<void>;

/// One run of `verify`.
class Verification {
public:
    Verification(journal::FileSystem& disk, journal::DataDirectory directory, const VerifyOptions& options)
        : disk_(disk),
          directory_(std::move(directory)),
          options_(options),
          store_(disk, directory_.snapshots()),
          exchange_(options.shard) {}

    JournalResult<VerifyReport> run() {
        const auto name = read_journal_name(disk_, directory_.journal());
        if (!name) return failure_of(name);
        if (!*name) return report_;
        if (const auto done = list_snapshots(); !done) return failure_of(done);
        if (const auto done = start_at((*name)->first); !done) return failure_of(done);
        if (const auto done = replay(**name); !done) return failure_of(done);
        report_.last = exchange_.last().sequence;
        report_.state_hash = codec::hash_state(exchange_.state());
        return report_;
    }

private:
    /// Oldest first.
    Done list_snapshots() {
        auto sequences = store_.list();
        if (!sequences) return failure_of(sequences);
        snapshots_ = std::move(*sequences);
        std::ranges::reverse(snapshots_);
        return {};
    }

    /// A journal whose beginning was archived is replayed from the oldest snapshot that reaches it.
    Done start_at(core::Sequence first) {
        if (first.raw == 1) return {};
        const auto reaching = std::ranges::lower_bound(snapshots_, first.raw - 1);
        if (reaching == snapshots_.end()) return {};  // the reader will say what is missing
        const auto snapshot = store_.load(*reaching);
        if (!snapshot) return failure_of(snapshot);
        auto restored = exchange_of(*snapshot, store_.path_of(*reaching));
        if (!restored) return failure_of(restored);
        exchange_ = std::move(*restored);
        report_.from = exchange_.last().sequence;
        return {};
    }

    Done replay(const JournalName& name) {
        journal::EventLogConfig config;
        config.journal = name.id;
        config.rules_version = options_.rules_version;
        config.first_sequence = name.first.raw;
        auto log = journal::EventLog::open(disk_, directory_.events(), config);
        if (!log) return failure_of(log);
        EventCheck check(**log, EventCheck::Missing::allowed);
        const auto totals =
            replay_into(exchange_, disk_, directory_.journal(),
                        {options_.rules_version, name.id, std::nullopt}, [&](const ReplayedBatch& batch) {
                            if (auto done = check.take(batch); !done) return done;
                            return compare_snapshot(batch.last);
                        });
        if (!totals) return failure_of(totals);
        report_.replayed = totals->commands;
        report_.event_frames_compared = check.compared();
        return {};
    }

    /// Snapshots are taken at the end of a batch.
    Done compare_snapshot(core::Sequence at) {
        if (!std::ranges::binary_search(snapshots_, at.raw)) return {};
        const auto info = store_.verify(at.raw);
        if (!info) return failure_of(info);
        if (info->state_hash != codec::hash_state(exchange_.state())) {
            return base::Unexpected{JournalError(JournalFault::damaged, store_.path_of(at.raw), 0, at.raw,
                                                 "replay gives another state than the snapshot holds")};
        }
        ++report_.snapshots_compared;
        return {};
    }

    journal::FileSystem& disk_;
    journal::DataDirectory directory_;
    const VerifyOptions options_;
    journal::SnapshotStore store_;
    core::Exchange exchange_;
    std::vector<std::uint64_t> snapshots_;
    VerifyReport report_;
};

}  // namespace

JournalResult<VerifyReport> verify(journal::FileSystem& disk, const std::string& root,
                                   const VerifyOptions& options) {
    auto directory = journal::DataDirectory::open(disk, root);
    if (!directory) return failure_of(directory);
    return Verification(disk, std::move(*directory), options).run();
}

}  // namespace sauda::sequencer
