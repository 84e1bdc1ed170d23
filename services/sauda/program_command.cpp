#include "sauda/program_command.h"

#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

#include "base/cpus.h"
#include "telemetry/log.h"

namespace sauda {

namespace {

struct Options {
    ProgramWords words;
    RunProgram run;
    std::string config_file;
    bool print = false;
    std::map<std::string, std::string> given;  // every setting's flag; empty: not given
};

base::Result<RunConfig, std::string> read_config(const Options& options) {
    FlagValues flags;
    for (const auto& [key, value] : options.given) {
        if (!value.empty()) flags.emplace(key, value);
    }
    return load_config(options.config_file, flags);
}

/// Has this thread, and all that it makes, keep off the sequencer's CPU, if it is to have one.
base::Result<void, std::string> leave_sequencer_its_cpu(RunConfig& config) {
    const auto cpus = base::share_cpus(config.sequencer_cpu);
    if (!cpus) return base::Unexpected{"engine.sequencer-cpu " + cpus.error()};
    if (!*cpus) return {};
    if (const auto kept = base::keep_to((*cpus)->rest); !kept)
        return base::Unexpected{"engine.sequencer-cpu cannot be had: " + kept.error().message()};
    config.its_cpu = (*cpus)->own;
    return {};
}

int run(const Options& options) {
    const char* name = options.words.name.c_str();
    auto config = read_config(options);
    if (!config) {
        std::fprintf(stderr, "sauda %s: %s\n", name, config.error().c_str());
        return 2;
    }
    if (options.print) {
        std::fputs(print_config(*config, options.words.program).c_str(), stdout);
        return 0;
    }
    if ((options.words.program & (program_run | program_engine)) != 0) {
        if (const auto left = leave_sequencer_its_cpu(*config); !left) {
            std::fprintf(stderr, "sauda %s: %s\n", name, left.error().c_str());
            return 2;
        }
    }
    telemetry::log::Config log_config;
    telemetry::log::parse_level(config->log_level, log_config.level);
    log_config.file = config->log_file;
    log_config.rotate_bytes = config->log_rotate_mib << 20;
    log_config.rotate_files = static_cast<std::uint32_t>(config->log_rotate_files);
    std::signal(SIGHUP, SIG_IGN);  // until the program listens for it
    telemetry::log::start(log_config);
    if (config->its_cpu)
        telemetry::log::info("one CPU is kept for the sequencer", {{"cpu", *config->its_cpu}});
    else if (config->sequencer_cpu == "auto")
        telemetry::log::warning(
            "no CPU is kept for the sequencer: there is one only, or the system forbids it");
    const auto status = options.run(*config, [&options] { return read_config(options); });
    if (!status) std::fprintf(stderr, "sauda %s: %s\n", name, status.error().c_str());
    telemetry::log::stop();
    return status.value_or(1);
}

void add_demo_flags(CLI::App& command, const std::shared_ptr<Options>& options) {
    command.add_flag_callback(
        "--demo", [options] { options->given["demo"] = "true"; }, "demo users and quotes (default)");
    command.add_flag_callback(
        "--no-demo", [options] { options->given["demo"] = "false"; },
        "no demo: existing demo logins are disabled");
}

}  // namespace

void add_program(CLI::App& app, Action& chosen, ProgramWords words, RunProgram run_program) {
    CLI::App* command = app.add_subcommand(words.name, words.description);
    const auto options = std::make_shared<Options>();
    options->words = std::move(words);
    options->run = std::move(run_program);
    command->add_option("--config", options->config_file, "TOML file with settings")
        ->check(CLI::ExistingFile);
    command->add_flag("--print-config", options->print, "print the settings that hold, as TOML, and exit");
    for (const Setting& setting : settings()) {
        if ((setting.programs & options->words.program) == 0) continue;
        if (setting.key == "demo") {
            add_demo_flags(*command, options);
            continue;
        }
        command->add_option(setting.flag, options->given[setting.key],
                            setting.help + " [" + setting.environment + "]");
    }
    command->footer("Settings come from the defaults, then --config, then the environment, then flags.");
    command->callback([&chosen, options] { chosen = [options] { return run(*options); }; });
}

}  // namespace sauda
