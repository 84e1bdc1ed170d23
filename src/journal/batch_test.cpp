#include "journal/batch.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "journal/testing/sample_journal.h"

namespace sauda::journal {
namespace {

using testing::encode_sample;
using testing::sample_journal_id;
using testing::sample_record;

base::Bytes stamped_sample(std::uint64_t first_sequence, std::size_t count, std::uint64_t durable = 0) {
    base::Bytes bytes;
    encode_sample(first_sequence, count, bytes);
    stamp_batch(bytes, sample_journal_id(), durable);
    return bytes;
}

TEST(Batch, ComesBackAsItWasEncoded) {
    const base::Bytes bytes = stamped_sample(17, 5, 12);
    const auto batch = decode_batch(bytes, sample_journal_id());
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->header.first_sequence, 17u);
    EXPECT_EQ(batch->header.record_count, 5u);
    EXPECT_EQ(batch->header.timestamp_ns, 17000);
    EXPECT_EQ(batch->header.source, 42u);
    EXPECT_EQ(batch->header.rules_version, testing::sample_rules_version);
    EXPECT_EQ(batch->durable_sequence, 12u);
    EXPECT_EQ(batch->length(), bytes.size());
    std::uint64_t sequence = 17;
    for (RecordCursor record(*batch); !record.at_end(); record.next()) {
        EXPECT_EQ(record.sequence(), sequence);
        EXPECT_TRUE(std::ranges::equal(record.bytes(), sample_record(sequence)));
        ++sequence;
    }
    EXPECT_EQ(sequence, 22u);
}

TEST(Batch, AddedOneByOneTogetherOrEncodedWholeIsTheSameBytes) {
    const BatchHeader header{3, 99, 1, 2, 0, BatchKind::records};
    base::Bytes added;
    base::Bytes together;
    base::Bytes run;
    base::Bytes whole;
    std::vector<base::Bytes> records;
    BatchEncoder adding(added, header);
    for (std::uint64_t sequence = 3; sequence < 20; ++sequence) {
        records.push_back(sample_record(sequence));
        EXPECT_EQ(adding.add(records.back()), sequence);
        base::ByteWriter(run).put(static_cast<std::uint32_t>(records.back().size()));
        base::ByteWriter(run).put_bytes(records.back());
    }
    adding.finish();
    BatchEncoder adding_all(together, header);
    adding_all.add_all({}, 0);
    adding_all.add_all(run, static_cast<std::uint32_t>(records.size()));
    EXPECT_EQ(adding_all.record_count(), records.size());
    adding_all.finish();
    encode_batch(header, std::vector<base::ByteView>(records.begin(), records.end()), whole);
    EXPECT_EQ(added, together);
    EXPECT_EQ(added, whole);
}

TEST(Batch, EveryFlippedBitIsSeen) {
    const base::Bytes good = stamped_sample(5, 3, 4);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        base::Bytes bad = good;
        bad[bit / 8] ^= std::byte{1} << (bit % 8);
        EXPECT_FALSE(decode_batch(bad, sample_journal_id())) << "bit " << bit;
    }
}

TEST(Batch, EveryTruncationIsSeen) {
    const base::Bytes good = stamped_sample(5, 3);
    for (std::size_t length = 0; length < good.size(); ++length) {
        EXPECT_FALSE(decode_batch(base::ByteView(good).first(length), sample_journal_id()))
            << "length " << length;
    }
}

TEST(Batch, OfAnotherJournalIsNotOurs) {
    const base::Bytes bytes = stamped_sample(5, 3);
    const auto batch = decode_batch(bytes, sample_journal_id(2));
    ASSERT_FALSE(batch);
    EXPECT_EQ(batch.error(), BatchFault::stamp);
}

TEST(Batch, ZerosAreUnusedSpaceAndNotDamage) {
    const auto batch = decode_batch(base::Bytes(500), sample_journal_id());
    ASSERT_FALSE(batch);
    EXPECT_EQ(batch.error(), BatchFault::zero);
    EXPECT_EQ(decode_batch({}, sample_journal_id()).error(), BatchFault::zero);
}

/// Checksums prove that bytes are as they were written, not that what was written makes sense.
TEST(Batch, WithAgreeingChecksumsAndRecordsThatRunOverIsRefused) {
    base::Bytes bytes;
    BatchEncoder encoder(bytes, {.first_sequence = 1, .rules_version = 1});
    encoder.add(base::as_bytes("payload"));
    const std::uint32_t too_long = 1000;
    std::memcpy(bytes.data() + batch_header_size, &too_long, sizeof(too_long));
    encoder.finish();
    stamp_batch(bytes, sample_journal_id(), 0);
    const auto batch = decode_batch(bytes, sample_journal_id());
    ASSERT_FALSE(batch);
    EXPECT_EQ(batch.error(), BatchFault::content);
}

TEST(Batch, RandomBytesNeverDecode) {
    base::Random random(11);
    for (int round = 0; round < 20000; ++round) {
        base::Bytes bytes(random.below(200));
        for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(256));
        if (bytes.size() >= 4) std::memcpy(bytes.data(), &batch_magic, 4);
        EXPECT_FALSE(decode_batch(bytes, sample_journal_id()));
    }
}

TEST(Batch, LengthIsPredicted) {
    for (std::size_t count = 1; count < 20; ++count) {
        std::size_t payload = 0;
        for (std::size_t i = 0; i < count; ++i) payload += sample_record(9 + i).size();
        EXPECT_EQ(stamped_sample(9, count).size(), batch_length(count, payload));
    }
}

}  // namespace
}  // namespace sauda::journal
