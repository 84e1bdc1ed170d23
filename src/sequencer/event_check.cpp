#include "sequencer/event_check.h"

#include <cstring>

#include "base/assert.h"
#include "codec/event_frame.h"

namespace sauda::sequencer {

namespace {

using journal::failure_of;

constexpr std::size_t window_bytes = 4u << 20;
constexpr std::size_t record_bytes = 128u << 10;  // about as the sequencer makes them

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
    if (missing_frames_.empty()) missing_first_ = sequence;
    missing_frames_.insert(missing_frames_.end(), frame.begin(), frame.end());
    ++rebuilt_;
    return missing_frames_.size() < record_bytes ? JournalResult<void>{} : write_missing(sequence);
}

JournalResult<void> EventCheck::write_missing(std::uint64_t last) {
    const auto done = event_log_.append({missing_first_, last, missing_frames_});
    if (!done) return failure_of(done);
    missing_frames_.clear();
    return {};
}

JournalResult<void> EventCheck::finish() {
    if (rebuilt_ == 0) return {};
    if (!missing_frames_.empty()) {
        const std::uint64_t last = logged_ + rebuilt_;
        if (const auto done = write_missing(last); !done) return done;
    }
    if (const auto done = event_log_.sync(); !done) return failure_of(done);
    return {};
}

}  // namespace sauda::sequencer
