/// The subcommands of `sauda`. Each adds itself to the command line, and returns what to do when it was
/// chosen.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace sauda {

/// Does the work and returns the process's exit status.
using Action = std::function<int()>;

/// Registers subcommands on `app`; `chosen` is set while the command line is parsed.
void add_run_command(CLI::App& app, Action& chosen);
void add_service_commands(CLI::App& app, Action& chosen);
void add_admin_command(CLI::App& app, Action& chosen);
void add_backup_command(CLI::App& app, Action& chosen);
void add_restore_command(CLI::App& app, Action& chosen);
void add_journal_command(CLI::App& app, Action& chosen);
void add_bench_command(CLI::App& app, Action& chosen);
void add_version_command(CLI::App& app, Action& chosen);

/// Those of `sauda journal` that tell of the past.
void add_past_commands(CLI::App& journal, Action& chosen);

}  // namespace sauda
