/// What the stages of the engine bench share. Private to the bench.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/engine_bench.h"
#include "bench/progress.h"
#include "core/command.h"
#include "core/exchange.h"

namespace sauda::bench {

EngineFigures run_textbook(const FlowFile& flow, Progress& progress);
EngineFigures run_match(const FlowFile& flow, Progress& progress);
EngineFigures run_risk(const FlowFile& flow, Progress& progress);
base::Result<EngineFigures, std::string> run_durable(const FlowFile& flow, const DurableOptions& options,
                                                     Progress& progress);

/// Opens the flow's accounts and builds its books.
void prepare(class DurableEngine& engine, const FlowFile& flow, Progress& progress);

/// CPU time of the calling thread.
double thread_cpu_seconds();

/// CPU seconds that `work()` takes of the calling thread. Never inlined: callgrind counts what happens in
/// here, by this name (instruction_count.h).
template <class Work>
[[gnu::noinline]] double timed_part(const Work& work) {
    const double started = thread_cpu_seconds();
    work();
    return thread_cpu_seconds() - started;
}

EngineFigures figures(std::uint64_t orders, double seconds, const TradeDigest& digest, const FlowFile& flow);

/// With fewer live orders the working set fits the caches, and prefetching only costs.
inline constexpr std::uint64_t prefetch_from_orders = 100'000;

/// Orders to make ready for: as many as may be open at once, and some.
inline std::uint32_t orders_to_reserve(const FlowFile& flow) {
    const std::uint64_t most = std::max(flow.header().prefill, flow.header().live_orders);
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(most + most / 8, 1u << 26));
}

/// The commands that list a flow's assets and markets, open its accounts and fund them amply.
std::vector<core::Command> setup_commands(const FlowFile& flow);
/// A record as the command that a client would have sent.
core::Command to_command(const FlowRecord& record);
/// Adds the trades among `events` to `digest`.
void digest_trades(base::ByteView events, TradeDigest& digest);

}  // namespace sauda::bench
