/// From commands to their event frames: the one path that live sequencing and replay share.
#pragma once

#include <cstdint>
#include <span>

#include "core/event_buffer.h"
#include "core/exchange.h"

namespace sauda::sequencer {

/// What all frames of one batch have in common.
struct FrameOrigin {
    std::uint32_t rules_version = 0;
    std::uint64_t engine_epoch = 0;
};

/// Applies one batch: `commands` at `first` and the sequences after it, all at its time, each loaded into the
/// cache ahead of being applied. Appends an event frame for each to `frames`: events are made where they
/// stay.
void apply_all(core::Exchange& exchange, std::span<const core::Command> commands, core::Stamp first,
               const FrameOrigin& origin, core::EventBuffer& frames);

}  // namespace sauda::sequencer
