/// Finds batches in one segment file, through a window that moves over it.
#pragma once

#include <memory>
#include <optional>

#include "journal/batch.h"
#include "journal/file_system.h"

namespace sauda::journal {

/// Through the page cache, or what the device itself holds (File::read_past_cache).
enum class ReadPath { cached, past_cache };

/// What stands at an offset: a checked batch or the reason there is none.
struct Found {
    std::optional<BatchView> batch;
    BatchFault fault = BatchFault::zero;
};

/// A batch and where it was found.
struct FoundAt {
    std::uint64_t offset = 0;
    BatchView batch;
};

/// Threads: one owner at a time. Views that it returns live until the next call.
class SegmentScanner {
public:
    static constexpr std::size_t window_size_default = 1u << 20;

    /// `window_size`: what is read at once, unless one batch needs more.
    SegmentScanner(std::unique_ptr<File> file, const JournalId& journal, ReadPath read_path,
                   std::size_t window_size = window_size_default)
        : file_(std::move(file)), journal_(journal), read_path_(read_path), window_size_(window_size) {}

    /// The batch at `offset`, which must be a multiple of 8.
    IoResult<Found> at(std::uint64_t offset);

    /// The first intact batch at or after `offset`, looking at every multiple of 8.
    IoResult<std::optional<FoundAt>> find_batch(std::uint64_t offset);

    /// The end of what is not zero at or after `offset`; `offset` itself when all the rest is zero.
    IoResult<std::uint64_t> end_of_content(std::uint64_t offset);

    /// Up to `length` bytes from `offset`; fewer only at the end of the file.
    IoResult<base::ByteView> view(std::uint64_t offset, std::size_t length);

    const std::string& path() const { return file_->path(); }

private:
    std::unique_ptr<File> file_;
    JournalId journal_;
    ReadPath read_path_;
    std::size_t window_size_;
    base::Bytes window_;
    std::uint64_t window_start_ = 0;
};

}  // namespace sauda::journal
