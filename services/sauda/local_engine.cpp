#include "sauda/local_engine.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <utility>

#include "sauda/disk.h"
#include "sauda/part_configs.h"
#include "telemetry/log.h"

namespace sauda {

namespace log = telemetry::log;
using base::Result;
using base::Unexpected;

namespace {

constexpr std::size_t backlog_bytes = std::size_t{256} << 20;

}  // namespace

Result<std::unique_ptr<LocalEngine>, std::string> LocalEngine::open(const RunConfig& config,
                                                                    OnFailure on_failure,
                                                                    telemetry::Metrics& metrics) {
    auto local = std::unique_ptr<LocalEngine>(new LocalEngine(config, std::move(on_failure)));
    std::string problem = local->open_engine(metrics);
    if (problem.empty()) problem = local->open_views(metrics);
    if (!problem.empty()) return Unexpected{std::move(problem)};
    return local;
}

LocalEngine::~LocalEngine() = default;

std::string LocalEngine::open_engine(telemetry::Metrics& metrics) {
    orderbook_engine::EngineHooks hooks;
    hooks.on_failure = on_failure_;
    hooks.roll_snapshot = [this](core::Sequence through) {
        snapshots_.start(config_.data_dir, through.raw, config_.snapshots_kept);
    };
    hooks.before_last_snapshot = [this] { snapshots_.stop(); };
    auto disk = make_disk();
    if (!disk) return disk.error();
    auto started = orderbook_engine::Engine::start(engine_config(config_), std::move(disk->files),
                                                   std::move(hooks), metrics);
    if (!started) {
        const std::string message = started.error().message();
        const bool is_locked = message.find("flock") != std::string::npos;
        return is_locked
                   ? message +
                         ". Another exchange runs on this data directory; stop it, or use another --data-dir."
                   : message;
    }
    engine_ = std::move(*started);
    disk->has_recovered->store(true);
    return {};
}

std::string LocalEngine::open_views(telemetry::Metrics& metrics) {
    const journal::EventLog& events = engine_->event_log();
    const auto limits = view_limits();
    if (!limits) return limits.error();
    checkpoints_ = std::make_unique<ViewCheckpoints>(engine_->disk(), events, config_.data_dir,
                                                     engine_->journal_id(), *limits);
    const auto checkpoint = checkpoints_->open(beginning_.views);
    if (!checkpoint) return checkpoint.error();
    CheckpointRoller::Config rolling;
    rolling.every = config_.checkpoint_commands;
    rolling.last = *checkpoint;
    rolling.may_write = [this] { return engine_->is_healthy() && has_room(); };
    roller_ = std::make_unique<CheckpointRoller>(*checkpoints_, events, std::move(rolling));
    metrics.gauge("sauda_views_checkpoint_sequence", "Sequence of the newest checkpoint of the views",
                  [this] { return static_cast<double>(roller_->last().raw); });
    return {};
}

std::string LocalEngine::read_past() {
    const std::atomic<bool> never{false};
    auto past = sauda::read_past(log(), beginning_.views.last(), never);
    if (!past) return past.error();
    beginning_.past = std::move(*past);
    return {};
}

std::shared_ptr<bus::BroadcastQueue> LocalEngine::join(bus::Wake wake) {
    return engine_->events().join(backlog_bytes, std::move(wake));
}

void LocalEngine::find_frame(core::Sequence sequence, order_entry::FrameFound found) {
    std::optional<base::Bytes> frame;
    const auto visit = [&](std::uint64_t at, base::ByteView bytes) {
        if (at == sequence.raw) frame = base::Bytes(bytes.begin(), bytes.end());
        return false;
    };
    const auto read = log().read(sequence.raw, 1, visit);
    const bool is_gone = !read && read.error().fault == journal::JournalFault::missing;
    if (!read && !is_gone) return found(Unexpected{read.error().message()});
    found(std::move(frame));
}

EngineState LocalEngine::state() const {
    EngineState out;
    if (!engine_->is_healthy()) out.problem = "the journal failed: nothing more is taken";
    out.is_cancel_only = engine_->is_cancel_only();
    out.epoch = engine_->epoch();
    out.rules_version = orderbook_engine::rules_version;
    out.commands_waiting = engine_->commands().waiting();
    return out;
}

void LocalEngine::find_newest(std::function<void(std::optional<core::Sequence>)> found) {
    found(core::Sequence{log().published_sequence()});
}

void LocalEngine::find_horizon(HorizonFound found) {
    engine_->ask_time([found = std::move(found)](core::Stamp stamp) {
        found(gateway::Horizon{stamp.sequence, stamp.time, true});
    });
}

std::optional<orderbook_engine::ViewCheckpoint> LocalEngine::load_checkpoint() const {
    const std::string directory = journal::join(config_.data_dir, "views");
    if (!engine_->disk().exists(directory)) return std::nullopt;
    journal::SnapshotStore store(engine_->disk(), directory);
    const auto sequences = store.list();
    if (!sequences) return std::nullopt;
    for (const std::uint64_t sequence : *sequences) {
        auto loaded = store.load(sequence);
        if (!loaded || loaded->info.journal != engine_->journal_id()) continue;
        return orderbook_engine::ViewCheckpoint{
            sequence, std::make_shared<const base::Bytes>(std::move(loaded->content))};
    }
    return std::nullopt;
}

void LocalEngine::save_views(const views::ReadModel& views) {
    roller_->stop();
    if (!engine_->is_healthy() || views.last() <= roller_->last()) return;
    const std::string problem = checkpoints_->save(views);
    if (!problem.empty()) log::error("no checkpoint of views could be taken", {{"reason", problem}});
}

std::string LocalEngine::stop() {
    return engine_->stop().value_or(std::string());
}

}  // namespace sauda
