/// Proves the checkpoints of the views: folding the event log from its beginning gives the same bytes.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "journal/file_system.h"

namespace sauda {

/// Compares every checkpoint of this build's version in `data_dir` with a fold of the event log, and returns
/// how many; a sentence where one differs, is damaged, or the event log cannot be read. Those beyond the
/// event log's end, which a restart derives again, are left out, and so is the oldest where the log's
/// beginning was archived: it is what the fold begins with. Requires: no exchange runs on the directory.
base::Result<std::uint64_t, std::string> verify_views(journal::FileSystem& disk, const std::string& data_dir);

}  // namespace sauda
