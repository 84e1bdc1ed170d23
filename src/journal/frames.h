/// Frames one after another, as the event log has them: each begins with its own length (u32, these four
/// bytes included), and the rest of it is opaque.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/assert.h"
#include "base/bytes.h"

namespace sauda::journal {

/// What a frame has at least.
inline constexpr std::size_t frame_length_min = sizeof(std::uint32_t);

/// The length of the frame at the front of `bytes`; none where there is no whole one.
inline std::optional<std::size_t> frame_length(base::ByteView bytes) {
    std::uint32_t length = 0;
    if (bytes.size() < sizeof length) return std::nullopt;
    std::memcpy(&length, bytes.data(), sizeof length);
    if (length < frame_length_min || length > bytes.size()) return std::nullopt;
    return length;
}

/// Takes the frame off the front of `frames`. Requires: there is a whole one.
inline base::ByteView take_frame(base::ByteView& frames) {
    const auto length = frame_length(frames);
    ASSERT(length.has_value());
    const base::ByteView frame = frames.first(*length);
    frames = frames.subspan(*length);
    return frame;
}

}  // namespace sauda::journal
