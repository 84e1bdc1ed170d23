#include "sequencer/event_check.h"

#include <cstring>

#include "base/assert.h"
#include "codec/event_frame.h"

namespace sauda::sequencer {

namespace {

using journal::failure_of;

constexpr std::size_t window_bytes = 4u << 20;
constexpr std::uint64_t flush_bytes = 1u << 20;

}  // namespace

EventCheck::EventCheck(journal::EventLog& event_log, Missing missing)
    : event_log_(event_log), missing_(missing), logged_(event_log.last_sequence()) {}

JournalResult<void> EventCheck::take(const ReplayedBatch& batch) {
    base::ByteView rest = batch.frames;
    while (!rest.empty()) {
        const auto frame = codec::parse_event_frame(rest);
        ASSERT(frame.has_value());  // replay made it a moment ago
        const base::ByteView bytes = rest.first(frame->header.size);
        if (const auto done = take_frame(frame->header.sequence.raw, bytes); !done) return done;
        rest = rest.subspan(bytes.size());
    }
    return {};
}

JournalResult<void> EventCheck::take_frame(std::uint64_t sequence, base::ByteView frame) {
    if (sequence < event_log_.first_sequence()) return {};
    if (sequence <= logged_) return compare(sequence, frame);
    return missing_ == Missing::rebuilt ? append(sequence, frame) : JournalResult<void>{};
}

JournalResult<void> EventCheck::compare(std::uint64_t sequence, base::ByteView frame) {
    if (window_at_ == window_.size()) {
        if (const auto done = refill(sequence); !done) return done;
    }
    // Never longer than what is left: a frame of the log that is shorter differs, too.
    const base::ByteView logged = base::ByteView(window_).subspan(window_at_);
    const bool equal =
        frame.size() <= logged.size() && std::memcmp(frame.data(), logged.data(), frame.size()) == 0;
    if (!equal) {
        return base::Unexpected{journal::JournalError(
            journal::JournalFault::damaged, "events", 0, sequence,
            "replay gives other events than were released: this program does not follow the same rules")};
    }
    window_at_ += frame.size();
    ++compared_;
    return {};
}

JournalResult<void> EventCheck::refill(std::uint64_t sequence) {
    window_.clear();
    window_at_ = 0;
    const auto next = event_log_.read(sequence, window_bytes, [&](std::uint64_t, base::ByteView logged) {
        window_.insert(window_.end(), logged.begin(), logged.end());
        return true;
    });
    if (!next) return failure_of(next);
    return {};
}

JournalResult<void> EventCheck::append(std::uint64_t sequence, base::ByteView frame) {
    event_log_.append(sequence, frame);
    ++rebuilt_;
    unflushed_ += frame.size();
    if (unflushed_ < flush_bytes) return {};
    unflushed_ = 0;
    if (const auto done = event_log_.flush(); !done) return failure_of(done);
    return {};
}

JournalResult<void> EventCheck::finish() {
    if (rebuilt_ == 0) return {};
    if (const auto done = event_log_.flush(); !done) return failure_of(done);
    if (const auto done = event_log_.sync(); !done) return failure_of(done);
    return {};
}

}  // namespace sauda::sequencer
