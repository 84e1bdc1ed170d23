#include "bench/paced_bench.h"

#include <algorithm>

#include "bench/durable_engine.h"
#include "bench/paced_sending.h"

namespace sauda::bench {

namespace {

/// From arrival to release, of all but the first `skipped`. Requires: every order was released.
std::vector<std::int64_t> latencies(const Releases& releases, const Schedule& schedule, std::size_t skipped) {
    const std::vector<std::int64_t>& at_ns = releases.times_ns();
    std::vector<std::int64_t> out;
    for (std::size_t i = skipped; i < at_ns.size(); ++i) {
        ASSERT(at_ns[i] != 0);
        out.push_back(at_ns[i] - schedule.arrival_ns(i));
    }
    return out;
}

}  // namespace

base::Result<Latency, std::string> run_paced(const FlowFile& flow, const std::string& data_dir,
                                             const PacedOptions& options, Progress& progress) {
    const auto timed = flow.records().subspan(flow.header().prefill);
    const auto records = timed.first(std::min<std::size_t>(timed.size(), options.rate * options.seconds));
    if (records.empty()) return base::Unexpected{std::string("the flow has no orders to time")};
    Releases releases;
    const auto opened =
        DurableEngine::open(data_dir, flow, [&](base::ByteView frames) { releases.take(frames); },
                            {.cpus = options.cpus, .record_bytes = 104});
    if (!opened) return base::Unexpected{opened.error()};
    DurableEngine& engine = **opened;
    prepare(engine, flow, progress);
    engine.delay_syncs(options.sync_delay_ms);
    releases.expect(engine.gateway_sequence() + 1, records.size());
    progress.begin("orders at a fixed rate", records.size());
    Schedule schedule(options.rate);
    schedule.start();
    send_on_schedule(engine, records, schedule, progress);
    const std::string failure = engine.finish_journal();
    if (!failure.empty()) return base::Unexpected{failure};
    engine.finish_replies();
    const std::size_t skipped = std::min<std::size_t>(options.rate, records.size() / 10);
    return latency_of(latencies(releases, schedule, skipped));
}

}  // namespace sauda::bench
