/// Released events from the engine's broadcast to views, feed and gateway, in that order: what a reply tells
/// has been published, and is there to be read, when the reply leaves.
///
/// Threads: the network thread; wake() on any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bus/in_process.h"
#include "codec/stored_event_frame.h"
#include "feed/hub.h"
#include "gateway/gateway.h"
#include "journal/event_source.h"
#include "views/read_model.h"

namespace sauda {

class EventPump {
public:
    EventPump(views::ReadModel& views, feed::Hub& hub, gateway::Gateway& gateway,
              const journal::EventSource& log)
        : views_(views), hubs_{&hub}, gateway_(gateway), log_(log) {}

    /// Another hub on the same views. Before the first pump().
    void add(feed::Hub& hub) { hubs_.push_back(&hub); }

    /// Is told of each frame that the engine released by itself, after all others. Before the first pump().
    void listen(std::function<void(const codec::EventFrameView&)> heard) { heard_ = std::move(heard); }

    /// The views are there now, and `queue` has what was released since. Before the first pump().
    void begin(std::shared_ptr<bus::BroadcastQueue> queue);

    /// Takes what waits. A sentence where it cannot go on: the events in hand do not fit the views.
    std::string pump();

private:
    bool apply(const codec::EventFrameView& frame);
    std::string apply(base::ByteView frames);
    void flush();
    void tell(const codec::EventFrameView& frame);
    std::string catch_up();

    views::ReadModel& views_;
    std::vector<feed::Hub*> hubs_;
    gateway::Gateway& gateway_;
    const journal::EventSource& log_;
    std::shared_ptr<bus::BroadcastQueue> queue_;
    std::function<void(const codec::EventFrameView&)> heard_;
    std::vector<bus::Chunk> chunks_;
    codec::StoredFrameReader stored_;
};

}  // namespace sauda
