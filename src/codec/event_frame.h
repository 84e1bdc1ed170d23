/// What the engine releases per command: who asked, its place and time, and what happened.
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

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/result.h"
#include "codec/decode_error.h"
#include "core/event_reader.h"
#include "core/types/ids.h"
#include "core/types/timestamp.h"

namespace sauda::codec {

struct EventFrameHeader {
    std::uint32_t size = 0;  ///< filled in by append_event_frame, or by core as it applies
    std::uint32_t rules_version = 0;
    std::uint64_t engine_epoch = 0;
    core::Sequence sequence;
    core::TimestampNs time;
    core::CommandId command;
    friend bool operator==(const EventFrameHeader&, const EventFrameHeader&) = default;
};
static_assert(sizeof(EventFrameHeader) == 48);
static_assert(offsetof(EventFrameHeader, size) == 0, "where core::Exchange::apply_batch writes it");
static_assert(std::is_trivially_copyable_v<EventFrameHeader> && std::is_standard_layout_v<EventFrameHeader>);
static_assert(std::has_unique_object_representations_v<EventFrameHeader>, "no hidden padding");

/// One frame as it stands in someone else's memory: `events` is valid as long as that is.
struct EventFrameView {
    EventFrameHeader header;
    base::ByteView events;
};

/// Appends one frame. `header.size` is ignored and computed. One copy of `events`, nothing else.
/// Requires: events.size() is a multiple of 8 and fits 32 bits with the header.
void append_event_frame(const EventFrameHeader& header, base::ByteView events, base::Bytes& out);

/// The header of the frame at the front of `bytes`, of which only the size is filled in (as
/// core::Exchange::apply_batch leaves it): all else is the caller's to fill in where it stands.
/// Requires: the frame is all there, and aligned as a header.
inline EventFrameHeader& event_frame_to_finish(std::span<std::byte> bytes) {
    auto* const header = std::launder(reinterpret_cast<EventFrameHeader*>(bytes.data()));
    ASSERT(header->size >= sizeof(EventFrameHeader) && header->size <= bytes.size() && header->size % 8 == 0);
    return *header;
}

/// The frame at the front of `bytes`; what follows it is bytes.subspan(header.size). Only the frame is
/// checked: core::for_each_event tells whether the events are well-formed.
base::Result<EventFrameView, DecodeError> parse_event_frame(base::ByteView bytes);

/// Calls `visitor(const EventFrameView&)` with each frame of `bytes`, in order. The error, after having
/// visited what came before, where the bytes are not frames one after the other.
template <class Visitor>
base::Result<void, DecodeError> for_each_event_frame(base::ByteView bytes, Visitor&& visitor) {
    while (!bytes.empty()) {
        const auto frame = parse_event_frame(bytes);
        if (!frame) return base::Unexpected{frame.error()};
        visitor(*frame);
        bytes = bytes.subspan(frame->header.size);
    }
    return {};
}

}  // namespace sauda::codec
