/// Another file system, and a file of it, as they are: the bases of those that change a little.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "journal/file_system.h"

namespace sauda::journal {

/// Threads: as the other file's.
class ForwardingFile : public File {
public:
    IoResult<std::size_t> read(std::uint64_t offset, std::span<std::byte> out) const override {
        return file_->read(offset, out);
    }
    IoResult<std::size_t> read_past_cache(std::uint64_t offset, std::span<std::byte> out) const override {
        return file_->read_past_cache(offset, out);
    }
    IoResult<void> write(std::uint64_t offset, base::ByteView bytes) override {
        return file_->write(offset, bytes);
    }
    // write_past_cache comes by way of `write`, which those that change it must see.
    IoResult<void> sync() override { return file_->sync(); }
    IoResult<void> write_out(std::uint64_t offset, std::uint64_t size) override {
        return file_->write_out(offset, size);
    }
    IoResult<void> begin_write_out(std::uint64_t offset, std::uint64_t size) override {
        return file_->begin_write_out(offset, size);
    }
    void leave_cache() const override { file_->leave_cache(); }
    IoResult<void> resize(std::uint64_t size) override { return file_->resize(size); }
    IoResult<std::uint64_t> size() const override { return file_->size(); }
    const std::string& path() const override { return file_->path(); }

protected:
    explicit ForwardingFile(std::unique_ptr<File> file) : file_(std::move(file)) {}

    const std::unique_ptr<File> file_;
};

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
