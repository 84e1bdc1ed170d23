#include "sequencer/recover.h"

#include <algorithm>
#include <utility>

#include "journal/segment.h"
#include "journal/snapshot_store.h"
#include "sequencer/engine_epoch.h"
#include "sequencer/event_check.h"
#include "sequencer/journal_name.h"
#include "sequencer/snapshots.h"

namespace sauda::sequencer {

namespace {

using journal::failure_of;
using journal::JournalError;
using journal::JournalFault;

using Done = JournalResult<void>;

/// One run of `recover`, step by step.
class Recovery {
public:
    Recovery(journal::FileSystem& disk, journal::DataDirectory directory, const RecoverOptions& options)
        : disk_(disk),
          directory_(std::move(directory)),
          options_(options),
          store_(disk, directory_.snapshots()),
          exchange_(options.shard) {}

    JournalResult<Recovered> run() {
        if (const auto done = name_journal(); !done) return failure_of(done);
        if (const auto done = open_event_log(); !done) return failure_of(done);
        if (const auto done = forget_beyond_journal(); !done) return failure_of(done);
        if (const auto done = load_snapshot(); !done) return failure_of(done);
        if (const auto done = recover_journal(); !done) return failure_of(done);
        if (const auto done = replay(); !done) return failure_of(done);
        if (const auto done = open_writer(); !done) return failure_of(done);
        const auto epoch = next_engine_epoch(disk_, directory_.root(), newest_epoch_);
        if (!epoch) return failure_of(epoch);
        report_.last = exchange_.last().sequence;
        return Recovered{std::move(directory_), name_.id,           *epoch,
                         std::move(exchange_),  std::move(writer_), std::move(event_log_),
                         std::move(report_)};
    }

private:
    Done name_journal();
    Done refuse_orphans() const;
    Done open_event_log();
    Done forget_beyond_journal();
    Done cut_event_log(core::Sequence last);
    Done set_snapshots_aside(core::Sequence last);
    Done load_snapshot();
    Done start_log_over();
    Done take_snapshot(const journal::Snapshot& snapshot);
    Done recover_journal();
    Done replay();
    Done open_writer();

    journal::FileSystem& disk_;
    journal::DataDirectory directory_;
    const RecoverOptions& options_;
    journal::SnapshotStore store_;
    JournalName name_;
    core::Exchange exchange_;
    std::unique_ptr<journal::EventLog> event_log_;
    std::unique_ptr<journal::Writer> writer_;
    std::uint64_t complete_through_ = 0;
    std::uint64_t newest_epoch_ = 0;
    RecoveryReport report_;
};

/// A fresh journal gets its first segment, and with it its name, before anything else does: whatever is
/// interrupted, event log and snapshots never bear the name of a journal that is not there.
Done Recovery::name_journal() {
    const auto found = read_journal_name(disk_, directory_.journal());
    if (!found) return failure_of(found);
    if (*found) {
        name_ = **found;
        return {};
    }
    if (const auto done = refuse_orphans(); !done) return done;
    name_ = {options_.new_journal, {1}};
    report_.fresh = true;
    return open_writer();
}

Done Recovery::refuse_orphans() const {
    const auto logs = journal::list_segments(disk_, directory_.events(), journal::SegmentKind::event_log);
    if (!logs) return failure_of(logs);
    const auto snapshots = store_.list();
    if (!snapshots) return failure_of(snapshots);
    if (logs->empty() && snapshots->empty()) return {};
    return base::Unexpected{JournalError(JournalFault::missing, directory_.journal(), 0, 1,
                                         "there is no journal, but an event log or snapshots that need one")};
}

Done Recovery::open_event_log() {
    journal::EventLogConfig config;
    config.journal = name_.id;
    config.rules_version = options_.rules_version;
    config.segment_size = options_.event_segment_size;
    config.first_sequence = name_.first.raw;
    auto log = journal::EventLog::open(disk_, directory_.events(), config);
    if (!log) return failure_of(log);
    event_log_ = std::move(*log);
    complete_through_ = event_log_->last_sequence();
    return {};
}

/// Without syncs a power cut takes from the journal what event log and snapshots were derived from. That was
/// the operator's choice; what is left must agree with itself, and says how much is gone.
Done Recovery::forget_beyond_journal() {
    if (options_.durability != journal::Durability::os || report_.fresh) return {};
    journal::RecoverConfig config;
    config.journal = name_.id;
    config.rules_version = options_.rules_version;
    config.replay_from = ~std::uint64_t{0};  // only where it ends is asked
    auto recovered = journal::recover(disk_, directory_.journal(), config);
    if (!recovered) return failure_of(recovered);
    report_.torn = std::move(recovered->torn);
    const core::Sequence last{recovered->next_sequence - 1};
    if (event_log_->last_sequence() > last.raw) {
        report_.forgotten = event_log_->last_sequence() - last.raw;
        if (const auto done = cut_event_log(last); !done) return done;
    }
    complete_through_ = event_log_->last_sequence();
    return set_snapshots_aside(last);
}

Done Recovery::cut_event_log(core::Sequence last) {
    if (last.raw + 1 >= event_log_->first_sequence()) return event_log_->cut_after(last.raw);
    if (const auto done = event_log_->start_over(last.raw + 1); !done) return failure_of(done);
    report_.event_log_started_over = true;
    return {};
}

/// A snapshot above the journal's end would one day be taken for the state of a sequence given anew.
Done Recovery::set_snapshots_aside(core::Sequence last) {
    const auto sequences = store_.list();
    if (!sequences) return failure_of(sequences);
    for (const std::uint64_t sequence : *sequences) {
        if (sequence <= last.raw) continue;
        const std::string path = store_.path_of(sequence);
        if (const auto done = disk_.rename(path, path + ".forgotten"); !done) return failure_of(done);
    }
    if (const auto done = disk_.sync_directory(directory_.snapshots()); !done) return failure_of(done);
    return {};
}

/// The newest snapshot is proof of how far the journal went, even when an older one has to be used.
Done Recovery::load_snapshot() {
    auto newest = store_.load_newest();
    if (!newest) return failure_of(newest);
    report_.damaged_snapshots = newest->damaged;
    if (!newest->snapshot) return {};
    complete_through_ = std::max(complete_through_, newest->snapshot->info.sequence);
    if (newest->snapshot->info.sequence <= event_log_->last_sequence())
        return take_snapshot(*newest->snapshot);
    const auto usable = store_.load_newest(event_log_->last_sequence());
    if (!usable) return failure_of(usable);
    const bool reaches = usable->snapshot && usable->snapshot->info.sequence + 1 >= name_.first.raw;
    if (reaches) return take_snapshot(*usable->snapshot);
    if (name_.first.raw == 1 && event_log_->first_sequence() == 1)
        return {};  // all of it can be derived again
    if (const auto done = take_snapshot(*newest->snapshot); !done) return done;
    return start_log_over();
}

/// The event log ends before anything that can be replayed: what lies between is in the archives only.
Done Recovery::start_log_over() {
    const auto done = event_log_->start_over(exchange_.last().sequence.raw + 1);
    if (!done) return failure_of(done);
    report_.event_log_started_over = true;
    return {};
}

Done Recovery::take_snapshot(const journal::Snapshot& snapshot) {
    if (snapshot.info.journal != name_.id) {
        return base::Unexpected{
            JournalError(JournalFault::other_journal, store_.path_of(snapshot.info.sequence), 0,
                         snapshot.info.sequence, "the snapshot carries another journal's id")};
    }
    auto restored = exchange_of(snapshot, store_.path_of(snapshot.info.sequence));
    if (!restored) return failure_of(restored);
    exchange_ = std::move(*restored);
    report_.snapshot = exchange_.last().sequence;
    return {};
}

Done Recovery::recover_journal() {
    if (report_.fresh) return {};  // the writer is at work on it already
    journal::RecoverConfig config;
    config.journal = name_.id;
    config.rules_version = options_.rules_version;
    config.replay_from = exchange_.last().sequence.raw + 1;
    config.complete_through = complete_through_;
    auto recovered = journal::recover(disk_, directory_.journal(), config);
    if (!recovered) return failure_of(recovered);
    report_.stopped_cleanly = recovered->stopped_cleanly;
    if (recovered->torn) report_.torn = std::move(recovered->torn);
    report_.rewritten = recovered->rewritten;
    return {};
}

Done Recovery::replay() {
    if (report_.fresh) return {};
    EventCheck check(*event_log_, EventCheck::Missing::rebuilt);
    const auto totals =
        replay_into(exchange_, disk_, directory_.journal(), {options_.rules_version, name_.id, std::nullopt},
                    [&](const ReplayedBatch& batch) { return check.take(batch); });
    if (!totals) return failure_of(totals);
    if (const auto done = check.finish(); !done) return done;
    newest_epoch_ = totals->engine_epoch;
    report_.replayed = totals->commands;
    report_.event_frames_compared = check.compared();
    report_.event_frames_rebuilt = check.rebuilt();
    return {};
}

Done Recovery::open_writer() {
    if (writer_) return {};
    journal::WriterConfig config;
    config.segment_size = options_.journal_segment_size;
    config.durability = options_.durability;
    config.journal = name_.id;
    config.rules_version = options_.rules_version;
    auto writer =
        journal::Writer::open(disk_, directory_.journal(), config, exchange_.last().sequence.raw + 1);
    if (!writer) return failure_of(writer);
    writer_ = std::move(*writer);
    return {};
}

}  // namespace

JournalResult<Recovered> recover(journal::FileSystem& disk, const std::string& root,
                                 const RecoverOptions& options) {
    auto directory = journal::DataDirectory::open(disk, root);
    if (!directory) return failure_of(directory);
    return Recovery(disk, std::move(*directory), options).run();
}

}  // namespace sauda::sequencer
