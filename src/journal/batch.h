/// A batch: the unit that is written, checked and replayed whole. It carries opaque records and what they
/// share.
///
/// Layout (little-endian; a batch begins on a multiple of 8 from the start of its segment):
///
///     offset  width  field
///          0      4  magic             "SJB1"
///          4      4  stamp_crc         CRC32C of bytes [8, 24), continued from the CRC32C of the journal's
///          id 8      8  durable_sequence  everything through it was durable before this batch was handed to
///          the disk
///         16      4  crc               CRC32C of bytes [20, length)
///         20      4  length            of the whole batch, a multiple of 8
///         24      8  first_sequence    record i has sequence first_sequence + i
///         32      8  timestamp         nanoseconds since 1970, shared by all records
///         40      8  source            who caused the batch
///         48      4  rules_version
///         52      4  record_count
///         56      4  kind              0 records, 1 clean stop (no records)
///         60      4  zero
///         64         records: each u32 length, then that many bytes
///                    zeros up to a multiple of 8
///
/// Whoever encodes a batch knows everything but what is durable at the moment of the write; the Writer stamps
/// that in, and both checksums. The stamp's own is what tells a batch torn by power loss (nothing after it
/// proves that it was ever durable) from one that rotted (something does), also when a lost batch has intact
/// neighbours from the same unfinished sync. The journal's id in it keeps a batch of another journal, or
/// bytes that a client made to look like one, from being taken for a batch of this journal.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace sauda::journal {

/// Random bytes that name one journal for ever; its event log and snapshots carry them too.
using JournalId = std::array<std::byte, 16>;

inline constexpr std::size_t batch_alignment = 8;
inline constexpr std::size_t batch_header_size = 64;
inline constexpr std::uint32_t batch_magic = 0x31424A53;  // "SJB1"
/// A longer length is damage, not a batch; it also bounds what a reader allocates.
inline constexpr std::size_t batch_length_max = 64u << 20;
static_assert(batch_length_max % batch_alignment == 0);

enum class BatchKind : std::uint32_t { records = 0, clean_stop = 1 };

/// What all the records of a batch share.
struct BatchHeader {
    std::uint64_t first_sequence = 0;
    std::int64_t timestamp_ns = 0;
    std::uint64_t source = 0;
    std::uint32_t rules_version = 0;
    std::uint32_t record_count = 0;  ///< set by the encoder
    BatchKind kind = BatchKind::records;

    /// The sequence after the last record.
    std::uint64_t next_sequence() const { return first_sequence + record_count; }
    bool operator==(const BatchHeader&) const = default;
};

/// Encodes one batch behind whatever `out` holds; pure, so that one thread may encode while another writes.
///
///     BatchEncoder encoder(out, {.first_sequence = 17, .timestamp_ns = now, .source = 1, .rules_version =
///     1}); encoder.add(command); encoder.finish();
///
/// Nothing is allocated but the growth of `out`, which a caller reuses. `out` may already hold finished
/// batches: a group of them is handed to Writer::append in one piece.
///
/// Requires: `out.size()` is a multiple of 8.
class BatchEncoder {
public:
    BatchEncoder(base::Bytes& out, const BatchHeader& header);

    /// Adds a record and gives it the next sequence, which is returned.
    std::uint64_t add(base::ByteView record);

    /// Adds `count` records that stand one after another, each behind its length (u32), as in a batch.
    void add_all(base::ByteView records, std::uint32_t count);

    /// Bytes of this batch so far, to end it before batch_length_max.
    std::size_t size() const { return out_.size() - start_; }
    std::uint32_t record_count() const { return header_.record_count; }

    /// Pads, and ends the header. Requires: the batch is no longer than batch_length_max. Nothing may be
    /// added after.
    void finish();
    /// Takes the batch back out of `out`, as if it had never been begun. Nothing may be added after.
    void abandon() { out_.resize(start_); }

private:
    base::Bytes& out_;
    BatchHeader header_;
    std::size_t start_;
};

/// Encodes a whole batch in one call. `header.record_count` is ignored.
void encode_batch(const BatchHeader& header, std::span<const base::ByteView> records, base::Bytes& out);

/// Bytes that a batch of `record_count` records with `payload_size` bytes in all will take.
std::size_t batch_length(std::size_t record_count, std::size_t payload_size);

/// Writes `durable_sequence` and the checksums into an encoded batch: so it is signed for `journal`, and
/// whole.
void stamp_batch(std::span<std::byte> batch, const JournalId& journal, std::uint64_t durable_sequence);

/// A checked batch; views bytes that someone else keeps.
struct BatchView {
    BatchHeader header;
    std::uint64_t durable_sequence = 0;
    base::ByteView bytes;  ///< the whole batch

    std::size_t length() const { return bytes.size(); }
};

/// Why bytes are not a batch.
enum class BatchFault {
    zero,      ///< the header is all zeros: unused space
    magic,     ///< does not begin like a batch
    stamp,     ///< its stamp or length is not what was written (or is of another journal)
    short_of,  ///< runs past the end of the bytes
    checksum,  ///< its content is not what was written
    content,   ///< its checksums agree, but its fields do not make sense: a bug or another program wrote it
};

const char* to_text(BatchFault fault);

/// The length of the batch whose first batch_header_size bytes are `header`, checked by the stamp alone.
base::Result<std::size_t, BatchFault> peek_batch_length(base::ByteView header, const JournalId& journal);

/// Checks everything about the batch at the front of `bytes`: both checksums, every length, the padding.
base::Result<BatchView, BatchFault> decode_batch(base::ByteView bytes, const JournalId& journal);

/// The length field of an encoded batch that this program made. Requires: it is one.
std::size_t encoded_length(base::ByteView batch);
/// The header of an encoded batch that this program made. Requires: it is one.
BatchHeader encoded_header(base::ByteView batch);

/// Walks the records of a checked batch in order.
///
///     for (RecordCursor record(batch); !record.at_end(); record.next()) use(record.sequence(),
///     record.bytes());
class RecordCursor {
public:
    explicit RecordCursor(const BatchView& batch);

    bool at_end() const { return left_ == 0; }
    /// Requires: !at_end(), for all of these.
    std::uint64_t sequence() const { return sequence_; }
    base::ByteView bytes() const { return record_; }
    void next();

private:
    void take();

    base::ByteReader reader_;
    std::uint64_t sequence_;
    std::uint32_t left_;
    base::ByteView record_;
};

}  // namespace sauda::journal
