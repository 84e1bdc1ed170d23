/// The engine as a front sees it: one in this process (local_engine.h), or another process's over the bus
/// (remote_engine.h). Views, gateway, feed and API do not know the difference.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "bus/in_process.h"
#include "bus/producer.h"
#include "core/types/ids.h"
#include "gateway/horizon.h"
#include "journal/event_source.h"
#include "order_entry/order_entry.h"
#include "sauda/beginning.h"

namespace sauda {

/// How the engine is, as far as this process knows.
struct EngineState {
    std::string problem;          ///< why it takes nothing; empty: it does
    bool is_cancel_only = false;  ///< its disk is nearly full
    std::uint64_t epoch = 0;
    std::uint32_t rules_version = 0;
    std::uint64_t commands_waiting = 0;  ///< on their way to it
};

/// Threads: the network thread.
class EngineLink {
public:
    virtual ~EngineLink() = default;

    /// Taken once, by the front, when the engine is there.
    virtual Beginning take_beginning() = 0;
    /// A backlog of released events, from the beginning on. `wake` may be called on any thread.
    virtual std::shared_ptr<bus::BroadcastQueue> join(bus::Wake wake) = 0;
    virtual bus::Producer& commands() = 0;
    /// Released events of the past. Reading may block: for the start, and where a backlog was lost.
    virtual const journal::EventSource& log() const = 0;

    /// Calls `found` with the event frame of `sequence`, maybe before it returns.
    virtual void find_frame(core::Sequence sequence, order_entry::FrameFound found) = 0;

    virtual EngineState state() const = 0;

    /// Whether other processes answer clients of the same engine: what they told has then to be waited for.
    virtual bool is_shared() const = 0;
    /// Calls `found`, maybe before it returns, with a sequence that is not below any that a client can have
    /// been told of when this was called; with nothing where it cannot be found out.
    virtual void find_newest(std::function<void(std::optional<core::Sequence>)> found) = 0;

    using HorizonFound = std::function<void(std::optional<gateway::Horizon>)>;
    /// Calls `found`, on any thread, with the engine's horizon at a moment after this was called; with
    /// nothing where it cannot be found out. It may take long, or never come from an engine that is stuck.
    virtual void find_horizon(HorizonFound found) = 0;
};

}  // namespace sauda
