#include "bench/full_disk_bench.h"

#include <cstdio>

#include "bench/flow_maker.h"
#include "bench/live_engine.h"
#include "bench/machine.h"
#include "bench/report.h"
#include "bench/stages.h"
#include "bench/temporary_directory.h"
#include "journal/small_file_system.h"

namespace sauda::bench {

namespace {

using Failure = base::Unexpected<std::string>;

struct Outcome {
    std::uint64_t sent = 0;      ///< commands, the last few refused
    std::uint64_t released = 0;  ///< the last sequence whose events came out
};

/// Sends until the journal fails.
base::Result<Outcome, std::string> fill_disk(const FullDiskOptions& options, const std::string& data_dir) {
    NoProgress progress;
    const FlowFile flow = make_flow(FlowKind::moves, {100'000, 1, 1'000, 1'000, 1}, progress);
    orderbook_engine::EngineConfig config;
    config.data_dir = data_dir;
    config.segment_size = options.segment_mib << 20;
    config.disk_reserve_bytes = 0;  // else orders are refused in time, and nothing fails
    auto disk = std::make_unique<journal::SmallFileSystem>(std::make_unique<journal::PosixFileSystem>(),
                                                           options.disk_mib << 20);
    const auto started = LiveEngine::start(config, std::move(disk), {}, {});
    if (!started) return Failure{started.error()};
    LiveEngine& engine = **started;
    bool is_taking = engine.prepare(flow, progress);
    // Every record takes its place in the journal, those of later rounds as refusals or as moves again.
    const std::uint64_t rounds = (options.disk_mib << 20) / flow.records().size_bytes() * 4 + 4;
    const auto records = flow.records().subspan(flow.header().prefill);
    for (std::uint64_t round = 0; is_taking && round < rounds; ++round) {
        for (const FlowRecord& record : records) {
            engine.add(to_command(record));
            if (engine.waiting() < 256) continue;
            is_taking = engine.send();
            if (!is_taking) break;
        }
    }
    if (is_taking) return Failure{std::string("the disk did not fill up")};
    static_cast<void>(engine.stop());  // the journal failed, as it should
    return Outcome{engine.gateway_sequence(), engine.released()};
}

int fail(const std::string& why) {
    std::fprintf(stderr, "sauda bench: %s\n", why.c_str());
    return 1;
}

}  // namespace

int run_full_disk_bench(const FullDiskOptions& options) {
    const Report machine = describe_machine();
    const auto directory = TemporaryDirectory::make(options.data_dir);
    if (!directory) return fail(directory.error());
    const std::string data_dir = directory->path() + "/engine";
    const auto outcome = fill_disk(options, data_dir);
    if (!outcome) return fail(outcome.error());
    journal::PosixFileSystem disk;
    const auto recovered = sequencer::recover(disk, data_dir, recover_options(0));
    if (!recovered) return fail(recovered.error().message());
    const std::uint64_t last = recovered->report.last.raw;
    const std::uint64_t lost = outcome->released > last ? outcome->released - last : 0;
    Report report;
    report.add("disk_bytes", options.disk_mib << 20).add("commands_sent", outcome->sent);
    report.add("commands_acknowledged", outcome->released).add("commands_recovered", last);
    report.add("event_frames_compared", recovered->report.event_frames_compared);
    report.add("acknowledged_and_lost", lost).add("machine", machine).print(options.json);
    return lost == 0 ? 0 : fail("commands whose events had been released are lost");
}

}  // namespace sauda::bench
