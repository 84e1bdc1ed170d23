#include "journal/snapshot_store.h"

#include <algorithm>

#include "base/assert.h"
#include "base/crc32c.h"
#include "journal/segment.h"
#include "journal/sequence_name.h"

namespace sauda::journal {

namespace {

constexpr std::string_view magic = "SAUDASNP";
constexpr std::string_view suffix = ".snapshot";
constexpr std::uint32_t format_version = 1;
constexpr std::size_t checked_from = 12;
constexpr std::size_t chunk_size = 1u << 20;

base::Bytes encode_header(const SnapshotInfo& info, std::uint32_t content_crc) {
    base::Bytes bytes;
    bytes.reserve(snapshot_header_size);
    base::ByteWriter writer(bytes);
    writer.put_text(magic);
    writer.put(std::uint32_t{0});
    writer.put(format_version);
    writer.put_bytes(info.journal);
    writer.put(info.sequence);
    writer.put(info.timestamp_ns);
    writer.put(info.state_hash);
    writer.put(info.length);
    writer.put(content_crc);
    writer.put(info.rules_version);
    writer.put(std::uint64_t{0});
    ASSERT(bytes.size() == snapshot_header_size);
    const std::uint32_t crc = base::crc32c(base::ByteView(bytes).subspan(checked_from));
    std::memcpy(bytes.data() + magic.size(), &crc, sizeof(crc));
    return bytes;
}

struct Header {
    SnapshotInfo info;
    std::uint32_t content_crc = 0;
};

/// The header, or what is wrong with it.
base::Result<Header, const char*> decode_header(base::ByteView bytes) {
    base::ByteReader reader(bytes);
    if (reader.get_text(8) != magic) return base::Unexpected{"not a snapshot"};
    const auto crc = reader.get<std::uint32_t>();
    if (crc != base::crc32c(bytes.subspan(checked_from)))
        return base::Unexpected{"the header's checksum differs"};
    if (reader.get<std::uint32_t>() != format_version) return base::Unexpected{"written in another format"};
    Header header;
    header.info.journal = reader.get<JournalId>();
    header.info.sequence = reader.get<std::uint64_t>();
    header.info.timestamp_ns = reader.get<std::int64_t>();
    header.info.state_hash = reader.get<std::uint64_t>();
    header.info.length = reader.get<std::uint64_t>();
    header.content_crc = reader.get<std::uint32_t>();
    header.info.rules_version = reader.get<std::uint32_t>();
    return header;
}

}  // namespace

IoResult<void> SnapshotWriter::write(base::ByteView bytes) {
    ASSERT(file_ != nullptr);
    const auto written = file_->write(snapshot_header_size + info_.length, bytes);
    if (!written) return written;
    crc_ = base::crc32c(bytes, crc_);
    info_.length += bytes.size();
    return {};
}

IoResult<std::string> SnapshotWriter::commit(std::uint64_t state_hash) {
    ASSERT(file_ != nullptr);
    const std::unique_ptr<File> file = std::move(file_);
    info_.state_hash = state_hash;
    const std::string path = join(directory_, sequence_name(info_.sequence, suffix));
    if (const auto done = file->write(0, encode_header(info_, crc_)); !done) return failure_of(done);
    if (const auto done = file->sync(); !done) return failure_of(done);
    if (const auto done = disk_->rename(file->path(), path); !done) return failure_of(done);
    if (const auto done = disk_->sync_directory(directory_); !done) return failure_of(done);
    return path;
}

IoResult<SnapshotWriter> SnapshotStore::begin(const SnapshotInfo& info) {
    auto file = disk_.open(path_of(info.sequence) + ".tmp", OpenMode::create);
    if (!file) return failure_of(file);
    SnapshotInfo started = info;
    started.length = 0;
    return SnapshotWriter(disk_, directory_, started, std::move(*file));
}

IoResult<std::string> SnapshotStore::save(const SnapshotInfo& info, base::ByteView content) {
    auto writer = begin(info);
    if (!writer) return failure_of(writer);
    if (const auto written = writer->write(content); !written) return failure_of(written);
    return writer->commit(info.state_hash);
}

IoResult<std::vector<std::uint64_t>> SnapshotStore::list() const {
    const auto names = disk_.list(directory_);
    if (!names) return failure_of(names);
    std::vector<std::uint64_t> sequences;
    for (const std::string& name : *names) {
        if (const auto sequence = sequence_of_name(name, suffix)) sequences.push_back(*sequence);
    }
    std::reverse(sequences.begin(), sequences.end());
    return sequences;
}

/// Reads the snapshot piece by piece, hands each piece to `consume`, and says at the end whether they may be
/// believed.
template <class Consumer>
base::Result<SnapshotInfo, JournalError> SnapshotStore::check(std::uint64_t sequence,
                                                              Consumer consume) const {
    const auto damaged = [&](std::uint64_t offset, const char* detail) {
        return base::Unexpected{
            JournalError(JournalFault::damaged, path_of(sequence), offset, sequence, detail)};
    };
    const auto file = disk_.open(path_of(sequence), OpenMode::read);
    if (!file) return base::Unexpected{JournalError(file.error())};
    const auto size = (*file)->size();
    if (!size) return base::Unexpected{JournalError(size.error())};
    if (*size < snapshot_header_size) return damaged(0, "cut short");
    base::Bytes chunk(snapshot_header_size);
    if (const auto read = (*file)->read(0, chunk); !read) return base::Unexpected{JournalError(read.error())};
    const auto header = decode_header(chunk);
    if (!header) return damaged(0, header.error());
    if (header->info.sequence != sequence) return damaged(0, "the name and the header disagree");
    if (*size != snapshot_header_size + header->info.length) return damaged(*size, "the length differs");
    std::uint32_t crc = 0;
    for (std::uint64_t offset = snapshot_header_size; offset < *size; offset += chunk.size()) {
        chunk.resize(std::min<std::uint64_t>(chunk_size, *size - offset));
        const auto read = (*file)->read(offset, chunk);
        if (!read) return base::Unexpected{JournalError(read.error())};
        if (*read != chunk.size()) return damaged(offset, "cut short");
        crc = base::crc32c(chunk, crc);
        consume(base::ByteView(chunk));
    }
    if (crc != header->content_crc) return damaged(snapshot_header_size, "the content's checksum differs");
    return header->info;
}

base::Result<Snapshot, JournalError> SnapshotStore::load(std::uint64_t sequence) const {
    Snapshot snapshot;
    const auto info = check(sequence, [&](base::ByteView piece) {
        snapshot.content.insert(snapshot.content.end(), piece.begin(), piece.end());
    });
    if (!info) return failure_of(info);
    snapshot.info = *info;
    return snapshot;
}

base::Result<SnapshotInfo, JournalError> SnapshotStore::verify(std::uint64_t sequence) const {
    return check(sequence, [](base::ByteView) {});
}

IoResult<LoadedSnapshot> SnapshotStore::load_newest(std::uint64_t sequence_max) const {
    const auto sequences = list();
    if (!sequences) return failure_of(sequences);
    LoadedSnapshot loaded;
    for (const std::uint64_t sequence : *sequences) {
        if (sequence > sequence_max) continue;
        auto snapshot = load(sequence);
        if (snapshot) {
            loaded.snapshot = std::move(*snapshot);
            return loaded;
        }
        if (snapshot.error().fault == JournalFault::io) return base::Unexpected{snapshot.error().cause};
        loaded.damaged.push_back(snapshot.error());
    }
    return loaded;
}

IoResult<std::vector<std::uint64_t>> SnapshotStore::prune(std::size_t keep,
                                                          std::optional<std::uint64_t> also_kept) {
    ASSERT(keep > 0);
    const auto sequences = list();
    if (!sequences) return failure_of(sequences);
    std::vector<std::uint64_t> removed;
    std::size_t kept = 0;
    for (const std::uint64_t sequence : *sequences) {
        if (kept < keep) {
            const auto info = verify(sequence);
            if (!info && info.error().fault == JournalFault::io) return base::Unexpected{info.error().cause};
            kept += info.has_value();
            continue;
        }
        if (also_kept == sequence) continue;
        if (const auto done = disk_.remove(path_of(sequence)); !done) return failure_of(done);
        removed.push_back(sequence);
    }
    if (removed.empty()) return removed;
    if (const auto synced = disk_.sync_directory(directory_); !synced) return failure_of(synced);
    return removed;
}

IoResult<void> SnapshotStore::sweep() {
    return remove_temporary_files(disk_, directory_);
}

std::string SnapshotStore::path_of(std::uint64_t sequence) const {
    return join(directory_, sequence_name(sequence, suffix));
}

}  // namespace sauda::journal
