#include "backup/released.h"

#include <memory>
#include <utility>

#include "base/crc32c.h"
#include "journal/event_record.h"
#include "journal/segment.h"
#include "journal/segment_scanner.h"

namespace sauda::backup {

namespace {

using journal::failure_of;

/// Walks records as far as they are whole. What does not check is not there yet: an engine may be writing it.
sequencer::JournalResult<ReleasedEnd> end_of(std::unique_ptr<journal::File> file,
                                             const journal::SegmentHeader& header) {
    const std::uint32_t journal_crc = base::crc32c(header.journal);
    journal::SegmentScanner scanner(std::move(file), header.journal, journal::ReadPath::cached);
    journal::EventRecordReader reader(scanner, header.format, journal_crc);
    ReleasedEnd end{header.first_sequence - 1, scanner.path(), journal::segment_header_size};
    for (;;) {
        const auto record = reader.at(end.bytes, end.sequence + 1);
        if (!record && record.error().fault == journal::JournalFault::io) return failure_of(record);
        if (!record || !*record) return end;
        end.sequence = (*record)->run.last;
        end.bytes = (*record)->end;
    }
}

}  // namespace

sequencer::JournalResult<std::optional<ReleasedEnd>> released_end(journal::FileSystem& disk,
                                                                  const std::string& directory) {
    const auto places = journal::list_segments(disk, directory, journal::SegmentKind::event_log);
    if (!places) return failure_of(places);
    if (places->empty()) return std::optional<ReleasedEnd>{};
    const journal::SegmentPlace& newest = places->back();
    auto file = disk.open(newest.path, journal::OpenMode::read);
    if (!file) return failure_of(file);
    const auto header =
        journal::read_segment_header(**file, journal::SegmentKind::event_log, newest.first_sequence);
    if (!header) return failure_of(header);
    const auto last = end_of(std::move(*file), *header);
    if (!last) return failure_of(last);
    return std::optional(*last);
}

}  // namespace sauda::backup
