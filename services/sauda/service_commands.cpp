// The exchange as several programs joined by Redis: `sauda orderbook-engine`, `api-server`,
// `event-broadcaster` and `history-writer`.
#include "sauda/engine_program.h"
#include "sauda/front_program.h"
#include "sauda/history_program.h"
#include "sauda/program_command.h"

namespace sauda {

namespace {

/// Opens a program and runs it.
template <class Opened>
base::Result<int, std::string> run_opened(Opened opened) {
    if (!opened) return base::Unexpected{opened.error()};
    return (*opened)->run();
}

}  // namespace

void add_service_commands(CLI::App& app, Action& chosen) {
    add_program(app, chosen,
                {program_engine, "orderbook-engine", "Run one shard's engine, reached over Redis"},
                [](const RunConfig& config, ReadConfig read_config) {
                    return run_opened(EngineProgram::open(config, std::move(read_config)));
                });
    add_program(
        app, chosen, {program_api_server, "api-server", "Run a REST server before an engine"},
        [](const RunConfig& config, ReadConfig read_config) {
            return run_opened(FrontProgram::open(config, FrontRole::api_server, std::move(read_config)));
        });
    add_program(
        app, chosen, {program_broadcaster, "event-broadcaster", "Run a WebSocket server before an engine"},
        [](const RunConfig& config, ReadConfig read_config) {
            return run_opened(FrontProgram::open(config, FrontRole::broadcaster, std::move(read_config)));
        });
    add_program(app, chosen,
                {program_history_writer, "history-writer", "Write an engine's events into history"},
                [](const RunConfig& config, ReadConfig read_config) {
                    return run_opened(HistoryProgram::open(config, std::move(read_config)));
                });
}

}  // namespace sauda
