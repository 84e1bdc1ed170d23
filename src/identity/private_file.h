/// Files that hold secrets: readable by their owner and by nobody else.
///
/// Threads: any; every function blocks on the disk. Their errors are sentences that name the command which
/// helps.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/io_error.h"
#include "base/result.h"

namespace sauda::identity {

/// Makes `path` and its missing parents with mode 0700, each made durable. An existing directory is refused
/// when group or others may write to it: they could put another file in a secret's place.
base::Result<void, base::IoError> ensure_private_directory(const std::string& path);

/// Refuses what is not a regular file of ours, or what group or others may read, write or execute.
base::Result<void, base::IoError> check_private_file(const std::string& path);

/// The content of a file that check_private_file() accepts (it is checked on the open descriptor, and a
/// symbolic link is not followed). Errors: error_number ENOENT when there is none; larger than `bytes_max`.
base::Result<std::string, base::IoError> read_private_file(const std::string& path, std::size_t bytes_max);

/// Creates `path` with mode 0600 and `content`, whole and durable, or not at all. Of several processes that
/// try, one succeeds and the others get error_number EEXIST.
base::Result<void, base::IoError> create_private_file(const std::string& path, std::string_view content);

}  // namespace sauda::identity
