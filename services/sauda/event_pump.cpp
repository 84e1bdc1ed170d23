#include "sauda/event_pump.h"

#include <limits>
#include <utility>

#include "codec/event_frame.h"
#include "sauda/logged_frames.h"

namespace sauda {

namespace {

constexpr std::uint64_t to_the_end = std::numeric_limits<std::uint64_t>::max();

}  // namespace

void EventPump::begin(std::shared_ptr<bus::BroadcastQueue> queue) {
    queue_ = std::move(queue);
    for (feed::Hub* hub : hubs_) hub->begin();
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
    const auto fold = [&](const codec::EventFrameView& frame) {
        const bool is_good = apply(frame);
        flush();
        tell(frame);
        return is_good ? std::string() : "the event log holds events of another version";
    };
    return for_each_logged_frame(log_, views_.last().raw + 1, to_the_end, fold);
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
