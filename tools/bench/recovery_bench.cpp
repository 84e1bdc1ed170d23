#include "bench/recovery_bench.h"

#include <chrono>
#include <filesystem>

#include "bench/durable_engine.h"
#include "bench/flow_maker.h"
#include "bench/stages.h"
#include "sequencer/snapshots.h"

namespace sauda::bench {

namespace {

using Failure = base::Unexpected<std::string>;

double wall_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string fill(const std::string& data_dir, const FlowFile& flow, Progress& progress) {
    const auto opened = DurableEngine::open(data_dir, flow, [](base::ByteView) {});
    if (!opened) return opened.error();
    DurableEngine& engine = **opened;
    prepare(engine, flow, progress);
    const auto rest = flow.records().subspan(flow.header().prefill);
    progress.begin("filling the journal", rest.size());
    engine.send_all(rest, progress);
    return engine.finish_journal();
}

/// A start writes the zeros of one new segment: of the size that `sauda run` has by default.
sequencer::RecoverOptions as_in_production() {
    return recover_options(0);
}

}  // namespace

base::Result<RecoveryFigures, std::string> measure_recovery(const std::string& data_dir,
                                                            std::uint64_t commands, std::uint64_t live,
                                                            Progress& progress) {
    RecoveryFigures figures;
    {
        const std::uint64_t orders = commands > live ? commands - live : 1;
        const FlowFile flow = make_flow(FlowKind::markets, {orders, 64, 1'000, live, 1}, progress);
        figures.live_orders = flow.header().live_orders;
        if (const std::string failure = fill(data_dir, flow, progress); !failure.empty())
            return Failure{failure};
    }
    journal::PosixFileSystem disk;
    progress.begin("replaying", 1);
    {
        const double started = wall_seconds();
        const auto recovered = sequencer::recover(disk, data_dir, as_in_production());
        figures.replay_seconds = wall_seconds() - started;
        if (!recovered) return Failure{recovered.error().message()};
        figures.commands = recovered->report.replayed;
        progress.begin("writing a snapshot", 1);
        const double writing = wall_seconds();
        const auto saved = sequencer::save_snapshot(disk, recovered->directory.root(), recovered->exchange,
                                                    recovered->journal, 1);
        figures.snapshot_seconds = wall_seconds() - writing;
        if (!saved) return Failure{saved.error().message()};
        figures.snapshot_bytes = std::filesystem::file_size(*saved);
    }
    progress.begin("starting from the snapshot", 1);
    const double started = wall_seconds();
    const auto recovered = sequencer::recover(disk, data_dir, as_in_production());
    figures.start_from_snapshot_seconds = wall_seconds() - started;
    if (!recovered) return Failure{recovered.error().message()};
    if (recovered->report.snapshot.raw == 0) return Failure{std::string("the snapshot was not used")};
    return figures;
}

}  // namespace sauda::bench
