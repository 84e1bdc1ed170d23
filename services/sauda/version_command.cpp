#include <cstdio>

#include <CLI/CLI.hpp>

#include "sauda/commands.h"
#include "sauda/version.h"

namespace sauda {

void add_version_command(CLI::App& app, Action& chosen) {
    CLI::App* command = app.add_subcommand("version", "Print the version and how it was built");
    command->callback([&chosen] {
        chosen = [] {
            std::printf("sauda %s\ncompiler: %s\nrules_version: %u\n", version, __VERSION__, rules_version);
            return 0;
        };
    });
}

}  // namespace sauda
