/// Frames in a third to a half of their bytes, as the event log stores them.
///
/// Most bytes of a frame are zeros, because numbers of 64 bits are mostly small, or those of the frame before
/// it, because headers tell the same epoch, time and gateway again. Neither is stored. That costs less than
/// what it saves: the fewer bytes are checksummed, copied and taken by the device.
///
/// Layout: the frames one after another, each in blocks of 64 bytes of which the last may be shorter. The
/// first 48 bytes of a frame are taken as the exclusive or with those of the frame before it in the record
/// (zeros before the first, and where one of both is shorter). A block is
///
///     mask     a bit for each byte, the lowest for the first: whether it is stored. Little-endian, in 8
///              bytes for the first block of a frame, in ceil(bytes of the block / 8) for the others
///     bytes    those that are; all others are zero
///
/// A frame's length stands in its first four bytes (frames.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace sauda::journal {

/// Room that pack_frames needs for frames of together `length` bytes, however short they are.
std::size_t packed_length_max(std::size_t length);

/// Writes `frames` packed to `out` and returns how many bytes they are.
/// Requires: whole frames; room for packed_length_max.
std::size_t pack_frames(base::ByteView frames, std::span<std::byte> out);

/// Fills `frames` with what `packed` holds. False when that is not frames of just so many bytes, packed.
/// Any bytes may be asked.
bool unpack_frames(base::ByteView packed, std::span<std::byte> frames);

/// By what instructions; the result is the same.
enum class PackingWay : std::uint8_t { portable, sse, avx512 };

/// Whether this program on this processor has it; the two above take the last that it has.
bool is_available(PackingWay way);
/// Requires: is_available(way).
std::size_t pack_frames(PackingWay way, base::ByteView frames, std::span<std::byte> out);
/// Requires: is_available(way).
bool unpack_frames(PackingWay way, base::ByteView packed, std::span<std::byte> frames);

}  // namespace sauda::journal
