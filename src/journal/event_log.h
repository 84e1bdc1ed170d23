/// The derived event log: what each command caused, as a frame with the command's sequence. Feeds,
/// broadcasters and history catch up from it; nobody else replays commands. It can be made again from the
/// journal, so it may be torn or missing and is never synced on the way of an order.
///
/// Segments (segment.h, kind event_log) of records (event_record.h), one after another to the end of the
/// file. What is released together is a record; when that is much, most of it goes past the page cache.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "journal/batch.h"
#include "journal/block_buffer.h"
#include "journal/event_record.h"
#include "journal/event_source.h"
#include "journal/file_system.h"
#include "journal/journal_error.h"
#include "journal/segment.h"
#include "journal/segment_scanner.h"

namespace sauda::journal {

struct EventLogConfig {
    JournalId journal{};
    std::uint32_t rules_version = 0;
    std::uint64_t segment_size = 64u << 20;
    /// Where an empty log begins.
    std::uint64_t first_sequence = 1;
};

/// Threads: `append` and what changes the log from the end belong to one owner. `read`,
/// `first_sequence`, `published_sequence` and `sync` may be called from any thread at any time: a reader sees
/// what was appended, whole frames only, up to an end that is published after the bytes were written. Readers
/// and the owner share a lock only for a look at the list of segments or the index; never while reading or
/// writing a file.
///
/// Invariants: frames are contiguous from first_sequence() to last_sequence(); published_sequence() <=
/// last_sequence(); only the last segment can be torn, because a segment is synced before the next one is
/// begun.
///
/// Append only frames whose commands are durable in the journal: the log's last sequence is then proof that
/// the journal was complete through it (RecoverConfig::complete_through).
class EventLog final : public EventSource {
public:
    /// Opens the log in `directory`, which must exist, and cuts what is torn at its end: `last_sequence` says
    /// how far it goes, and the owner appends the rest by replay. Only the last segment is read, past the
    /// page cache; one without an intact header is renamed to `.torn`. Fails with `other_journal` or
    /// `other_format` where nothing may be cut.
    static base::Result<std::unique_ptr<EventLog>, JournalError> open(FileSystem& disk, std::string directory,
                                                                      const EventLogConfig& config);

    /// What `open` cut, if anything.
    const std::optional<JournalError>& torn() const { return torn_; }

    /// Writes `runs`, in order, all at once, and publishes them to readers. Begins a new segment, which
    /// costs syncs, when this one is full. After a failure the log is failed for good.
    /// Requires: the first run begins at last_sequence() + 1, each other where the one before it ends; none
    /// is empty.
    IoResult<void> append(std::span<const FrameRun> runs);
    IoResult<void> append(const FrameRun& run) { return append(std::span(&run, 1)); }

    /// fdatasync of the current segment. Optional: call it now and then from a thread where nobody waits, so
    /// that a restart has less to derive again and a rollover has less to sync. After a failure the log is
    /// failed for good.
    IoResult<void> sync();

    bool failed() const { return failed_.load(std::memory_order_acquire); }

    /// The first sequence held, or to be held when the log is empty.
    std::uint64_t first_sequence() const override;
    /// The last sequence appended; one below the first when empty. Owner only.
    std::uint64_t last_sequence() const { return last_sequence_; }
    /// The last sequence readers can see.
    std::uint64_t published_sequence() const override { return published_.load(std::memory_order_acquire); }

    /// Visits frames from `from` on until about `max_bytes` of content were visited (at least one frame), the
    /// visitor stops, or the published end. Returns the sequence to go on from, which is `from` when there
    /// was nothing. Cost: a search in the index, at most index_stride bytes passed over, and the whole of a
    /// record of which it wants a part; the first read in
    /// an old segment reads it once to index it. A frame lives until the visitor returns. Fails with
    /// `missing` when `from` is below first_sequence(), and with the place of any damage.
    base::Result<std::uint64_t, JournalError> read(std::uint64_t from, std::size_t max_bytes,
                                                   const Visitor& visit) const override;

    /// Forgets frames above `sequence`, for a journal that lost them (os durability) or to derive them again.
    /// Requires: no reader is active; sequence + 1 >= first_sequence().
    base::Result<void, JournalError> cut_after(std::uint64_t sequence);

    /// Moves all there is to the archive and begins anew at `first_sequence`, for a log that ends before the
    /// oldest sequence that can be replayed. Requires: no reader is active.
    IoResult<void> start_over(std::uint64_t first_sequence);

    /// Moves segments wholly below `sequence` into `archive`; see archive_segments_below. Readers already
    /// inside one finish.
    IoResult<std::size_t> archive_below(std::uint64_t sequence);

    static constexpr std::uint64_t index_stride = 16 * 1024;

private:
    struct IndexPoint {
        std::uint64_t sequence;
        std::uint64_t offset;
    };
    /// Where reading begins.
    struct Place {
        IndexPoint point;
        std::uint32_t format;
    };
    /// What readers and the owner share about one segment.
    struct Segment {
        Segment(std::string path_, std::uint64_t first_sequence_)
            : path(std::move(path_)), first_sequence(first_sequence_) {}

        const std::string path;
        const std::uint64_t first_sequence;
        std::atomic<std::uint64_t> end{segment_header_size};  ///< frames up to here may be read
        std::mutex mutex;                                     ///< guards what follows
        bool indexed = false;
        std::uint32_t format = event_record_format;
        std::vector<IndexPoint> index;  ///< of records, about one per index_stride; the first is the first
    };
    using SegmentPointer = std::shared_ptr<Segment>;
    struct Scanned {
        std::uint32_t format;
        std::uint64_t next_sequence;
        std::uint64_t end;
        std::vector<IndexPoint> index;
        std::optional<JournalError> stopped;  ///< why before the end of the file
        base::Bytes cut;  ///< of a record that goes beyond what was asked for, the frames that do not
    };

    EventLog(FileSystem& disk, std::string directory, const EventLogConfig& config);

    base::Result<void, JournalError> set_aside_headless();
    base::Result<void, JournalError> open_last(std::uint64_t sequence_max);
    base::Result<SegmentHeader, JournalError> check_header(const File& file, const Segment& segment) const;
    base::Result<Scanned, JournalError> scan(const Segment& segment, std::uint64_t sequence_max,
                                             ReadPath read_path) const;
    base::Result<std::optional<Place>, JournalError> place_below(Segment& segment,
                                                                 std::uint64_t sequence) const;
    base::Result<bool, JournalError> read_segment(Segment& segment, std::uint64_t& next, std::uint64_t& left,
                                                  const Visitor& visit) const;
    std::pair<SegmentPointer, std::optional<std::uint64_t>> segment_for(std::uint64_t sequence) const;
    IoResult<void> begin_segment(std::uint64_t first_sequence);
    IoResult<void> begin_write_out();
    IoResult<void> roll();
    IoResult<void> write_records();
    void publish();
    base::Unexpected<base::IoError> fail(const base::IoError& error);

    FileSystem& disk_;
    const std::string directory_;
    const EventLogConfig config_;
    const std::uint32_t journal_crc_;
    std::optional<JournalError> torn_;

    mutable std::mutex segments_mutex_;  ///< guards the list, not what it points to
    std::vector<SegmentPointer> segments_;
    std::shared_ptr<File> file_;     ///< the last segment's; changed under segments_mutex_
    std::shared_ptr<File> before_;   ///< the one's before it, which is still in memory; owner only
    std::uint64_t written_out_ = 0;  ///< of the last segment, the writing to the device of which was begun

    // What one append writes; kept for their memory.
    std::vector<FrameRun> records_;
    BlockBuffer buffer_;
    std::vector<IndexPoint> new_points_;
    std::uint64_t new_end_ = 0;
    std::uint64_t last_indexed_ = 0;  ///< offset of the last point; 0 when the segment has none
    std::uint64_t last_sequence_ = 0;
    std::atomic<std::uint64_t> published_{0};
    std::atomic<bool> failed_{false};
};

}  // namespace sauda::journal
