/// Segments: the files that journal and event log are made of. A segment is named by its first sequence and
/// holds everything from there up to the first sequence of the next segment.
///
/// Layout (little-endian):
///
///     offset  width  field
///          0      8  magic             "SAUDAJNL" or "SAUDAEVT"
///          8      4  crc               CRC32C of bytes [12, 4096)
///         12      4  format version    of a journal 1 (commands of layout 1) or 2 (of either,
///                                      codec/command_codec.h), of an event log 1 or 2 (event_record.h)
///         16     16  journal id
///         32      8  first_sequence    agrees with the file's name
///         40      8  durable_sequence  everything through it was durable before this segment got its name;
///         never less
///                                      than first_sequence - 1, so only the last segment can be torn
///         48      4  rules_version     of the batches inside
///         52   4044  zeros
///       4096         batches (batch.h) or records (event_record.h), then zeros or the end of the file
///
/// The header has a page to itself: no later write touches its sectors, so no torn write can damage it.
///
/// A segment is made complete before it gets its name: filled with zeros under a temporary name, synced,
/// given its header, synced, renamed, directory synced. A file with a segment's name and a bad header is
/// therefore damage.
///
/// When two segments overlap the later one counts: a segment is read up to the first sequence of the next.
/// That is what lets recovery rewrite a tail into a new segment first and cut the old one afterwards.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "journal/batch.h"
#include "journal/file_system.h"
#include "journal/journal_error.h"

namespace sauda::journal {

inline constexpr std::size_t segment_header_size = 4096;
static_assert(segment_header_size % batch_alignment == 0);

enum class SegmentKind { journal, event_log };

/// The newest that this program reads, and writes.
inline constexpr std::uint32_t newest_journal_format = 2;
inline constexpr std::uint32_t newest_event_log_format = 2;
constexpr std::uint32_t newest_format(SegmentKind kind) {
    return kind == SegmentKind::journal ? newest_journal_format : newest_event_log_format;
}

struct SegmentHeader {
    SegmentKind kind = SegmentKind::journal;
    std::uint32_t format = 1;
    JournalId journal{};
    std::uint64_t first_sequence = 0;
    std::uint64_t durable_sequence = 0;
    std::uint32_t rules_version = 0;

    bool operator==(const SegmentHeader&) const = default;
};

/// The header's page.
base::Bytes encode_segment_header(const SegmentHeader& header);

/// Reads and checks the header of an open segment: checksum, format, kind, and that the name tells the truth.
base::Result<SegmentHeader, JournalError> read_segment_header(const File& file, SegmentKind kind,
                                                              std::uint64_t first_sequence);

/// "00000000000000000017.seg"
std::string segment_name(std::uint64_t first_sequence, SegmentKind kind);

/// A segment by its name alone.
struct SegmentPlace {
    std::string path;
    std::uint64_t first_sequence = 0;
};

/// The segments of a directory, oldest first. Other names (.tmp, .torn, archive) are passed over.
IoResult<std::vector<SegmentPlace>> list_segments(FileSystem& disk, const std::string& directory,
                                                  SegmentKind kind);

/// The index of the segment that holds `sequence`: the last whose first sequence is not above it.
std::optional<std::size_t> segment_holding(const std::vector<SegmentPlace>& places, std::uint64_t sequence);

/// A file filled with zeros and synced, waiting for a header and a name.
struct PreparedSegment {
    std::unique_ptr<File> file;
    std::string directory;
    std::uint64_t size = 0;
};

/// Makes one; slow, because it writes `size` bytes. Threads: any; one at a time per directory and temporary
/// name. Requires: size >= segment_header_size; `temporary_name` ends in ".tmp".
IoResult<PreparedSegment> prepare_segment(FileSystem& disk, const std::string& directory, std::uint64_t size,
                                          const std::string& temporary_name = "prepared.tmp");

/// Gives it header and name, durably, and opens it under that name. A segment of the same name is replaced:
/// it has the same first sequence, so the caller knows that it holds nothing or that its content was copied.
IoResult<std::unique_ptr<File>> publish_segment(FileSystem& disk, PreparedSegment prepared,
                                                const SegmentHeader& header);

/// Removes what a crash left half made (*.tmp).
IoResult<void> remove_temporary_files(FileSystem& disk, const std::string& directory);

/// Moves segments that lie wholly below `sequence` into `archive`, which is made when missing; the last
/// segment always stays. Nothing is deleted. Returns how many were moved. Threads: not while a Reader is
/// being opened.
IoResult<std::size_t> archive_segments_below(FileSystem& disk, const std::string& directory, SegmentKind kind,
                                             std::uint64_t sequence);

}  // namespace sauda::journal
