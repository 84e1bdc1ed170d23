/// The engine of another process: commands go to it and its events come over Redis Streams.
///
/// Threads: the network thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/result.h"
#include "redis_streams/command_producer.h"
#include "redis_streams/guarded_connection.h"
#include "sauda/config.h"
#include "sauda/engine_link.h"
#include "sauda/remote/remote_events.h"
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
    void find_newest(std::function<void(std::optional<core::Sequence>)> found) override;

private:
    RemoteEngine(const bus::redis::RedisConfig& where, boost::asio::io_context& io,
                 std::unique_ptr<RemoteEvents> events);

    std::string open_views();
    void register_metrics(telemetry::Metrics& metrics);
    void ask_newest();
    void ask_engine();
    void answer_newest(std::optional<core::Sequence> newest);

    using NewestFound = std::function<void(std::optional<core::Sequence>)>;

    const bus::redis::RedisConfig where_;
    const std::string events_key_;
    views::ReadModel views_;
    std::uint64_t folded_ = 0;  ///< what the views went through when they were taken

    // Questions for the newest sequence: those that come while one is asked wait for the next.
    std::vector<NewestFound> asking_;
    std::vector<NewestFound> waiting_;

    std::unique_ptr<RemoteEvents> events_;
    bus::redis::CommandProducer commands_;
    bus::redis::GuardedConnection questions_;
};

}  // namespace sauda
