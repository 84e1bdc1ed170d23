/// Records of the event log: frames of consecutive sequences that were released together.
///
/// Layout (little-endian):
///
///     offset  width  field
///          0      4  length     of the packed frames
///          4      4  crc        CRC32C of bytes [8, 24 + length), continued from the CRC32C of the journal's
///                               id
///          8      8  sequence   of the first frame: one more than that of the last frame before it
///         16      8  frames     bytes they are unpacked
///         24         packed frames (frame_packing.h), one after another, one at least
///
/// What a frame is: frames.h.
///
/// In segments of format 1 (2026-11 and earlier) records end after the sequence, and the frames stand behind
/// them as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "journal/frames.h"
#include "journal/journal_error.h"
#include "journal/segment.h"
#include "journal/segment_scanner.h"

namespace sauda::journal {

/// Frames of consecutive sequences, one after another in someone else's memory.
struct FrameRun {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    base::ByteView frames;
};

/// The format of segments that records are written into.
inline constexpr std::uint32_t event_record_format = newest_event_log_format;

/// Room that write_event_record needs.
std::size_t event_record_length_max(const FrameRun& run);

/// Writes the record of `run` to `out` and returns its length; `journal_crc` is the CRC32C of the journal's
/// id. Requires: whole frames, of together less than 4 GiB; room for event_record_length_max.
std::size_t write_event_record(const FrameRun& run, std::uint32_t journal_crc, std::span<std::byte> out);

/// A record that checks; its frames live until the reader's next.
struct FoundRecord {
    FrameRun run;
    std::uint64_t end = 0;  ///< the offset behind it
};

/// Threads: one owner at a time.
class EventRecordReader {
public:
    /// Of a segment of `format`; `scanner` must outlive the reader.
    EventRecordReader(SegmentScanner& scanner, std::uint32_t format, std::uint32_t journal_crc)
        : scanner_(scanner), format_(format), journal_crc_(journal_crc) {}

    /// The record at `offset`, whose first sequence must be `sequence`; none at `limit` and at the end of the
    /// file; or why what stands there is not it.
    base::Result<std::optional<FoundRecord>, JournalError> at(std::uint64_t offset, std::uint64_t sequence,
                                                              std::uint64_t limit = ~std::uint64_t{0});

private:
    std::optional<base::ByteView> unpacked(base::ByteView packed, std::uint64_t length);

    SegmentScanner& scanner_;
    const std::uint32_t format_;
    const std::uint32_t journal_crc_;
    base::Bytes frames_;
};

/// Takes frames of together no more than `bytes_max` off the front of `run`, at least one.
FrameRun take_frames(FrameRun& run, std::size_t bytes_max);

}  // namespace sauda::journal
