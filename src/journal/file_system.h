/// The seam between the journal and the disk: everything durable goes through a FileSystem, so that a test
/// disk can forget what was not synced and the simulator can own the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/io_error.h"
#include "base/result.h"

namespace sauda::journal {

template <class T>
using IoResult = base::Result<T, base::IoError>;

/// Hands a failure up unchanged: `if (!done) return failure_of(done);`
template <class T, class E>
base::Unexpected<E> failure_of(const base::Result<T, E>& result) {
    return {result.error()};
}

/// One open file. It is closed when destroyed; closing syncs nothing.
///
/// Threads: reads and writes of disjoint ranges may run at once; everything else has one owner at a time.
class File {
public:
    virtual ~File() = default;
    File() = default;
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    /// Fills `out` from `offset`, through the page cache. Returns the bytes read: fewer only at the end of
    /// the file.
    virtual IoResult<std::size_t> read(std::uint64_t offset, std::span<std::byte> out) const = 0;

    /// As `read`, but what the device holds rather than what the page cache believes. After a failed
    /// fdatasync the kernel may keep pages marked clean that never reached the device; only this read tells.
    /// Best effort: a file system without direct I/O drops its clean pages and reads again.
    virtual IoResult<std::size_t> read_past_cache(std::uint64_t offset, std::span<std::byte> out) const = 0;

    /// Writes all of `bytes` at `offset`, growing the file if need be. On failure any part may have been
    /// written.
    virtual IoResult<void> write(std::uint64_t offset, base::ByteView bytes) = 0;

    /// As `write`, for what is much and will hardly be read again soon: it may go to the device now, waited
    /// for, without taking memory of the page cache, where it lies to pages as it will to the file's blocks
    /// (block_buffer.h). Promises no more than `write`.
    virtual IoResult<void> write_past_cache(std::uint64_t offset, base::ByteView bytes) {
        return write(offset, bytes);
    }

    /// fdatasync: on success the file's bytes and size (not its name) survive power loss. After a failure the
    /// state of everything since the last success is unknown, and trying again proves nothing.
    virtual IoResult<void> sync() = 0;

    /// Brings bytes that were written to the device now, and waits for them, so that a later `sync` has less
    /// to do. Promises nothing: they may still be lost, and a file system that cannot do it does nothing.
    virtual IoResult<void> write_out(std::uint64_t offset, std::uint64_t size) {
        static_cast<void>(offset);
        static_cast<void>(size);
        return {};
    }

    /// As `write_out`, without waiting.
    virtual IoResult<void> begin_write_out(std::uint64_t offset, std::uint64_t size) {
        static_cast<void>(offset);
        static_cast<void>(size);
        return {};
    }

    /// Advice: what was synced will hardly be read again soon, so its memory is better used for what is
    /// written next.
    virtual void leave_cache() const {}

    /// Cuts or extends with zeros.
    virtual IoResult<void> resize(std::uint64_t size) = 0;

    virtual IoResult<std::uint64_t> size() const = 0;

    /// The path it was opened by, for messages.
    virtual const std::string& path() const = 0;
};

/// Held while it lives; the operating system releases it when the process dies, however it dies.
class DirectoryLock {
public:
    virtual ~DirectoryLock() = default;
};

enum class OpenMode {
    read,        ///< must exist
    read_write,  ///< must exist
    create,      ///< read and write; made empty when missing, emptied when present
};

/// Threads: may be called from any thread.
class FileSystem {
public:
    virtual ~FileSystem() = default;

    virtual IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;

    /// Moves `from` to `to`, replacing a file there. Atomic; durable after `sync_directory`.
    virtual IoResult<void> rename(const std::string& from, const std::string& to) = 0;

    /// Removes a file. Durable after `sync_directory`.
    virtual IoResult<void> remove(const std::string& path) = 0;

    /// Names in a directory, sorted; files and folders alike.
    virtual IoResult<std::vector<std::string>> list(const std::string& directory) = 0;

    virtual bool exists(const std::string& path) = 0;

    /// Makes one directory; success when it is there already. Durable after `sync_directory` of its parent.
    virtual IoResult<void> make_directory(const std::string& path) = 0;

    /// Makes the names in `directory` durable: creations, renames and removals.
    virtual IoResult<void> sync_directory(const std::string& directory) = 0;

    /// Takes the file `path` as a lock nobody else can hold, or fails at once when another holder lives.
    virtual IoResult<std::unique_ptr<DirectoryLock>> lock(const std::string& path) = 0;

    /// Bytes that may still be written below `path`, for refusing new orders while cancels still fit.
    virtual IoResult<std::uint64_t> free_bytes(const std::string& path) = 0;
};

/// `directory` + "/" + `name`.
inline std::string join(const std::string& directory, const std::string& name) {
    return directory + "/" + name;
}

}  // namespace sauda::journal
