/// A disk that is full after so many bytes: for tests and benches of what happens then.
#pragma once

#include <atomic>
#include <memory>

#include "journal/forwarding_file_system.h"

namespace sauda::journal {

/// Another file system on which files may grow by `bytes_free` in all. The write that would make them grow by
/// more is cut where the room ends and fails with ENOSPC, as a disk's does. Overwriting takes no room, and
/// removing and emptying files gives none back.
///
/// Threads: as the other file system's.
class SmallFileSystem final : public ForwardingFileSystem {
public:
    SmallFileSystem(std::unique_ptr<FileSystem> disk, std::uint64_t bytes_free);

    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    /// The smaller of what is left here and there.
    IoResult<std::uint64_t> free_bytes(const std::string& path) override;

private:
    std::atomic<std::uint64_t> bytes_free_;
};

}  // namespace sauda::journal
