/// What the answers about a shard's streams say.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "redis_streams/reply.h"
#include "redis_streams/stream_id.h"

namespace sauda::bus::redis {

/// The newest id that a stream ever had, from the answer to XINFO STREAM: zero when there is no such key,
/// nothing when the answer says neither.
inline std::optional<StreamId> newest_id(const Answer& answer) {
    if (answer) return StreamId::parse(answer->field("last-generated-id").text());
    const bool is_missing =
        answer.error().kind == Failure::Kind::refused && answer.error().text.starts_with("ERR no such key");
    return is_missing ? std::optional(StreamId{}) : std::nullopt;
}

/// Whether there is such a stream and it has no entries, from the same answer.
inline bool is_empty_stream(const Answer& answer) {
    return answer && newest_id(answer) && answer->field("length").integer() == 0;
}

/// The newest event that the engine had released when the events stream was written to last, from the answer
/// to XREVRANGE + - COUNT 1: while a flushed stream is filled again it is above what the stream has. Nothing
/// when the stream is empty or could not be asked.
inline std::optional<std::uint64_t> newest_released(const Answer& answer) {
    if (!answer || answer->size() != 1 || (*answer)[0].size() != 2) return std::nullopt;
    const Reply entry = (*answer)[0];
    const auto id = StreamId::parse(entry[0].text());
    const auto released = parse_number(entry[1].field("released").text());
    if (!id || !released) return std::nullopt;
    return std::max(id->milliseconds, *released);
}

/// Why who works for `journal` must leave the streams alone, from the answer to GET of the shard's journal
/// key; empty: they are that journal's, or nobody's yet.
inline std::string why_foreign(Reply owner, std::string_view journal) {
    if (owner.is_nil() || owner.text() == journal) return {};
    return "Redis holds the streams of journal " + std::string(owner.text()) + ", not of journal " +
           std::string(journal);
}

}  // namespace sauda::bus::redis
