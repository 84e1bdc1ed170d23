#include "sequencer/snapshots.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "codec/state_codec.h"
#include "journal/segment.h"
#include "sequencer/journal_name.h"
#include "sequencer/replay_begin.h"

namespace sauda::sequencer {

namespace {

using journal::failure_of;
using journal::JournalError;
using journal::JournalFault;

/// Where the closed segments end, at or below `through_max`; zero when nowhere.
core::Sequence end_of_closed(const std::vector<journal::SegmentPlace>& places,
                             std::optional<core::Sequence> through_max) {
    core::Sequence end;
    for (const journal::SegmentPlace& place : places) {
        const core::Sequence before{place.first_sequence - 1};
        if (!through_max || before <= *through_max) end = std::max(end, before);
    }
    return end;
}

}  // namespace

JournalResult<std::string> save_snapshot(journal::FileSystem& disk, const std::string& root,
                                         const core::Exchange& exchange, const journal::JournalId& journal,
                                         std::uint32_t rules_version, std::size_t keep) {
    const core::ExchangeState state = exchange.state();
    base::Bytes content;
    codec::encode_state(state, content);
    journal::SnapshotInfo info;
    info.sequence = exchange.last().sequence.raw;
    info.timestamp_ns = exchange.last().time.raw;
    info.state_hash = codec::hash_state(exchange.state());
    info.rules_version = rules_version;
    info.journal = journal;
    journal::SnapshotStore store(disk, journal::join(root, "snapshots"));
    const auto path = store.save(info, content);
    if (!path) return failure_of(path);
    const auto first = first_of_rules(disk, journal::join(root, "journal"), rules_version);
    if (!first) return failure_of(first);
    std::optional<std::uint64_t> boundary;
    if (*first) boundary = (*first)->raw - 1;
    if (const auto pruned = store.prune(keep, boundary); !pruned) return failure_of(pruned);
    return *path;
}

JournalResult<core::Exchange> exchange_of(const journal::Snapshot& snapshot, const std::string& path) {
    const auto damaged = [&](std::string detail) {
        return base::Unexpected{
            JournalError(JournalFault::damaged, path, 0, snapshot.info.sequence, std::move(detail))};
    };
    const auto state = codec::decode_state(snapshot.content);
    if (!state) return damaged("not a state: " + std::string(codec::name(state.error())));
    core::Exchange exchange(*state);
    if (exchange.last().sequence.raw != snapshot.info.sequence)
        return damaged("the state of another sequence");
    if (codec::hash_state(exchange.state()) != snapshot.info.state_hash)
        return damaged("the state has another hash");
    return exchange;
}

JournalResult<std::optional<Rolled>> roll_snapshot_forward(journal::FileSystem& disk, const std::string& root,
                                                           const RollOptions& options) {
    const std::string journal_directory = journal::join(root, "journal");
    const std::string snapshot_directory = journal::join(root, "snapshots");
    const auto places = journal::list_segments(disk, journal_directory, journal::SegmentKind::journal);
    if (!places) return failure_of(places);
    const core::Sequence to = end_of_closed(*places, options.through_max);
    const journal::SnapshotStore store(disk, snapshot_directory);
    const auto loaded = store.load_newest();
    if (!loaded) return failure_of(loaded);
    core::Exchange exchange(options.shard);
    if (loaded->snapshot) {
        auto restored = exchange_of(*loaded->snapshot, store.path_of(loaded->snapshot->info.sequence));
        if (!restored) return failure_of(restored);
        exchange = std::move(*restored);
    }
    if (to <= exchange.last().sequence) return std::optional<Rolled>{};
    const auto name = read_journal_name(disk, journal_directory);
    if (!name) return failure_of(name);
    ASSERT(name->has_value());  // it has closed segments
    Rolled rolled;
    rolled.from = exchange.last().sequence;
    const auto totals =
        replay_into(exchange, disk, journal_directory, {options.rules_version, (*name)->id, to}, {});
    if (!totals) return failure_of(totals);
    rolled.to = exchange.last().sequence;
    rolled.replayed = totals->commands;
    auto path = save_snapshot(disk, root, exchange, (*name)->id, options.rules_version, options.keep);
    if (!path) return failure_of(path);
    rolled.path = std::move(*path);
    return std::optional(std::move(rolled));
}

}  // namespace sauda::sequencer
