#include "bench/journal_bench.h"

#include <cstdio>

#include "bench/machine.h"
#include "bench/plot.h"
#include "bench/recovery_bench.h"
#include "bench/report.h"
#include "bench/sync_bench.h"
#include "bench/temporary_directory.h"

namespace sauda::bench {

namespace {

Report report_of(const std::vector<SyncFigures>& sizes, const RecoveryFigures& recovery) {
    std::vector<Report> batches;
    for (const SyncFigures& size : sizes) {
        Report batch;
        batch.add("records", size.records).add("bytes", size.bytes);
        batch.add("syncs_per_second", size.journal_per_second, 0);
        batch.add("records_per_second", size.journal_per_second * static_cast<double>(size.records), 0);
        batch.add("latency", size.journal);
        batch.add("bare_syncs_per_second", size.bare_per_second, 0).add("bare_latency", size.bare);
        batches.push_back(batch);
    }
    const auto commands = static_cast<double>(recovery.commands);
    Report report;
    report.add_list("batch", batches);
    report.add("commands", recovery.commands).add("live_orders", recovery.live_orders);
    report.add("replay_seconds", recovery.replay_seconds, 3);
    report.add("replayed_per_second", commands / recovery.replay_seconds, 0);
    report.add("snapshot_seconds", recovery.snapshot_seconds, 3);
    report.add("snapshot_bytes", recovery.snapshot_bytes);
    report.add("start_from_snapshot_seconds", recovery.start_from_snapshot_seconds, 3);
    return report;
}

Plot plot_of(const std::vector<SyncFigures>& sizes) {
    Plot plot;
    plot.title = "Append and sync, beside bare write and fdatasync";
    plot.x_label = "records of 40 bytes in a batch";
    plot.y_label = "median latency in microseconds";
    plot.x_is_log = true;
    plot.series = {{"journal", {}}, {"bare", {}}};
    for (const SyncFigures& size : sizes) {
        const auto records = static_cast<double>(size.records);
        plot.series[0].points.push_back({records, static_cast<double>(size.journal.p50) / 1000});
        plot.series[1].points.push_back({records, static_cast<double>(size.bare.p50) / 1000});
    }
    return plot;
}

int fail(const std::string& why) {
    std::fprintf(stderr, "sauda bench: %s\n", why.c_str());
    return 1;
}

}  // namespace

int run_journal_bench(const JournalBenchOptions& options) {
    const Report machine = describe_machine();
    const auto directory = TemporaryDirectory::make(options.data_dir);
    if (!directory) return fail(directory.error());
    const auto syncs_directory = TemporaryDirectory::make(directory->path());
    if (!syncs_directory) return fail(syncs_directory.error());
    ProgressBar progress("journal");
    const auto sizes = measure_syncs(syncs_directory->path(), options.syncs, progress);
    if (!sizes) return fail(sizes.error());
    const auto recovery =
        measure_recovery(directory->path() + "/engine", options.commands, options.live, progress);
    if (!recovery) return fail(recovery.error());
    report_of(*sizes, *recovery).add("machine", machine).print(options.json);
    if (options.plot.empty()) return 0;
    const auto drawn = write_plot(plot_of(*sizes), options.plot);
    return drawn ? 0 : fail(drawn.error());
}

}  // namespace sauda::bench
