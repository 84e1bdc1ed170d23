#include "journal/event_record.h"

#include <cstring>

#include "base/assert.h"
#include "base/crc32c.h"

namespace sauda::journal {

namespace {

constexpr std::size_t checked_from = offsetof(EventRecordHeader, sequence);

/// The length of the frame at the front of `bytes`; none where there is no whole one.
std::optional<std::size_t> frame_length(base::ByteView bytes) {
    std::uint32_t length = 0;
    if (bytes.size() < sizeof length) return std::nullopt;
    std::memcpy(&length, bytes.data(), sizeof length);
    if (length < sizeof length || length > bytes.size()) return std::nullopt;
    return length;
}

/// How many frames `bytes` are; none where they are not frames one after another.
std::optional<std::uint64_t> count_frames(base::ByteView bytes) {
    std::uint64_t count = 0;
    for (; !bytes.empty(); ++count) {
        const auto length = frame_length(bytes);
        if (!length) return std::nullopt;
        bytes = bytes.subspan(*length);
    }
    return count;
}

}  // namespace

EventRecordHeader event_record_header(const FrameRun& run, std::uint32_t journal_crc) {
    ASSERT(!run.frames.empty());
    ASSERT(run.frames.size() <= UINT32_MAX);
    EventRecordHeader header{static_cast<std::uint32_t>(run.frames.size()), 0, run.first};
    header.crc = base::crc32c(run.frames, base::crc32c(header.bytes().subspan(checked_from), journal_crc));
    return header;
}

base::Result<std::optional<FoundRecord>, JournalError> event_record_at(SegmentScanner& scanner,
                                                                       std::uint32_t journal_crc,
                                                                       std::uint64_t offset,
                                                                       std::uint64_t sequence,
                                                                       std::uint64_t limit) {
    const auto damaged = [&](const char* detail) {
        return base::Unexpected{
            JournalError(JournalFault::damaged, scanner.path(), offset, sequence, detail)};
    };
    if (offset >= limit) return std::optional<FoundRecord>{};
    EventRecordHeader header;
    const auto head = scanner.view(offset, sizeof header);
    if (!head) return base::Unexpected{JournalError(head.error())};
    if (head->empty()) return std::optional<FoundRecord>{};
    if (head->size() < sizeof header) return damaged("the record is cut short");
    std::memcpy(&header, head->data(), sizeof header);
    if (header.sequence != sequence) return damaged("the record has another sequence");
    const std::size_t length = sizeof header + header.length;
    const auto bytes = scanner.view(offset, length);
    if (!bytes) return base::Unexpected{JournalError(bytes.error())};
    if (bytes->size() < length) return damaged("the record is cut short");
    if (header.crc != base::crc32c(bytes->subspan(checked_from), journal_crc))
        return damaged("the record's checksum differs");
    const base::ByteView frames = bytes->subspan(sizeof header);
    const auto count = count_frames(frames);
    if (!count || *count == 0) return damaged("the record does not consist of frames");
    return std::optional(FoundRecord{{sequence, sequence + *count - 1, frames}, offset + length});
}

base::ByteView take_frame(base::ByteView& frames) {
    const auto length = frame_length(frames);
    ASSERT(length.has_value());
    const base::ByteView frame = frames.first(*length);
    frames = frames.subspan(*length);
    return frame;
}

FrameRun take_frames(FrameRun& run, std::size_t bytes_max) {
    FrameRun taken = run;
    if (run.frames.size() <= bytes_max) {
        run = {run.last + 1, run.last, {}};
        return taken;
    }
    base::ByteView rest = run.frames;
    do {
        take_frame(rest);
        ++run.first;
    } while (!rest.empty() && run.frames.size() - rest.size() + *frame_length(rest) <= bytes_max);
    taken.last = run.first - 1;
    taken.frames = run.frames.first(run.frames.size() - rest.size());
    run.frames = rest;
    return taken;
}

}  // namespace sauda::journal
