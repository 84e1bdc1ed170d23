#include "bench/growth.h"

#include <fstream>
#include <iterator>

#include "bench/in_child.h"
#include "bench/instruction_count.h"
#include "bench/machine.h"
#include "bench/report.h"
#include "bench/stages.h"
#include "bench/temporary_directory.h"

namespace sauda::bench {

namespace {

using Failure = base::Unexpected<std::string>;

/// Of the process that makes a flow: records, textbook book and lists of what is open; then the largest run.
constexpr std::uint64_t bytes_per_live_order = 700;
constexpr std::uint64_t bytes_per_account = 2'000;
constexpr std::uint64_t bytes_at_least = 512u << 20;

std::uint64_t available_memory() {
    std::ifstream file("/proc/meminfo");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return std::strtoull(kernel_field(text, "MemAvailable").c_str(), nullptr, 10) * 1024;
}

std::string gibibytes(std::uint64_t bytes) {
    return decimal_text(static_cast<double>(bytes) / (1u << 30), 1) + " GiB";
}

double ns_per_order(const EngineFigures& run) {
    return run.seconds / static_cast<double>(run.orders) * 1e9;
}

/// One value a run, by what was measured.
struct TimedRuns {
    std::vector<double> match;
    std::vector<double> risk;
    std::vector<double> textbook;
    std::vector<double> match_ratio;
    std::vector<double> risk_ratio;
};

base::Result<double, std::string> time_stage(const FlowFile& flow, Stage stage) {
    NoProgress progress;
    const auto run = in_child<EngineFigures>([&] { return run_engine_bench(flow, stage, {}, progress); });
    if (!run) return Failure{run.error()};
    if (!run->agrees) return Failure{std::string("the trades differ from the flow's")};
    return ns_per_order(*run);
}

base::Result<void, std::string> add_run(const FlowFile& flow, TimedRuns& runs) {
    const auto textbook = time_stage(flow, Stage::textbook);
    if (!textbook) return Failure{textbook.error()};
    const auto match = time_stage(flow, Stage::match);
    if (!match) return Failure{match.error()};
    const auto risk = time_stage(flow, Stage::risk);
    if (!risk) return Failure{risk.error()};
    runs.textbook.push_back(*textbook);
    runs.match.push_back(*match);
    runs.risk.push_back(*risk);
    runs.match_ratio.push_back(*textbook / *match);
    runs.risk_ratio.push_back(*textbook / *risk);
    return {};
}

/// Makes the flow in a process of its own, so that this one stays small, and writes it to `path`.
base::Result<void, std::string> write_step_flow(const FlowShape& shape, const std::string& path) {
    const auto written = in_child<bool>([&]() -> base::Result<bool, std::string> {
        NoProgress progress;
        const auto done = write_flow(make_flow(FlowKind::markets, shape, progress), path);
        if (!done) return Failure{done.error().message()};
        return true;
    });
    if (!written) return Failure{written.error()};
    return {};
}

}  // namespace

std::vector<Dimension> dimensions(bool large) {
    std::vector<Dimension> all{{"live_orders", {1'000, 10'000, 100'000, 1'000'000}},
                               {"markets", {1, 10, 100, 1'000, 10'000}},
                               {"accounts", {100, 1'000, 10'000, 100'000}}};
    if (large) {
        all[0].steps.push_back(10'000'000);
        all[2].steps.push_back(1'000'000);
    }
    return all;
}

FlowShape shape_at(const Dimension& dimension, std::uint64_t at, std::uint64_t timed_orders) {
    FlowShape shape{timed_orders, 16, 1'000, 20'000, 1};
    const std::string name = dimension.name;
    if (name == "live_orders") {
        shape.live = at;
        shape.accounts = 10'000;  // with fewer, some would be at their limit of open orders at ten million
    }
    if (name == "markets") shape.markets = static_cast<std::uint32_t>(at);
    if (name == "accounts") shape.accounts = static_cast<std::uint32_t>(at);
    return shape;
}

std::string why_too_large(const FlowShape& shape) {
    const std::uint64_t needed =
        bytes_at_least + shape.live * bytes_per_live_order + shape.accounts * bytes_per_account;
    const std::uint64_t free = available_memory();
    if (needed <= free) return {};
    return "needs about " + gibibytes(needed) + " of memory, and " + gibibytes(free) + " are free";
}

base::Result<TimedStep, std::string> time_step(const FlowShape& shape, std::uint64_t at, std::uint32_t runs) {
    return in_child<TimedStep>([&]() -> base::Result<TimedStep, std::string> {
        NoProgress progress;
        const FlowFile flow = make_flow(FlowKind::markets, shape, progress);
        TimedRuns all;
        for (std::uint32_t i = 0; i < runs; ++i) {
            if (const auto added = add_run(flow, all); !added) return Failure{added.error()};
        }
        return TimedStep{at,
                         spread_of(all.match),
                         spread_of(all.risk),
                         spread_of(all.textbook),
                         spread_of(all.match_ratio),
                         spread_of(all.risk_ratio)};
    });
}

base::Result<CountedStep, std::string> count_step(const FlowShape& shape, std::uint64_t at,
                                                  const std::string& data_dir) {
    const auto directory = TemporaryDirectory::make(data_dir);
    if (!directory) return Failure{directory.error()};
    const std::string flow = directory->path() + "/step.flow";
    if (const auto written = write_step_flow(shape, flow); !written) return Failure{written.error()};
    const auto match = count_instructions(flow, "match", directory->path());
    if (!match) return Failure{match.error()};
    const auto risk = count_instructions(flow, "risk", directory->path());
    if (!risk) return Failure{risk.error()};
    const auto each = [&](std::uint64_t all) {
        return static_cast<double>(all) / static_cast<double>(shape.orders);
    };
    return CountedStep{at, each(match->instructions), each(match->last_level_misses),
                       each(risk->instructions), each(risk->last_level_misses)};
}

}  // namespace sauda::bench
