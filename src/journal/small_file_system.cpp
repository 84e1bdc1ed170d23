#include "journal/small_file_system.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sauda::journal {

namespace {

class SmallFile final : public ForwardingFile {
public:
    SmallFile(std::unique_ptr<File> file, std::atomic<std::uint64_t>& bytes_free)
        : ForwardingFile(std::move(file)), bytes_free_(bytes_free) {}

    IoResult<void> write(std::uint64_t offset, base::ByteView bytes) override {
        const auto size = file_->size();
        if (!size) return failure_of(size);
        const std::uint64_t end = offset + bytes.size();
        const std::uint64_t wanted = end > *size ? end - *size : 0;
        const std::uint64_t granted = take(wanted);
        if (granted == wanted) return file_->write(offset, bytes);
        const std::uint64_t fits = *size + granted > offset ? *size + granted - offset : 0;
        const auto written = file_->write(offset, bytes.first(fits));
        if (!written) return written;
        return base::Unexpected{base::IoError{"write", path(), ENOSPC, {}}};
    }

private:
    /// As much of `wanted` as is left.
    std::uint64_t take(std::uint64_t wanted) {
        std::uint64_t left = bytes_free_.load();
        std::uint64_t granted = 0;
        do {
            granted = std::min(left, wanted);
        } while (!bytes_free_.compare_exchange_weak(left, left - granted));
        return granted;
    }

    std::atomic<std::uint64_t>& bytes_free_;  // the file system's: it outlives its files
};

}  // namespace

SmallFileSystem::SmallFileSystem(std::unique_ptr<FileSystem> disk, std::uint64_t bytes_free)
    : ForwardingFileSystem(std::move(disk)), bytes_free_(bytes_free) {}

IoResult<std::unique_ptr<File>> SmallFileSystem::open(const std::string& path, OpenMode mode) {
    auto file = disk_->open(path, mode);
    if (!file) return failure_of(file);
    return std::unique_ptr<File>(std::make_unique<SmallFile>(std::move(*file), bytes_free_));
}

IoResult<std::uint64_t> SmallFileSystem::free_bytes(const std::string& path) {
    const auto there = disk_->free_bytes(path);
    if (!there) return there;
    return std::min(*there, bytes_free_.load());
}

}  // namespace sauda::journal
