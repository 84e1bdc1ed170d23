/// Another file system as it is: the base of those that change a little of one.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "journal/file_system.h"

namespace sauda::journal {

/// Threads: as the other file system's.
class ForwardingFileSystem : public FileSystem {
public:
    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
        return disk_->open(path, mode);
    }
    IoResult<void> rename(const std::string& from, const std::string& to) override {
        return disk_->rename(from, to);
    }
    IoResult<void> remove(const std::string& path) override { return disk_->remove(path); }
    IoResult<std::vector<std::string>> list(const std::string& directory) override {
        return disk_->list(directory);
    }
    bool exists(const std::string& path) override { return disk_->exists(path); }
    IoResult<void> make_directory(const std::string& path) override { return disk_->make_directory(path); }
    IoResult<void> sync_directory(const std::string& directory) override {
        return disk_->sync_directory(directory);
    }
    IoResult<std::unique_ptr<DirectoryLock>> lock(const std::string& path) override {
        return disk_->lock(path);
    }
    IoResult<std::uint64_t> free_bytes(const std::string& path) override { return disk_->free_bytes(path); }

protected:
    explicit ForwardingFileSystem(std::unique_ptr<FileSystem> disk) : disk_(std::move(disk)) {}

    const std::unique_ptr<FileSystem> disk_;
};

}  // namespace sauda::journal
