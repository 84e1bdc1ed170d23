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
    const core::Stamp first{next, stamp(now)};
    journal::BatchEncoder batch(journal_out, header_of(first));
    result.frames_taken = decode(frames, from, batch);
    if (commands_.empty()) add_advance_if_due(first.time, batch);
    if (commands_.empty()) return batch.abandon(), result;
    batch.finish();
    held_back_.hold(apply(first));
    ++counters_.batches;
    counters_.commands += commands_.size();
    result.last = last();
    return result;
}

std::size_t Sequencer::decode(const bus::FrameBatch& frames, std::size_t from, journal::BatchEncoder& batch) {
    commands_.clear();
    std::size_t at = from;
    for (; at < frames.size() && commands_.size() < config_.batch_max; ++at) {
        const base::ByteView frame = frames[at];
        const bool is_command = codec::decode_command(frame, commands_.emplace_back()).has_value();
        if (is_command && !forged(commands_.back())) {
            batch.add(frame);  // a command has one encoding, so the frame is the record
            continue;
        }
        commands_.pop_back();
        drop(is_command ? Dropped::forged : Dropped::undecodable, frame);
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

void Sequencer::add_advance_if_due(core::TimestampNs time, journal::BatchEncoder& batch) {
    const std::optional<core::TimestampNs> due = exchange_.next_deadline();
    if (!due || time < *due) return;
    commands_.push_back({{}, {}, core::AdvanceTime{}});
    scratch_.clear();
    codec::encode_command(commands_.back(), scratch_);
    batch.add(scratch_);
    ++counters_.advances;
}

journal::BatchHeader Sequencer::header_of(core::Stamp first) const {
    journal::BatchHeader header;
    header.first_sequence = first.sequence.raw;
    header.timestamp_ns = first.time.raw;
    header.source = config_.engine_epoch;
    header.rules_version = config_.rules_version;
    return header;
}

bus::Chunk Sequencer::apply(core::Stamp first) {
    const FrameOrigin origin{config_.rules_version, config_.engine_epoch};
    core::EventBuffer frames(memory_.take(), commands_.size() * frame_room_ + 1024);
    apply_all(exchange_, commands_, first, origin, frames);
    frame_room_ = frames.size() / commands_.size() * 9 / 8;  // the next ones will be much the same
    return {first.sequence.raw, last().raw, memory_.share(frames.take())};
}

}  // namespace sauda::sequencer
