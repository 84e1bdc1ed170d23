#include "redis_streams/command_producer.h"

#include <utility>

#include "base/assert.h"
#include "redis_streams/command_entry.h"

namespace sauda::bus::redis {

CommandProducer::CommandProducer(boost::asio::io_context& io, const RedisConfig& config,
                                 const CommandProducerLimits& limits)
    : io_(io),
      limits_(limits),
      key_(config.key("commands")),
      guard_(io, config, "commands", [this] { look_at_backlog(); }) {
    ASSERT(limits_.frames_max > 0);
    ASSERT(limits_.frame_size_max <= limits_.entry_bytes_max);
}

Offer CommandProducer::admission(std::size_t frames, std::size_t bytes, Lane lane) const {
    if (!guard_.is_reachable()) return Offer::unreachable;
    const bool is_reserved = lane == Lane::reserved;
    const bool fits =
        outstanding_frames_ + frames <= limits_.frames_max + (is_reserved ? limits_.frames_reserved : 0) &&
        outstanding_bytes_ + bytes <= limits_.bytes_max + (is_reserved ? limits_.bytes_reserved : 0) &&
        backlog_ <= limits_.backlog_max + (is_reserved ? limits_.backlog_reserved : 0);
    return fits ? Offer::accepted : Offer::back_pressured;
}

Offer CommandProducer::admit(std::size_t frames, std::size_t bytes, Lane lane) {
    const Offer verdict = admission(frames, bytes, lane);
    if (verdict == Offer::unreachable) counters_.unreachable += frames;
    if (verdict == Offer::back_pressured) counters_.back_pressured += frames;
    return verdict;
}

Offer CommandProducer::offer(base::ByteView frame, Lane lane) {
    const Offer verdict = admit(1, packed_header_size + frame.size(), lane);
    if (verdict == Offer::accepted) take(frame, lane);
    return verdict;
}

Offer CommandProducer::offer_all(const FrameBatch& frames, Lane lane) {
    const Offer verdict =
        admit(frames.size(), frames.size() * packed_header_size + frames.byte_count(), lane);
    if (verdict != Offer::accepted) return verdict;
    for (std::size_t i = 0; i < frames.size(); ++i) take(frames[i], lane);
    return verdict;
}

void CommandProducer::take(base::ByteView frame, Lane lane) {
    ASSERT(frame.size() <= limits_.frame_size_max);
    const std::size_t size = packed_header_size + frame.size();
    if (entries_.empty()) boost::asio::post(io_, lifetime_.guard([this] { flush(); }));
    if (entries_.empty() || entries_.back().packed.size() + size > limits_.entry_bytes_max)
        entries_.emplace_back();
    pack_frame(frame, lane, entries_.back().packed);
    ++entries_.back().frames;
    ++counters_.frames;
    ++outstanding_frames_;
    outstanding_bytes_ += size;
}

void CommandProducer::flush() {
    const std::vector<Entry> entries = std::exchange(entries_, {});
    for (const Entry& entry : entries) send(entry);
}

void CommandProducer::send(const Entry& entry) {
    ++counters_.entries;
    const std::string crc = crc_text(entry.packed);
    guard_.send({"XADD", key_, "*", "frames", base::as_text(entry.packed), "crc", crc},
                [this, frames = entry.frames, bytes = entry.packed.size()](const Answer& answer) {
                    on_answer(answer, frames, bytes);
                });
}

void CommandProducer::on_answer(const Answer& answer, std::size_t frames, std::size_t bytes) {
    ASSERT(outstanding_frames_ >= frames);
    ASSERT(outstanding_bytes_ >= bytes);
    outstanding_frames_ -= frames;
    outstanding_bytes_ -= bytes;
    if (answer) return;
    const Failure::Kind kind = answer.error().kind;
    const bool was_not_done = kind == Failure::Kind::refused || kind == Failure::Kind::unreachable;
    (was_not_done ? counters_.refused : counters_.unknown) += frames;
}

void CommandProducer::look_at_backlog() {
    guard_.send_read({"XLEN", key_}, [this](const Answer& answer) {
        if (answer) backlog_ = static_cast<std::size_t>(answer->integer());
    });
}

}  // namespace sauda::bus::redis
