#include "bench/engine_runs.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

#include "bench/in_child.h"
#include "bench/machine.h"
#include "bench/plot.h"
#include "bench/report.h"
#include "bench/temporary_directory.h"

namespace sauda::bench {

namespace {

/// Runs of the stage, and of the textbook beside them if that was asked for, in the order they were made.
struct Runs {
    std::vector<EngineFigures> stage;
    std::vector<EngineFigures> textbook;
};
using Failure = base::Unexpected<std::string>;

Stage stage_of(const std::string& name) {
    if (name == "textbook") return Stage::textbook;
    if (name == "match") return Stage::match;
    return name == "durable" ? Stage::durable : Stage::risk;
}

double orders_per_second(const EngineFigures& run) {
    return static_cast<double>(run.orders) / run.seconds;
}

template <class Value>
Spread spread_over(const std::vector<EngineFigures>& runs, Value value) {
    std::vector<double> values;
    for (const EngineFigures& run : runs) values.push_back(value(run));
    return spread_of(std::move(values));
}

/// One run, in a process of its own. The flow is mapped there, so that its pages are present when time
/// counts.
base::Result<EngineFigures, std::string> run_once(const EngineRunsOptions& options, const std::string& stage,
                                                  const std::string& which) {
    std::optional<TemporaryDirectory> directory;
    if (stage == "durable") {
        auto made = TemporaryDirectory::make(options.data_dir);
        if (!made) return Failure{made.error()};
        directory.emplace(std::move(*made));
    }
    return in_child<EngineFigures>([&]() -> base::Result<EngineFigures, std::string> {
        const auto flow = FlowFile::open(options.flow);
        if (!flow) return Failure{flow.error().message()};
        ProgressBar progress(stage + ", " + which);
        const DurableOptions durable{directory ? directory->path() : "", options.sync_delay_ms, options.cpus};
        return run_engine_bench(*flow, stage_of(stage), durable, progress);
    });
}

base::Result<Runs, std::string> run_all(const EngineRunsOptions& options) {
    Runs runs;
    for (std::uint32_t i = 0; i < options.warm_up; ++i) {
        const auto ignored = run_once(options, options.stage, "warm-up");
        if (!ignored) return Failure{ignored.error()};
    }
    for (std::uint32_t i = 1; i <= options.runs; ++i) {
        const std::string which = "run " + std::to_string(i) + " of " + std::to_string(options.runs);
        if (options.ratio) {
            const auto yardstick = run_once(options, "textbook", which);
            if (!yardstick) return Failure{yardstick.error()};
            runs.textbook.push_back(*yardstick);
        }
        const auto run = run_once(options, options.stage, which);
        if (!run) return Failure{run.error()};
        runs.stage.push_back(*run);
    }
    return runs;
}

/// Each run against the textbook's just before it: the machine's mood of that minute cancels out.
Spread ratio_of(const Runs& runs) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < runs.stage.size(); ++i)
        ratios.push_back(orders_per_second(runs.stage[i]) / orders_per_second(runs.textbook[i]));
    return spread_of(std::move(ratios));
}

/// How many orders share a sync: more, the longer it takes; and what an order takes of which thread.
Report thread_report(const EngineRunsOptions& options, const std::vector<EngineFigures>& runs) {
    const auto orders_of = [](const EngineFigures& run) {
        return static_cast<double>(run.orders) / static_cast<double>(run.syncs);
    };
    Report report;
    report.add("sync_delay_ms", std::uint64_t{options.sync_delay_ms});
    report.add("sequencer_cpu", options.cpus ? std::to_string(options.cpus->own) : "none");
    report.add("orders_per_sync", spread_over(runs, orders_of), 0);
    const auto ns_of = [](double seconds, const EngineFigures& run) {
        return seconds * 1e9 / static_cast<double>(run.orders);
    };
    report.add("sequencer_cpu_ns_per_order",
               spread_over(runs, [&](const EngineFigures& run) { return ns_of(run.sequencer_seconds, run); }),
               1);
    report.add("journal_cpu_ns_per_order",
               spread_over(runs, [&](const EngineFigures& run) { return ns_of(run.journal_seconds, run); }),
               1);
    return report.add(
        "release_cpu_ns_per_order",
        spread_over(runs, [&](const EngineFigures& run) { return ns_of(run.release_seconds, run); }), 1);
}

Report report_of(const EngineRunsOptions& options, const Runs& runs, const Report& machine) {
    const EngineFigures& any = runs.stage.front();
    const Spread speed = spread_over(runs.stage, orders_per_second);
    const Spread memory = spread_over(
        runs.stage, [](const EngineFigures& run) { return static_cast<double>(run.memory_bytes_peak); });
    char hash[17];
    std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(any.trade_hash));

    Report report;
    report.add("stage", options.stage).add("orders", any.orders);
    report.add("orders_per_second", speed.median, 0).add("ns_per_order", 1e9 / speed.median, 1);
    report.add("trades", any.trades).add("traded_quantity", any.traded_quantity).add("trade_hash", hash);
    report.add("peak_memory_bytes", memory.high, 0);
    report.add("runs", std::uint64_t{options.runs});
    report.add("orders_per_second_min", speed.low, 0).add("orders_per_second_max", speed.high, 0);
    if (any.syncs != 0) report.append(thread_report(options, runs.stage));
    if (options.ratio) {
        report.add("textbook_orders_per_second", spread_over(runs.textbook, orders_per_second), 0);
        report.add("ratio", ratio_of(runs), 2);
    }
    return report.add("machine", machine);
}

/// Millions of orders a second, run by run.
PlotSeries series_of(const std::string& name, const std::vector<EngineFigures>& runs) {
    PlotSeries series{name, {}};
    for (std::size_t i = 0; i < runs.size(); ++i)
        series.points.push_back({static_cast<double>(i + 1), orders_per_second(runs[i])});
    return series;
}

Plot plot_of(const EngineRunsOptions& options, const Runs& runs) {
    Plot plot;
    plot.title = "sauda bench engine --stage " + options.stage;
    plot.x_label = "run";
    plot.y_label = "orders per second";
    plot.series.push_back(series_of(options.stage, runs.stage));
    if (options.ratio) plot.series.push_back(series_of("textbook", runs.textbook));
    return plot;
}

bool agree(const std::vector<EngineFigures>& runs) {
    return std::ranges::all_of(runs, &EngineFigures::agrees);
}

}  // namespace

int run_engine_runs(const EngineRunsOptions& options) {
    const Report machine = describe_machine();
    const auto runs = run_all(options);
    if (!runs) return std::fprintf(stderr, "sauda bench: %s\n", runs.error().c_str()), 1;
    report_of(options, *runs, machine).print(options.json);
    if (!options.plot.empty()) {
        const auto drawn = write_plot(plot_of(options, *runs), options.plot);
        if (!drawn) return std::fprintf(stderr, "sauda bench: %s\n", drawn.error().c_str()), 1;
    }
    if (agree(runs->stage) && agree(runs->textbook)) return 0;
    std::fprintf(stderr,
                 "sauda bench: the trade hash differs from the flow's: the engine matched differently\n");
    return 1;
}

}  // namespace sauda::bench
