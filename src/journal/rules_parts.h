/// Which rules a journal was written under, part by part.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "journal/file_system.h"
#include "journal/journal_error.h"

namespace sauda::journal {

/// From `first_sequence` to the next part, or to the end.
struct RulesPart {
    std::uint64_t first_sequence = 0;
    std::uint32_t rules_version = 0;
    bool operator==(const RulesPart&) const = default;
};

/// The parts of the journal in `directory`, oldest first; neighbours are of different rules. Nothing where
/// there is no journal. Each program begins a segment of its own, so the headers tell: O(segments).
base::Result<std::vector<RulesPart>, JournalError> rules_parts(FileSystem& disk,
                                                               const std::string& directory);

}  // namespace sauda::journal
