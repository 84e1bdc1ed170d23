/// The shards of an exchange: which engines there are, and which markets and assets each has.
///
/// Without a file (`shards.file`) there is one, that has everything. With one, every program reads it:
///
///     transferable = ["INR"]              # assets that may be on several shards
///
///     [[shard]]
///     name = "main"                       # of its keys in Redis, of its history, and in the API
///     number = 0                          # in the top 8 bits of its order ids: never changed; one is 0
///     engine = "http://127.0.0.1:3100"
///     assets = ["INR", "TATA", "JIO"]
///     markets = ["TATA_INR", "JIO_INR"]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sauda/config.h"

namespace sauda {

struct Shard {
    std::string name = "main";
    std::uint8_t number = 0;
    std::string engine_url;
    std::vector<std::string> assets;
    std::vector<std::string> markets;
};

struct Shards {
    std::vector<Shard> all;                 ///< by number; the first, number 0, is where users register
    std::vector<std::string> transferable;  ///< assets
    bool are_listed = false;                ///< a file lists them; otherwise the one has everything

    /// The shard of this name; null: there is none.
    const Shard* find(std::string_view name) const;
    bool is_transferable(std::string_view asset) const;
};

/// Reads the shards of the settings. The error is a sentence that names the file and what to mend.
base::Result<Shards, std::string> load_shards(const RunConfig& config);

/// The shards of an exchange that has one, with everything.
Shards one_shard(std::string name = "main", std::string engine_url = {});

/// The shard that `config.shard` names.
base::Result<Shard, std::string> own_shard(const RunConfig& config);

/// The settings as those of a program of one shard only: its name, and where its engine is.
RunConfig config_of(const RunConfig& config, const Shard& shard);

}  // namespace sauda
