#include "journal/slow_file_system.h"

#include <utility>

namespace sauda::journal {

namespace {

class SlowFile final : public File {
public:
    SlowFile(std::unique_ptr<File> file, const std::function<void()>& before_sync)
        : file_(std::move(file)), before_sync_(before_sync) {}

    IoResult<std::size_t> read(std::uint64_t offset, std::span<std::byte> out) const override {
        return file_->read(offset, out);
    }
    IoResult<std::size_t> read_past_cache(std::uint64_t offset, std::span<std::byte> out) const override {
        return file_->read_past_cache(offset, out);
    }
    IoResult<void> write(std::uint64_t offset, base::ByteView bytes) override {
        return file_->write(offset, bytes);
    }
    IoResult<void> sync() override {
        before_sync_();
        return file_->sync();
    }
    IoResult<void> resize(std::uint64_t size) override { return file_->resize(size); }
    IoResult<std::uint64_t> size() const override { return file_->size(); }
    const std::string& path() const override { return file_->path(); }

private:
    const std::unique_ptr<File> file_;
    const std::function<void()>& before_sync_;  // the file system's: it outlives its files
};

}  // namespace

SlowFileSystem::SlowFileSystem(std::unique_ptr<FileSystem> disk, std::function<void()> before_sync)
    : ForwardingFileSystem(std::move(disk)), before_sync_(std::move(before_sync)) {}

IoResult<std::unique_ptr<File>> SlowFileSystem::open(const std::string& path, OpenMode mode) {
    auto file = disk_->open(path, mode);
    if (!file) return failure_of(file);
    return std::unique_ptr<File>(std::make_unique<SlowFile>(std::move(*file), before_sync_));
}

IoResult<void> SlowFileSystem::sync_directory(const std::string& directory) {
    before_sync_();
    return disk_->sync_directory(directory);
}

}  // namespace sauda::journal
