/// How far what clients sent is decided: what an answer to "what became of my order?" rests on.
#pragma once

#include "core/types/ids.h"
#include "core/types/timestamp.h"

namespace sauda::gateway {

/// No command is taken any more whose deadline was before `time`, and all that were taken before it have a
/// sequence up to `sequence`: in events up to there they are found, or they will never be.
///
/// It is the engine's own clock, whose stamps never decrease, that says so. A restart of the engine keeps the
/// promise as long as the wall clock is not set back meanwhile.
struct Horizon {
    core::Sequence sequence;
    core::TimestampNs time;
    /// No command that anybody sent before the engine was asked is still on its way, as far as is known: all
    /// are in events up to `sequence`, or lost.
    bool is_clear = false;
};

}  // namespace sauda::gateway
