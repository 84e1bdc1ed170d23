#include "journal/rules_parts.h"

#include "journal/segment.h"

namespace sauda::journal {

base::Result<std::vector<RulesPart>, JournalError> rules_parts(FileSystem& disk,
                                                               const std::string& directory) {
    const auto places = list_segments(disk, directory, SegmentKind::journal);
    if (!places) return failure_of(places);
    std::vector<RulesPart> parts;
    for (const SegmentPlace& place : *places) {
        const auto file = disk.open(place.path, OpenMode::read);
        if (!file) return failure_of(file);
        const auto header = read_segment_header(**file, SegmentKind::journal, place.first_sequence);
        if (!header) return failure_of(header);
        if (parts.empty() || parts.back().rules_version != header->rules_version)
            parts.push_back({place.first_sequence, header->rules_version});
    }
    return parts;
}

}  // namespace sauda::journal
