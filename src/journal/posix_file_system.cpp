#include "journal/posix_file_system.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

namespace sauda::journal {

namespace {

/// Direct I/O wants offsets, lengths and memory in multiples of the device's block; a page suits every
/// device.
constexpr std::size_t direct_block = 4096;
constexpr std::size_t direct_buffer_size = 1u << 20;

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
    struct Free {
        void operator()(void* memory) const { std::free(memory); }
    };
    const std::unique_ptr<void, Free> memory(std::aligned_alloc(direct_block, direct_buffer_size));
    auto* const buffer = static_cast<std::byte*>(memory.get());
    std::size_t done = 0;
    while (done < out.size()) {
        const std::uint64_t at = (offset + done) / direct_block * direct_block;
        const std::size_t skip = static_cast<std::size_t>(offset + done - at);
        const ssize_t count = ::pread(descriptor, buffer, direct_buffer_size, static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_failure("pread (direct)", path);
        if (static_cast<std::size_t>(count) <= skip) break;
        const std::size_t taken = std::min(static_cast<std::size_t>(count) - skip, out.size() - done);
        std::memcpy(out.data() + done, buffer + skip, taken);
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

    IoResult<void> write_parts(std::uint64_t offset, std::span<const base::ByteView> parts) override {
        std::array<iovec, 256> vectors;
        while (!parts.empty()) {
            const std::span<const base::ByteView> some = parts.first(std::min(parts.size(), vectors.size()));
            for (std::size_t i = 0; i < some.size(); ++i)
                vectors[i] = {const_cast<std::byte*>(some[i].data()), some[i].size()};
            const ssize_t count = ::pwritev(descriptor_.number(), vectors.data(),
                                            static_cast<int>(some.size()), static_cast<off_t>(offset));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return system_failure("pwritev", path_);
            auto done = static_cast<std::size_t>(count);
            offset += done;
            while (!parts.empty() && done >= parts.front().size()) {
                done -= parts.front().size();
                parts = parts.subspan(1);
            }
            if (done == 0) continue;
            // Cut off in the middle of one, as on a full disk: the rest of it by itself.
            const base::ByteView rest = parts.front().subspan(done);
            if (const auto written = write(offset, rest); !written) return written;
            offset += rest.size();
            parts = parts.subspan(1);
        }
        return {};
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
    IoResult<void> sync_range(std::uint64_t offset, std::uint64_t size, unsigned how) {
        const int done = ::sync_file_range(descriptor_.number(), static_cast<off_t>(offset),
                                           static_cast<off_t>(size), how);
        if (done != 0 && errno != ENOSYS && errno != EINVAL) return system_failure("sync_file_range", path_);
        return {};
    }

    std::string path_;
    Descriptor descriptor_;
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
