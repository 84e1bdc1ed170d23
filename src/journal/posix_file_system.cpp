#include "journal/posix_file_system.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <optional>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "journal/block_buffer.h"

namespace sauda::journal {

namespace {

constexpr std::size_t direct_buffer_size = 1u << 20;
/// For less, going to the device and back takes longer than a copy.
constexpr std::size_t direct_write_min = 256u << 10;

base::Unexpected<base::IoError> system_failure(const char* operation, const std::string& path) {
    return {base::IoError{operation, path, errno, {}}};
}

/// A file descriptor that closes itself.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int number() const { return number_; }
    bool is_open() const { return number_ >= 0; }

private:
    int number_;
};

/// pread until `out` is full or the file ends. An interrupted or short call goes on.
IoResult<std::size_t> read_fully(int descriptor, std::uint64_t offset, std::span<std::byte> out,
                                 const std::string& path) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t count =
            ::pread(descriptor, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (count == 0) break;
        if (count > 0) {
            done += static_cast<std::size_t>(count);
        } else if (errno != EINTR) {
            return system_failure("pread", path);
        }
    }
    return done;
}

/// Reads by direct I/O through an aligned buffer. Fails with EINVAL where the file system has none.
IoResult<std::size_t> read_direct(int descriptor, std::uint64_t offset, std::span<std::byte> out,
                                  const std::string& path) {
    BlockBuffer memory;
    const std::span<std::byte> buffer = memory.for_offset(0, direct_buffer_size);
    std::size_t done = 0;
    while (done < out.size()) {
        const std::uint64_t at = (offset + done) / direct_block * direct_block;
        const std::size_t skip = static_cast<std::size_t>(offset + done - at);
        const ssize_t count = ::pread(descriptor, buffer.data(), buffer.size(), static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_failure("pread (direct)", path);
        if (static_cast<std::size_t>(count) <= skip) break;
        const std::size_t taken = std::min(static_cast<std::size_t>(count) - skip, out.size() - done);
        std::memcpy(out.data() + done, buffer.data() + skip, taken);
        done += taken;
    }
    return done;
}

class PosixFile final : public File {
public:
    PosixFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

    IoResult<std::size_t> read(std::uint64_t offset, std::span<std::byte> out) const override {
        return read_fully(descriptor_.number(), offset, out, path_);
    }

    IoResult<std::size_t> read_past_cache(std::uint64_t offset, std::span<std::byte> out) const override {
        const Descriptor direct(::open(path_.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
        if (direct.is_open()) {
            auto done = read_direct(direct.number(), offset, out, path_);
            if (done || done.error().error_number != EINVAL) return done;
        }
        leave_cache();
        return read(offset, out);
    }

    IoResult<void> write(std::uint64_t offset, base::ByteView bytes) override {
        while (!bytes.empty()) {
            const ssize_t count =
                ::pwrite(descriptor_.number(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return system_failure("pwrite", path_);
            bytes = bytes.subspan(static_cast<std::size_t>(count));
            offset += static_cast<std::uint64_t>(count);
        }
        return {};
    }

    IoResult<void> write_past_cache(std::uint64_t offset, base::ByteView bytes) override {
        const auto address = reinterpret_cast<std::uintptr_t>(bytes.data());
        const std::size_t head = (direct_block - offset % direct_block) % direct_block;
        const bool lies_right = address % direct_block == offset % direct_block;
        if (!lies_right || bytes.size() < head + direct_write_min || !open_direct())
            return write(offset, bytes);
        // What is not whole blocks goes through the cache, and meets its neighbours there.
        const std::size_t whole = (bytes.size() - head) / direct_block * direct_block;
        if (const auto done = write(offset, bytes.first(head)); !done) return done;
        if (const auto done = write_direct(offset + head, bytes.subspan(head, whole)); !done) return done;
        return write(offset + head + whole, bytes.subspan(head + whole));
    }

    /// Never repeated, not even after EINTR: whether the first try reported an error to us cannot be known.
    IoResult<void> sync() override {
        if (::fdatasync(descriptor_.number()) != 0) return system_failure("fdatasync", path_);
        return {};
    }

    IoResult<void> write_out(std::uint64_t offset, std::uint64_t size) override {
        return sync_range(offset, size,
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    }

    IoResult<void> begin_write_out(std::uint64_t offset, std::uint64_t size) override {
        return sync_range(offset, size, SYNC_FILE_RANGE_WRITE);
    }

    void leave_cache() const override {
        ::posix_fadvise(descriptor_.number(), 0, 0, POSIX_FADV_DONTNEED);  // Advice: it cannot fail us.
    }

    IoResult<void> resize(std::uint64_t size) override {
        if (::ftruncate(descriptor_.number(), static_cast<off_t>(size)) != 0)
            return system_failure("ftruncate", path_);
        return {};
    }

    IoResult<std::uint64_t> size() const override {
        struct stat status {};
        if (::fstat(descriptor_.number(), &status) != 0) return system_failure("fstat", path_);
        return static_cast<std::uint64_t>(status.st_size);
    }

    const std::string& path() const override { return path_; }

private:
    /// The same file, by whatever name it goes now. False where there is no direct I/O.
    bool open_direct() {
        if (!direct_) {
            const std::string same = "/proc/self/fd/" + std::to_string(descriptor_.number());
            direct_.emplace(::open(same.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC));
        }
        return direct_->is_open();
    }

    /// Requires: whole blocks, in aligned memory. What the device does not take so goes through the cache,
    /// and whatever is wrong is said there.
    IoResult<void> write_direct(std::uint64_t offset, base::ByteView bytes) {
        const ssize_t count =
            ::pwrite(direct_->number(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        const std::size_t done = count > 0 ? static_cast<std::size_t>(count) : 0;
        return write(offset + done, bytes.subspan(done));
    }

    IoResult<void> sync_range(std::uint64_t offset, std::uint64_t size, unsigned how) {
        const int done = ::sync_file_range(descriptor_.number(), static_cast<off_t>(offset),
                                           static_cast<off_t>(size), how);
        if (done != 0 && errno != ENOSYS && errno != EINVAL) return system_failure("sync_file_range", path_);
        return {};
    }

    std::string path_;
    Descriptor descriptor_;
    std::optional<Descriptor> direct_;  ///< for writing; opened when first wanted
};

class PosixLock final : public DirectoryLock {
public:
    explicit PosixLock(int descriptor) : descriptor_(descriptor) {}
    bool take() { return ::flock(descriptor_.number(), LOCK_EX | LOCK_NB) == 0; }
    bool is_open() const { return descriptor_.is_open(); }

private:
    Descriptor descriptor_;
};

int flags_of(OpenMode mode) {
    switch (mode) {
        case OpenMode::read:
            return O_RDONLY | O_CLOEXEC;
        case OpenMode::read_write:
            return O_RDWR | O_CLOEXEC;
        case OpenMode::create:
            return O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC;
    }
    ASSERT(false);
}

}  // namespace

IoResult<std::unique_ptr<File>> PosixFileSystem::open(const std::string& path, OpenMode mode) {
    const int descriptor = ::open(path.c_str(), flags_of(mode), 0640);
    if (descriptor < 0) return system_failure("open", path);
    return std::unique_ptr<File>(std::make_unique<PosixFile>(path, descriptor));
}

IoResult<void> PosixFileSystem::rename(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_failure("rename", from);
    return {};
}

IoResult<void> PosixFileSystem::remove(const std::string& path) {
    if (::unlink(path.c_str()) != 0) return system_failure("unlink", path);
    return {};
}

IoResult<std::vector<std::string>> PosixFileSystem::list(const std::string& directory) {
    const auto close = [](DIR* opened) { ::closedir(opened); };
    const std::unique_ptr<DIR, decltype(close)> opened(::opendir(directory.c_str()), close);
    if (!opened) return system_failure("opendir", directory);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(opened.get())) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") names.push_back(name);
    }
    if (errno != 0) return system_failure("readdir", directory);
    std::sort(names.begin(), names.end());
    return names;
}

bool PosixFileSystem::exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

IoResult<void> PosixFileSystem::make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) return system_failure("mkdir", path);
    return {};
}

IoResult<void> PosixFileSystem::sync_directory(const std::string& directory) {
    const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.is_open()) return system_failure("open", directory);
    if (::fsync(opened.number()) != 0) return system_failure("fsync", directory);
    return {};
}

IoResult<std::unique_ptr<DirectoryLock>> PosixFileSystem::lock(const std::string& path) {
    auto lock = std::make_unique<PosixLock>(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    if (!lock->is_open()) return system_failure("open", path);
    if (!lock->take()) {
        return base::Unexpected{
            base::IoError{"flock", path, errno, "another process has this data directory open"}};
    }
    return std::unique_ptr<DirectoryLock>(std::move(lock));
}

IoResult<std::uint64_t> PosixFileSystem::free_bytes(const std::string& path) {
    struct statvfs status {};
    if (::statvfs(path.c_str(), &status) != 0) return system_failure("statvfs", path);
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

}  // namespace sauda::journal
