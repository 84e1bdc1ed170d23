#include "sequencer/journal_name.h"

#include "journal/segment.h"

namespace sauda::sequencer {

using journal::failure_of;

JournalResult<std::optional<JournalName>> read_journal_name(journal::FileSystem& disk,
                                                            const std::string& directory) {
    const auto places = journal::list_segments(disk, directory, journal::SegmentKind::journal);
    if (!places) return failure_of(places);
    if (places->empty()) return std::optional<JournalName>{};
    const journal::SegmentPlace& oldest = places->front();
    const auto file = disk.open(oldest.path, journal::OpenMode::read);
    if (!file) return failure_of(file);
    const auto header =
        journal::read_segment_header(**file, journal::SegmentKind::journal, oldest.first_sequence);
    if (!header) return failure_of(header);
    return std::optional(JournalName{header->journal, {oldest.first_sequence}});
}

}  // namespace sauda::sequencer
