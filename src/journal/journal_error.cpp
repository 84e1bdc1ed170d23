#include "journal/journal_error.h"

#include <utility>

#include "base/assert.h"

namespace sauda::journal {

JournalError::JournalError(base::IoError error) : path(error.path), cause(std::move(error)) {}

JournalError::JournalError(JournalFault fault_, std::string path_, std::uint64_t offset_,
                           std::uint64_t sequence_, std::string detail_)
    : fault(fault_),
      path(std::move(path_)),
      offset(offset_),
      sequence(sequence_),
      detail(std::move(detail_)) {}

std::string JournalError::message() const {
    if (fault == JournalFault::io) return cause.message();
    return path + " at offset " + std::to_string(offset) + " (sequence " + std::to_string(sequence) +
           "): " + to_text(fault) + ": " + detail;
}

const char* to_text(JournalFault fault) {
    switch (fault) {
        case JournalFault::io:
            return "input/output";
        case JournalFault::damaged:
            return "damaged";
        case JournalFault::gap:
            return "gap";
        case JournalFault::other_journal:
            return "another journal";
        case JournalFault::other_rules_version:
            return "another rules version";
        case JournalFault::other_format:
            return "another format";
        case JournalFault::missing:
            return "missing";
    }
    ASSERT(false);
}

}  // namespace sauda::journal
