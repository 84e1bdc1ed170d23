#include "journal/patient_file_system.h"

#include <algorithm>
#include <utility>

namespace sauda::journal {

namespace {

class PatientFile final : public ForwardingFile {
public:
    PatientFile(std::unique_ptr<File> file, const std::function<void()>& rest)
        : ForwardingFile(std::move(file)), rest_(rest) {}

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

private:
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
