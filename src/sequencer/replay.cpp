#include "sequencer/replay.h"

#include <string>
#include <utility>
#include <vector>

#include "codec/command_codec.h"
#include "journal/reader.h"

namespace sauda::sequencer {

namespace {

using journal::failure_of;
using journal::JournalError;
using journal::JournalFault;

/// One replay's memory and place.
class Replay {
public:
    Replay(core::Exchange& exchange, journal::Reader reader, const ReplaySink& sink)
        : exchange_(exchange), reader_(std::move(reader)), sink_(sink) {}

    JournalResult<ReplayTotals> run(std::optional<core::Sequence> through) {
        for (;;) {
            if (through && exchange_.last().sequence >= *through) return totals_;
            const auto batch = reader_.next();
            if (!batch) return failure_of(batch);
            if (!*batch) return totals_;
            if (const auto done = apply(**batch); !done) return failure_of(done);
        }
    }

private:
    JournalResult<void> apply(const journal::BatchView& batch) {
        frames_.clear();
        ReplayedBatch replayed{{exchange_.last().sequence.raw + 1}, {}, batch.header.source, {}};
        const core::TimestampNs time{batch.header.timestamp_ns};
        if (time < exchange_.last().time) return damaged(replayed.first.raw, "time runs backwards");
        if (const auto done = decode(batch); !done) return done;
        const core::FrameOrigin origin{batch.header.rules_version, batch.header.source};
        exchange_.apply_batch(commands_, {replayed.first, time}, origin, frames_);
        totals_.commands += commands_.size();
        ++totals_.batches;
        totals_.engine_epoch = batch.header.source;
        replayed.last = exchange_.last().sequence;
        replayed.frames = frames_.bytes();
        return sink_ ? sink_(replayed) : JournalResult<void>{};
    }

    /// The commands of `batch` that the exchange has not applied yet.
    JournalResult<void> decode(const journal::BatchView& batch) {
        commands_.clear();
        for (journal::RecordCursor record(batch); !record.at_end(); record.next()) {
            if (record.sequence() <= exchange_.last().sequence.raw) continue;
            const auto command = codec::decode_command(record.bytes());
            if (!command) {
                return damaged(record.sequence(),
                               "not a command: " + std::string(codec::name(command.error())));
            }
            commands_.push_back(*command);
        }
        return {};
    }

    base::Unexpected<JournalError> damaged(std::uint64_t sequence, std::string detail) const {
        return {JournalError(JournalFault::damaged, reader_.path(), reader_.batch_offset(), sequence,
                             std::move(detail))};
    }

    core::Exchange& exchange_;
    journal::Reader reader_;
    const ReplaySink& sink_;
    ReplayTotals totals_;
    std::vector<core::Command> commands_;
    core::EventBuffer frames_;
};

}  // namespace

JournalResult<ReplayTotals> replay_into(core::Exchange& exchange, journal::FileSystem& disk,
                                        const std::string& directory, const ReplayConfig& config,
                                        const ReplaySink& sink) {
    journal::ReaderConfig reading;
    reading.from_sequence = exchange.last().sequence.raw + 1;
    reading.rules_version = config.rules_version;
    reading.journal = config.journal;
    auto reader = journal::Reader::open(disk, directory, reading);
    if (!reader) return failure_of(reader);
    return Replay(exchange, std::move(*reader), sink).run(config.through);
}

}  // namespace sauda::sequencer
