/// The events of another process's engine: live over Redis Streams, and what the stream no longer has over
/// HTTP; and how the engine is.
///
/// Threads: the network thread, but for log(), which is for any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "base/result.h"
#include "bus/in_process.h"
#include "redis_streams/config.h"
#include "redis_streams/event_reader.h"
#include "sauda/remote/engine_client.h"
#include "sauda/remote/engine_liaison.h"
#include "sauda/remote/remote_event_log.h"
#include "telemetry/metrics.h"

namespace sauda {

class RemoteEvents {
public:
    struct Hooks {
        /// It cannot go on: the engine is another one now, or of another version. The process must end.
        std::function<void(const std::string& why)> on_failure;
        /// Whether somebody waits for an event. Empty: never.
        std::function<bool()> is_waiting;
        /// An engine that this program can follow has answered; again and again, until start(). Empty: nobody
        /// need know.
        std::function<void()> on_found;
    };
    /// Of an engine that need not be there. `io` and `metrics` outlive it.
    RemoteEvents(const EngineAddress& address, boost::asio::io_context& io, telemetry::Metrics& metrics,
                 Hooks hooks);
    /// Begins to ask the engine how it is.
    void begin_asking();
    /// Begins to listen to Redis, behind `from`. Requires: the engine has answered.
    void start(const bus::redis::RedisConfig& where, std::uint64_t from);

    RemoteEventLog& log() { return log_; }
    const RemoteEventLog& log() const { return log_; }
    /// Requires: begin_asking() was called.
    EngineLiaison& liaison() { return *liaison_; }
    const EngineAddress& address() const { return address_; }
    /// A backlog of events as they come. Nothing more is read from Redis while it is long.
    std::shared_ptr<bus::BroadcastQueue> join(bus::Wake wake);

    /// As it was heard of last.
    const EngineDescription& engine() const { return described_; }
    /// Why the engine could not be asked last; empty: it could.
    const std::string& unreachable() const { return unreachable_; }
    /// Why this program cannot follow the engine that answered before start(), in a sentence; empty: it can.
    const std::string& misfit() const { return misfit_; }
    /// Redis is listened to.
    bool is_connected() const { return reader_ && reader_->is_connected(); }

private:
    void on_described(const base::Result<EngineDescription, std::string>& described);
    void on_described_before_start(const EngineDescription& engine);
    void fetch(std::uint64_t from, bus::redis::EventReaderHooks::Fetched done);
    void register_metrics(telemetry::Metrics& metrics);

    boost::asio::io_context& io_;
    const EngineAddress address_;
    const Hooks hooks_;
    EngineDescription described_;
    std::string unreachable_ = "the engine has not answered yet";
    std::string misfit_;
    bus::Broadcast events_;
    RemoteEventLog log_;
    std::shared_ptr<bus::BroadcastQueue> queue_;
    std::unique_ptr<EngineLiaison> liaison_;
    std::unique_ptr<bus::redis::EventReader> reader_;
};

}  // namespace sauda
