#include "core/requests/gateway_windows.h"

#include <algorithm>

#include "core/limits.h"

namespace sauda::core {

static_assert(gateway_window % 64 == 0);

void GatewayWindows::find(std::uint64_t gateway) {
    auto found = std::ranges::find(windows_, gateway, &GatewayRecord::gateway);
    if (found == windows_.end()) {
        if (windows_.size() == gateways_max) {
            windows_.erase(std::ranges::min_element(windows_, {}, &GatewayRecord::last_spoke));
        }
        windows_.push_back({gateway, 0, {}, std::vector<std::uint64_t>(gateway_window / 64)});
        found = windows_.end() - 1;
    }
    recent_ = &*found;
}

bool GatewayWindows::is_first_out_of_turn(std::uint64_t sequence) {
    if (sequence > recent_->newest) {
        // What enters the window was not seen; a jump wider than the window clears all of it.
        const std::uint64_t step = std::min(sequence - recent_->newest, gateway_window);
        for (std::uint64_t i = 0; i < step; ++i) word(sequence - i) &= ~bit(sequence - i);
        recent_->newest = sequence;
    } else if (recent_->newest - sequence >= gateway_window || (word(sequence) & bit(sequence)) != 0) {
        return false;
    }
    word(sequence) |= bit(sequence);
    return true;
}

std::vector<GatewayRecord> GatewayWindows::sorted_records() const {
    std::vector<GatewayRecord> sorted = windows_;
    std::ranges::sort(sorted, {}, &GatewayRecord::gateway);
    return sorted;
}

}  // namespace sauda::core
