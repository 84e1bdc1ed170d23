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
    /// Waits for the engine, a minute at most, and folds the views from its newest checkpoint on. Blocks. The
    /// error is a sentence. `io` and `metrics` outlive it.
    static base::Result<std::unique_ptr<RemoteEngine>, std::string> open(
        const RunConfig& config, const std::string& program, const EngineAddress& address,
        boost::asio::io_context& io, telemetry::Metrics& metrics, RemoteEvents::Hooks hooks);

    const bus::redis::RedisConfig& where() const { return where_; }
    /// Begins to listen to Redis. After everybody has joined.
    void start();

    views::ReadModel take_views() override { return std::move(views_); }
    std::shared_ptr<bus::BroadcastQueue> join(bus::Wake wake) override {
        return events_->join(std::move(wake));
    }
    bus::Producer& commands() override { return commands_; }
    const journal::EventSource& log() const override { return events_->log(); }
    void find_frame(core::Sequence sequence, FrameFound found) override;
    EngineState state() const override;
    bool is_shared() const override { return true; }
    void find_newest(std::function<void(std::optional<core::Sequence>)> found) override {
        newest_.ask(std::move(found));
    }
    void find_horizon(HorizonFound found) override { horizon_.ask(std::move(found)); }

private:
    RemoteEngine(const bus::redis::RedisConfig& where, boost::asio::io_context& io,
                 std::unique_ptr<RemoteEvents> events);

    std::string open_views();
    void register_metrics(telemetry::Metrics& metrics);

    using NewestFound = std::function<void(std::optional<core::Sequence>)>;
    void ask_newest(NewestFound found);
    void ask_engine(NewestFound found);
    void ask_horizon(HorizonFound found);
    void note_trouble();
    void watch_for_trouble();

    const bus::redis::RedisConfig where_;
    const std::string events_key_;
    views::ReadModel views_;
    std::uint64_t folded_ = 0;  ///< what the views went through when they were taken

    SharedQuestion<std::optional<core::Sequence>> newest_;
    SharedQuestion<std::optional<gateway::Horizon>> horizon_;

    std::unique_ptr<RemoteEvents> events_;
    bus::redis::CommandProducer commands_;
    bus::redis::GuardedConnection questions_;
    bus::redis::Timer trouble_timer_;
};

}  // namespace sauda
