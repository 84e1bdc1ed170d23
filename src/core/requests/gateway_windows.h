/// Recognises commands that the bus delivers twice: per gateway, the newest sequence and which of the last
/// `gateway_window` were seen. Threads: one owner at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "core/limits.h"
#include "core/state.h"

namespace sauda::core {

class GatewayWindows {
public:
    GatewayWindows() = default;
    GatewayWindows(const GatewayWindows&) = delete;
    GatewayWindows& operator=(const GatewayWindows&) = delete;

    /// True the first time `id` is seen; false for a redelivery, and for what is too old to tell (applying a
    /// command twice is worse than making its sender ask). A zero gateway is always new. `at` is the
    /// command's sequence.
    bool is_first(CommandId id, Sequence at) {
        if (id.gateway == 0) return true;
        if (recent_ == nullptr || recent_->gateway != id.gateway) find(id.gateway);
        recent_->last_spoke = at;
        if (id.sequence != recent_->newest + 1) [[unlikely]]
            return is_first_out_of_turn(id.sequence);
        recent_->newest = id.sequence;  // the one whose place it takes leaves the window with it
        word(id.sequence) |= bit(id.sequence);
        return true;
    }

    std::vector<GatewayRecord> sorted_records() const;
    void restore(std::vector<GatewayRecord> records) {
        windows_ = std::move(records);
        recent_ = nullptr;
    }

private:
    /// Makes the window of a gateway, new if it never spoke, the recent one.
    void find(std::uint64_t gateway);
    /// Of the recent one, any other sequence than the one that it was expected to go on with.
    bool is_first_out_of_turn(std::uint64_t sequence);
    std::uint64_t& word(std::uint64_t sequence) { return recent_->seen[sequence % gateway_window / 64]; }
    static std::uint64_t bit(std::uint64_t sequence) { return std::uint64_t{1} << (sequence % 64); }

    std::vector<GatewayRecord> windows_;
    GatewayRecord* recent_ = nullptr;  // the last command's gateway: most come from the same one
};

}  // namespace sauda::core
