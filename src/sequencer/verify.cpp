#include "sequencer/verify.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "codec/state_codec.h"
#include "codec/stored_event_frame.h"
#include "journal/data_directory.h"
#include "journal/event_log.h"
#include "journal/reader.h"
#include "journal/snapshot_store.h"
#include "sequencer/event_check.h"
#include "sequencer/journal_name.h"
#include "sequencer/replay_begin.h"

namespace sauda::sequencer {

namespace {

using journal::failure_of;
using journal::JournalError;
using journal::JournalFault;

using Done = JournalResult<void>;

constexpr std::size_t window_bytes = 4u << 20;

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
        if (const auto done = begin(**name); !done) return failure_of(done);
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

    Done begin(const JournalName& name) {
        auto begin = replay_begin(disk_, directory_.root(), options_.rules_version, options_.shard);
        if (!begin) return failure_of(begin);
        exchange_ = std::move(begin->exchange);
        report_.from = exchange_.last().sequence;
        report_.other_rules_through = begin->other_rules_through;
        return report_.from < name.first ? Done{} : check_commands(name);
    }

    /// Those that are not replayed, as far as they are there.
    Done check_commands(const JournalName& name) {
        journal::ReaderConfig config;
        config.from_sequence = name.first.raw;
        config.journal = name.id;
        auto reader = journal::Reader::open(disk_, directory_.journal(), config);
        if (!reader) return failure_of(reader);
        while (reader->next_sequence() <= report_.from.raw) {
            const auto batch = reader->next();
            if (!batch) return failure_of(batch);
            if (!*batch) {
                return base::Unexpected{JournalError(JournalFault::missing, directory_.journal(), 0,
                                                     reader->next_sequence(),
                                                     "the journal ends before a snapshot")};
            }
            report_.commands_checked += (*batch)->header.record_count;
        }
        return {};
    }

    Done read_events(const journal::EventLog& log) {
        codec::StoredFrameReader stored;
        std::optional<JournalError> unreadable;
        std::uint64_t next = log.first_sequence();
        const auto visit = [&](std::uint64_t sequence, base::ByteView bytes) {
            if (sequence > report_.from.raw) return false;
            const auto frame = stored.read(bytes);
            if (!frame || !core::for_each_event(frame->events, [](const auto&) {})) {
                unreadable = JournalError(JournalFault::damaged, directory_.events(), 0, sequence,
                                          "not events that this program can read");
                return false;
            }
            ++report_.event_frames_read;
            return true;
        };
        while (!unreadable && next <= report_.from.raw) {
            const auto read = log.read(next, window_bytes, visit);
            if (!read) return failure_of(read);
            if (*read == next) break;
            next = *read;
        }
        if (unreadable) return base::Unexpected{*unreadable};
        return {};
    }

    Done replay(const JournalName& name) {
        journal::EventLogConfig config;
        config.journal = name.id;
        config.rules_version = options_.rules_version;
        config.first_sequence = name.first.raw;
        auto log = journal::EventLog::open(disk_, directory_.events(), config);
        if (!log) return failure_of(log);
        if (const auto done = read_events(**log); !done) return done;
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
