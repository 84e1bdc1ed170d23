#include <algorithm>
#include <cstdio>

#include "bench/exchange_driver.h"
#include "bench/flow_maker.h"
#include "bench/resident_memory.h"
#include "bench/scaling_bench.h"
#include "bench/stages.h"
#include "core/event_buffer.h"
#include "core/event_reader.h"

namespace sauda::bench {

namespace {

/// Whether the last command was carried out: figures of refused orders would say nothing.
bool ends_an_order(const core::EventBuffer& events) {
    bool found = false;
    core::for_each_event(
        events.bytes(), core::Overloaded{[&](const core::OrderEnded&) { found = true; }, [](const auto&) {}});
    return found;
}

}  // namespace

int run_ids_bench(const IdsOptions& options) {
    NoProgress nobody;
    // For its market and its account with money alone; the orders are made here.
    const FlowFile flow = make_flow(FlowKind::moves, {1, 1, 1, 1, 1}, nobody);
    ExchangeDriver driver;
    for (const core::Command& command : setup_commands(flow)) driver.apply_alone(command);
    const std::uint64_t told_every = std::max<std::uint64_t>(options.orders / 10, options.live + 1);
    for (std::uint64_t id = 1; id <= options.orders; ++id) {
        const auto price = static_cast<std::int64_t>(10'000 + id % 64);
        driver.apply_alone(to_command({FlowType::place, 0, 0, 0, 0, id, price, 1, 1}));
        if (id > options.live)
            driver.apply_alone(to_command({FlowType::cancel, 0, 0, 0, 0, id - options.live, 0, 0, 1}));
        if (id != options.live && id % told_every != 0) continue;
        ASSERT(id <= options.live || ends_an_order(driver.events()));
        std::printf("ids_%llu_resident_bytes: %.0f\n", static_cast<unsigned long long>(id), resident_bytes());
        std::fflush(stdout);
    }
    return 0;
}

}  // namespace sauda::bench
