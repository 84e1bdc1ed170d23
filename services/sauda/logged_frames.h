/// Event frames as an event log has them, today's version of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "codec/event_frame.h"
#include "codec/stored_event_frame.h"
#include "journal/event_source.h"

namespace sauda {

/// Calls `visit(EventFrameView)` for every frame of the log from `from` through `last`, as far as it goes; a
/// sentence where it returns one, or where the log cannot be read.
template <class Visit>
std::string for_each_logged_frame(const journal::EventSource& log, std::uint64_t from, std::uint64_t last,
                                  Visit visit) {
    constexpr std::size_t read_bytes = 4u << 20;
    std::string problem;
    codec::StoredFrameReader stored;
    while (problem.empty() && from <= last) {
        const auto next = log.read(from, read_bytes, [&](std::uint64_t sequence, base::ByteView bytes) {
            if (sequence > last) return false;
            const auto frame = stored.read(bytes);
            problem = frame ? visit(*frame) : "the event log holds what is no event frame";
            return problem.empty();
        });
        if (!next) return next.error().message();
        if (*next == from) break;
        from = *next;
    }
    return problem;
}

}  // namespace sauda
