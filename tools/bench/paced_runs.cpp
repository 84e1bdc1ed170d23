#include "bench/paced_runs.h"

#include <cstdio>
#include <iterator>
#include <vector>

#include "bench/in_child.h"
#include "bench/machine.h"
#include "bench/paced_bench.h"
#include "bench/plot.h"
#include "bench/report.h"
#include "bench/temporary_directory.h"

namespace sauda::bench {

namespace {

struct Percentile {
    const char* name;
    std::int64_t Latency::*value;
    double one_in;  ///< one order in so many is slower
};
constexpr Percentile percentiles[] = {{"p50", &Latency::p50, 2},
                                      {"p90", &Latency::p90, 10},
                                      {"p99", &Latency::p99, 100},
                                      {"p999", &Latency::p999, 1000},
                                      {"max", &Latency::max, 0}};

base::Result<Latency, std::string> run_once(const EngineRunsOptions& options, std::uint32_t run) {
    const auto directory = TemporaryDirectory::make(options.data_dir);
    if (!directory) return base::Unexpected{directory.error()};
    return in_child<Latency>([&]() -> base::Result<Latency, std::string> {
        const auto flow = FlowFile::open(options.flow);
        if (!flow) return base::Unexpected{flow.error().message()};
        ProgressBar progress("durable at " + std::to_string(options.rate) + " orders/s, run " +
                             std::to_string(run));
        return run_paced(*flow, directory->path(),
                         {options.rate, options.seconds, options.sync_delay_ms, options.cpus}, progress);
    });
}

Spread spread_over(const std::vector<Latency>& runs, const Percentile& percentile) {
    std::vector<double> us;
    for (const Latency& run : runs) us.push_back(static_cast<double>(run.*percentile.value) / 1000);
    return spread_of(std::move(us));
}

Plot plot_of(const EngineRunsOptions& options, const std::vector<Latency>& runs) {
    Plot plot;
    plot.title =
        "From arrival to durable events at " + short_number(static_cast<double>(options.rate)) + " orders/s";
    plot.x_label = "one order in so many is slower";
    plot.y_label = "latency in microseconds";
    plot.x_is_log = true;
    plot.series = {{"median of runs", {}}, {"slowest run", {}}};
    for (const Percentile& percentile : percentiles) {
        if (percentile.one_in == 0) continue;
        const Spread us = spread_over(runs, percentile);
        plot.series[0].points.push_back({percentile.one_in, us.median});
        plot.series[1].points.push_back({percentile.one_in, us.high});
    }
    return plot;
}

}  // namespace

int run_paced_runs(const EngineRunsOptions& options) {
    const Report machine = describe_machine();
    std::vector<Latency> runs;
    for (std::uint32_t run = 1; run <= options.runs; ++run) {
        const auto latency = run_once(options, run);
        if (!latency) return std::fprintf(stderr, "sauda bench: %s\n", latency.error().c_str()), 1;
        runs.push_back(*latency);
    }
    Report report;
    report.add("stage", options.stage).add("rate_per_second", options.rate);
    report.add("sync_delay_ms", std::uint64_t{options.sync_delay_ms});
    report.add("sequencer_cpu", options.cpus ? std::to_string(options.cpus->own) : "none");
    report.add("orders", std::uint64_t{runs.front().count}).add("runs", std::uint64_t{options.runs});
    for (const Percentile& percentile : percentiles)
        report.add(std::string("latency_us_") + percentile.name, spread_over(runs, percentile), 1);
    report.add("machine", machine).print(options.json);
    if (options.plot.empty()) return 0;
    const auto drawn = write_plot(plot_of(options, runs), options.plot);
    if (!drawn) return std::fprintf(stderr, "sauda bench: %s\n", drawn.error().c_str()), 1;
    return 0;
}

}  // namespace sauda::bench
