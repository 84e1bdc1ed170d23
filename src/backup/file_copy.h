/// Copies of files that are proven by their checksum.
///
/// Threads: any; every function blocks on the disk.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/io_error.h"
#include "base/result.h"

namespace sauda::backup {

/// What a file holds, as far as it can be told from its bytes.
struct FileSum {
    std::uint64_t bytes = 0;
    std::uint32_t crc32c = 0;
    friend bool operator==(const FileSum&, const FileSum&) = default;
};

/// Copies `from` to `to`, which must not exist, with the same permissions, and makes it durable (its name is
/// durable after its directory was synced). With `length` only that many bytes from the front, which must be
/// there. A whole file shares its blocks with the original where the file system can do that. The sum is of
/// the bytes that were copied, read back where they were shared. `between_chunks` is called after every
/// mebibyte, which is on its way to the disk by then: a single sync of everything would make others wait.
base::Result<FileSum, base::IoError> copy_file(const std::string& from, const std::string& to,
                                               std::optional<std::uint64_t> length = {},
                                               const std::function<void()>& between_chunks = {});

/// The sum of a file as it stands.
base::Result<FileSum, base::IoError> sum_file(const std::string& path);

/// Writes a new file whole and durable, readable by its owner alone, and makes its name durable. Fails with
/// EEXIST when there is one.
base::Result<void, base::IoError> write_file(const std::string& path, const std::string& text);

/// Makes one directory that only its owner may enter; success when it is there already and empty. Fails with
/// ENOTEMPTY when anything is in it.
base::Result<void, base::IoError> make_empty_directory(const std::string& path);

/// Makes the names in a directory durable.
base::Result<void, base::IoError> sync_names(const std::string& directory);

}  // namespace sauda::backup
