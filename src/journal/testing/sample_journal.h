/// Journals whose content follows from the sequence alone, so that any byte that comes back can be judged.
#pragma once

#include <cstdint>
#include <string>

#include "journal/batch.h"
#include "journal/reader.h"
#include "journal/recover.h"
#include "journal/writer.h"

namespace sauda::journal::testing {

inline constexpr std::uint32_t sample_rules_version = 7;

JournalId sample_journal_id(std::uint8_t number = 1);

/// The record that has `sequence`: 0 to 60 bytes.
base::Bytes sample_record(std::uint64_t sequence);
/// The same as a frame of the event log.
base::Bytes sample_frame(std::uint64_t sequence);

/// A batch of `count` records from `first_sequence`, behind whatever `out` holds.
void encode_sample(std::uint64_t first_sequence, std::size_t count, base::Bytes& out);

WriterConfig sample_writer_config(std::uint64_t segment_size = 8192);
RecoverConfig sample_recover_config(std::uint64_t complete_through = 0);

/// What reading a journal from `from` to its end found.
struct ReadBack {
    std::uint64_t last_sequence = 0;    ///< 0 when nothing was read
    std::uint64_t altered_records = 0;  ///< records that are not sample_record of their sequence
    bool contiguous = true;             ///< sequences run from `from` without a gap
    bool stopped_cleanly = false;
};
base::Result<ReadBack, JournalError> read_back(FileSystem& disk, const std::string& directory,
                                               std::uint64_t from = 1);

}  // namespace sauda::journal::testing
