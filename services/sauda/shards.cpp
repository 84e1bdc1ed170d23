#include "sauda/shards.h"

#include <algorithm>
#include <optional>
#include <set>

#include <toml++/toml.h>

#include "core/types/text.h"

namespace sauda {

using base::Result;
using base::Unexpected;

namespace {

using Done = Result<void, std::string>;

constexpr std::int64_t number_max = 255;

Result<std::vector<std::string>, std::string> read_names(const toml::table& table, std::string_view key) {
    std::vector<std::string> names;
    const toml::node* node = table.get(key);
    if (node == nullptr) return names;
    const std::string wrong = std::string(key) + " must be a list of names";
    const toml::array* array = node->as_array();
    if (array == nullptr) return Unexpected{wrong};
    for (const toml::node& item : *array) {
        const auto* text = item.as_string();
        if (text == nullptr || text->get().empty()) return Unexpected{wrong};
        names.push_back(text->get());
    }
    return names;
}

Done refuse_others(const toml::table& table, std::initializer_list<std::string_view> known) {
    for (const auto& [key, node] : table) {
        if (std::ranges::find(known, key.str()) == known.end())
            return Unexpected{"there is no setting " + std::string(key.str())};
    }
    return {};
}

Result<Shard, std::string> read_shard(const toml::table& table) {
    if (Done done = refuse_others(table, {"name", "number", "engine", "assets", "markets"}); !done)
        return Unexpected{done.error()};
    Shard shard;
    shard.name = table["name"].value_or(std::string());
    if (!core::is_valid_shard_name(shard.name))
        return Unexpected{std::string("each shard needs a name of 1 to 15 of a-z, 0-9 and -")};
    const std::string where = "shard " + shard.name + ": ";
    const auto number = table["number"].value<std::int64_t>();
    if (!number || *number < 0 || *number > number_max)
        return Unexpected{where + "number must be a whole number from 0 to 255"};
    shard.number = static_cast<std::uint8_t>(*number);
    shard.engine_url = table["engine"].value_or(std::string());
    if (shard.engine_url.empty())
        return Unexpected{where + "engine must tell where it is asked, such as http://127.0.0.1:3100"};
    auto assets = read_names(table, "assets");
    if (!assets) return Unexpected{where + assets.error()};
    auto markets = read_names(table, "markets");
    if (!markets) return Unexpected{where + markets.error()};
    shard.assets = std::move(*assets);
    shard.markets = std::move(*markets);
    return shard;
}

/// What of the shards as a whole contradicts itself.
Done check(const Shards& shards) {
    if (shards.all.empty()) return Unexpected{std::string("there must be at least one [[shard]]")};
    std::set<std::string> names;
    std::set<std::string> markets;
    std::set<std::string> assets;
    std::set<std::uint8_t> numbers;
    for (const Shard& shard : shards.all) {
        if (!names.insert(shard.name).second) return Unexpected{"two shards have the name " + shard.name};
        if (!numbers.insert(shard.number).second)
            return Unexpected{"two shards have the number " + std::to_string(shard.number)};
        for (const std::string& market : shard.markets) {
            if (!markets.insert(market).second)
                return Unexpected{"the market " + market + " is listed twice; a market is on one shard"};
        }
        for (const std::string& asset : std::set<std::string>(shard.assets.begin(), shard.assets.end())) {
            if (!assets.insert(asset).second && !shards.is_transferable(asset))
                return Unexpected{"the asset " + asset +
                                  " is on several shards: name it in transferable, or leave it on one"};
        }
    }
    if (!numbers.contains(0))
        return Unexpected{std::string("one shard must have number 0: users register with it")};
    return {};
}

Result<Shards, std::string> read_shards(const toml::table& table) {
    if (Done done = refuse_others(table, {"transferable", "shard"}); !done) return Unexpected{done.error()};
    Shards shards;
    shards.are_listed = true;
    auto transferable = read_names(table, "transferable");
    if (!transferable) return Unexpected{transferable.error()};
    shards.transferable = std::move(*transferable);
    const toml::array* tables = table["shard"].as_array();
    for (std::size_t i = 0; tables != nullptr && i < tables->size(); ++i) {
        const toml::table* one = tables->get(i)->as_table();
        if (one == nullptr) return Unexpected{std::string("shards are written as [[shard]]")};
        auto shard = read_shard(*one);
        if (!shard) return Unexpected{shard.error()};
        shards.all.push_back(std::move(*shard));
    }
    if (Done done = check(shards); !done) return Unexpected{done.error()};
    std::ranges::stable_sort(shards.all, {}, &Shard::number);
    return shards;
}

}  // namespace

const Shard* Shards::find(std::string_view name) const {
    const auto found = std::ranges::find(all, name, &Shard::name);
    return found == all.end() ? nullptr : &*found;
}

bool Shards::is_transferable(std::string_view asset) const {
    return std::ranges::find(transferable, asset) != transferable.end();
}

Result<Shards, std::string> load_shards(const RunConfig& config) {
    if (config.shards_file.empty()) {
        if (!core::is_valid_shard_name(config.shard))
            return Unexpected{"shard must be 1 to 15 of a-z, 0-9 and -, not " + config.shard};
        return one_shard(config.shard, config.engine_url);
    }
    try {
        auto shards = read_shards(toml::parse_file(config.shards_file));
        if (!shards) return Unexpected{config.shards_file + ": " + shards.error()};
        return shards;
    } catch (const toml::parse_error& error) {
        const auto line = error.source().begin.line;
        return Unexpected{config.shards_file + ":" + std::to_string(line) + ": " +
                          std::string(error.description())};
    }
}

Shards one_shard(std::string name, std::string engine_url) {
    Shard only;
    only.name = std::move(name);
    only.engine_url = std::move(engine_url);
    return {{std::move(only)}, {}, false};
}

Result<Shard, std::string> own_shard(const RunConfig& config) {
    const auto shards = load_shards(config);
    if (!shards) return Unexpected{shards.error()};
    const Shard* own = shards->find(config.shard);
    if (own != nullptr) return *own;
    return Unexpected{config.shards_file + " lists no shard " + config.shard +
                      "; name one of those it lists with --shard"};
}

RunConfig config_of(const RunConfig& config, const Shard& shard) {
    RunConfig out = config;
    out.shard = shard.name;
    out.engine_url = shard.engine_url;
    return out;
}

}  // namespace sauda
