/// Replays an order flow through the engine, once, and measures it. How runs are repeated, compared and told
/// is engine_runs.h's subject.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/cpus.h"
#include "base/io_error.h"
#include "base/result.h"
#include "bench/flow_file.h"
#include "bench/progress.h"

namespace sauda::bench {

enum class Stage {
    textbook,  ///< the yardstick: matching alone, in maps and lists (textbook_book.h)
    match,     ///< the order books alone: directory, levels, matching
    risk,      ///< Exchange::apply: rules, ledger, holds, fees, settlement, events
    durable,   ///< sequencer, journal with fdatasync, event log; events released when durable
};

struct EngineFigures {
    std::uint64_t orders = 0;  ///< timed records
    double seconds =
        0;  ///< match, risk: CPU time of the applying thread; durable: wall time to the last release
    std::uint64_t trades = 0;
    std::uint64_t traded_quantity = 0;
    std::uint64_t trade_hash = 0;
    std::uint64_t memory_bytes_peak = 0;
    std::uint64_t syncs = 0;       ///< durable: in which the timed orders became so
    double sequencer_seconds = 0;  ///< durable: CPU time of the sequencer's thread
    double journal_seconds = 0;    ///< durable: CPU time of the journal's thread
    double release_seconds = 0;    ///< durable: CPU time of the release thread
    bool agrees = false;           ///< the digest is the flow's own
};

/// What the stage `durable` alone uses.
struct DurableOptions {
    std::string data_dir;                      ///< must not exist
    std::uint32_t sync_delay_ms = 0;           ///< so much longer each sync of the timed part takes
    std::optional<base::CpuShares> cpus = {};  ///< the sequencer's own, and those of all other threads
};

/// Runs `flow` through `stage`, prefill untimed.
base::Result<EngineFigures, std::string> run_engine_bench(const FlowFile& flow, Stage stage,
                                                          const DurableOptions& durable, Progress& progress);

}  // namespace sauda::bench
