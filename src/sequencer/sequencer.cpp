#include "sequencer/sequencer.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "codec/command_codec.h"
#include "journal/batch.h"
#include "sequencer/applier.h"

namespace sauda::sequencer {

namespace {

bool forged(const core::Command& command) {
    return command.id.gateway == 0 || std::holds_alternative<core::AdvanceTime>(command.body);
}

}  // namespace

Sequencer::Sequencer(core::Exchange exchange, const SequencerConfig& config, SequencerHooks hooks)
    : config_(config),
      hooks_(std::move(hooks)),
      exchange_(std::move(exchange)),
      clock_(exchange_.last().time),
      held_back_(exchange_.last().sequence) {
    ASSERT(config_.batch_max > 0);
    ASSERT(journal::batch_length(config_.batch_max, config_.batch_max * codec::command_size_max) <=
           journal::batch_length_max);
}

bool Sequencer::can_step() const {
    return !held_back_.failed() && held_back_.bytes() <= config_.held_back_bytes_max;
}

StepResult Sequencer::step(const bus::FrameBatch& frames, std::size_t from, ClockReading now,
                           base::Bytes& journal_out) {
    const core::Sequence next{last().raw + 1};
    StepResult result{0, next, last()};
    if (!can_step()) return result;
    result.frames_taken = decode(frames, from);
    const core::Stamp first{next, stamp(now)};
    if (commands_.empty()) add_advance_if_due(first.time);
    if (commands_.empty()) return result;
    encode(first, journal_out);
    held_back_.hold(apply(first));
    ++counters_.batches;
    counters_.commands += commands_.size();
    result.last = last();
    return result;
}

std::size_t Sequencer::decode(const bus::FrameBatch& frames, std::size_t from) {
    commands_.clear();
    records_.clear();
    std::size_t at = from;
    for (; at < frames.size() && commands_.size() < config_.batch_max; ++at) {
        const base::ByteView frame = frames[at];
        const auto command = codec::decode_command(frame);
        if (!command) {
            drop(Dropped::undecodable, frame);
        } else if (forged(*command)) {
            drop(Dropped::forged, frame);
        } else {
            commands_.push_back(*command);
            records_.append(frame);  // a command has one encoding, so the frame is the record
        }
    }
    return at - std::min(from, at);
}

void Sequencer::drop(Dropped why, base::ByteView frame) {
    ++counters_.dropped;
    if (hooks_.on_dropped) hooks_.on_dropped(why, frame);
}

core::TimestampNs Sequencer::stamp(ClockReading now) {
    const StampClock::Stamped stamped = clock_.stamp(now);
    if (stamped.step) {
        ++counters_.clock_steps;
        if (hooks_.on_clock_step) hooks_.on_clock_step(*stamped.step);
    }
    return stamped.time;
}

void Sequencer::add_advance_if_due(core::TimestampNs time) {
    const std::optional<core::TimestampNs> due = exchange_.next_deadline();
    if (!due || time < *due) return;
    commands_.push_back({{}, {}, core::AdvanceTime{}});
    scratch_.clear();
    codec::encode_command(commands_.back(), scratch_);
    records_.append(scratch_);
    ++counters_.advances;
}

void Sequencer::encode(core::Stamp first, base::Bytes& journal_out) const {
    journal::BatchHeader header;
    header.first_sequence = first.sequence.raw;
    header.timestamp_ns = first.time.raw;
    header.source = config_.engine_epoch;
    header.rules_version = config_.rules_version;
    journal::BatchEncoder encoder(journal_out, header);
    for (std::size_t i = 0; i < records_.size(); ++i) encoder.add(records_[i]);
    encoder.finish();
}

bus::Chunk Sequencer::apply(core::Stamp first) {
    const FrameOrigin origin{config_.rules_version, config_.engine_epoch};
    constexpr std::size_t frame_room = 192;  // what most commands need
    core::EventBuffer frames(commands_.size() * frame_room + 4096);
    apply_all(exchange_, commands_, first, origin, frames);
    return {first.sequence.raw, last().raw, std::make_shared<const base::Bytes>(frames.take())};
}

}  // namespace sauda::sequencer
