/// What this build is.
#pragma once

#include <cstdint>

#include "orderbook-engine/engine.h"

namespace sauda {

inline constexpr const char* version = SAUDA_VERSION;
inline constexpr std::uint32_t rules_version = orderbook_engine::rules_version;

}  // namespace sauda
