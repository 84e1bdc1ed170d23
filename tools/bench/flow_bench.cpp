#include "bench/flow_bench.h"

#include <cstdio>
#include <optional>

#include "bench/flow_maker.h"
#include "bench/report.h"

namespace sauda::bench {

namespace {

FlowKind kind_of(const std::string& name) {
    if (name == "moves") return FlowKind::moves;
    return name == "crossing" ? FlowKind::crossing : FlowKind::markets;
}

}  // namespace

int run_flow_bench(const FlowBenchOptions& options) {
    const FlowShape shape{options.orders, options.markets, options.accounts, options.live, options.seed};
    std::optional<FlowFile> flow;
    {
        ProgressBar progress("making " + options.file);
        flow.emplace(make_flow(kind_of(options.kind), shape, progress));
    }
    const auto written = write_flow(*flow, options.file);
    if (!written) return std::fprintf(stderr, "sauda bench: %s\n", written.error().message().c_str()), 1;
    const FlowHeader& header = flow->header();
    char hash[17];
    std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(header.trade_hash));
    Report report;
    report.add("records", header.records).add("prefill", header.prefill);
    report.add("trades", header.trades).add("traded_quantity", header.traded_quantity);
    report.add("trade_hash", hash).add("live_orders", header.live_orders);
    report.print(false);
    return 0;
}

}  // namespace sauda::bench
