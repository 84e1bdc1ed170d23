#include "backup/file_copy.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <memory>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/crc32c.h"

namespace sauda::backup {

namespace {

using base::IoError;
using base::Result;
using base::Unexpected;

constexpr std::size_t chunk_bytes = 1u << 20;
constexpr unsigned permission_bits = 07777;

/// An open file that closes itself.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) close(number_);
    }
    int get() const { return number_; }
    bool is_open() const { return number_ >= 0; }

private:
    int number_;
};

Unexpected<IoError> failed(const char* operation, const std::string& path) {
    return {IoError{operation, path, errno, ""}};
}

Result<void, IoError> write_all(int file, base::ByteView bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t count = write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed("write", path);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

/// Calls `visit` with the first `length` bytes of an open file, chunk by chunk; their sum.
template <class Visit>
Result<FileSum, IoError> read_chunks(int file, const std::string& path, std::uint64_t length, Visit visit) {
    FileSum sum;
    base::Bytes chunk(chunk_bytes);
    while (sum.bytes < length) {
        const std::size_t wanted = std::min<std::uint64_t>(chunk.size(), length - sum.bytes);
        const ssize_t count = pread(file, chunk.data(), wanted, static_cast<off_t>(sum.bytes));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed("read", path);
        if (count == 0) return Unexpected{IoError{"read", path, 0, "the file is shorter than it was"}};
        const base::ByteView bytes = base::ByteView(chunk).first(static_cast<std::size_t>(count));
        if (const Result<void, IoError> done = visit(sum.bytes, bytes); !done)
            return Unexpected{done.error()};
        sum.crc32c = base::crc32c(bytes, sum.crc32c);
        sum.bytes += bytes.size();
    }
    return sum;
}

Result<FileSum, IoError> read_all(int file, const std::string& path, std::uint64_t length) {
    return read_chunks(file, path, length,
                       [](std::uint64_t, base::ByteView) { return Result<void, IoError>(); });
}

/// Has the kernel write this much now, so that the fsync at the end has little left. Promises nothing.
void write_out(int file, std::uint64_t offset, std::uint64_t size) {
    constexpr unsigned all = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    static_cast<void>(sync_file_range(file, static_cast<off_t>(offset), static_cast<off_t>(size), all));
}

bool share_blocks(int from, int to) {
    return ioctl(to, FICLONE, from) == 0;
}

}  // namespace

Result<FileSum, IoError> copy_file(const std::string& from, const std::string& to,
                                   std::optional<std::uint64_t> length,
                                   const std::function<void()>& between_chunks) {
    const Descriptor source(open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat status {};
    if (!source.is_open() || fstat(source.get(), &status) != 0) return failed("open", from);
    const mode_t mode = status.st_mode & permission_bits;
    const Descriptor target(open(to.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!target.is_open() || fchmod(target.get(), mode) != 0) return failed("create", to);
    const auto size = length.value_or(static_cast<std::uint64_t>(status.st_size));
    const auto copy = [&](std::uint64_t offset, base::ByteView bytes) {
        auto written = write_all(target.get(), bytes, to);
        if (written) write_out(target.get(), offset, bytes.size());
        if (written && between_chunks) between_chunks();
        return written;
    };
    const bool is_shared = !length && share_blocks(source.get(), target.get());
    auto sum = is_shared ? read_all(target.get(), to, size) : read_chunks(source.get(), from, size, copy);
    if (sum && fsync(target.get()) != 0) return failed("fsync", to);
    return sum;
}

Result<FileSum, IoError> sum_file(const std::string& path) {
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat status {};
    if (!file.is_open() || fstat(file.get(), &status) != 0) return failed("open", path);
    return read_all(file.get(), path, static_cast<std::uint64_t>(status.st_size));
}

/// Under another name first: a file of this name is whole.
Result<void, IoError> write_file(const std::string& path, const std::string& text) {
    const std::string temporary = path + ".tmp";
    if (access(path.c_str(), F_OK) == 0) return Unexpected{IoError{"create", path, EEXIST, ""}};
    {
        const Descriptor file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        if (!file.is_open()) return failed("create", temporary);
        if (const auto written = write_all(file.get(), base::as_bytes(text), temporary); !written)
            return written;
        if (fsync(file.get()) != 0) return failed("fsync", temporary);
    }
    if (rename(temporary.c_str(), path.c_str()) != 0) return failed("rename", path);
    return sync_names(path.substr(0, path.rfind('/')));
}

Result<void, IoError> make_empty_directory(const std::string& path) {
    if (mkdir(path.c_str(), 0700) == 0) return {};
    if (errno != EEXIST) return failed("mkdir", path);
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
    if (!directory) return failed("open", path);
    while (const dirent* entry = readdir(directory.get())) {
        const std::string_view name(entry->d_name);
        if (name == "." || name == "..") continue;
        return Unexpected{IoError{"mkdir", path, ENOTEMPTY, "nothing is overwritten"}};
    }
    return {};
}

Result<void, IoError> sync_names(const std::string& directory) {
    const Descriptor opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.is_open()) return failed("open", directory);
    if (fsync(opened.get()) != 0) return failed("fsync", directory);
    return {};
}

}  // namespace sauda::backup
