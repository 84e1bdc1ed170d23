/// A disk that takes its time to sync: for tests and benches of what waits for it.
#pragma once

#include <functional>
#include <memory>

#include "journal/file_system.h"

namespace sauda::journal {

/// Another file system, with `before_sync` called before each File::sync and sync_directory, on the thread
/// that syncs. It may block for as long as it likes; the sync itself is the other file system's.
///
/// Threads: as the other file system's; `before_sync` may be called from several at once.
class SlowFileSystem final : public FileSystem {
public:
    SlowFileSystem(std::unique_ptr<FileSystem> disk, std::function<void()> before_sync);

    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    IoResult<void> rename(const std::string& from, const std::string& to) override;
    IoResult<void> remove(const std::string& path) override;
    IoResult<std::vector<std::string>> list(const std::string& directory) override;
    bool exists(const std::string& path) override;
    IoResult<void> make_directory(const std::string& path) override;
    IoResult<void> sync_directory(const std::string& directory) override;
    IoResult<std::unique_ptr<DirectoryLock>> lock(const std::string& path) override;
    IoResult<std::uint64_t> free_bytes(const std::string& path) override;

private:
    const std::unique_ptr<FileSystem> disk_;
    const std::function<void()> before_sync_;
};

}  // namespace sauda::journal
