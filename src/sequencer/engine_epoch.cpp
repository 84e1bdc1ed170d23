#include "sequencer/engine_epoch.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/crc32c.h"

namespace sauda::sequencer {

namespace {

using journal::failure_of;

constexpr std::uint64_t magic = 0x4F50'4541'4455'4153;  // "SAUDAEPO"
constexpr std::size_t file_size = 20;
constexpr std::size_t checked_size = 16;

base::Bytes encode(std::uint64_t epoch) {
    base::Bytes bytes;
    base::ByteWriter writer(bytes);
    writer.put(magic);
    writer.put(epoch);
    writer.put(base::crc32c(bytes));
    return bytes;
}

base::Result<std::uint64_t, journal::JournalError> read_epoch(journal::FileSystem& disk,
                                                              const std::string& path) {
    const auto file = disk.open(path, journal::OpenMode::read);
    if (!file) return failure_of(file);
    std::array<std::byte, file_size> bytes{};
    const auto count = (*file)->read(0, bytes);
    if (!count) return failure_of(count);
    base::ByteReader reader(base::ByteView(bytes).first(*count));
    const bool right_magic = reader.get<std::uint64_t>() == magic;
    const auto epoch = reader.get<std::uint64_t>();
    const auto crc = reader.get<std::uint32_t>();
    if (!reader.ok() || !right_magic || crc != base::crc32c(base::ByteView(bytes).first(checked_size))) {
        return base::Unexpected{
            journal::JournalError(journal::JournalFault::damaged, path, 0, 0, "not an engine epoch")};
    }
    return epoch;
}

journal::IoResult<void> write_epoch(journal::FileSystem& disk, const std::string& root,
                                    const std::string& path, std::uint64_t epoch) {
    const std::string temporary = path + ".tmp";
    {
        const auto file = disk.open(temporary, journal::OpenMode::create);
        if (!file) return failure_of(file);
        if (const auto done = (*file)->write(0, encode(epoch)); !done) return done;
        if (const auto done = (*file)->sync(); !done) return done;
    }
    if (const auto done = disk.rename(temporary, path); !done) return done;
    return disk.sync_directory(root);
}

}  // namespace

base::Result<std::uint64_t, journal::JournalError> next_engine_epoch(journal::FileSystem& disk,
                                                                     const std::string& root,
                                                                     std::uint64_t seen) {
    const std::string path = journal::join(root, "epoch");
    std::uint64_t last = seen;
    if (disk.exists(path)) {
        const auto found = read_epoch(disk, path);
        if (!found) return found;
        last = std::max(last, *found);
    }
    if (const auto done = write_epoch(disk, root, path, last + 1); !done) return failure_of(done);
    return last + 1;
}

}  // namespace sauda::sequencer
