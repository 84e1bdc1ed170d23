/// Events as a scenario writes them, and the comparison of what a line says with what happened.
#pragma once

#include <string>
#include <string_view>

#include "core/event_buffer.h"
#include "world.h"

namespace sauda::scenarios {

/// Empty where `events` are what `expected` says; otherwise both, in words. Every event must be named, in
/// order, but for two freedoms: `rests` may be left out, and a trade's fees may be, all or none.
std::string compare_outcome(const World& world, std::string_view expected, const core::EventBuffer& events);

}  // namespace sauda::scenarios
