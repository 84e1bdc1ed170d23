#include "journal/writer.h"

#include <algorithm>

#include "base/assert.h"

namespace sauda::journal {

Writer::Writer(FileSystem& disk, std::string directory, const WriterConfig& config,
               std::uint64_t next_sequence)
    : disk_(disk),
      directory_(std::move(directory)),
      config_(config),
      next_sequence_(next_sequence),
      synced_sequence_(next_sequence - 1),
      on_device_sequence_(next_sequence - 1) {
    ASSERT(next_sequence > 0);
    ASSERT(config.segment_size > segment_header_size + batch_header_size);
}

IoResult<std::unique_ptr<Writer>> Writer::open(FileSystem& disk, std::string directory,
                                               const WriterConfig& config, std::uint64_t next_sequence) {
    std::unique_ptr<Writer> writer(new Writer(disk, std::move(directory), config, next_sequence));
    if (const auto started = writer->start_segment(0); !started) return failure_of(started);
    return writer;
}

IoResult<void> Writer::append(std::span<std::byte> batches) {
    ASSERT(!stopped_);
    if (failed()) return base::Unexpected{*failure_};
    while (!batches.empty()) {
        const std::size_t run = stamp_run(batches);
        const auto done = run > 0 ? write_run(batches.first(run)) : roll(encoded_length(batches));
        if (!done) return fail(done.error());
        batches = batches.subspan(run);
    }
    return {};
}

/// Stamps the batches at the front that fit into this segment and returns how many bytes they are.
std::size_t Writer::stamp_run(std::span<std::byte> batches) {
    const std::uint64_t room = file_size_ - offset_;
    std::size_t run = 0;
    while (run < batches.size()) {
        const std::span<std::byte> rest = batches.subspan(run);
        const std::size_t length = encoded_length(rest);
        if (run + length > room) break;
        const BatchHeader header = encoded_header(rest);
        ASSERT(header.first_sequence == next_sequence_);
        ASSERT(header.rules_version == config_.rules_version);
        stamp_batch(rest, config_.journal, on_device_sequence_);
        next_sequence_ = header.next_sequence();
        run += length;
    }
    return run;
}

IoResult<void> Writer::write_run(std::span<std::byte> run) {
    const auto written = file_->write(offset_, run);
    if (written) offset_ += run.size();
    return written;
}

IoResult<std::uint64_t> Writer::sync() {
    if (failed()) return base::Unexpected{*failure_};
    if (synced_sequence_ == appended_sequence()) return synced_sequence_;
    if (config_.durability == Durability::fdatasync) {
        if (const auto synced = file_->sync(); !synced) return fail(synced.error());
        on_device_sequence_ = appended_sequence();
    }
    return synced_sequence_ = appended_sequence();
}

/// The old segment is synced before the new one gets its name, so only the last segment can have lost
/// anything. With `os` durability too: one sync per segment is what keeps power loss from costing more than
/// the last one.
IoResult<void> Writer::roll(std::uint64_t batch_size) {
    if (const auto synced = file_->sync(); !synced) return synced;
    on_device_sequence_ = appended_sequence();
    return start_segment(batch_size);
}

IoResult<void> Writer::start_segment(std::uint64_t batch_size) {
    const std::uint64_t size = std::max(config_.segment_size, segment_header_size + batch_size);
    if (!prepared_ || prepared_->size < size) {
        // Under a name of its own: another thread may be in the middle of preparing one to adopt.
        auto made = prepare_segment(disk_, directory_, size, "rolled.tmp");
        if (!made) return failure_of(made);
        prepared_ = std::move(*made);
    }
    const SegmentHeader header{SegmentKind::journal, newest_journal_format, config_.journal,
                               next_sequence_,       on_device_sequence_,   config_.rules_version};
    file_size_ = prepared_->size;
    auto file = publish_segment(disk_, std::move(*prepared_), header);
    prepared_.reset();
    if (!file) return failure_of(file);
    file_ = std::move(*file);
    offset_ = segment_header_size;
    return {};
}

IoResult<void> Writer::stop_cleanly() {
    if (const auto synced = sync(); !synced) return failure_of(synced);
    // With `os` durability the mark must not outlive what it vouches for.
    if (const auto synced = file_->sync(); !synced) return fail(synced.error());
    on_device_sequence_ = appended_sequence();
    BatchHeader mark;
    mark.first_sequence = next_sequence_;
    mark.rules_version = config_.rules_version;
    mark.kind = BatchKind::clean_stop;
    base::Bytes bytes;
    encode_batch(mark, {}, bytes);
    if (const auto done = append(bytes); !done) return done;
    if (const auto done = file_->resize(offset_); !done) return fail(done.error());
    if (const auto done = file_->sync(); !done) return fail(done.error());
    stopped_ = true;
    return {};
}

void Writer::adopt(PreparedSegment prepared) {
    ASSERT(wants_prepared());
    ASSERT(prepared.directory == directory_);
    prepared_ = std::move(prepared);
}

IoResult<void> Writer::prepare_next() {
    if (!wants_prepared()) return {};
    auto made = prepare_segment(disk_, directory_, config_.segment_size);
    if (!made) return failure_of(made);
    adopt(std::move(*made));
    return {};
}

std::uint64_t Writer::room() const {
    return file_size_ - offset_ + (prepared_ ? prepared_->size - segment_header_size : 0);
}

base::Unexpected<base::IoError> Writer::fail(const base::IoError& error) {
    failure_ = error;
    return {error};
}

}  // namespace sauda::journal
