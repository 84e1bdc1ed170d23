#include "bench/sync_bench.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "journal/posix_file_system.h"
#include "journal/writer.h"

namespace sauda::bench {

namespace {

using Failure = base::Unexpected<std::string>;

constexpr std::uint64_t sizes[] = {1, 16, 256, 1024, 4096};
/// A place with its gateway's identity, as the codec writes it.
constexpr std::size_t record_size = 40;
constexpr std::uint32_t rules_version = 1;
/// The bare file is written over and over within this many bytes, which have been written before.
constexpr std::uint64_t bare_file_size = 64u << 20;

std::int64_t now_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

base::Bytes batch_of(std::uint64_t records, std::uint64_t first_sequence) {
    const base::Bytes record(record_size, std::byte{7});
    const std::vector<base::ByteView> views(records, base::ByteView(record));
    journal::BatchHeader header;
    header.first_sequence = first_sequence;
    header.rules_version = rules_version;
    base::Bytes out;
    journal::encode_batch(header, views, out);
    return out;
}

double per_second(const std::vector<std::int64_t>& ns) {
    const std::int64_t sum = std::accumulate(ns.begin(), ns.end(), std::int64_t{0});
    return static_cast<double>(ns.size()) * 1e9 / static_cast<double>(sum);
}

/// The file of the yardstick, its blocks in place.
base::Result<std::unique_ptr<journal::File>, std::string> open_bare(journal::FileSystem& disk,
                                                                    const std::string& path) {
    auto file = disk.open(path, journal::OpenMode::create);
    if (!file) return Failure{file.error().message()};
    const base::Bytes zeros(1u << 20);
    for (std::uint64_t at = 0; at < bare_file_size; at += zeros.size()) {
        if (const auto done = (*file)->write(at, zeros); !done) return Failure{done.error().message()};
    }
    if (const auto done = (*file)->sync(); !done) return Failure{done.error().message()};
    return std::move(*file);
}

/// Journal and yardstick, batch by batch in turn.
class Pair {
public:
    Pair(journal::Writer& writer, journal::File& bare) : writer_(writer), bare_(bare) {}

    base::Result<SyncFigures, std::string> measure(std::uint64_t records, std::uint64_t syncs) {
        std::vector<std::int64_t> journal_ns;
        std::vector<std::int64_t> bare_ns;
        SyncFigures figures;
        for (std::uint64_t i = 0; i < syncs; ++i) {
            base::Bytes batch = batch_of(records, writer_.appended_sequence() + 1);
            figures.records = records;
            figures.bytes = batch.size();
            const std::int64_t begin = now_ns();
            if (const auto done = writer_.append(batch); !done) return Failure{done.error().message()};
            if (const auto done = writer_.sync(); !done) return Failure{done.error().message()};
            journal_ns.push_back(now_ns() - begin);
            if (offset_ + batch.size() > bare_file_size) offset_ = 0;
            const std::int64_t bare_begin = now_ns();
            if (const auto done = bare_.write(offset_, batch); !done) return Failure{done.error().message()};
            if (const auto done = bare_.sync(); !done) return Failure{done.error().message()};
            bare_ns.push_back(now_ns() - bare_begin);
            offset_ += batch.size();
        }
        figures.journal_per_second = per_second(journal_ns);
        figures.bare_per_second = per_second(bare_ns);
        figures.journal = latency_of(std::move(journal_ns));
        figures.bare = latency_of(std::move(bare_ns));
        return figures;
    }

private:
    journal::Writer& writer_;
    journal::File& bare_;
    std::uint64_t offset_ = 0;
};

}  // namespace

base::Result<std::vector<SyncFigures>, std::string> measure_syncs(const std::string& directory,
                                                                  std::uint64_t syncs, Progress& progress) {
    journal::PosixFileSystem disk;
    journal::WriterConfig config;
    config.rules_version = rules_version;
    auto writer = journal::Writer::open(disk, directory, config, 1);
    if (!writer) return Failure{writer.error().message()};
    auto bare = open_bare(disk, journal::join(directory, "bare"));
    if (!bare) return Failure{bare.error()};
    Pair pair(**writer, **bare);
    std::vector<SyncFigures> all;
    progress.begin("append and sync", std::size(sizes));
    for (const std::uint64_t size : sizes) {
        const auto figures = pair.measure(size, syncs);
        if (!figures) return Failure{figures.error()};
        all.push_back(*figures);
        progress.reach(all.size());
    }
    return all;
}

}  // namespace sauda::bench
