#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "sauda/commands.h"

int main(int argc, char** argv) {
    CLI::App app("Sauda: an exchange. One process, exact to the last unit, durable before it answers.");
    app.require_subcommand(1);
    app.footer("Start with:  sauda run\nEach subcommand has its own --help.");
    sauda::Action chosen;
    sauda::add_run_command(app, chosen);
    sauda::add_service_commands(app, chosen);
    sauda::add_admin_command(app, chosen);
    sauda::add_backup_command(app, chosen);
    sauda::add_restore_command(app, chosen);
    sauda::add_journal_command(app, chosen);
    sauda::add_bench_command(app, chosen);
    sauda::add_version_command(app, chosen);
    CLI11_PARSE(app, argc, argv);
    try {
        return chosen();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "sauda: %s\n", error.what());
        return 1;
    }
}
