/// The bus on the way down: command frames from gateways to the engine, opaque, in order, at least once.
///
/// Two lanes share one order. Frames of the `placing` lane are refused first when the engine falls behind;
/// the `reserved` lane (cancels, operators) keeps room of its own, so that risk can always be taken off.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "bus/frame_batch.h"

namespace sauda::bus {

enum class Lane : std::uint8_t {
    placing,
    reserved,
};

enum class Offer : std::uint8_t {
    accepted,        ///< will reach the engine, unless both die first; the same frame may arrive twice
    back_pressured,  ///< no room in this lane now: nothing was sent, later may do
    unreachable,     ///< the way to the engine is broken for now: nothing was sent, later may do
    closed,          ///< the engine is gone for good: nothing was sent
};

/// Threads: as the implementation says; the in-process queue takes offers from any thread.
class Producer {
public:
    virtual ~Producer() = default;
    /// Sends `frame`, behind everything accepted before it. Never blocks.
    virtual Offer offer(base::ByteView frame, Lane lane) = 0;
    /// Sends `frames` back to back, all of them or none. Never blocks.
    virtual Offer offer_all(const FrameBatch& frames, Lane lane) = 0;
};

}  // namespace sauda::bus
