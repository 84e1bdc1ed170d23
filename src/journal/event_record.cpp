#include "journal/event_record.h"

#include <cstring>
#include <type_traits>

#include "base/assert.h"
#include "base/crc32c.h"
#include "journal/frame_packing.h"

namespace sauda::journal {

namespace {

/// As it stands in the file.
struct Header {
    std::uint32_t length = 0;
    std::uint32_t crc = 0;
    std::uint64_t sequence = 0;
    std::uint64_t frames_length = 0;  ///< not in format 1
};
static_assert(sizeof(Header) == 24 && std::has_unique_object_representations_v<Header>);

constexpr std::size_t checked_from = offsetof(Header, sequence);
/// A mask has a bit for each byte.
constexpr std::uint64_t unpacked_to_packed_max = 8;

std::size_t header_size(std::uint32_t format) {
    return format == 1 ? offsetof(Header, frames_length) : sizeof(Header);
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

std::size_t event_record_length_max(const FrameRun& run) {
    return sizeof(Header) + packed_length_max(run.frames.size());
}

std::size_t write_event_record(const FrameRun& run, std::uint32_t journal_crc, std::span<std::byte> out) {
    ASSERT(!run.frames.empty());
    Header header{0, 0, run.first, run.frames.size()};
    const std::size_t length = pack_frames(run.frames, out.subspan(sizeof header));
    ASSERT(length <= UINT32_MAX);
    header.length = static_cast<std::uint32_t>(length);
    std::memcpy(out.data(), &header, sizeof header);
    const std::size_t size = sizeof header + length;
    header.crc = base::crc32c(out.first(size).subspan(checked_from), journal_crc);
    std::memcpy(out.data() + offsetof(Header, crc), &header.crc, sizeof header.crc);
    return size;
}

base::Result<std::optional<FoundRecord>, JournalError> EventRecordReader::at(std::uint64_t offset,
                                                                             std::uint64_t sequence,
                                                                             std::uint64_t limit) {
    const auto damaged = [&](const char* detail) {
        return base::Unexpected{
            JournalError(JournalFault::damaged, scanner_.path(), offset, sequence, detail)};
    };
    if (offset >= limit) return std::optional<FoundRecord>{};
    Header header;
    const std::size_t size = header_size(format_);
    const auto head = scanner_.view(offset, size);
    if (!head) return base::Unexpected{JournalError(head.error())};
    if (head->empty()) return std::optional<FoundRecord>{};
    if (head->size() < size) return damaged("the record is cut short");
    std::memcpy(&header, head->data(), size);
    if (header.sequence != sequence) return damaged("the record has another sequence");
    const std::size_t length = size + header.length;
    const auto bytes = scanner_.view(offset, length);
    if (!bytes) return base::Unexpected{JournalError(bytes.error())};
    if (bytes->size() < length) return damaged("the record is cut short");
    if (header.crc != base::crc32c(bytes->subspan(checked_from), journal_crc_))
        return damaged("the record's checksum differs");
    const base::ByteView stored = bytes->subspan(size);
    const auto frames = format_ == 1 ? std::optional(stored) : unpacked(stored, header.frames_length);
    const auto count = frames ? count_frames(*frames) : std::nullopt;
    if (!count || *count == 0) return damaged("the record does not consist of frames");
    return std::optional(FoundRecord{{sequence, sequence + *count - 1, *frames}, offset + length});
}

std::optional<base::ByteView> EventRecordReader::unpacked(base::ByteView packed, std::uint64_t length) {
    if (length > packed.size() * unpacked_to_packed_max) return std::nullopt;
    frames_.resize(length);
    if (!unpack_frames(packed, frames_)) return std::nullopt;
    return base::ByteView(frames_);
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
