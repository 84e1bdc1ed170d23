/// Snapshots: the whole state after a sequence, as bytes of the caller's making.
///
/// Layout of `<sequence, 20 digits>.snapshot` (little-endian):
///
///     offset  width  field
///          0      8  magic          "SAUDASNP"
///          8      4  header_crc     CRC32C of bytes [12, 80)
///         12      4  format version 1
///         16     16  journal id
///         32      8  sequence       the last one applied; agrees with the file's name
///         40      8  timestamp      of that sequence, nanoseconds since 1970
///         48      8  state_hash     the caller's own, to compare with a replay
///         56      8  length         of the content
///         64      4  content_crc    CRC32C of the content
///         68      4  rules_version
///         72      8  zero
///         80         content, to the end of the file
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/batch.h"
#include "journal/file_system.h"
#include "journal/journal_error.h"

namespace sauda::journal {

inline constexpr std::size_t snapshot_header_size = 80;

struct SnapshotInfo {
    std::uint64_t sequence = 0;
    std::int64_t timestamp_ns = 0;
    std::uint64_t state_hash = 0;
    std::uint32_t rules_version = 0;
    JournalId journal{};
    std::uint64_t length = 0;  ///< set by the store

    bool operator==(const SnapshotInfo&) const = default;
};

struct Snapshot {
    SnapshotInfo info;
    base::Bytes content;
};

/// The newest snapshot that checks, and those that did not and were passed over.
struct LoadedSnapshot {
    std::optional<Snapshot> snapshot;
    std::vector<JournalError> damaged;
};

/// One snapshot being written, piece by piece; nothing of it is visible before `commit`. Destroyed without
/// `commit` it leaves a temporary file, which the next one replaces and SnapshotStore::sweep removes.
///
/// Threads: one owner at a time; several may be under way at different sequences.
class SnapshotWriter {
public:
    /// Appends to the content.
    IoResult<void> write(base::ByteView bytes);

    /// Completes the header with `state_hash`, makes the file durable, gives it its name and makes that
    /// durable. Returns the file's path. Requires: called once, and nothing after it.
    IoResult<std::string> commit(std::uint64_t state_hash);

private:
    friend class SnapshotStore;
    SnapshotWriter(FileSystem& disk, std::string directory, const SnapshotInfo& info,
                   std::unique_ptr<File> file)
        : disk_(&disk), directory_(std::move(directory)), info_(info), file_(std::move(file)) {}

    FileSystem* disk_;
    std::string directory_;
    SnapshotInfo info_;
    std::unique_ptr<File> file_;
    std::uint32_t crc_ = 0;
};

/// The snapshots of one data directory.
///
/// Threads: const-like; any thread, but `prune` and `sweep` from one place only. Another process may write
/// snapshots of its own at the same time.
class SnapshotStore {
public:
    /// Requires: `directory` exists.
    SnapshotStore(FileSystem& disk, std::string directory) : disk_(disk), directory_(std::move(directory)) {}

    /// Begins a snapshot. `info.state_hash` and `info.length` are set at the end. A snapshot of the same
    /// sequence is replaced when this one is committed. Requires: everything through info.sequence is durable
    /// in the journal.
    IoResult<SnapshotWriter> begin(const SnapshotInfo& info);

    /// `begin`, `write` and `commit` of content that is at hand.
    IoResult<std::string> save(const SnapshotInfo& info, base::ByteView content);

    /// Sequences of the snapshots there are, newest first, by their names alone.
    IoResult<std::vector<std::uint64_t>> list() const;

    /// Reads one and checks all of it.
    base::Result<Snapshot, JournalError> load(std::uint64_t sequence) const;

    /// Checks one without keeping its content: a window of memory, whatever its size.
    base::Result<SnapshotInfo, JournalError> verify(std::uint64_t sequence) const;

    /// The newest that checks, at or below `sequence_max`. Damaged ones are passed over and told of; nothing
    /// is no failure. Fails only when the disk does.
    IoResult<LoadedSnapshot> load_newest(std::uint64_t sequence_max = ~std::uint64_t{0}) const;

    /// Removes all but the newest `keep` that check, and damaged ones older than those; never the last that
    /// checks, nor the one of `also_kept`. Returns the sequences removed. Requires: keep > 0.
    IoResult<std::vector<std::uint64_t>> prune(std::size_t keep = 2,
                                               std::optional<std::uint64_t> also_kept = {});

    /// Removes what an interrupted writer left half made. Requires: no SnapshotWriter is under way.
    IoResult<void> sweep();

    std::string path_of(std::uint64_t sequence) const;

private:
    template <class Consumer>
    base::Result<SnapshotInfo, JournalError> check(std::uint64_t sequence, Consumer consume) const;

    FileSystem& disk_;
    std::string directory_;
};

}  // namespace sauda::journal
