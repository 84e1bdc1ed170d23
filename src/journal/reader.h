/// Reads a journal from a sequence on, batch by batch, and stops at the first thing that is not right.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/segment.h"
#include "journal/segment_scanner.h"

namespace sauda::journal {

struct ReaderConfig {
    std::uint64_t from_sequence = 1;
    /// Batches at or above `from_sequence` under other rules are refused; nothing: all are read.
    std::optional<std::uint32_t> rules_version;
    /// Refuses segments of another journal; without it the first segment's id must be that of all.
    std::optional<JournalId> journal;
};

/// Reads what `recover` has left, or segments that are no longer written to.
///
/// Threads: one owner at a time; it opens files of its own, so it may run beside the Writer as long as it
/// stays below the last segment. Memory: one window of a segment, whatever the journal's size.
///
/// Nothing is passed over in silence: each sequence from `from_sequence` on is returned once and in order, or
/// `next` fails with the file, the offset and the reason. After a failure or the end, `next` says the same
/// again.
class Reader {
public:
    /// Finds the segment that holds `from_sequence`. Fails with `missing` when the journal starts above it. A
    /// journal without segments, or one that ends below `from_sequence`, is read to its end at once.
    static base::Result<Reader, JournalError> open(FileSystem& disk, const std::string& directory,
                                                   const ReaderConfig& config);

    /// The next batch with a record at or above `from_sequence`, which may begin below it; nothing at the
    /// end. The view lives until the next call.
    base::Result<std::optional<BatchView>, JournalError> next();

    /// The sequence after the last batch returned, or where reading will begin.
    std::uint64_t next_sequence() const { return expected_; }
    /// Where the last batch returned stands, for inspection.
    const std::string& path() const { return scanner_->path(); }
    std::uint64_t batch_offset() const { return batch_offset_; }
    /// Whether the last thing read was the mark of a clean stop.
    bool stopped_cleanly() const { return stopped_cleanly_; }

private:
    Reader(FileSystem& disk, const ReaderConfig& config, std::vector<SegmentPlace> places);

    base::Result<void, JournalError> open_segment(std::size_t index);
    base::Result<bool, JournalError> advance();
    base::Result<void, JournalError> accept(const BatchView& batch);
    base::Result<std::optional<BatchView>, JournalError> at_unused_space();
    base::Unexpected<JournalError> refuse(JournalFault fault, std::string detail);

    FileSystem* disk_;
    ReaderConfig config_;
    std::vector<SegmentPlace> places_;
    std::size_t index_ = 0;
    std::unique_ptr<SegmentScanner> scanner_;
    std::uint64_t offset_ = 0;
    std::uint64_t batch_offset_ = 0;
    std::uint64_t expected_ = 0;
    bool stopped_cleanly_ = false;
};

}  // namespace sauda::journal
