/// A copy of a data directory, made while an exchange runs on it or none does. (`sauda backup`.)
///
/// What is copied: the journal through the last sequence that was released, its archive, the snapshots, users
/// and sessions, secrets, and the number of the engine's run. What is left out is derived from the journal:
/// events, but for a journal with commands of other rules than this program's, and whatever else a data
/// directory holds.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "backup/manifest.h"
#include "base/result.h"

namespace sauda::backup {

template <class T>
using Outcome = base::Result<T, std::string>;  ///< the error is a sentence for the operator

/// Told of every file before it is copied or checked: its path below the data directory, its bytes.
using Progress = std::function<void(const std::string& path, std::uint64_t bytes)>;

struct BackupOptions {
    std::string data_dir;
    std::string to;  ///< made; must not exist or be empty, its parent must exist
    std::uint32_t rules_version = 0;
    std::uint8_t shard = 0;
    std::int64_t now_ms = 0;
    Progress progress;                     ///< may be empty
    std::function<void()> between_chunks;  ///< of a mebibyte: a pause, for who stands back; may be empty
    /// Asked when another process holds the data directory: whether it is an exchange that serves. One that
    /// recovers or stops is refused, since its event log is not complete. Empty: it does.
    std::function<bool()> is_serving;
};

struct BackupReport {
    Manifest manifest;
    std::uint64_t bytes = 0;
    std::uint64_t replayed = 0;  ///< commands from the newest snapshot to the end, for the state hash
    bool was_running = false;
};

/// Makes a backup: everything that was acknowledged before the call is in it, and its manifest stands only
/// beside a whole copy. Takes the lock of a data directory that no exchange runs on, so that none begins
/// meanwhile; beside a running exchange it takes nothing and writes nothing there.
///
/// Users are copied after the journal has ended for the copy, and one whose account it does not have is
/// copied without: the registration completes at the next login. Fails on a journal that an exchange left
/// torn: start it once.
Outcome<BackupReport> make_backup(const BackupOptions& options);

}  // namespace sauda::backup
