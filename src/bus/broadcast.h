/// The bus on the way up: released events from the engine to every consumer, in order.
///
/// The engine never waits for a consumer. One whose backlog outgrows its bound loses the backlog, is told
/// that it fell behind, and catches up from the event log, which has every chunk before the bus has it.
///
/// How a consumer joins, at start and after falling behind:
///   1. `rejoin()`: chunks queue up again from now on; it returns the last position published so far.
///   2. read the event log up to that position (or beyond: what lies there is durable as well);
///   3. `take()`, skipping every frame at or below what was read.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"

namespace sauda::bus {

/// Whole frames one after the other, at positions `first` to `last`. The bytes are shared, never changed.
struct Chunk {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::shared_ptr<const base::Bytes> bytes;
};

/// Threads: the thread that releases events.
class BroadcastProducer {
public:
    virtual ~BroadcastProducer() = default;
    /// Hands `chunk` to every consumer. Never blocks.
    /// Requires: chunk.first is one above the last position published (the first chunk may start anywhere).
    virtual void publish(const Chunk& chunk) = 0;
};

/// Threads: one consumer thread each.
class BroadcastConsumer {
public:
    enum class Taken : std::uint8_t {
        chunks,       ///< `into` holds what waited, maybe nothing
        fell_behind,  ///< chunks were lost: rejoin() and catch up from the event log
        closed,       ///< nothing waits and nothing ever will
    };
    virtual ~BroadcastConsumer() = default;
    /// Clears `into` and fills it with everything that waits, oldest first. Never blocks.
    virtual Taken take(std::vector<Chunk>& into) = 0;
    /// Empties the backlog and starts queueing anew; returns the last position published so far, 0 if none.
    virtual std::uint64_t rejoin() = 0;
};

}  // namespace sauda::bus
