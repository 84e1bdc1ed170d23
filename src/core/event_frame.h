/// The events of one command as they leave the exchange: who asked, its place and time, and what happened.
///
///   offset  width  field
///   0       u32    size of the whole frame in bytes, a multiple of 8, 48 at least
///   4       u32    rules_version: of the core that applied it
///   8       u64    engine_epoch: rises with each start of the engine; consumers drop lower ones
///   16      u64    sequence
///   24      i64    time, ns since 1970
///   32      u64    gateway            } the command's id; zero gateway: the sequencer itself
///   40      u64    gateway sequence   }
///   48      ...    events, verbatim as core/event.h lays them out; may be empty
///
/// Frames stand one after the other without padding. A frame carries no checksum: the log and the bus do.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/types/ids.h"
#include "core/types/timestamp.h"

namespace sauda::core {

struct EventFrameHeader {
    std::uint32_t size = 0;
    std::uint32_t rules_version = 0;
    std::uint64_t engine_epoch = 0;
    Sequence sequence;
    TimestampNs time;
    CommandId command;
    friend bool operator==(const EventFrameHeader&, const EventFrameHeader&) = default;
};
static_assert(sizeof(EventFrameHeader) == 48);
static_assert(std::is_trivially_copyable_v<EventFrameHeader> && std::is_standard_layout_v<EventFrameHeader>);
static_assert(std::has_unique_object_representations_v<EventFrameHeader>, "no hidden padding");

/// What all frames of one batch have in common, and the exchange does not know.
struct FrameOrigin {
    std::uint32_t rules_version = 0;
    std::uint64_t engine_epoch = 0;
};

}  // namespace sauda::core
