/// A program of the exchange on the command line: its settings as flags, its log from start to end.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "sauda/commands.h"
#include "sauda/config.h"
#include "sauda/process_signals.h"

namespace sauda {

struct ProgramWords {
    Program program;
    std::string name;  ///< of the subcommand
    std::string description;
};
/// Runs until the program is told to stop; returns its exit status, or in a sentence why it could not start.
using RunProgram = std::function<base::Result<int, std::string>(const RunConfig&, ReadConfig)>;

/// Registers the program's subcommand on `app`.
void add_program(CLI::App& app, Action& chosen, ProgramWords words, RunProgram run);

}  // namespace sauda
