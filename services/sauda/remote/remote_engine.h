/// The engine of another process: commands go to it and its events come over Redis Streams.
///
/// Threads: the network thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>

#include "base/result.h"
#include "redis_streams/command_producer.h"
#include "redis_streams/guarded_connection.h"
#include "redis_streams/timer.h"
#include "sauda/config.h"
#include "sauda/engine_link.h"
#include "sauda/remote/remote_events.h"
#include "sauda/shared_question.h"
#include "telemetry/metrics.h"

namespace sauda {

class RemoteEngine final : public EngineLink {
public:
    struct Hooks {
        /// As RemoteEvents'.
        std::function<void(const std::string& why)> on_failure;
        std::function<bool()> is_waiting;
        /// The engine is there, and the views are folded from its newest checkpoint on: they can be taken.
        std::function<void()> on_there;
    };
    /// Of an engine that need not be there. The error is a sentence. `io` and `metrics` outlive it.
    static base::Result<std::unique_ptr<RemoteEngine>, std::string> open(
        const RunConfig& config, const std::string& program, const EngineAddress& address,
        boost::asio::io_context& io, telemetry::Metrics& metrics, Hooks hooks);

    const bus::redis::RedisConfig& where() const { return where_; }
    /// Begins to send commands, and to look for the engine, however long that takes.
    void start();
    /// Its views can be taken, or were.
    bool is_there() const { return is_there_; }
    /// It answered when it was last asked, there or not.
    bool is_answering() const { return events_.unreachable().empty(); }
    /// Why this program cannot follow it, in a sentence; empty: it can, as far as is known.
    const std::string& misfit() const { return events_.misfit(); }

    Beginning take_beginning() override { return std::move(beginning_); }
    /// Begins to listen to Redis for what comes after the beginning.
    std::shared_ptr<bus::BroadcastQueue> join(bus::Wake wake) override;
    bus::Producer& commands() override { return commands_; }
    const journal::EventSource& log() const override { return events_.log(); }
    void find_frame(core::Sequence sequence, order_entry::FrameFound found) override;
    EngineState state() const override;
    bool is_shared() const override { return true; }
    void find_newest(std::function<void(std::optional<core::Sequence>)> found) override {
        newest_.ask(std::move(found));
    }
    void find_horizon(HorizonFound found) override { horizon_.ask(std::move(found)); }

private:
    RemoteEngine(const bus::redis::RedisConfig& where, const EngineAddress& address,
                 const views::ViewLimits& limits, boost::asio::io_context& io, telemetry::Metrics& metrics,
                 Hooks hooks);

    void load();
    struct Loaded;
    void on_loaded(Loaded& loaded);
    void register_metrics(telemetry::Metrics& metrics);

    using NewestFound = std::function<void(std::optional<core::Sequence>)>;
    void ask_newest(NewestFound found);
    void ask_engine(NewestFound found);
    void ask_horizon(HorizonFound found);
    void note_trouble();
    void watch_for_trouble();
    /// Logs that Redis was given up, or is there again.
    void tell_reachability();

    const bus::redis::RedisConfig where_;
    const std::string events_key_;
    const views::ViewLimits limits_;
    const Hooks hooks_;
    Beginning beginning_;
    std::uint64_t folded_ = 0;  ///< what its views go through
    bool is_loading_ = false;
    bool is_there_ = false;
    bool is_told_reachable_ = true;  ///< what the log says of Redis

    SharedQuestion<std::optional<core::Sequence>> newest_;
    SharedQuestion<std::optional<gateway::Horizon>> horizon_;

    RemoteEvents events_;
    bus::redis::CommandProducer commands_;
    bus::redis::GuardedConnection questions_;
    bus::redis::Timer trouble_timer_;
};

}  // namespace sauda
