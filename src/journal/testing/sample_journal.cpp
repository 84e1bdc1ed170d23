#include "journal/testing/sample_journal.h"

#include <algorithm>
#include <cstring>

#include "base/random.h"

namespace sauda::journal::testing {

JournalId sample_journal_id(std::uint8_t number) {
    JournalId id;
    id.fill(std::byte{number});
    return id;
}

base::Bytes sample_record(std::uint64_t sequence) {
    base::Random random(sequence);
    base::Bytes bytes(random.below(61));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(256));
    return bytes;
}

base::Bytes sample_frame(std::uint64_t sequence) {
    const base::Bytes record = sample_record(sequence);
    const auto length = static_cast<std::uint32_t>(sizeof(std::uint32_t) + record.size());
    base::Bytes frame(length);
    std::memcpy(frame.data(), &length, sizeof length);
    std::copy(record.begin(), record.end(), frame.begin() + sizeof length);
    return frame;
}

void encode_sample(std::uint64_t first_sequence, std::size_t count, base::Bytes& out) {
    BatchHeader header;
    header.first_sequence = first_sequence;
    header.timestamp_ns = static_cast<std::int64_t>(first_sequence) * 1000;
    header.source = 42;
    header.rules_version = sample_rules_version;
    BatchEncoder encoder(out, header);
    for (std::size_t i = 0; i < count; ++i) encoder.add(sample_record(first_sequence + i));
    encoder.finish();
}

WriterConfig sample_writer_config(std::uint64_t segment_size) {
    WriterConfig config;
    config.segment_size = segment_size;
    config.journal = sample_journal_id();
    config.rules_version = sample_rules_version;
    return config;
}

RecoverConfig sample_recover_config(std::uint64_t complete_through) {
    RecoverConfig config;
    config.journal = sample_journal_id();
    config.rules_version = sample_rules_version;
    config.complete_through = complete_through;
    return config;
}

base::Result<ReadBack, JournalError> read_back(FileSystem& disk, const std::string& directory,
                                               std::uint64_t from) {
    ReaderConfig config;
    config.from_sequence = from;
    config.rules_version = sample_rules_version;
    config.journal = sample_journal_id();
    auto reader = Reader::open(disk, directory, config);
    if (!reader) return failure_of(reader);
    ReadBack back;
    std::uint64_t expected = from;
    for (;;) {
        const auto batch = reader->next();
        if (!batch) return failure_of(batch);
        if (!*batch) break;
        for (RecordCursor record(**batch); !record.at_end(); record.next()) {
            if (record.sequence() < from) continue;
            back.contiguous = back.contiguous && record.sequence() == expected++;
            back.altered_records += !std::ranges::equal(record.bytes(), sample_record(record.sequence()));
            back.last_sequence = record.sequence();
        }
    }
    back.stopped_cleanly = reader->stopped_cleanly();
    return back;
}

}  // namespace sauda::journal::testing
