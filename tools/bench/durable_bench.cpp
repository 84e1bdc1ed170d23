#include <chrono>

#include "bench/durable_engine.h"
#include "bench/stages.h"
#include "codec/event_frame.h"

namespace sauda::bench {

namespace {

double wall_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

void prepare(DurableEngine& engine, const FlowFile& flow, Progress& progress) {
    progress.begin("opening accounts", 1);
    for (const core::Command& command : setup_commands(flow)) {
        engine.add(command);
        if (engine.waiting() == 1024) engine.send();
    }
    engine.send();
    progress.begin("building the books", flow.header().prefill);
    engine.send_all(flow.records().first(flow.header().prefill), progress);
}

base::Result<EngineFigures, std::string> run_durable(const FlowFile& flow, const DurableOptions& options,
                                                     Progress& progress) {
    TradeDigest digest;
    const auto opened = DurableEngine::open(
        options.data_dir, flow,
        [&digest](base::ByteView frames) {
            const auto read = codec::for_each_event_frame(
                frames, [&](const codec::EventFrameView& frame) { digest_trades(frame.events, digest); });
            ASSERT(read.has_value());
        },
        {.cpus = options.cpus});
    if (!opened) return base::Unexpected{opened.error()};
    DurableEngine& engine = **opened;
    prepare(engine, flow, progress);
    const auto timed = flow.records().subspan(flow.header().prefill);
    progress.begin("encoding", 1);
    const DurableEngine::Groups groups = engine.encode(timed);
    progress.begin("orders", timed.size());
    engine.delay_syncs(options.sync_delay_ms);
    const std::uint64_t syncs_before = engine.syncs();
    const double journal_before = engine.journal_seconds();
    const double release_before = engine.release_seconds();
    const double sequencer_before = thread_cpu_seconds();
    const double started = wall_seconds();
    engine.send_all(groups, progress);
    const double sequencer_seconds = thread_cpu_seconds() - sequencer_before;
    const std::string failure = engine.finish_journal();
    const double seconds = wall_seconds() - started;
    if (!failure.empty()) return base::Unexpected{failure};
    engine.finish_replies();
    EngineFigures out = figures(timed.size(), seconds, digest, flow);
    out.syncs = engine.syncs() - syncs_before;
    out.sequencer_seconds = sequencer_seconds;
    out.journal_seconds = engine.journal_seconds() - journal_before;
    out.release_seconds = engine.release_seconds() - release_before;
    return out;
}

}  // namespace sauda::bench
