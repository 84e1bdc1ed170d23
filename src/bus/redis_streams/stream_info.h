/// The newest id that a stream ever had, from the answer to XINFO STREAM: zero when there is no such key,
/// nothing when the answer says neither.
#pragma once

#include <optional>

#include "redis_streams/reply.h"
#include "redis_streams/stream_id.h"

namespace sauda::bus::redis {

inline std::optional<StreamId> newest_id(const Answer& answer) {
    if (answer) return StreamId::parse(answer->field("last-generated-id").text());
    const bool is_missing =
        answer.error().kind == Failure::Kind::refused && answer.error().text.starts_with("ERR no such key");
    return is_missing ? std::optional(StreamId{}) : std::nullopt;
}

}  // namespace sauda::bus::redis
