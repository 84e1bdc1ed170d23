// `sauda bench`: what the engine and the API can do on this machine.
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "bench/api_bench.h"
#include "bench/bus_bench.h"
#include "bench/engine_runs.h"
#include "bench/flow_bench.h"
#include "bench/full_disk_bench.h"
#include "bench/history_bench.h"
#include "bench/instruction_count.h"
#include "bench/journal_bench.h"
#include "bench/paced_runs.h"
#include "bench/scaling_bench.h"
#include "bench/snapshot_bench.h"
#include "sauda/commands.h"
#include "sauda/snapshot_process.h"

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
    engine->add_option("--rate", options->rate,
                       "durable: instead of the most it can, send so many orders a second on a fixed "
                       "schedule and report latencies from the scheduled arrival to the durable events");
    engine->add_option("--seconds", options->seconds, "how long at that rate")
        ->check(CLI::Range(1, 3'600))
        ->capture_default_str();
    engine
        ->add_option("--sync-delay", options->sync_delay_ms,
                     "durable: so many milliseconds longer each sync takes, as on a slow disk")
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str();
    const auto sequencer_cpu = std::make_shared<std::string>();
    engine->add_option("--sequencer-cpu", *sequencer_cpu,
                       "durable: the CPU that the sequencer has to itself; auto: the one that devices "
                       "interrupt least, where there are two; none: no thread has its own. Not given: auto, "
                       "with --rate none");
    add_report_options(*engine, options->json, options->plot);
    engine->callback([&chosen, options, sequencer_cpu] {
        if (!sequencer_cpu->empty() && options->stage != "durable")
            throw CLI::ValidationError("--sequencer-cpu", "is for --stage durable");
        if (sequencer_cpu->empty())
            *sequencer_cpu = options->stage == "durable" && options->rate == 0 ? "auto" : "none";
        const auto cpus = base::share_cpus(*sequencer_cpu);
        if (!cpus) throw CLI::ValidationError("--sequencer-cpu", cpus.error());
        options->cpus = *cpus;
        if (options->rate != 0 && options->stage != "durable")
            throw CLI::ValidationError("--rate", "is for --stage durable");
        if (options->sync_delay_ms != 0 && options->stage != "durable")
            throw CLI::ValidationError("--sync-delay", "is for --stage durable");
        chosen = [options] {
            return options->rate != 0 ? bench::run_paced_runs(*options) : bench::run_engine_runs(*options);
        };
    });
}

void add_flow_bench(CLI::App& bench, Action& chosen) {
    CLI::App* flow = bench.add_subcommand(
        "flow", "Write an order flow for `bench engine`, with the digest of the trades it must make");
    const auto options = std::make_shared<bench::FlowBenchOptions>();
    flow->add_option("kind", options->kind,
                     "moves: one small book, mostly replaces; crossing: one deep book, half of the orders "
                     "cross; markets: many books of unequal activity")
        ->required()
        ->check(CLI::IsMember({"moves", "crossing", "markets"}));
    flow->add_option("file", options->file, "file to write")->required();
    flow->add_option("--orders", options->orders, "orders after the books are built (0: as the kind has)")
        ->check(CLI::Range(0ul, 1'000'000'000ul));
    flow->add_option("--markets", options->markets, "markets, for kind markets")
        ->check(CLI::Range(0, 65'535));
    flow->add_option("--accounts", options->accounts, "accounts")->check(CLI::Range(0, 10'000'000));
    flow->add_option("--live", options->live, "orders resting at the beginning, and about as many later")
        ->check(CLI::Range(0ul, 100'000'000ul));
    flow->add_option("--seed", options->seed, "another seed, another flow")->capture_default_str();
    flow->callback([&chosen, options] { chosen = [options] { return bench::run_flow_bench(*options); }; });
}

void add_journal_bench(CLI::App& bench, Action& chosen) {
    CLI::App* journal = bench.add_subcommand(
        "journal", "Append and sync beside bare fdatasync; replay, snapshot and start-up times");
    const auto options = std::make_shared<bench::JournalBenchOptions>();
    journal
        ->add_option("--data-dir", options->data_dir, "on which disk: a folder is made there, removed after")
        ->capture_default_str();
    journal->add_option("--commands", options->commands, "commands in the journal that is replayed")
        ->check(CLI::Range(1'000, 1'000'000'000))
        ->capture_default_str();
    journal->add_option("--live", options->live, "orders that rest in the snapshot, about")
        ->check(CLI::Range(1'000, 100'000'000))
        ->capture_default_str();
    journal->add_option("--syncs", options->syncs, "syncs for each size of batch")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    add_report_options(*journal, options->json, options->plot);
    journal->callback(
        [&chosen, options] { chosen = [options] { return bench::run_journal_bench(*options); }; });
}

void add_history_bench(CLI::App& bench, Action& chosen) {
    CLI::App* history =
        bench.add_subcommand("history", "Project an event log into history: how fast, and how many bytes");
    const auto options = std::make_shared<bench::HistoryBenchOptions>();
    history
        ->add_option("--data-dir", options->data_dir, "on which disk: a folder is made there, removed after")
        ->capture_default_str();
    history->add_option("--store", options->store,
                        "postgresql://user@host/database, which has no history yet; not given: SQLite");
    history->add_option("--flow", options->kind, "the kind of flow, as `bench flow` makes it")
        ->check(CLI::IsMember({"moves", "crossing", "markets"}))
        ->capture_default_str();
    history->add_option("--orders", options->orders, "orders in the event log")
        ->check(CLI::Range(1'000, 100'000'000))
        ->capture_default_str();
    history->add_option("--rows", options->rows_per_batch, "rows in a transaction, about")
        ->check(CLI::Range(1, 10'000'000))
        ->capture_default_str();
    history->add_flag("--json", options->json, "one JSON object instead of lines");
    history->callback(
        [&chosen, options] { chosen = [options] { return bench::run_history_bench(*options); }; });
}

void add_snapshot_bench(CLI::App& bench, Action& chosen) {
    CLI::App* snapshot = bench.add_subcommand(
        "snapshot", "Latency at a fixed rate while snapshots are made beside the engine, and while not");
    const auto options = std::make_shared<bench::SnapshotBenchOptions>();
    snapshot
        ->add_option("--data-dir", options->data_dir, "on which disk: a folder is made there, removed after")
        ->capture_default_str();
    snapshot->add_option("--live", options->live, "orders that rest, about")
        ->check(CLI::Range(1'000, 20'000'000))
        ->capture_default_str();
    snapshot->add_option("--rate", options->rate, "orders per second")
        ->check(CLI::Range(100, 1'000'000))
        ->capture_default_str();
    snapshot->add_option("--seconds", options->seconds, "how long")
        ->check(CLI::Range(5, 3'600))
        ->capture_default_str();
    snapshot
        ->add_option("--segment-mib", options->segment_mib,
                     "size of a journal segment: each gives a snapshot")
        ->check(CLI::Range(1, 1'024))
        ->capture_default_str();
    add_report_options(*snapshot, options->json, options->plot);
    snapshot->callback([&chosen, options] {
        chosen = [options] {
            SnapshotProcess process;
            const bench::SnapshotMaker maker{[&](const std::string& data_dir, std::uint64_t through) {
                                                 process.start(data_dir, through, 2);
                                             },
                                             [&] { return process.is_running(); }};
            return bench::run_snapshot_bench(*options, maker);
        };
    });
}

void add_full_disk_bench(CLI::App& bench, Action& chosen) {
    CLI::App* full = bench.add_subcommand(
        "full-disk", "Fill the disk under an engine at work, recover, and look for what was acknowledged");
    const auto options = std::make_shared<bench::FullDiskOptions>();
    full->add_option("--data-dir", options->data_dir, "a folder is made there, removed after")
        ->capture_default_str();
    full->add_option("--disk-mib", options->disk_mib, "by so much files may grow until the disk is full")
        ->check(CLI::Range(8, 65'536))
        ->capture_default_str();
    full->add_option("--segment-mib", options->segment_mib, "size of a segment")
        ->check(CLI::Range(1, 1'024))
        ->capture_default_str();
    full->add_flag("--json", options->json, "one JSON object instead of lines");
    full->callback(
        [&chosen, options] { chosen = [options] { return bench::run_full_disk_bench(*options); }; });
}

void add_scaling_bench(CLI::App& bench, Action& chosen) {
    CLI::App* scaling =
        bench.add_subcommand("scaling", "Time per order and memory as orders, markets and accounts grow");
    const auto options = std::make_shared<bench::ScalingOptions>();
    scaling->add_flag("--large", options->large,
                      "also 10 M live orders and 1 M accounts: minutes and gigabytes");
    scaling->add_flag("--counted", options->counted,
                      "instructions and last-level cache misses per order, by callgrind, in place of time");
    scaling->add_option("--runs", options->runs, "runs of each timed step")
        ->check(CLI::Range(1, 1'000))
        ->capture_default_str();
    scaling
        ->add_option("--data-dir", options->data_dir,
                     "where --counted makes a folder for flows, removed after")
        ->capture_default_str();
    add_report_options(*scaling, options->json, options->plot);
    scaling->callback(
        [&chosen, options] { chosen = [options] { return bench::run_scaling_bench(*options); }; });
}

void add_count_bench(CLI::App& bench, Action& chosen) {
    CLI::App* count = bench.add_subcommand(
        "count",
        "Instructions and last-level cache misses per order of a flow, by callgrind (50 times slower)");
    const auto options = std::make_shared<bench::CountOptions>();
    count->add_option("--flow", options->flow, "order flow file, a short one")
        ->required()
        ->check(CLI::ExistingFile);
    count->add_option("--stage", options->stage, "what runs, as for bench engine")
        ->check(CLI::IsMember({"textbook", "match", "risk"}))
        ->capture_default_str();
    count->add_option("--data-dir", options->data_dir, "where a folder is made for output, removed after")
        ->capture_default_str();
    count->add_flag("--json", options->json, "one JSON object instead of lines");
    count->callback([&chosen, options] { chosen = [options] { return bench::run_count_bench(*options); }; });
}

void add_ids_bench(CLI::App& bench, Action& chosen) {
    CLI::App* ids = bench.add_subcommand(
        "ids", "Place and cancel while few orders are open, and print memory as order ids rise");
    const auto options = std::make_shared<bench::IdsOptions>();
    ids->add_option("--orders", options->orders, "orders placed; 1000000000 takes minutes")
        ->check(CLI::Range(1ul, 100'000'000'000ul))
        ->capture_default_str();
    ids->add_option("--live", options->live, "orders open at a time")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    ids->callback([&chosen, options] { chosen = [options] { return bench::run_ids_bench(*options); }; });
}

void add_api_bench(CLI::App& bench, Action& chosen) {
    CLI::App* api =
        bench.add_subcommand("api", "Drive a running exchange over HTTP and WebSocket, end to end");
    const auto api_options = std::make_shared<bench::ApiBenchOptions>();
    api->add_option("--target", api_options->target, "URL of the REST API; host:port will do")
        ->capture_default_str();
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
    api->add_option("--data-dir", api_options->data_dir,
                    "on the exchange's disk: a folder for bare syncs is made there, removed after")
        ->capture_default_str();
    add_report_options(*api, api_options->json, api_options->plot);
    api->callback(
        [&chosen, api_options] { chosen = [api_options] { return bench::run_api_bench(*api_options); }; });
}

void add_bus_bench(CLI::App& bench, Action& chosen) {
    CLI::App* bus = bench.add_subcommand(
        "bus", "Commands down and events up over a running Redis, with an echo in place of the engine");
    const auto options = std::make_shared<bench::BusBenchOptions>();
    bus->add_option("--redis", options->redis,
                    "host:port of the server; the keys of its shard \"bench\" are deleted")
        ->capture_default_str();
    bus->add_option("--commands", options->commands, "sent one after another, for latency")
        ->check(CLI::Range(1, 10'000'000))
        ->capture_default_str();
    bus->add_option("--burst", options->burst, "then so many at once, for throughput")
        ->check(CLI::Range(1, 100'000'000))
        ->capture_default_str();
    bus->add_option("--command-bytes", options->command_bytes, "size of a command's frame")
        ->check(CLI::Range(8, 4'096))
        ->capture_default_str();
    bus->add_option("--event-bytes", options->event_bytes, "size of a command's events")
        ->check(CLI::Range(8, 65'536))
        ->capture_default_str();
    bus->add_flag("--json", options->json, "one JSON object instead of lines");
    bus->callback([&chosen, options] { chosen = [options] { return bench::run_bus_bench(*options); }; });
}

}  // namespace

void add_bench_command(CLI::App& app, Action& chosen) {
    CLI::App* bench = app.add_subcommand("bench", "Measure the engine or a running exchange");
    bench->require_subcommand(1);
    add_engine_bench(*bench, chosen);
    add_flow_bench(*bench, chosen);
    add_journal_bench(*bench, chosen);
    add_history_bench(*bench, chosen);
    add_snapshot_bench(*bench, chosen);
    add_full_disk_bench(*bench, chosen);
    add_scaling_bench(*bench, chosen);
    add_count_bench(*bench, chosen);
    add_ids_bench(*bench, chosen);
    add_api_bench(*bench, chosen);
    add_bus_bench(*bench, chosen);
}

}  // namespace sauda
