/// Recognises commands that the bus delivers twice: per gateway, the newest sequence and which of the last
/// `gateway_window` were seen. Threads: one owner at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "core/state.h"

namespace sauda::core {

class GatewayWindows {
public:
    /// True the first time `id` is seen; false for a redelivery, and for what is too old to tell (applying a
    /// command twice is worse than making its sender ask). A zero gateway is always new. `at` is the
    /// command's sequence.
    bool is_first(CommandId id, Sequence at) { return id.gateway == 0 || is_first_of_gateway(id, at); }

    std::vector<GatewayRecord> sorted_records() const;
    void restore(std::vector<GatewayRecord> records) { windows_ = std::move(records); }

private:
    [[gnu::noinline]] bool is_first_of_gateway(CommandId id, Sequence at);
    GatewayRecord& window_of(std::uint64_t gateway);

    std::vector<GatewayRecord> windows_;
    std::size_t recent_ = 0;  // where the last command's gateway stands: most come from the same one
};

}  // namespace sauda::core
