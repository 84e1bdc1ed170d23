// `sauda bench`: what the engine and the API can do on this machine.
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "bench/api_bench.h"
#include "bench/engine_runs.h"
#include "sauda/commands.h"

namespace sauda {

namespace {

/// Options that every bench which reports figures has.
void add_report_options(CLI::App& bench, bool& json, std::string& plot) {
    bench.add_flag("--json", json, "one JSON object instead of lines");
    bench.add_option("--plot", plot, "also draw the figures, into this SVG file");
}

void add_engine_bench(CLI::App& bench, Action& chosen) {
    CLI::App* engine = bench.add_subcommand(
        "engine", "Replay an order flow through the engine, several times, each in a process of its own");
    const auto options = std::make_shared<bench::EngineRunsOptions>();
    engine->add_option("--flow", options->flow, "order flow file")->required()->check(CLI::ExistingFile);
    engine
        ->add_option("--stage", options->stage,
                     "textbook: maps and lists, the yardstick; match: the books alone; risk: with rules, "
                     "ledger, fees and events; durable: with journal and fdatasync")
        ->check(CLI::IsMember({"textbook", "match", "risk", "durable"}))
        ->capture_default_str();
    engine
        ->add_option("--data-dir", options->data_dir,
                     "where durable makes a folder for its journal, removed after")
        ->capture_default_str();
    engine->add_option("--runs", options->runs, "runs; the median is reported, with the lowest and highest")
        ->check(CLI::Range(1, 1'000))
        ->capture_default_str();
    engine->add_option("--warm-up", options->warm_up, "runs before them that are not counted")
        ->check(CLI::Range(0, 100))
        ->capture_default_str();
    engine->add_flag("--ratio", options->ratio,
                     "run the textbook before each run and report how many times faster the stage is");
    add_report_options(*engine, options->json, options->plot);
    engine->callback([&chosen, options] { chosen = [options] { return bench::run_engine_runs(*options); }; });
}

void add_api_bench(CLI::App& bench, Action& chosen) {
    CLI::App* api =
        bench.add_subcommand("api", "Drive a running exchange over HTTP and WebSocket, end to end");
    const auto api_options = std::make_shared<bench::ApiBenchOptions>();
    api->add_option("--target", api_options->target, "host:port of the REST API")->capture_default_str();
    api->add_option("--ws-port", api_options->ws_port, "port of the WebSocket")->capture_default_str();
    api->add_option("--email", api_options->email, "who trades")->capture_default_str();
    api->add_option("--password", api_options->password, "their password")->capture_default_str();
    api->add_option("--market", api_options->market, "where")->capture_default_str();
    api->add_option("--clients", api_options->clients, "connections that place orders at once")
        ->capture_default_str()
        ->check(CLI::Range(1, 512));
    api->add_option("--orders", api_options->orders, "orders in all")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000'000));
    api->callback(
        [&chosen, api_options] { chosen = [api_options] { return bench::run_api_bench(*api_options); }; });
}

}  // namespace

void add_bench_command(CLI::App& app, Action& chosen) {
    CLI::App* bench = app.add_subcommand("bench", "Measure the engine or a running exchange");
    bench->require_subcommand(1);
    add_engine_bench(*bench, chosen);
    add_api_bench(*bench, chosen);
}

}  // namespace sauda
