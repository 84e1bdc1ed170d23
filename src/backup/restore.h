/// From a backup to a data directory that has been proven. (`sauda restore`.)
#pragma once

#include <cstdint>
#include <string>

#include "backup/backup.h"
#include "backup/manifest.h"

namespace sauda::backup {

struct RestoreOptions {
    std::string backup;
    std::string data_dir;  ///< made; must not exist or be empty, its parent must exist
    std::uint32_t rules_version = 0;
    std::uint8_t shard = 0;
    Progress progress;  ///< may be empty
};

struct RestoreReport {
    Manifest manifest;
    std::uint64_t replayed = 0;  ///< commands, from the journal's beginning
};

/// Copies the backup, comparing every file with the manifest, replays its whole journal, which derives the
/// events again, and compares the state with the one that the backup was made of. Only then does the data
/// directory get its name: until it is proven everything stands in `<data_dir>.restoring`, which a failure
/// leaves there to look at. The exchange starts from it as after a clean stop.
Outcome<RestoreReport> restore_backup(const RestoreOptions& options);

}  // namespace sauda::backup
