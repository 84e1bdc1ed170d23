/// The engine's end of the command bus.
#pragma once

#include <cstddef>

#include "bus/frame_batch.h"

namespace sauda::bus {

/// Threads: one consumer thread.
class Consumer {
public:
    virtual ~Consumer() = default;
    /// Clears `into` and fills it with everything that waits, oldest first; returns how many. Never blocks.
    virtual std::size_t take(FrameBatch& into) = 0;
    /// True when nothing waits and nothing ever will.
    virtual bool drained() const = 0;
};

}  // namespace sauda::bus
