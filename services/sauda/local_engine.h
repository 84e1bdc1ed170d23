/// The engine in this process, with checkpoints of the views that stand before it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "orderbook-engine/endpoint.h"
#include "orderbook-engine/engine.h"
#include "sauda/config.h"
#include "sauda/engine_link.h"
#include "sauda/snapshot_process.h"
#include "sauda/view_checkpoints.h"
#include "telemetry/metrics.h"

namespace sauda {

/// Threads: the network thread, but for what says otherwise.
class LocalEngine final : public EngineLink {
public:
    /// The journal failed: the process must end. On the journal's thread.
    using OnFailure = std::function<void(const std::string& reason)>;

    /// Recovers the data directory and folds the views. The error is a sentence. `metrics` outlives it.
    static base::Result<std::unique_ptr<LocalEngine>, std::string> open(const RunConfig& config,
                                                                        OnFailure on_failure,
                                                                        telemetry::Metrics& metrics);
    ~LocalEngine() override;

    /// Has the private events of before in the beginning too, for a front whose clients resume. A sentence on
    /// failure.
    std::string read_past();
    Beginning take_beginning() override { return std::move(beginning_); }
    std::shared_ptr<bus::BroadcastQueue> join(bus::Wake wake) override;
    bus::Producer& commands() override { return engine_->commands(); }
    const journal::EventSource& log() const override { return engine_->event_log(); }
    void find_frame(core::Sequence sequence, order_entry::FrameFound found) override;
    EngineState state() const override;
    bool is_shared() const override { return false; }
    void find_newest(std::function<void(std::optional<core::Sequence>)> found) override;
    void find_horizon(HorizonFound found) override;

    orderbook_engine::Engine& engine() { return *engine_; }
    /// False while the disk has no room for what can be made again.
    bool has_room() const { return !engine_->is_cancel_only(); }

    /// The newest checkpoint of the views that can be read. Any thread; blocks on the disk.
    std::optional<orderbook_engine::ViewCheckpoint> load_checkpoint() const;
    /// Another start has nothing to fold then. Requires: `views` hold only what is durable.
    void save_views(const views::ReadModel& views);
    /// Ends the engine's threads and saves a snapshot. A sentence where something of it failed.
    std::string stop();

private:
    LocalEngine(const RunConfig& config, OnFailure on_failure)
        : config_(config), on_failure_(std::move(on_failure)) {}

    std::string open_engine(telemetry::Metrics& metrics);
    std::string open_views(telemetry::Metrics& metrics);

    const RunConfig config_;
    const OnFailure on_failure_;
    SnapshotProcess snapshots_;
    std::unique_ptr<orderbook_engine::Engine> engine_;
    std::unique_ptr<ViewCheckpoints> checkpoints_;
    std::unique_ptr<CheckpointRoller> roller_;
    Beginning beginning_;
};

}  // namespace sauda
