#include "codec/event_frame.h"

#include <cstring>

#include "base/assert.h"

namespace sauda::codec {

void append_event_frame(const EventFrameHeader& header, base::ByteView events, base::Bytes& out) {
    ASSERT(events.size() % 8 == 0);
    ASSERT(events.size() <= UINT32_MAX - sizeof header);
    EventFrameHeader written = header;
    written.size = static_cast<std::uint32_t>(sizeof header + events.size());
    base::ByteWriter writer(out);
    writer.put(written);
    writer.put_bytes(events);
}

base::Result<EventFrameView, DecodeError> parse_event_frame(base::ByteView bytes) {
    EventFrameView frame;
    if (bytes.size() < sizeof frame.header) return base::Unexpected{DecodeError::truncated};
    std::memcpy(&frame.header, bytes.data(), sizeof frame.header);
    const std::size_t size = frame.header.size;
    if (size < sizeof frame.header || size % 8 != 0) return base::Unexpected{DecodeError::out_of_range};
    if (size > bytes.size()) return base::Unexpected{DecodeError::truncated};
    frame.events = bytes.subspan(sizeof frame.header, size - sizeof frame.header);
    return frame;
}

}  // namespace sauda::codec
