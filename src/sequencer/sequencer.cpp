#include "sequencer/sequencer.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "codec/command_codec.h"
#include "journal/batch.h"

namespace sauda::sequencer {

namespace {

bool forged(const core::Command& command) {
    return command.id.gateway == 0 || std::holds_alternative<core::AdvanceTime>(command.body) ||
           std::holds_alternative<core::RestartLeases>(command.body) ||
           std::holds_alternative<core::LapseLeases>(command.body);
}

}  // namespace

Sequencer::Sequencer(core::Exchange exchange, const SequencerConfig& config, SequencerHooks hooks)
    : config_(config),
      hooks_(std::move(hooks)),
      exchange_(std::move(exchange)),
      clock_(exchange_.last().time),
      held_back_(exchange_.last().sequence),
      restarts_leases_(exchange_.has_leases()),
      commands_(config.batch_max + 1) {
    ASSERT(config_.batch_max > 0);
    ASSERT(journal::batch_length(commands_.size(), commands_.size() * codec::command_size_max) <=
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
    command_count_ = 0;
    add_what_is_due(first.time, batch);
    result.frames_taken = decode(frames, from, batch);
    if (command_count_ == 0) return batch.abandon(), result;
    batch.finish();
    held_back_.hold(apply(first));
    ++counters_.batches;
    counters_.commands += command_count_;
    result.last = last();
    return result;
}

/// A command has one encoding in each layout, so that its frame is the record: those of commands go into the
/// batch as they stand.
std::size_t Sequencer::decode(const bus::FrameBatch& frames, std::size_t from, journal::BatchEncoder& batch) {
    const std::size_t end = from + std::min(frames.size() - from, config_.batch_max);
    std::size_t run = from;  // of commands, up to where it is read
    const auto add_run_before = [&](std::size_t at) {
        batch.add_all(frames.with_lengths(run, at), static_cast<std::uint32_t>(at - run));
        run = at + 1;
    };
    bus::FrameBatch::Cursor cursor = frames.from(from);
    for (std::size_t at = from; at < end; ++at) {
        const base::ByteView frame = cursor.take();
        core::Command& command = commands_[command_count_];
        const bool is_command = codec::decode_command(frame, command).has_value();
        if (is_command && !forged(command)) [[likely]] {
            ++command_count_;
            continue;
        }
        add_run_before(at);
        drop(is_command ? Dropped::forged : Dropped::undecodable, frame);
    }
    add_run_before(end);
    return end - from;
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

std::optional<std::int64_t> Sequencer::due_in_ns(ClockReading now) const {
    if (restarts_leases_) return 0;
    const std::optional<core::TimestampNs> due = exchange_.next_deadline();
    if (!due) return std::nullopt;
    return clock_.until_ns(*due, now);
}

void Sequencer::add_what_is_due(core::TimestampNs time, journal::BatchEncoder& batch) {
    const std::optional<core::TimestampNs> due = exchange_.next_deadline();
    const bool is_due = due && time >= *due;
    if (restarts_leases_ || (is_due && time.raw - due->raw > away_ns_min)) {
        add_own(core::RestartLeases{}, batch);
        restarts_leases_ = false;
        ++counters_.lease_restarts;
    } else if (is_due) {
        add_own(core::LapseLeases{lapse_events_max, lapse_pause}, batch);
        ++counters_.lease_lapses;
    }
}

void Sequencer::add_own(core::CommandBody body, journal::BatchEncoder& batch) {
    core::Command& command = commands_[command_count_++];
    command = {{}, {}, std::move(body)};
    scratch_.clear();
    codec::encode_command(command, scratch_);
    batch.add(scratch_);
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
    const core::FrameOrigin origin{config_.rules_version, config_.engine_epoch};
    frames_.clear();
    exchange_.apply_batch(std::span(commands_).first(command_count_), first, origin, frames_);
    base::Bytes chunk = memory_.take();
    const base::ByteView frames = frames_.bytes();
    chunk.assign(frames.begin(), frames.end());
    return {first.sequence.raw, last().raw, memory_.share(std::move(chunk))};
}

}  // namespace sauda::sequencer
