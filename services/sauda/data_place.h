/// The folders that a program works in.
#pragma once

#include <string>

#include "base/result.h"
#include "sauda/config.h"
#include "sauda/shards.h"

namespace sauda {

/// Makes the data directory where it is missing, for its owner alone. The error is a sentence.
base::Result<void, std::string> make_data_dir(const std::string& path);

/// Where the secret `name` ("jwt.secret") is.
std::string secret_path(const RunConfig& config, const std::string& name);

/// Where users, or history, are kept: the PostgreSQL database of the settings, or a file of SQLite in the
/// data directory. `name` is that of the file.
std::string store_of(const RunConfig& config, const std::string& name);

/// Where the history of `shard` is: shard number 0 is there as an exchange without shards is.
std::string history_store_of(const RunConfig& config, const Shard& shard);

}  // namespace sauda
