#include "bench/exchange_driver.h"
#include "bench/growth.h"
#include "bench/in_child.h"
#include "bench/resident_memory.h"
#include "bench/stages.h"

namespace sauda::bench {

namespace {

struct Memory {
    double setup_bytes = 0;   ///< markets and accounts with their balances
    double orders_bytes = 0;  ///< resting orders
};

/// Resident memory before and after, of an exchange that a flow's prefill builds.
base::Result<Memory, std::string> memory_of(const FlowShape& shape) {
    return in_child<Memory>([&]() -> base::Result<Memory, std::string> {
        NoProgress progress;
        const FlowFile flow = make_flow(FlowKind::markets, shape, progress);
        // In a child again: what making the flow left behind would be used first and hide what is measured.
        return in_child<Memory>([&]() -> base::Result<Memory, std::string> {
            const std::vector<core::Command> commands = setup_commands(flow);
            release_free_memory();
            const double before = resident_bytes();
            ExchangeDriver driver;
            for (const core::Command& command : commands) driver.apply_alone(command);
            const double set_up = resident_bytes();
            for (const FlowRecord& record : flow.records().first(flow.header().prefill))
                driver.apply_alone(to_command(record));
            return Memory{set_up - before, resident_bytes() - set_up};
        });
    });
}

}  // namespace

base::Result<MemoryGrowth, std::string> measure_memory() {
    constexpr std::uint32_t few_accounts = 100;
    constexpr std::uint64_t few_orders = 1'000;
    const auto small = memory_of({1, 1, few_accounts, few_orders, 1});
    const auto orders = memory_of({1, 1, few_accounts, few_orders + 500'000, 1});
    const auto markets = memory_of({1, 1 + 5'000, few_accounts, few_orders, 1});
    const auto accounts = memory_of({1, 1, few_accounts + 100'000, few_orders, 1});
    for (const auto* one : {&small, &orders, &markets, &accounts})
        if (!*one) return base::Unexpected{one->error()};
    return MemoryGrowth{(orders->orders_bytes - small->orders_bytes) / 500'000,
                        (markets->setup_bytes - small->setup_bytes) / 5'000,
                        (accounts->setup_bytes - small->setup_bytes) / 100'000};
}

}  // namespace sauda::bench
