#include "sauda/config.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include <toml++/toml.h>

#include "base/assert.h"

namespace sauda {

using base::Result;
using base::Unexpected;

namespace {

using Done = Result<void, std::string>;

const Setting* find_setting(const std::string& key) {
    const auto found = std::ranges::find(settings(), key, &Setting::key);
    return found == settings().end() ? nullptr : &*found;
}

Done apply(RunConfig& config, const Setting& setting, const std::string& value, const std::string& from) {
    const Done read = setting.read(config, value);
    if (read) return {};
    const std::string shown = setting.is_secret ? std::string() : " (" + value + ")";
    return Unexpected{setting.key + " " + read.error() + "; " + from + " says otherwise" + shown};
}

std::optional<std::string> value_text(const toml::node& node) {
    if (const auto* text_value = node.as_string()) return text_value->get();
    if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
    if (const auto* boolean = node.as_boolean()) return std::string(boolean->get() ? "true" : "false");
    return std::nullopt;
}

Done apply_table(RunConfig& config, const toml::table& table, const std::string& prefix,
                 const std::string& file) {
    for (const auto& [name, node] : table) {
        const std::string key = prefix + std::string(name.str());
        if (const auto* inner = node.as_table()) {
            if (Done done = apply_table(config, *inner, key + ".", file); !done) return done;
            continue;
        }
        const Setting* setting = find_setting(key);
        if (setting == nullptr)
            return Unexpected{file + ": there is no setting " + key + "; see --print-config"};
        const auto value = value_text(node);
        if (!value) return Unexpected{file + ": " + key + " must be a text, a whole number or true/false"};
        if (Done done = apply(config, *setting, *value, file); !done) return done;
    }
    return {};
}

Done apply_file(RunConfig& config, const std::string& file) {
    try {
        return apply_table(config, toml::parse_file(file), "", file);
    } catch (const toml::parse_error& error) {
        const auto line = error.source().begin.line;
        return Unexpected{file + ":" + std::to_string(line) + ": " + std::string(error.description())};
    }
}

}  // namespace

Result<RunConfig, std::string> load_config(const std::string& file, const FlagValues& flags) {
    RunConfig config;
    if (!file.empty()) {
        if (Done done = apply_file(config, file); !done) return Unexpected{done.error()};
    }
    for (const Setting& setting : settings()) {
        if (const char* value = std::getenv(setting.environment.c_str())) {
            if (Done done = apply(config, setting, value, setting.environment); !done)
                return Unexpected{done.error()};
        }
    }
    for (const auto& [key, value] : flags) {
        const Setting* setting = find_setting(key);
        if (Done done = apply(config, *setting, value, setting->flag); !done) return Unexpected{done.error()};
    }
    return config;
}

ConfigChanges take_live_settings(RunConfig& running, const RunConfig& wanted) {
    ConfigChanges changes;
    for (const Setting& setting : settings()) {
        const std::string value = setting.show(wanted);
        if (value == setting.show(running)) continue;
        (setting.is_live ? changes.taken : changes.need_restart).push_back(setting.key);
        if (!setting.is_live) continue;
        const Done taken = setting.read(running, value);
        ASSERT(taken.has_value());  // it was read before
    }
    return changes;
}

std::string print_config(const RunConfig& config, Program program) {
    std::string out;
    for (const Setting& setting : settings()) {
        if ((setting.programs & program) == 0) continue;
        out += "# " + setting.help + "\n# environment " + setting.environment + "\n";
        if (setting.is_live) out += "# read again on SIGHUP\n";
        std::string value = setting.show(config);
        if (setting.is_secret) {
            out += "# " + setting.key + " is " + (value.empty() ? "not set" : "set") + "\n\n";
            continue;
        }
        if (setting.is_text) value = "\"" + value + "\"";
        out += setting.key + " = " + value + "\n\n";
    }
    return out;
}

}  // namespace sauda
