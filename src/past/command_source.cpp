#include "past/command_source.h"

#include <chrono>
#include <thread>
#include <utility>

#include "codec/command_codec.h"
#include "core/event_buffer.h"
#include "core/exchange.h"
#include "journal/snapshot_store.h"
#include "sequencer/replay_begin.h"
#include "sequencer/snapshots.h"

namespace sauda::past {

using journal::failure_of;
using journal::JournalError;
using journal::JournalFault;
using sequencer::JournalResult;

namespace {

constexpr int tries_max = 40;
constexpr auto between_tries = std::chrono::milliseconds(5);

}  // namespace

JournalResult<CommandSource> CommandSource::open(journal::FileSystem& disk, const std::string& directory,
                                                 std::uint32_t rules_version, core::Sequence after) {
    journal::ReaderConfig config;
    config.from_sequence = after.raw + 1;
    config.rules_version = rules_version;
    auto reader = journal::Reader::open(disk, directory, config);
    if (!reader) return failure_of(reader);
    return CommandSource(disk, directory, config, std::move(*reader));
}

JournalResult<std::optional<StampedCommand>> CommandSource::next() {
    for (;;) {
        if (record_) record_->next();
        while (record_ && !record_->at_end() && record_->sequence() < config_.from_sequence) record_->next();
        if (record_ && !record_->at_end()) break;
        record_.reset();
        const auto is_there = read_batch();
        if (!is_there) return failure_of(is_there);
        if (!*is_there) return std::optional<StampedCommand>{};
        if (!record_->at_end() && record_->sequence() >= config_.from_sequence) break;
    }
    const auto command = codec::decode_command(record_->bytes());
    if (!command) {
        return base::Unexpected{JournalError(JournalFault::damaged, reader_.path(), reader_.batch_offset(),
                                             record_->sequence(),
                                             "not a command: " + std::string(codec::name(command.error())))};
    }
    config_.from_sequence = record_->sequence() + 1;
    return std::optional(StampedCommand{{{record_->sequence()}, time_}, *command});
}

JournalResult<bool> CommandSource::read_batch() {
    const auto batch = patient_next();
    if (!batch) return failure_of(batch);
    if (!*batch) return false;
    record_.emplace(**batch);
    time_ = {(*batch)->header.timestamp_ns};
    return true;
}

/// A reader that has failed stays failed, and its window is as old as its first look: each try is a new one.
JournalResult<std::optional<journal::BatchView>> CommandSource::patient_next() {
    for (int tries = 1;; ++tries) {
        auto batch = reader_.next();
        const bool may_be_half = !batch && batch.error().fault == JournalFault::damaged && tries < tries_max;
        if (!may_be_half) return batch;
        std::this_thread::sleep_for(between_tries);
        auto again = journal::Reader::open(*disk_, directory_, config_);
        if (!again) return failure_of(again);
        reader_ = std::move(*again);
    }
}

JournalResult<core::Exchange> exchange_before(
    journal::FileSystem& disk, const std::string& root,
    const std::function<bool(const core::Exchange&)>& is_early_enough) {
    const journal::SnapshotStore store(disk, journal::join(root, "snapshots"));
    if (!disk.exists(journal::join(root, "snapshots"))) return core::Exchange();
    const auto sequences = store.list();
    if (!sequences) return failure_of(sequences);
    for (const std::uint64_t sequence : *sequences) {
        const auto snapshot = store.load(sequence);
        if (!snapshot) continue;
        auto exchange = sequencer::exchange_of(*snapshot, store.path_of(sequence));
        if (exchange && is_early_enough(*exchange)) return std::move(*exchange);
    }
    return core::Exchange();
}

JournalResult<void> expect_replayable(journal::FileSystem& disk, const std::string& root,
                                      std::uint32_t rules_version, core::Sequence after) {
    const std::string directory = journal::join(root, "journal");
    const auto first = sequencer::first_of_rules(disk, directory, rules_version);
    if (!first) return failure_of(first);
    if (*first && after.raw + 1 >= (*first)->raw) return {};
    const std::string until =
        *first ? "through " + std::to_string((*first)->raw - 1) : std::string("to its end");
    const std::string from = *first ? std::to_string((*first)->raw - 1) + " and every later sequence"
                                    : std::string("nothing of it yet");
    return base::Unexpected{JournalError(
        JournalFault::other_rules_version, directory, 0, after.raw + 1,
        "the journal " + until + " was written under other rules than version " +
            std::to_string(rules_version) + ", which cannot be replayed here; this program tells " + from +
            ", and history of all")};
}

JournalResult<core::Exchange> exchange_at(journal::FileSystem& disk, const std::string& root,
                                          std::uint32_t rules_version, core::Sequence at) {
    auto found = exchange_before(
        disk, root, [&](const core::Exchange& exchange) { return exchange.last().sequence <= at; });
    if (!found) return found;
    core::Exchange& exchange = *found;
    if (exchange.last().sequence == at) return found;
    const std::string directory = journal::join(root, "journal");
    if (const auto done = expect_replayable(disk, root, rules_version, exchange.last().sequence); !done)
        return failure_of(done);
    auto commands = CommandSource::open(disk, directory, rules_version, exchange.last().sequence);
    if (!commands) return failure_of(commands);
    core::EventBuffer events;
    while (exchange.last().sequence < at) {
        const auto next = commands->next();
        if (!next) return failure_of(next);
        if (!*next) {
            return base::Unexpected{
                JournalError(JournalFault::missing, directory, 0, at.raw,
                             "the journal ends at sequence " + std::to_string(exchange.last().sequence.raw))};
        }
        events.clear();
        exchange.apply((*next)->command, (*next)->stamp, events);
    }
    return found;
}

}  // namespace sauda::past
