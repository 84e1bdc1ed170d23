/// Which run of the engine this is: a number that rises with every start, so that consumers drop what an
/// engine that was replaced still sends.
///
/// Layout of `<root>/epoch` (little-endian; replaced whole by rename):
///
///     offset  width  field
///          0      8  magic  "SAUDAEPO"
///          8      8  the epoch
///         16      4  CRC32C of bytes [0, 16)
#pragma once

#include <cstdint>
#include <string>

#include "journal/file_system.h"
#include "journal/journal_error.h"

namespace sauda::sequencer {

/// Takes the next epoch, above the one in `root` and above `seen` (the newest in the journal), and makes it
/// durable before it returns. Errors: io, or `damaged` when the file is not what was written: an operator who
/// knows that no other engine runs may remove it.
base::Result<std::uint64_t, journal::JournalError> next_engine_epoch(journal::FileSystem& disk,
                                                                     const std::string& root,
                                                                     std::uint64_t seen);

}  // namespace sauda::sequencer
