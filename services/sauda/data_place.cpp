#include "sauda/data_place.h"

#include <cerrno>
#include <cstring>
#include <sys/stat.h>

namespace sauda {

base::Result<void, std::string> make_data_dir(const std::string& path) {
    if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
    return base::Unexpected{"cannot make the data directory " + path + ": " + std::strerror(errno)};
}

std::string secret_path(const RunConfig& config, const std::string& name) {
    return (config.secrets_dir.empty() ? config.data_dir : config.secrets_dir) + "/" + name;
}

std::string store_of(const RunConfig& config, const std::string& name) {
    return config.store.empty() ? config.data_dir + "/" + name : config.store;
}

std::string history_store_of(const RunConfig& config, const Shard& shard) {
    if (shard.number == 0) return store_of(config, "history.sqlite");
    if (config.store.empty()) return config.data_dir + "/shards/" + shard.name + "/history.sqlite";
    return config.store + "#" + shard.name;
}

}  // namespace sauda
