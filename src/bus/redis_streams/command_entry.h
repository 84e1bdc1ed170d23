/// Command frames as they stand in one entry of the commands stream.
///
/// The entry has two fields: `frames`, which is frames one after the other,
///
///     offset  width  field
///     0       u32    bits 0-30: size of the frame; bit 31: it is of the reserved lane
///     4       ...    the frame
///
/// and `crc`, the CRC32C of those bytes in decimal. One turn's offers of both lanes go into one entry,
/// because the lanes share one order.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "bus/frame_batch.h"
#include "bus/producer.h"
#include "redis_streams/reply.h"

namespace sauda::bus::redis {

inline constexpr std::size_t packed_header_size = 4;

/// Appends `frame` to packed frames. Requires: its size fits 31 bits.
void pack_frame(base::ByteView frame, Lane lane, base::Bytes& into);

/// Frames of one lane that follow each other.
struct Run {
    Lane lane = Lane::placing;
    FrameBatch frames;
};
/// The runs of an entry's fields, in order; nothing where they are not as above.
std::optional<std::vector<Run>> parse_command_entry(Reply fields);

/// Whether `fields` has `bytes` under `name` and their CRC under `crc`; then the bytes.
std::optional<base::ByteView> checked_bytes(Reply fields, std::string_view name);
/// The CRC of `bytes` as it stands in an entry.
std::string crc_text(base::ByteView bytes);

}  // namespace sauda::bus::redis
