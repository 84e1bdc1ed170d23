#include "codec/event_frame.h"

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

}  // namespace sauda::codec
