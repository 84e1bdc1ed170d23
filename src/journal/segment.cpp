#include "journal/segment.h"

#include <algorithm>

#include "base/assert.h"
#include "base/crc32c.h"
#include "journal/sequence_name.h"

namespace sauda::journal {

namespace {

constexpr std::size_t checked_from = 12;
constexpr std::size_t zero_chunk = 1u << 20;

std::string_view magic_of(SegmentKind kind) {
    return kind == SegmentKind::journal ? "SAUDAJNL" : "SAUDAEVT";
}
std::string_view suffix_of(SegmentKind kind) {
    return kind == SegmentKind::journal ? ".seg" : ".events";
}

IoResult<void> write_zeros(File& file, std::uint64_t size) {
    const base::Bytes zeros(std::min<std::uint64_t>(size, zero_chunk));
    for (std::uint64_t done = 0; done < size; done += zeros.size()) {
        const auto count = std::min<std::uint64_t>(zeros.size(), size - done);
        const auto written = file.write(done, base::ByteView(zeros).first(count));
        if (!written) return written;
    }
    return {};
}

}  // namespace

base::Bytes encode_segment_header(const SegmentHeader& header) {
    ASSERT(header.first_sequence > 0);
    ASSERT(header.durable_sequence + 1 >= header.first_sequence);
    base::Bytes page;
    page.reserve(segment_header_size);
    base::ByteWriter writer(page);
    writer.put_text(magic_of(header.kind));
    writer.put(std::uint32_t{0});
    writer.put(header.format);
    writer.put_bytes(header.journal);
    writer.put(header.first_sequence);
    writer.put(header.durable_sequence);
    writer.put(header.rules_version);
    page.resize(segment_header_size);
    const std::uint32_t crc = base::crc32c(base::ByteView(page).subspan(checked_from));
    std::memcpy(page.data() + magic_of(header.kind).size(), &crc, sizeof(crc));
    return page;
}

base::Result<SegmentHeader, JournalError> read_segment_header(const File& file, SegmentKind kind,
                                                              std::uint64_t first_sequence) {
    const auto refused = [&](JournalFault fault, const char* detail) {
        return base::Unexpected{JournalError(fault, file.path(), 0, first_sequence, detail)};
    };
    base::Bytes page(segment_header_size);
    const auto count = file.read(0, page);
    if (!count) return base::Unexpected{JournalError(count.error())};
    if (*count < page.size()) return refused(JournalFault::damaged, "the segment header is cut short");
    base::ByteReader reader(page);
    if (reader.get_text(8) != magic_of(kind)) return refused(JournalFault::damaged, "not a segment");
    if (reader.get<std::uint32_t>() != base::crc32c(base::ByteView(page).subspan(checked_from))) {
        return refused(JournalFault::damaged, "the checksum of the segment header differs");
    }
    SegmentHeader header;
    header.kind = kind;
    header.format = reader.get<std::uint32_t>();
    if (header.format == 0 || header.format > newest_format(kind))
        return refused(JournalFault::other_format, "the segment was written in another format");
    header.journal = reader.get<JournalId>();
    header.first_sequence = reader.get<std::uint64_t>();
    header.durable_sequence = reader.get<std::uint64_t>();
    header.rules_version = reader.get<std::uint32_t>();
    if (header.first_sequence != first_sequence) {
        return refused(JournalFault::damaged, "the segment's name and header disagree");
    }
    if (header.first_sequence == 0 || header.durable_sequence + 1 < header.first_sequence) {
        return refused(JournalFault::damaged, "the segment's header does not vouch for what is before it");
    }
    return header;
}

std::string segment_name(std::uint64_t first_sequence, SegmentKind kind) {
    return sequence_name(first_sequence, suffix_of(kind));
}

IoResult<std::vector<SegmentPlace>> list_segments(FileSystem& disk, const std::string& directory,
                                                  SegmentKind kind) {
    const auto names = disk.list(directory);
    if (!names) return failure_of(names);
    std::vector<SegmentPlace> places;
    for (const std::string& name : *names) {
        if (const auto first = sequence_of_name(name, suffix_of(kind)))
            places.push_back({join(directory, name), *first});
    }
    return places;
}

std::optional<std::size_t> segment_holding(const std::vector<SegmentPlace>& places, std::uint64_t sequence) {
    const auto above = std::upper_bound(
        places.begin(), places.end(), sequence,
        [](std::uint64_t wanted, const SegmentPlace& place) { return wanted < place.first_sequence; });
    if (above == places.begin()) return std::nullopt;
    return static_cast<std::size_t>(above - places.begin()) - 1;
}

IoResult<PreparedSegment> prepare_segment(FileSystem& disk, const std::string& directory, std::uint64_t size,
                                          const std::string& temporary_name) {
    ASSERT(size >= segment_header_size);
    ASSERT(temporary_name.ends_with(".tmp"));
    auto file = disk.open(join(directory, temporary_name), OpenMode::create);
    if (!file) return failure_of(file);
    if (const auto written = write_zeros(**file, size); !written) return failure_of(written);
    // publish_segment syncs again: this one takes the zeros off the path of whoever waits for the rollover.
    if (const auto synced = (*file)->sync(); !synced) return failure_of(synced);
    return PreparedSegment{std::move(*file), directory, size};
}

IoResult<std::unique_ptr<File>> publish_segment(FileSystem& disk, PreparedSegment prepared,
                                                const SegmentHeader& header) {
    const std::string path = join(prepared.directory, segment_name(header.first_sequence, header.kind));
    if (const auto done = prepared.file->write(0, encode_segment_header(header)); !done)
        return failure_of(done);
    if (const auto done = prepared.file->sync(); !done) return failure_of(done);
    if (const auto done = disk.rename(prepared.file->path(), path); !done) return failure_of(done);
    if (const auto done = disk.sync_directory(prepared.directory); !done) return failure_of(done);
    return disk.open(path, OpenMode::read_write);
}

IoResult<void> remove_temporary_files(FileSystem& disk, const std::string& directory) {
    const auto names = disk.list(directory);
    if (!names) return failure_of(names);
    for (const std::string& name : *names) {
        if (!name.ends_with(".tmp")) continue;
        if (const auto removed = disk.remove(join(directory, name)); !removed) return removed;
    }
    return {};
}

IoResult<std::size_t> archive_segments_below(FileSystem& disk, const std::string& directory, SegmentKind kind,
                                             std::uint64_t sequence) {
    const auto places = list_segments(disk, directory, kind);
    if (!places) return failure_of(places);
    const std::string archive = join(directory, "archive");
    std::size_t moved = 0;
    for (std::size_t i = 0; i + 1 < places->size() && (*places)[i + 1].first_sequence <= sequence;
         ++i, ++moved) {
        if (const auto made = disk.make_directory(archive); !made) return failure_of(made);
        const SegmentPlace& place = (*places)[i];
        const auto done = disk.rename(place.path, join(archive, segment_name(place.first_sequence, kind)));
        if (!done) return failure_of(done);
    }
    if (moved == 0) return moved;
    // The new names first: in between a segment is in both places rather than in neither.
    if (const auto synced = disk.sync_directory(archive); !synced) return failure_of(synced);
    if (const auto synced = disk.sync_directory(directory); !synced) return failure_of(synced);
    return moved;
}

}  // namespace sauda::journal
