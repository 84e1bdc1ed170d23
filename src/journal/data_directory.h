/// Where everything durable of one engine lives.
///
///     <root>/
///       LOCK                                   held while an engine runs; its content means nothing
///       journal/
///         00000000000000000001.seg             commands, from sequence 1 (segment.h)
///         00000000000000048211.seg
///         00000000000000048211.seg.torn        bytes that recovery cut from that segment, kept to look at
///         prepared.tmp                         the next segment being made; swept away at start
///         archive/                             segments below the oldest snapshot needed
///       events/
///         00000000000000000001.events          derived events, same sequences (event_log.h)
///         archive/
///       snapshots/
///         00000000000000048000.snapshot        state after sequence 48000 (snapshot_store.h)
#pragma once

#include <memory>
#include <string>

#include "journal/file_system.h"

namespace sauda::journal {

/// The folders, made and locked. While it lives no other process can open the same root.
class DataDirectory {
public:
    /// Makes what is missing (the parent of `root` must exist), durably, and takes the lock. Fails with
    /// operation "flock" when another process has it.
    static IoResult<DataDirectory> open(FileSystem& disk, const std::string& root);

    const std::string& root() const { return root_; }
    std::string journal() const { return join(root_, "journal"); }
    std::string events() const { return join(root_, "events"); }
    std::string snapshots() const { return join(root_, "snapshots"); }

private:
    DataDirectory(std::string root, std::unique_ptr<DirectoryLock> lock)
        : root_(std::move(root)), lock_(std::move(lock)) {}

    std::string root_;
    std::unique_ptr<DirectoryLock> lock_;
};

}  // namespace sauda::journal
