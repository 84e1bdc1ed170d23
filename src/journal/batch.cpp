#include "journal/batch.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"
#include "base/crc32c.h"

namespace sauda::journal {

namespace {

/// The header as it stands in the file.
struct RawHeader {
    std::uint32_t magic;
    std::uint32_t stamp_crc;
    std::uint64_t durable_sequence;
    std::uint32_t crc;
    std::uint32_t length;
    std::uint64_t first_sequence;
    std::int64_t timestamp_ns;
    std::uint64_t source;
    std::uint32_t rules_version;
    std::uint32_t record_count;
    std::uint32_t kind;
    std::uint32_t zero;
};
static_assert(sizeof(RawHeader) == batch_header_size);
static_assert(std::has_unique_object_representations_v<RawHeader>, "no padding: every byte is a field");

constexpr std::size_t stamped_from = offsetof(RawHeader, durable_sequence);
constexpr std::size_t stamped_to = offsetof(RawHeader, first_sequence);
constexpr std::size_t checked_from = offsetof(RawHeader, length);
static_assert(stamped_from == 8 && stamped_to == 24 && checked_from == 20);

RawHeader raw_header(base::ByteView bytes) {
    ASSERT(bytes.size() >= batch_header_size);
    RawHeader raw;
    std::memcpy(&raw, bytes.data(), sizeof(raw));
    return raw;
}

std::uint32_t stamp_crc_of(base::ByteView batch, const JournalId& journal) {
    return base::crc32c(batch.subspan(stamped_from, stamped_to - stamped_from), base::crc32c(journal));
}

std::size_t aligned(std::size_t size) {
    return (size + batch_alignment - 1) / batch_alignment * batch_alignment;
}

bool all_zero(base::ByteView bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

BatchHeader header_of(const RawHeader& raw) {
    return {raw.first_sequence, raw.timestamp_ns, raw.source,
            raw.rules_version,  raw.record_count, static_cast<BatchKind>(raw.kind)};
}

/// Whether the records and the padding fill the payload exactly, and the kind is one we know.
bool makes_sense(const RawHeader& raw, base::ByteView batch) {
    if (raw.zero != 0 || raw.kind > static_cast<std::uint32_t>(BatchKind::clean_stop)) return false;
    const bool clean_stop = raw.kind == static_cast<std::uint32_t>(BatchKind::clean_stop);
    if (clean_stop != (raw.record_count == 0)) return false;
    base::ByteReader reader(batch.subspan(batch_header_size));
    for (std::uint32_t i = 0; i < raw.record_count && reader.ok(); ++i)
        reader.get_bytes(reader.get<std::uint32_t>());
    return reader.ok() && reader.left() < batch_alignment && all_zero(reader.get_bytes(reader.left()));
}

}  // namespace

BatchEncoder::BatchEncoder(base::Bytes& out, const BatchHeader& header)
    : out_(out), header_(header), start_(out.size()) {
    ASSERT(start_ % batch_alignment == 0);
    header_.record_count = 0;
    out_.resize(start_ + batch_header_size);
}

std::uint64_t BatchEncoder::add(base::ByteView record) {
    const auto length = static_cast<std::uint32_t>(record.size());
    // Inserted, not resized and copied over: that would write zeros first.
    const auto* length_bytes = reinterpret_cast<const std::byte*>(&length);
    out_.insert(out_.end(), length_bytes, length_bytes + sizeof(length));
    out_.insert(out_.end(), record.begin(), record.end());
    return header_.first_sequence + header_.record_count++;
}

void BatchEncoder::add_all(base::ByteView records, std::uint32_t count) {
    out_.insert(out_.end(), records.begin(), records.end());
    header_.record_count += count;
}

void BatchEncoder::finish() {
    out_.resize(start_ + aligned(size()));
    ASSERT(size() <= batch_length_max);
    ASSERT((header_.kind == BatchKind::clean_stop) == (header_.record_count == 0));
    RawHeader raw{};
    raw.magic = batch_magic;
    raw.length = static_cast<std::uint32_t>(size());
    raw.first_sequence = header_.first_sequence;
    raw.timestamp_ns = header_.timestamp_ns;
    raw.source = header_.source;
    raw.rules_version = header_.rules_version;
    raw.record_count = header_.record_count;
    raw.kind = static_cast<std::uint32_t>(header_.kind);
    std::memcpy(out_.data() + start_, &raw, sizeof(raw));
}

void encode_batch(const BatchHeader& header, std::span<const base::ByteView> records, base::Bytes& out) {
    std::size_t payload = 0;
    for (const base::ByteView record : records) payload += record.size();
    const std::size_t wanted = out.size() + batch_length(records.size(), payload);
    // Doubling, because an exact reserve per batch would copy a growing group once per batch.
    if (out.capacity() < wanted) out.reserve(std::max(wanted, 2 * out.capacity()));
    BatchEncoder encoder(out, header);
    for (const base::ByteView record : records) encoder.add(record);
    encoder.finish();
}

std::size_t batch_length(std::size_t record_count, std::size_t payload_size) {
    return aligned(batch_header_size + record_count * sizeof(std::uint32_t) + payload_size);
}

void stamp_batch(std::span<std::byte> batch, const JournalId& journal, std::uint64_t durable_sequence) {
    const base::ByteView content = batch.first(encoded_length(batch)).subspan(checked_from);
    const std::uint32_t crc = base::crc32c(content);
    std::memcpy(batch.data() + offsetof(RawHeader, crc), &crc, sizeof(crc));
    std::memcpy(batch.data() + stamped_from, &durable_sequence, sizeof(durable_sequence));
    const std::uint32_t stamp_crc = stamp_crc_of(batch, journal);
    std::memcpy(batch.data() + offsetof(RawHeader, stamp_crc), &stamp_crc, sizeof(stamp_crc));
}

const char* to_text(BatchFault fault) {
    switch (fault) {
        case BatchFault::zero:
            return "zeros where a batch should be";
        case BatchFault::magic:
            return "does not begin like a batch";
        case BatchFault::stamp:
            return "the checksum of its stamp and length differs";
        case BatchFault::short_of:
            return "runs past the end of the file";
        case BatchFault::checksum:
            return "the checksum of its content differs";
        case BatchFault::content:
            return "its checksums agree but its fields do not";
    }
    ASSERT(false);
}

base::Result<std::size_t, BatchFault> peek_batch_length(base::ByteView header, const JournalId& journal) {
    if (header.size() < batch_header_size) {
        return base::Unexpected{all_zero(header) ? BatchFault::zero : BatchFault::short_of};
    }
    const RawHeader raw = raw_header(header);
    if (raw.magic != batch_magic) {
        return base::Unexpected{all_zero(header.first(batch_header_size)) ? BatchFault::zero
                                                                          : BatchFault::magic};
    }
    if (raw.stamp_crc != stamp_crc_of(header, journal)) return base::Unexpected{BatchFault::stamp};
    if (raw.length < batch_header_size || raw.length > batch_length_max ||
        raw.length % batch_alignment != 0) {
        return base::Unexpected{BatchFault::content};
    }
    return std::size_t{raw.length};
}

base::Result<BatchView, BatchFault> decode_batch(base::ByteView bytes, const JournalId& journal) {
    const auto length = peek_batch_length(bytes, journal);
    if (!length) return base::Unexpected{length.error()};
    if (bytes.size() < *length) return base::Unexpected{BatchFault::short_of};
    const base::ByteView batch = bytes.first(*length);
    const RawHeader raw = raw_header(batch);
    if (raw.crc != base::crc32c(batch.subspan(checked_from))) return base::Unexpected{BatchFault::checksum};
    if (!makes_sense(raw, batch)) return base::Unexpected{BatchFault::content};
    return BatchView{header_of(raw), raw.durable_sequence, batch};
}

std::size_t encoded_length(base::ByteView batch) {
    const RawHeader raw = raw_header(batch);
    ASSERT(raw.magic == batch_magic);
    ASSERT(raw.length >= batch_header_size && raw.length <= batch.size());
    return raw.length;
}

BatchHeader encoded_header(base::ByteView batch) {
    return header_of(raw_header(batch));
}

RecordCursor::RecordCursor(const BatchView& batch)
    : reader_(batch.bytes.subspan(batch_header_size)),
      sequence_(batch.header.first_sequence),
      left_(batch.header.record_count) {
    take();
}

void RecordCursor::next() {
    ASSERT(!at_end());
    ++sequence_;
    --left_;
    take();
}

void RecordCursor::take() {
    if (left_ == 0) return;
    record_ = reader_.get_bytes(reader_.get<std::uint32_t>());
    ASSERT(reader_.ok());
}

}  // namespace sauda::journal
