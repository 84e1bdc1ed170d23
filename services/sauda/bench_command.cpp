// `sauda bench`: what the engine and the API can do on this machine.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "bench/api_bench.h"
#include "bench/engine_bench.h"
#include "sauda/commands.h"

namespace sauda {

namespace {

struct EngineOptions {
    std::string flow;
    std::string stage = "risk";
    std::string data_dir;
};

/// A directory for the journal of one run, gone when the run is over.
class TemporaryDirectory {
public:
    explicit TemporaryDirectory(std::string wanted) : path_(std::move(wanted)) {
        if (!path_.empty()) return;
        path_ = "bench-data-XXXXXX";
        if (mkdtemp(path_.data()) == nullptr) std::perror("sauda bench: making a directory");
        is_ours_ = true;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        if (is_ours_) std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const { return path_; }

private:
    std::string path_;
    bool is_ours_ = false;
};

int bench_engine(const EngineOptions& options) {
    const auto flow = bench::FlowFile::open(options.flow);
    if (!flow) {
        std::fprintf(stderr, "sauda bench: %s\n", flow.error().message().c_str());
        return 1;
    }
    const bench::Stage stage = options.stage == "match"  ? bench::Stage::match
                               : options.stage == "risk" ? bench::Stage::risk
                                                         : bench::Stage::durable;
    std::unique_ptr<TemporaryDirectory> directory;
    if (stage == bench::Stage::durable) directory = std::make_unique<TemporaryDirectory>(options.data_dir);
    const auto figures = bench::run_engine_bench(*flow, stage, directory ? directory->path() : "");
    if (!figures) {
        std::fprintf(stderr, "sauda bench: %s\n", figures.error().c_str());
        return 1;
    }
    const double orders = static_cast<double>(figures->orders);
    std::printf(
        "orders: %llu\norders_per_second: %.0f\nns_per_order: %.1f\ntrades: %llu\ntraded_quantity: "
        "%llu\ntrade_hash: %016llx\npeak_memory_bytes: %llu\n",
        static_cast<unsigned long long>(figures->orders), orders / figures->seconds,
        figures->seconds / orders * 1e9, static_cast<unsigned long long>(figures->trades),
        static_cast<unsigned long long>(figures->traded_quantity),
        static_cast<unsigned long long>(figures->trade_hash),
        static_cast<unsigned long long>(figures->memory_bytes_peak));
    if (figures->agrees) return 0;
    std::fprintf(stderr,
                 "sauda bench: the trade hash differs from the flow's: the engine matched differently\n");
    return 1;
}

}  // namespace

void add_bench_command(CLI::App& app, Action& chosen) {
    CLI::App* bench = app.add_subcommand("bench", "Measure the engine or a running exchange");
    bench->require_subcommand(1);

    CLI::App* engine = bench->add_subcommand("engine", "Replay an order flow through the engine");
    const auto options = std::make_shared<EngineOptions>();
    engine->add_option("--flow", options->flow, "order flow file")->required()->check(CLI::ExistingFile);
    engine
        ->add_option("--stage", options->stage,
                     "match: books alone; risk: with rules, ledger, fees and events; durable: with journal "
                     "and fdatasync")
        ->check(CLI::IsMember({"match", "risk", "durable"}))
        ->capture_default_str();
    engine->add_option("--data-dir", options->data_dir,
                       "where durable writes its journal (default: a new folder here, removed after)");
    engine->callback([&chosen, options] { chosen = [options] { return bench_engine(*options); }; });

    CLI::App* api =
        bench->add_subcommand("api", "Drive a running exchange over HTTP and WebSocket, end to end");
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

}  // namespace sauda
