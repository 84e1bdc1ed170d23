// `sauda run`: the whole exchange in one process.
#include "sauda/node.h"
#include "sauda/program_command.h"

namespace sauda {

void add_run_command(CLI::App& app, Action& chosen) {
    add_program(app, chosen, {program_run, "run", "Run the whole exchange in this process"},
                [](const RunConfig& config, ReadConfig read_config) -> base::Result<int, std::string> {
                    auto node = Node::open(config, std::move(read_config));
                    if (!node) return base::Unexpected{node.error()};
                    return (*node)->run();
                });
}

}  // namespace sauda
