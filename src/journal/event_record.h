/// Records of the event log: frames of consecutive sequences that were released together.
///
/// Layout (little-endian):
///
///     offset  width  field
///          0      4  length     of the frames
///          4      4  crc        CRC32C of bytes [8, 16 + length), continued from the CRC32C of the journal's
///                               id
///          8      8  sequence   of the first frame: one more than that of the last frame before it
///         16         frames     one after another, one at least
///
/// A frame begins with its own length (u32, these four bytes included); the rest of it is opaque. A log of
/// 2026-11 or earlier has a record for each frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "journal/journal_error.h"
#include "journal/segment_scanner.h"

namespace sauda::journal {

/// Frames of consecutive sequences, one after another in someone else's memory.
struct FrameRun {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    base::ByteView frames;
};

/// The header as it stands in the file.
struct EventRecordHeader {
    std::uint32_t length = 0;
    std::uint32_t crc = 0;
    std::uint64_t sequence = 0;

    base::ByteView bytes() const { return {reinterpret_cast<const std::byte*>(this), sizeof *this}; }
};
static_assert(sizeof(EventRecordHeader) == 16);

/// The header of a record of `run`; `journal_crc` is the CRC32C of the journal's id.
EventRecordHeader event_record_header(const FrameRun& run, std::uint32_t journal_crc);

/// A record that checks; its frames view the scanner's window.
struct FoundRecord {
    FrameRun run;
    std::uint64_t end = 0;  ///< the offset behind it
};

/// The record at `offset`, whose first sequence must be `sequence`; none at `limit` and at the end of the
/// file; or why what stands there is not it.
base::Result<std::optional<FoundRecord>, JournalError> event_record_at(SegmentScanner& scanner,
                                                                       std::uint32_t journal_crc,
                                                                       std::uint64_t offset,
                                                                       std::uint64_t sequence,
                                                                       std::uint64_t limit);

/// Takes the frame off the front of `frames`. Requires: there is a whole one.
base::ByteView take_frame(base::ByteView& frames);

/// Takes frames of together no more than `bytes_max` off the front of `run`, at least one.
FrameRun take_frames(FrameRun& run, std::size_t bytes_max);

}  // namespace sauda::journal
