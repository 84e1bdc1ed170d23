/// Readers of history to its writer, in another process: somebody waits. A hint; without it they wait a
/// little longer.
#pragma once

#include <string_view>

namespace sauda {

/// Of Redis's pub/sub, behind the shard's prefix. Messages are sequences: history is to go through them at
/// once.
inline constexpr std::string_view history_demand_channel = "history-demand";

}  // namespace sauda
