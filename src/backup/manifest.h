/// What a backup holds: written last, so that a directory without one is no backup.
///
/// Layout of `MANIFEST`: lines of text, each ended by a line feed; numbers are decimal unless said otherwise.
///
///     sauda-backup 1
///     rules_version N
///     created_ms N                 since 1970
///     journal H                    the journal's id, 32 hexadecimal digits
///     first_sequence N             the oldest command in the backup
///     last_sequence N              the newest: all that was acknowledged before the backup began is at or
///     below state_hash H                 of the state after it, 16 hexadecimal digits file BYTES CRC PATH
///     once for each file; CRC32C, 8 hexadecimal digits; PATH below the backup end CRC CRC32C of every line
///     before this one
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backup/file_copy.h"
#include "base/result.h"
#include "journal/batch.h"

namespace sauda::backup {

inline constexpr const char* manifest_name = "MANIFEST";

struct ManifestFile {
    std::string path;  ///< relative, of plain names: no "..", no leading "/"
    FileSum sum;
    friend bool operator==(const ManifestFile&, const ManifestFile&) = default;
};

struct Manifest {
    std::uint32_t rules_version = 0;
    std::int64_t created_ms = 0;
    journal::JournalId journal{};
    std::uint64_t first_sequence = 0;
    std::uint64_t last_sequence = 0;
    std::uint64_t state_hash = 0;
    std::vector<ManifestFile> files;
    friend bool operator==(const Manifest&, const Manifest&) = default;
};

std::string manifest_text(const Manifest& manifest);

/// The error is a sentence: what is wrong with the text.
base::Result<Manifest, std::string> parse_manifest(std::string_view text);

}  // namespace sauda::backup
