/// The real disk, by POSIX calls.
#pragma once

#include "journal/file_system.h"

namespace sauda::journal {

/// Threads: may be called from any thread; it has no state.
class PosixFileSystem final : public FileSystem {
public:
    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    IoResult<void> rename(const std::string& from, const std::string& to) override;
    IoResult<void> remove(const std::string& path) override;
    IoResult<std::vector<std::string>> list(const std::string& directory) override;
    bool exists(const std::string& path) override;
    IoResult<void> make_directory(const std::string& path) override;
    IoResult<void> sync_directory(const std::string& directory) override;
    IoResult<std::unique_ptr<DirectoryLock>> lock(const std::string& path) override;
    IoResult<std::uint64_t> free_bytes(const std::string& path) override;
};

}  // namespace sauda::journal
