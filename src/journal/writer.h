/// The journal's pen: appends encoded batches to segments and makes them durable.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "journal/batch.h"
#include "journal/file_system.h"
#include "journal/segment.h"

namespace sauda::journal {

enum class Durability {
    fdatasync,  ///< `sync` returns when the device has it: survives power loss
    os,  ///< `sync` returns when the kernel has it: survives the process; power loss costs the last segment
};

struct WriterConfig {
    std::uint64_t segment_size = 64u << 20;
    Durability durability = Durability::fdatasync;
    JournalId journal{};
    std::uint32_t rules_version = 0;
};

/// Appends batches and makes them durable, in order, in pre-written segments.
///
/// Threads: one owner at a time. Encoding (batch.h) is pure and needs no Writer, so one thread may encode the
/// next group while another appends and syncs this one. `prepare_segment` (segment.h) may run on a third and
/// its result be handed to `adopt`, so that nobody who waits for a sync waits for 64 MiB of zeros.
///
/// Invariants: sequences are contiguous; durable_sequence() <= appended_sequence(); once failed, for ever
/// failed. After a failed write or sync nobody knows what the device holds, and a second fdatasync may
/// succeed without having written a byte. The owner stops, discards what was not durable and restarts through
/// `recover`.
class Writer {
public:
    /// Starts a new segment at `next_sequence`. Requires: `recover` has been run on the directory by whoever
    /// holds the data directory's lock, and said `next_sequence`.
    static IoResult<std::unique_ptr<Writer>> open(FileSystem& disk, std::string directory,
                                                  const WriterConfig& config, std::uint64_t next_sequence);

    /// Stamps and writes one or several encoded batches with one write, rolling over to the next segment
    /// where one is full. They are not durable before `sync`. Requires: they continue appended_sequence() and
    /// carry the configured rules version; not failed is not required: a failed writer returns its failure
    /// again.
    IoResult<void> append(std::span<std::byte> batches);

    /// Makes everything appended durable, as the configured durability means it, and returns its last
    /// sequence.
    IoResult<std::uint64_t> sync();

    /// Syncs, marks the journal as complete, and gives unused space back. A journal with this mark at its end
    /// is known to have lost nothing: damage in it is refused rather than cut. The writer is finished
    /// afterwards.
    IoResult<void> stop_cleanly();

    /// Last sequence written; what a restart may or may not find.
    std::uint64_t appended_sequence() const { return next_sequence_ - 1; }
    /// Last sequence that a completed `sync` covers.
    std::uint64_t durable_sequence() const { return synced_sequence_; }

    /// Whether a next segment should be prepared now: none is waiting.
    bool wants_prepared() const { return !prepared_; }
    /// The size to prepare.
    std::uint64_t segment_size() const { return config_.segment_size; }
    /// Hands over a segment from `prepare_segment` for the next rollover. Requires: wants_prepared().
    void adopt(PreparedSegment prepared);
    /// `prepare_segment` and `adopt` in one, when nobody is waiting. A failure (disk full) does not fail the
    /// writer: the current segment still has room, and the owner may go cancel-only.
    IoResult<void> prepare_next();

    /// Bytes that can be appended without needing another segment than those already made.
    std::uint64_t room() const;

    bool failed() const { return failure_.has_value(); }

private:
    Writer(FileSystem& disk, std::string directory, const WriterConfig& config, std::uint64_t next_sequence);

    IoResult<void> write_run(std::span<std::byte> run);
    std::size_t stamp_run(std::span<std::byte> batches);
    IoResult<void> roll(std::uint64_t batch_size);
    IoResult<void> start_segment(std::uint64_t batch_size);
    base::Unexpected<base::IoError> fail(const base::IoError& error);

    FileSystem& disk_;
    std::string directory_;
    WriterConfig config_;
    std::unique_ptr<File> file_;
    std::uint64_t file_size_ = 0;
    std::uint64_t offset_ = 0;
    std::optional<PreparedSegment> prepared_;
    std::uint64_t next_sequence_;
    std::uint64_t synced_sequence_;     ///< as the owner is told
    std::uint64_t on_device_sequence_;  ///< as batches are stamped: only what a real fdatasync covered
    std::optional<base::IoError> failure_;
    bool stopped_ = false;
};

}  // namespace sauda::journal
