/// Sends a flow to an engine when its orders are meant to arrive.
#pragma once

#include <cstddef>
#include <span>

#include "bench/flow_file.h"
#include "bench/progress.h"
#include "bench/schedule.h"
#include "bench/stages.h"

namespace sauda::bench {

/// Sends every record on time, or in a group with others if the engine was not ready then. `engine` is a
/// DurableEngine or a LiveEngine.
template <class Engine>
void send_on_schedule(Engine& engine, std::span<const FlowRecord> records, const Schedule& schedule,
                      Progress& progress) {
    constexpr std::size_t group_max = 1024;
    for (std::size_t next = 0; next < records.size();) {
        schedule.wait_for(next);
        const std::int64_t now = now_ns();
        while (next < records.size() && engine.waiting() < group_max && schedule.arrival_ns(next) <= now)
            engine.add(to_command(records[next++]));
        engine.send();
        progress.reach(next);
    }
}

}  // namespace sauda::bench
