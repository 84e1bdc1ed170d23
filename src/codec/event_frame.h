/// Event frames (core/event_frame.h) as bytes: how they are taken apart, and made elsewhere than by an
/// exchange.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/decode_error.h"
#include "core/event_frame.h"
#include "core/event_reader.h"

namespace sauda::codec {

using core::EventFrameHeader;

/// One frame as it stands in someone else's memory: `events` is valid as long as that is.
struct EventFrameView {
    EventFrameHeader header;
    base::ByteView events;
};

/// Appends one frame. `header.size` is ignored and computed. One copy of `events`, nothing else.
/// Requires: events.size() is a multiple of 8 and fits 32 bits with the header.
void append_event_frame(const EventFrameHeader& header, base::ByteView events, base::Bytes& out);

/// The frame at the front of `bytes`; what follows it is bytes.subspan(header.size). Only the frame is
/// checked: core::for_each_event tells whether the events are well-formed.
inline base::Result<EventFrameView, DecodeError> parse_event_frame(base::ByteView bytes) {
    EventFrameView frame;
    if (bytes.size() < sizeof frame.header) return base::Unexpected{DecodeError::truncated};
    std::memcpy(&frame.header, bytes.data(), sizeof frame.header);
    const std::size_t size = frame.header.size;
    if (size < sizeof frame.header || size % 8 != 0) return base::Unexpected{DecodeError::out_of_range};
    if (size > bytes.size()) return base::Unexpected{DecodeError::truncated};
    frame.events = bytes.subspan(sizeof frame.header, size - sizeof frame.header);
    return frame;
}

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
