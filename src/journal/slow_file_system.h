/// A disk that takes its time to sync: for tests and benches of what waits for it.
#pragma once

#include <functional>
#include <memory>

#include "journal/forwarding_file_system.h"

namespace sauda::journal {

/// Another file system, with `before_sync` called before each File::sync and sync_directory, on the thread
/// that syncs. It may block for as long as it likes; the sync itself is the other file system's.
///
/// Threads: as the other file system's; `before_sync` may be called from several at once.
class SlowFileSystem final : public ForwardingFileSystem {
public:
    SlowFileSystem(std::unique_ptr<FileSystem> disk, std::function<void()> before_sync);

    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    IoResult<void> sync_directory(const std::string& directory) override;

private:
    const std::function<void()> before_sync_;
};

}  // namespace sauda::journal
