#include "sequencer/testing/dying_disk.h"

#include <utility>

namespace sauda::sequencer::testing {

namespace {

base::Unexpected<base::IoError> refusal(const char* operation, const std::string& path) {
    return {base::IoError{operation, path, 0, "the process is dead"}};
}

}  // namespace

class DyingFile final : public journal::File {
public:
    DyingFile(DyingDisk& disk, std::unique_ptr<journal::File> under)
        : disk_(disk), under_(std::move(under)) {}

    journal::IoResult<std::size_t> read(std::uint64_t offset, std::span<std::byte> out) const override {
        return under_->read(offset, out);
    }
    journal::IoResult<std::size_t> read_past_cache(std::uint64_t offset,
                                                   std::span<std::byte> out) const override {
        return under_->read_past_cache(offset, out);
    }
    journal::IoResult<void> write(std::uint64_t offset, base::ByteView bytes) override {
        return disk_.may_change() ? under_->write(offset, bytes) : refusal("write", path());
    }
    journal::IoResult<void> sync() override {
        return disk_.may_change() ? under_->sync() : refusal("sync", path());
    }
    journal::IoResult<void> resize(std::uint64_t size) override {
        return disk_.may_change() ? under_->resize(size) : refusal("resize", path());
    }
    journal::IoResult<std::uint64_t> size() const override { return under_->size(); }
    const std::string& path() const override { return under_->path(); }

private:
    DyingDisk& disk_;
    std::unique_ptr<journal::File> under_;
};

bool DyingDisk::may_change() {
    if (left_ == 0) return false;
    if (left_ != ~std::uint64_t{0}) --left_;
    return true;
}

journal::IoResult<std::unique_ptr<journal::File>> DyingDisk::open(const std::string& path,
                                                                  journal::OpenMode mode) {
    if (mode == journal::OpenMode::create && !may_change()) return refusal("open", path);
    auto file = under_.open(path, mode);
    if (!file) return file;
    return std::unique_ptr<journal::File>(std::make_unique<DyingFile>(*this, std::move(*file)));
}

journal::IoResult<void> DyingDisk::rename(const std::string& from, const std::string& to) {
    return may_change() ? under_.rename(from, to) : refusal("rename", from);
}
journal::IoResult<void> DyingDisk::remove(const std::string& path) {
    return may_change() ? under_.remove(path) : refusal("remove", path);
}
journal::IoResult<std::vector<std::string>> DyingDisk::list(const std::string& directory) {
    return under_.list(directory);
}
journal::IoResult<void> DyingDisk::make_directory(const std::string& path) {
    return may_change() ? under_.make_directory(path) : refusal("mkdir", path);
}
journal::IoResult<void> DyingDisk::sync_directory(const std::string& directory) {
    return may_change() ? under_.sync_directory(directory) : refusal("fsync", directory);
}
journal::IoResult<std::unique_ptr<journal::DirectoryLock>> DyingDisk::lock(const std::string& path) {
    return under_.lock(path);
}
journal::IoResult<std::uint64_t> DyingDisk::free_bytes(const std::string& path) {
    return under_.free_bytes(path);
}

}  // namespace sauda::sequencer::testing
