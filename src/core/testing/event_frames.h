/// Event frames taken apart, for tests of core, which does not know the codec.
#pragma once

#include <cstring>

#include "base/assert.h"
#include "base/bytes.h"
#include "core/event_frame.h"

namespace sauda::core::testing {

/// Calls `visit(const EventFrameHeader&, base::ByteView events)` with each frame of `bytes`, in order. Fails
/// the process where they are not frames one after the other.
template <class Visit>
void for_each_frame(base::ByteView bytes, Visit visit) {
    while (!bytes.empty()) {
        EventFrameHeader header;
        ASSERT(bytes.size() >= sizeof header);
        std::memcpy(&header, bytes.data(), sizeof header);
        ASSERT(header.size >= sizeof header && header.size <= bytes.size());
        visit(header, bytes.first(header.size).subspan(sizeof header));
        bytes = bytes.subspan(header.size);
    }
}

}  // namespace sauda::core::testing
