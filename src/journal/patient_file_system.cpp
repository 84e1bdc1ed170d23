#include "journal/patient_file_system.h"

#include <algorithm>
#include <utility>

namespace sauda::journal {

namespace {

class PatientFile final : public File {
public:
    PatientFile(std::unique_ptr<File> file, const std::function<void()>& rest)
        : file_(std::move(file)), rest_(rest) {}

    IoResult<std::size_t> read(std::uint64_t offset, std::span<std::byte> out) const override {
        return file_->read(offset, out);
    }
    IoResult<std::size_t> read_past_cache(std::uint64_t offset, std::span<std::byte> out) const override {
        return file_->read_past_cache(offset, out);
    }
    IoResult<void> write(std::uint64_t offset, base::ByteView bytes) override {
        while (bytes.size() > PatientFileSystem::piece_size) {
            const base::ByteView piece = bytes.first(PatientFileSystem::piece_size);
            if (const auto written = file_->write(offset, piece); !written) return written;
            if (const auto done = file_->write_out(offset, piece.size()); !done) return done;
            rest_();
            bytes = bytes.subspan(piece.size());
            offset += piece.size();
        }
        return file_->write(offset, bytes);
    }
    IoResult<void> sync() override { return file_->sync(); }
    IoResult<void> write_out(std::uint64_t offset, std::uint64_t size) override {
        return file_->write_out(offset, size);
    }
    IoResult<void> resize(std::uint64_t size) override { return file_->resize(size); }
    IoResult<std::uint64_t> size() const override { return file_->size(); }
    const std::string& path() const override { return file_->path(); }

private:
    const std::unique_ptr<File> file_;
    const std::function<void()>& rest_;
};

}  // namespace

std::unique_ptr<File> patient_file(std::unique_ptr<File> file, const std::function<void()>& rest) {
    return std::make_unique<PatientFile>(std::move(file), rest);
}

PatientFileSystem::PatientFileSystem(std::unique_ptr<FileSystem> disk, std::function<void()> rest)
    : ForwardingFileSystem(std::move(disk)), rest_(std::move(rest)) {}

IoResult<std::unique_ptr<File>> PatientFileSystem::open(const std::string& path, OpenMode mode) {
    auto file = disk_->open(path, mode);
    if (!file) return failure_of(file);
    return patient_file(std::move(*file), rest_);
}

}  // namespace sauda::journal
