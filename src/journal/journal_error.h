/// Why a journal, an event log or a snapshot cannot be used, and where.
#pragma once

#include <cstdint>
#include <string>

#include "base/io_error.h"

namespace sauda::journal {

enum class JournalFault {
    io,                   ///< the disk refused: see `cause`
    damaged,              ///< bytes that are not what was written, where they must be
    gap,                  ///< valid bytes, but sequences are missing or run backwards
    other_journal,        ///< a file of another journal
    other_rules_version,  ///< written under rules this program does not replay
    other_format,         ///< written by a program with another file format
    missing,              ///< the journal ends before what is known to have been complete, or starts too late
};

struct JournalError {
    JournalFault fault = JournalFault::io;
    std::string path;            ///< the file
    std::uint64_t offset = 0;    ///< where in the file
    std::uint64_t sequence = 0;  ///< the sequence expected there
    std::string detail;          ///< a sentence for the operator
    base::IoError cause;         ///< set when `fault` is `io`

    JournalError() = default;
    /// Not explicit on purpose: a disk error on the way is handed up as it is.
    JournalError(base::IoError error);
    JournalError(JournalFault fault, std::string path, std::uint64_t offset, std::uint64_t sequence,
                 std::string detail);

    /// One sentence: "journal/0…1.seg at offset 4160 (sequence 3): damaged: payload checksum differs".
    std::string message() const;
};

const char* to_text(JournalFault fault);

}  // namespace sauda::journal
