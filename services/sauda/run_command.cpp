// `sauda run`: the whole exchange in one process.
#include <csignal>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "sauda/commands.h"
#include "sauda/config.h"
#include "sauda/node.h"
#include "telemetry/log.h"

namespace sauda {

namespace {

struct RunOptions {
    std::string config_file;
    bool print = false;
    std::map<std::string, std::string> given;  // every setting's flag; empty: not given
};

base::Result<RunConfig, std::string> read_config(const RunOptions& options) {
    FlagValues flags;
    for (const auto& [key, value] : options.given) {
        if (!value.empty()) flags.emplace(key, value);
    }
    return load_config(options.config_file, flags);
}

int run(const RunOptions& options) {
    const auto config = read_config(options);
    if (!config) {
        std::fprintf(stderr, "sauda run: %s\n", config.error().c_str());
        return 2;
    }
    if (options.print) {
        std::fputs(print_config(*config).c_str(), stdout);
        return 0;
    }
    telemetry::log::Config log_config;
    telemetry::log::parse_level(config->log_level, log_config.level);
    log_config.file = config->log_file;
    log_config.rotate_bytes = config->log_rotate_mib << 20;
    log_config.rotate_files = static_cast<std::uint32_t>(config->log_rotate_files);
    std::signal(SIGHUP, SIG_IGN);  // until the exchange listens for it
    telemetry::log::start(log_config);
    int status = 1;
    {
        auto node = Node::open(*config, [&options] { return read_config(options); });
        if (node) {
            status = (*node)->run();
        } else {
            std::fprintf(stderr, "sauda run: %s\n", node.error().c_str());
        }
    }
    telemetry::log::stop();
    return status;
}

}  // namespace

void add_run_command(CLI::App& app, Action& chosen) {
    CLI::App* command = app.add_subcommand("run", "Run the whole exchange in this process");
    const auto options = std::make_shared<RunOptions>();
    command->add_option("--config", options->config_file, "TOML file with settings")
        ->check(CLI::ExistingFile);
    command->add_flag("--print-config", options->print, "print the settings that hold, as TOML, and exit");
    for (const Setting& setting : settings()) {
        if (setting.key == "demo") continue;
        command->add_option(setting.flag, options->given[setting.key],
                            setting.help + " [" + setting.environment + "]");
    }
    command->add_flag_callback(
        "--demo", [options] { options->given["demo"] = "true"; }, "demo users and quotes (default)");
    command->add_flag_callback(
        "--no-demo", [options] { options->given["demo"] = "false"; },
        "no demo: existing demo logins are disabled");
    command->footer("Settings come from the defaults, then --config, then the environment, then flags.");
    command->callback([&chosen, options] { chosen = [options] { return run(*options); }; });
}

}  // namespace sauda
