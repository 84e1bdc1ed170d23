#include "bench/flow_bench.h"

#include <cstdio>

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
    FlowOptions wanted = default_flow(kind_of(options.kind));
    if (options.orders != 0) wanted.orders = options.orders;
    if (options.markets != 0) wanted.markets = options.markets;
    if (options.accounts != 0) wanted.accounts = options.accounts;
    if (options.live != 0) wanted.live = options.live;
    wanted.seed = options.seed;
    MadeFlow flow;
    {
        ProgressBar progress("making " + options.file);
        flow = make_flow(wanted, progress);
    }
    const auto written = write_flow(flow, options.file);
    if (!written) return std::fprintf(stderr, "sauda bench: %s\n", written.error().message().c_str()), 1;
    char hash[17];
    std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(flow.header.trade_hash));
    Report report;
    report.add("records", flow.header.records).add("prefill", flow.header.prefill);
    report.add("trades", flow.header.trades).add("traded_quantity", flow.header.traded_quantity);
    report.add("trade_hash", hash).add("live_orders", flow.header.live_orders);
    report.print(false);
    return 0;
}

}  // namespace sauda::bench
