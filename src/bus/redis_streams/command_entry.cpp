#include "redis_streams/command_entry.h"

#include "base/assert.h"
#include "base/crc32c.h"
#include "redis_streams/stream_id.h"

namespace sauda::bus::redis {

namespace {

constexpr std::uint32_t reserved_bit = 0x8000'0000;

}  // namespace

void pack_frame(base::ByteView frame, Lane lane, base::Bytes& into) {
    ASSERT(frame.size() < reserved_bit);
    base::ByteWriter writer(into);
    writer.put(static_cast<std::uint32_t>(frame.size()) | (lane == Lane::reserved ? reserved_bit : 0));
    writer.put_bytes(frame);
}

std::optional<std::vector<Run>> parse_command_entry(Reply fields) {
    const auto packed = checked_bytes(fields, "frames");
    if (!packed) return std::nullopt;
    std::vector<Run> runs;
    base::ByteReader reader(*packed);
    while (!reader.at_end()) {
        const auto header = reader.get<std::uint32_t>();
        const base::ByteView frame = reader.get_bytes(header & ~reserved_bit);
        if (!reader.ok()) return std::nullopt;
        const Lane lane = (header & reserved_bit) != 0 ? Lane::reserved : Lane::placing;
        if (runs.empty() || runs.back().lane != lane) runs.push_back({lane, {}});
        runs.back().frames.append(frame);
    }
    return runs;
}

std::optional<base::ByteView> checked_bytes(Reply fields, std::string_view name) {
    const Reply bytes = fields.field(name);
    const auto crc = parse_number(fields.field("crc").text());
    if (bytes.is_nil() || !crc) return std::nullopt;
    const base::ByteView view = base::as_bytes(bytes.text());
    if (base::crc32c(view) != *crc) return std::nullopt;
    return view;
}

std::string crc_text(base::ByteView bytes) {
    return std::to_string(base::crc32c(bytes));
}

}  // namespace sauda::bus::redis
