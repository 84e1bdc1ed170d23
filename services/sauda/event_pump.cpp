#include "sauda/event_pump.h"

#include <algorithm>
#include <limits>

#include "codec/event_frame.h"
#include "codec/stored_event_frame.h"

namespace sauda {

namespace {

constexpr std::size_t read_bytes = 4u << 20;

constexpr std::uint64_t to_the_end = std::numeric_limits<std::uint64_t>::max();

/// Calls `visit(EventFrameView)` for every frame of the log from `from` through `last`, as far as it goes; a
/// sentence where it returns one, or where the log cannot be read.
template <class Visit>
std::string for_each_logged(const journal::EventSource& log, std::uint64_t from, std::uint64_t last,
                            Visit visit) {
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

}  // namespace

std::string fill_windows(const journal::EventSource& log, feed::Hub& hub, std::uint64_t frames_max) {
    // The log may go further by now: what came after the views were taken is still to be applied to them.
    const std::uint64_t last = hub.last().raw;
    const std::uint64_t from = std::max(log.first_sequence(), last > frames_max ? last - frames_max : 1);
    return for_each_logged(log, from, last, [&](const codec::EventFrameView& frame) {
        return hub.apply_history(frame) ? std::string() : "the event log holds events of another version";
    });
}

/// False where the frame is of another version.
bool EventPump::apply(const codec::EventFrameView& frame) {
    bool is_good = views_.apply(frame.header.sequence, frame.header.time, frame.events);
    for (feed::Hub* hub : hubs_) is_good = is_good && hub->apply(frame);
    return is_good;
}

void EventPump::flush() {
    for (feed::Hub* hub : hubs_) hub->flush();
}

void EventPump::tell(const codec::EventFrameView& frame) {
    gateway_.on_event_frame(frame);
    if (frame.header.command.gateway == 0 && heard_) heard_(frame);
}

std::string EventPump::apply(base::ByteView frames) {
    std::string problem;
    const auto fold = [&](const codec::EventFrameView& frame) {
        if (frame.header.sequence <= views_.last()) return;
        // A stream between processes may still have what an engine of earlier rules released.
        const auto todays = stored_.translate(frame);
        if (!todays || !apply(*todays)) problem = "events of another version arrived";
    };
    if (!codec::for_each_event_frame(frames, fold)) return "what the engine released is no event frame";
    return problem;
}

std::string EventPump::catch_up() {
    queue_->rejoin();
    return for_each_logged(log_, views_.last().raw + 1, to_the_end, [&](const codec::EventFrameView& frame) {
        const bool is_good = apply(frame);
        flush();
        tell(frame);
        return is_good ? std::string() : "the event log holds events of another version";
    });
}

std::string EventPump::pump() {
    while (true) {
        const auto taken = queue_->take(chunks_);
        if (taken == bus::BroadcastConsumer::Taken::fell_behind) {
            if (std::string problem = catch_up(); !problem.empty()) return problem;
            continue;
        }
        if (chunks_.empty()) return {};
        for (const bus::Chunk& chunk : chunks_) {
            if (std::string problem = apply(*chunk.bytes); !problem.empty()) return problem;
        }
        flush();
        for (const bus::Chunk& chunk : chunks_) {
            static_cast<void>(codec::for_each_event_frame(
                *chunk.bytes, [this](const codec::EventFrameView& frame) { tell(frame); }));
        }
    }
}

}  // namespace sauda
