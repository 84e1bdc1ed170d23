#include "core/requests/gateway_windows.h"

#include <algorithm>

#include "core/limits.h"

namespace sauda::core {

static_assert(gateway_window % 64 == 0);

GatewayRecord& GatewayWindows::window_of(std::uint64_t gateway) {
    if (recent_ < windows_.size() && windows_[recent_].gateway == gateway) return windows_[recent_];
    auto found = std::ranges::find(windows_, gateway, &GatewayRecord::gateway);
    if (found == windows_.end()) {
        if (windows_.size() == gateways_max) {
            windows_.erase(std::ranges::min_element(windows_, {}, &GatewayRecord::last_spoke));
        }
        windows_.push_back({gateway, 0, {}, std::vector<std::uint64_t>(gateway_window / 64)});
        found = windows_.end() - 1;
    }
    recent_ = static_cast<std::size_t>(found - windows_.begin());
    return *found;
}

bool GatewayWindows::is_first_of_gateway(CommandId id, Sequence at) {
    GatewayRecord& window = window_of(id.gateway);
    window.last_spoke = at;
    const auto word = [&](std::uint64_t sequence) -> std::uint64_t& {
        return window.seen[sequence % gateway_window / 64];
    };
    const auto bit = [](std::uint64_t sequence) { return std::uint64_t{1} << (sequence % 64); };

    if (id.sequence == window.newest + 1) [[likely]] {
        window.newest = id.sequence;  // the one whose place it takes leaves the window with it
    } else if (id.sequence > window.newest) {
        // What enters the window was not seen; a jump wider than the window clears all of it.
        const std::uint64_t step = std::min(id.sequence - window.newest, gateway_window);
        for (std::uint64_t i = 0; i < step; ++i) word(id.sequence - i) &= ~bit(id.sequence - i);
        window.newest = id.sequence;
    } else if (window.newest - id.sequence >= gateway_window || (word(id.sequence) & bit(id.sequence)) != 0) {
        return false;
    }
    word(id.sequence) |= bit(id.sequence);
    return true;
}

std::vector<GatewayRecord> GatewayWindows::sorted_records() const {
    std::vector<GatewayRecord> sorted = windows_;
    std::ranges::sort(sorted, {}, &GatewayRecord::gateway);
    return sorted;
}

}  // namespace sauda::core
