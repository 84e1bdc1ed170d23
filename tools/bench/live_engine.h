/// The engine service with all its threads, housekeeping too: for benches of what happens beside trading.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "bench/durable_engine.h"
#include "bus/frame_batch.h"
#include "orderbook-engine/engine.h"
#include "telemetry/metrics.h"

namespace sauda::bench {

/// Threads: one owner, beside the engine's own and the reader of its events.
class LiveEngine {
public:
    /// `on_chunk` is called with released event frames, on the reader's thread; `roll_snapshot` may be empty.
    static base::Result<std::unique_ptr<LiveEngine>, std::string> start(
        const orderbook_engine::EngineConfig& config, orderbook_engine::Engine::Disk disk,
        std::function<void(core::Sequence through)> roll_snapshot, ReplyReader::OnChunk on_chunk);

    /// Adds a command as gateways send them, with the next gateway sequence, from 1.
    void add(const core::Command& command);
    /// Offers what was added, waiting while the engine's queue is full. False once its journal has failed:
    /// what was added is gone then.
    bool send();
    /// Opens the flow's accounts and builds its books; returns when all of it is durable. False: as above.
    bool prepare(const FlowFile& flow, Progress& progress);
    /// Waits until everything sent has been released. False: as above.
    bool wait_until_released() const;
    /// Ends the engine in order, and the reader after it; the failure, if one came. Nothing may be sent
    /// after.
    std::string stop();

    std::size_t waiting() const { return frames_.size(); }
    std::uint64_t gateway_sequence() const { return gateway_sequence_; }
    /// The engine sequence of the last event frame that the reader was given.
    std::uint64_t released() const { return released_.load(std::memory_order_acquire); }

private:
    LiveEngine() = default;
    void take(base::ByteView frames, const ReplyReader::OnChunk& on_chunk);

    telemetry::Metrics metrics_;
    std::atomic<std::uint64_t> released_{0};
    std::atomic<std::uint64_t> answered_{0};  ///< the last gateway sequence among them
    std::unique_ptr<orderbook_engine::Engine> engine_;
    std::unique_ptr<ReplyReader> replies_;
    std::uint64_t gateway_sequence_ = 0;
    bus::FrameBatch frames_;
    base::Bytes frame_;
};

}  // namespace sauda::bench
