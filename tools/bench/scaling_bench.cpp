#include "bench/scaling_bench.h"

#include <cstdio>
#include <vector>

#include "bench/growth.h"
#include "bench/machine.h"
#include "bench/plot.h"
#include "bench/report.h"

namespace sauda::bench {

namespace {

using Failure = base::Unexpected<std::string>;

constexpr std::uint64_t timed_orders = 300'000;
/// Callgrind is 50 times slower.
constexpr std::uint64_t counted_orders = 50'000;

Report report_of(const char* name, const TimedStep& step) {
    Report one;
    one.add(name, step.at).add("match_ns_per_order", step.match_ns, 1);
    one.add("risk_ns_per_order", step.risk_ns, 1).add("textbook_ns_per_order", step.textbook_ns, 1);
    return one.add("match_ratio", step.match_ratio, 2).add("risk_ratio", step.risk_ratio, 2);
}

Report report_of(const char* name, const CountedStep& step) {
    Report one;
    one.add(name, step.at).add("match_instructions", step.match_instructions, 0);
    one.add("match_last_level_misses", step.match_misses, 2);
    one.add("risk_instructions", step.risk_instructions, 0);
    return one.add("risk_last_level_misses", step.risk_misses, 2);
}

/// What all steps of all dimensions gave, as a report and as curves over the size.
struct Growth {
    Report report;
    std::vector<PlotSeries> curves;
};

/// Measures every step. `step_of(shape, at)` gives a step, `height_of(step)` how high it is in the plot.
template <class StepOf, class HeightOf>
base::Result<Growth, std::string> measure_all(bool large, std::uint64_t orders, StepOf step_of,
                                              HeightOf height_of) {
    Growth growth;
    for (const Dimension& dimension : dimensions(large)) {
        std::vector<Report> reports;
        PlotSeries curve{std::string("by ") + dimension.name, {}};
        for (const std::uint64_t at : dimension.steps) {
            const FlowShape shape = shape_at(dimension, at, orders);
            const std::string title = std::string(dimension.name) + " " + std::to_string(at);
            std::fprintf(stderr, "%s\n", title.c_str());
            if (const std::string why = why_too_large(shape); !why.empty()) return Failure{title + " " + why};
            const auto step = step_of(shape, at);
            if (!step) return Failure{title + ": " + step.error()};
            reports.push_back(report_of(dimension.name, *step));
            curve.points.push_back({static_cast<double>(at), height_of(*step)});
        }
        growth.report.add_list(std::string("by_") + dimension.name, reports);
        growth.curves.push_back(std::move(curve));
    }
    return growth;
}

base::Result<Growth, std::string> measure_times(const ScalingOptions& options) {
    auto growth = measure_all(
        options.large, timed_orders,
        [&](const FlowShape& shape, std::uint64_t at) { return time_step(shape, at, options.runs); },
        [](const TimedStep& step) { return step.risk_ns.median; });
    if (!growth) return growth;
    growth->report.add("runs", std::uint64_t{options.runs});
    const auto memory = measure_memory();
    if (!memory) return Failure{memory.error()};
    growth->report.add("bytes_per_resting_order", memory->per_order, 0);
    growth->report.add("bytes_per_market", memory->per_market, 0);
    growth->report.add("bytes_per_account", memory->per_account, 0);
    return growth;
}

base::Result<Growth, std::string> measure_counts(const ScalingOptions& options) {
    return measure_all(
        options.large, counted_orders,
        [&](const FlowShape& shape, std::uint64_t at) { return count_step(shape, at, options.data_dir); },
        [](const CountedStep& step) { return step.risk_instructions; });
}

Plot plot_of(const ScalingOptions& options, std::vector<PlotSeries> curves) {
    Plot plot;
    plot.title = "An order with rules, ledger and events, as the exchange grows";
    plot.x_label = "live orders, markets or accounts";
    plot.y_label = options.counted ? "instructions per order" : "nanoseconds per order";
    plot.x_is_log = true;
    plot.series = std::move(curves);
    return plot;
}

int fail(const std::string& why) {
    std::fprintf(stderr, "sauda bench: %s\n", why.c_str());
    return 1;
}

}  // namespace

int run_scaling_bench(const ScalingOptions& options) {
    const Report machine = describe_machine();
    auto growth = options.counted ? measure_counts(options) : measure_times(options);
    if (!growth) return fail(growth.error());
    growth->report.add("machine", machine).print(options.json);
    if (options.plot.empty()) return 0;
    const auto drawn = write_plot(plot_of(options, std::move(growth->curves)), options.plot);
    return drawn ? 0 : fail(drawn.error());
}

}  // namespace sauda::bench
