#include "bench/scaling_bench.h"

#include <cstdio>
#include <vector>

#include "bench/flow_maker.h"
#include "bench/in_child.h"
#include "bench/machine.h"
#include "bench/plot.h"
#include "bench/report.h"
#include "bench/resident_memory.h"
#include "bench/stages.h"
#include "core/event_buffer.h"

namespace sauda::bench {

namespace {

/// What one step varies; the others keep a middling size.
struct Dimension {
    const char* name;
    std::uint64_t FlowShape::*wide;
    std::uint32_t FlowShape::*narrow;
    std::vector<std::uint64_t> steps;
    std::uint64_t large_from;  ///< steps from here on need --large
};

std::vector<Dimension> dimensions() {
    return {{"live_orders",
             &FlowShape::live,
             nullptr,
             {1'000, 10'000, 100'000, 1'000'000, 10'000'000},
             2'000'000},
            {"markets", nullptr, &FlowShape::markets, {1, 10, 100, 1'000, 10'000}, 20'000},
            {"accounts", nullptr, &FlowShape::accounts, {100, 1'000, 10'000, 100'000, 1'000'000}, 200'000}};
}

constexpr std::uint64_t timed_orders = 300'000;

struct Step {
    std::uint64_t at = 0;
    double match_ns = 0;
    double risk_ns = 0;
    double textbook_ns = 0;
};

double ns_per_order(const EngineFigures& run) {
    return run.seconds / static_cast<double>(run.orders) * 1e9;
}

base::Result<Step, std::string> measure(const FlowShape& shape, std::uint64_t at) {
    return in_child<Step>([&]() -> base::Result<Step, std::string> {
        NoProgress progress;
        const FlowFile flow = make_flow(FlowKind::markets, shape, progress);
        const auto run = [&](Stage stage) {
            return in_child<EngineFigures>([&] { return run_engine_bench(flow, stage, "", progress); });
        };
        const auto textbook = run(Stage::textbook);
        const auto match = run(Stage::match);
        const auto risk = run(Stage::risk);
        for (const auto* one : {&textbook, &match, &risk}) {
            if (!*one) return base::Unexpected{one->error()};
            if (!(*one)->agrees) return base::Unexpected{std::string("the trades differ from the flow's")};
        }
        return Step{at, ns_per_order(*match), ns_per_order(*risk), ns_per_order(*textbook)};
    });
}

struct Memory {
    double setup_bytes = 0;   ///< markets and accounts with their balances
    double orders_bytes = 0;  ///< resting orders
};

/// Resident memory before and after, of an exchange that a flow's prefill builds.
base::Result<Memory, std::string> memory_of(const FlowShape& shape) {
    return in_child<Memory>([&]() -> base::Result<Memory, std::string> {
        NoProgress progress;
        const FlowFile flow = make_flow(FlowKind::markets, shape, progress);
        // In a child again: what making the flow left behind would be used first and hide what is measured.
        return in_child<Memory>([&]() -> base::Result<Memory, std::string> {
            const std::vector<core::Command> commands = setup_commands(flow);
            release_free_memory();
            const double before = resident_bytes();
            core::Exchange exchange;
            core::EventBuffer events;
            core::Stamp stamp{{0}, {1'700'000'000'000'000'000}};
            const auto apply = [&](const core::Command& command) {
                ++stamp.sequence.raw;
                events.clear();
                exchange.apply(command, stamp, events);
            };
            for (const core::Command& command : commands) apply(command);
            const double set_up = resident_bytes();
            for (const FlowRecord& record : flow.records().first(flow.header().prefill))
                apply(to_command(record));
            return Memory{set_up - before, resident_bytes() - set_up};
        });
    });
}

/// What one more costs, between a small exchange and one with `added` more.
base::Result<Report, std::string> memory_report() {
    const auto small = memory_of({1, 1, 100, 1'000, 1});
    const auto orders = memory_of({1, 1, 100, 501'000, 1});
    const auto markets = memory_of({1, 5'001, 100, 1'000, 1});
    const auto accounts = memory_of({1, 1, 100'100, 1'000, 1});
    for (const auto* one : {&small, &orders, &markets, &accounts})
        if (!*one) return base::Unexpected{one->error()};
    Report report;
    report.add("bytes_per_resting_order", (orders->orders_bytes - small->orders_bytes) / 500'000, 0);
    report.add("bytes_per_market", (markets->setup_bytes - small->setup_bytes) / 5'000, 0);
    report.add("bytes_per_account", (accounts->setup_bytes - small->setup_bytes) / 100'000, 0);
    return report;
}

int fail(const std::string& why) {
    std::fprintf(stderr, "sauda bench: %s\n", why.c_str());
    return 1;
}

Report report_of(const char* name, const Step& step) {
    Report one;
    one.add(name, step.at).add("match_ns_per_order", step.match_ns, 1);
    one.add("risk_ns_per_order", step.risk_ns, 1).add("textbook_ns_per_order", step.textbook_ns, 1);
    return one.add("match_ratio", step.textbook_ns / step.match_ns, 2)
        .add("risk_ratio", step.textbook_ns / step.risk_ns, 2);
}

base::Result<std::vector<Step>, std::string> measure_all(const Dimension& dimension, bool large) {
    std::vector<Step> steps;
    for (const std::uint64_t at : dimension.steps) {
        if (at >= dimension.large_from && !large) continue;
        FlowShape shape{timed_orders, 16, 1'000, 20'000, 1};
        if (dimension.wide != nullptr) shape.*dimension.wide = at;
        if (dimension.narrow != nullptr) shape.*dimension.narrow = static_cast<std::uint32_t>(at);
        std::fprintf(stderr, "%s %llu\n", dimension.name, static_cast<unsigned long long>(at));
        const auto step = measure(shape, at);
        if (!step) return base::Unexpected{step.error()};
        steps.push_back(*step);
    }
    return steps;
}

PlotSeries series_of(const Dimension& dimension, const std::vector<Step>& steps) {
    PlotSeries series{std::string("by ") + dimension.name, {}};
    for (const Step& step : steps) series.points.push_back({static_cast<double>(step.at), step.risk_ns});
    return series;
}

}  // namespace

int run_scaling_bench(const ScalingOptions& options) {
    const Report machine = describe_machine();
    Report report;
    Plot plot;
    plot.title = "An order with rules, ledger and events, as the exchange grows";
    plot.x_label = "live orders, markets or accounts";
    plot.y_label = "nanoseconds per order";
    plot.x_is_log = true;
    for (const Dimension& dimension : dimensions()) {
        const auto steps = measure_all(dimension, options.large);
        if (!steps) return fail(steps.error());
        std::vector<Report> reports;
        for (const Step& step : *steps) reports.push_back(report_of(dimension.name, step));
        report.add_list(std::string("by_") + dimension.name, reports);
        plot.series.push_back(series_of(dimension, *steps));
    }
    const auto memory = memory_report();
    if (!memory) return fail(memory.error());
    report.append(*memory).add("machine", machine).print(options.json);
    if (options.plot.empty()) return 0;
    const auto drawn = write_plot(plot, options.plot);
    return drawn ? 0 : fail(drawn.error());
}

}  // namespace sauda::bench
