#include "sauda/remote/remote_engine.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <utility>

#include "redis_streams/stream_state.h"
#include "sauda/remote/redis_settings.h"
#include "sauda/view_checkpoints.h"
#include "telemetry/log.h"

namespace sauda {

namespace log = telemetry::log;
namespace redis = bus::redis;
using base::Result;
using base::Unexpected;

namespace {

/// After a failover the engine finds the new master and fills its stream within this.
constexpr auto new_connection = std::chrono::seconds(5);

}  // namespace

/// What was loaded on the liaison's thread.
struct RemoteEngine::Loaded {
    std::string problem;  ///< why nothing was, in a sentence
    std::string journal;
    Beginning beginning;

    std::string load(EngineClient& client, RemoteEventLog& log, const views::ViewLimits& limits,
                     const std::atomic<bool>& is_stopping);
};

Result<std::unique_ptr<RemoteEngine>, std::string> RemoteEngine::open(
    const RunConfig& config, const std::string& program, const EngineAddress& address,
    boost::asio::io_context& io, telemetry::Metrics& metrics, Hooks hooks) {
    const auto where = sauda::redis_config(config, program);
    if (!where) return Unexpected{where.error()};
    const auto limits = view_limits();
    if (!limits) return Unexpected{limits.error()};
    return std::unique_ptr<RemoteEngine>(
        new RemoteEngine(*where, address, *limits, io, metrics, std::move(hooks)));
}

RemoteEngine::RemoteEngine(const redis::RedisConfig& where, const EngineAddress& address,
                           const views::ViewLimits& limits, boost::asio::io_context& io,
                           telemetry::Metrics& metrics, Hooks hooks)
    : where_(where),
      events_key_(where.key("events")),
      limits_(limits),
      hooks_(std::move(hooks)),
      newest_([this](NewestFound found) { ask_newest(std::move(found)); }),
      horizon_([this](HorizonFound found) { ask_horizon(std::move(found)); }),
      events_(address, io, metrics, {hooks_.on_failure, hooks_.is_waiting, [this] { load(); }}),
      commands_(io, where),
      questions_(io, where, "questions"),
      trouble_timer_(io) {
    register_metrics(metrics);
}

void RemoteEngine::start() {
    commands_.start();
    questions_.start();
    events_.begin_asking();
    watch_for_trouble();
}

// --- Until the engine is there ---

std::string RemoteEngine::Loaded::load(EngineClient& client, RemoteEventLog& event_log,
                                       const views::ViewLimits& limits,
                                       const std::atomic<bool>& is_stopping) {
    const auto described = client.describe();
    if (!described) return described.error();
    journal = described->journal;
    if (std::string failed = event_log.refresh(); !failed.empty()) return failed;
    auto views = client.checkpoint(limits);
    if (!views) return views.error();
    beginning.views = std::move(*views);
    const std::uint64_t checkpoint = beginning.views.last().raw;
    std::string failed =
        fold_event_log(event_log, beginning.views, {event_log.published_sequence()}, is_stopping);
    if (!failed.empty()) return failed;
    log::info("views folded", {{"sequence", beginning.views.last().raw}, {"checkpoint", checkpoint}});
    auto past = read_past(event_log, beginning.views.last(), is_stopping);
    if (!past) return past.error();
    beginning.past = std::move(*past);
    return {};
}

void RemoteEngine::load() {
    if (is_loading_ || is_there_) return;
    is_loading_ = true;
    const auto loaded = std::make_shared<Loaded>();
    events_.liaison().run(
        [loaded, &event_log = events_.log(), limits = limits_](EngineClient& client,
                                                               const std::atomic<bool>& is_stopping) {
            loaded->problem = loaded->load(client, event_log, limits, is_stopping);
        },
        [this, loaded] { on_loaded(*loaded); });
}

/// What failed is tried again when the engine answers the next time.
void RemoteEngine::on_loaded(Loaded& loaded) {
    is_loading_ = false;
    if (loaded.problem.empty() && loaded.journal != events_.engine().journal)
        loaded.problem = "the engine began another journal meanwhile";
    if (!loaded.problem.empty()) {
        log::warning("the views could not be folded; it is tried again", {{"reason", loaded.problem}});
        return;
    }
    beginning_ = std::move(loaded.beginning);
    folded_ = beginning_.views.last().raw;
    is_there_ = true;
    hooks_.on_there();
}

std::shared_ptr<bus::BroadcastQueue> RemoteEngine::join(bus::Wake wake) {
    auto queue = events_.join(std::move(wake));
    events_.start(where_, folded_);
    return queue;
}

void RemoteEngine::register_metrics(telemetry::Metrics& metrics) {
    const redis::CommandProducerCounters& sent = commands_.counters();
    metrics.counter_from("sauda_redis_command_frames_total", "Commands sent to Redis",
                         telemetry::reading_of(sent.frames));
    metrics.counter_from("sauda_redis_command_entries_total", "Stream entries that they went in",
                         telemetry::reading_of(sent.entries));
    metrics.counter_from("sauda_redis_commands_unknown_total", "Commands that Redis did not confirm",
                         telemetry::reading_of(sent.unknown));
    metrics.counter_from("sauda_redis_breaker_opened_total", "Times that Redis was given up for a moment",
                         telemetry::reading_of(commands_.guard().counters().opened));
    metrics.gauge("sauda_redis_reachable", "1 while commands are sent to Redis",
                  [this] { return commands_.guard().is_reachable() ? 1.0 : 0.0; });
}

void RemoteEngine::find_frame(core::Sequence sequence, order_entry::FrameFound found) {
    // Who repeats a request does so soon, and just when the engine may be away.
    if (auto kept = events_.log().find_kept_frame(sequence.raw)) return found(std::move(kept));
    events_.liaison().find_frame(sequence.raw, std::move(found));
}

EngineState RemoteEngine::state() const {
    const EngineDescription& engine = events_.engine();
    EngineState out;
    out.problem = is_there_ ? engine.problem : "its events are being read";
    if (!events_.misfit().empty()) out.problem = events_.misfit();
    if (!events_.unreachable().empty()) out.problem = events_.unreachable();
    if (!commands_.guard().is_reachable())
        out.problem = "Redis does not take commands: " + commands_.guard().last_error();
    out.is_cancel_only = engine.is_cancel_only;
    out.epoch = engine.epoch;
    out.rules_version = engine.rules_version;
    out.commands_waiting = engine.commands_waiting;
    return out;
}

// --- The newest sequence ---

/// Whoever answers a client has read of it in the stream, so that the stream tells of it. One that was failed
/// over to may lack it until the engine has filled it again: then, and without Redis, the engine tells.
void RemoteEngine::ask_newest(NewestFound found) {
    const bool is_new = std::chrono::steady_clock::now() - questions_.connected_since() < new_connection;
    if (is_new) return ask_engine(std::move(found));
    questions_.send_read({"XREVRANGE", events_key_, "+", "-", "COUNT", "1"},
                         [this, found = std::move(found)](const redis::Answer& answer) {
                             const auto newest = redis::newest_released(answer);
                             if (!newest) return ask_engine(found);
                             found(core::Sequence{*newest});
                         });
}

void RemoteEngine::ask_engine(NewestFound found) {
    events_.liaison().describe(
        [found = std::move(found)](const Result<EngineDescription, std::string>& described) {
            found(described ? std::optional(core::Sequence{described->released}) : std::nullopt);
        });
}

// --- The horizon ---

/// Other servers' questions are answered by what the engine knows of all: it is told soon, asked or not.
void RemoteEngine::watch_for_trouble() {
    note_trouble();
    trouble_timer_.start(where_.probe_interval, [this] {
        tell_reachability();
        watch_for_trouble();
    });
}

void RemoteEngine::tell_reachability() {
    const redis::GuardedConnection& guard = commands_.guard();
    if (guard.is_reachable() == is_told_reachable_) return;
    is_told_reachable_ = guard.is_reachable();
    if (is_told_reachable_) return log::info("Redis takes commands again");
    log::warning("Redis does not take commands", {{"reason", guard.last_error()}});
}

void RemoteEngine::note_trouble() {
    for (const redis::GuardedConnection* guard : {&commands_.guard(), &std::as_const(questions_)})
        if (const auto at = guard->troubled_at()) events_.liaison().note_trouble(*at);
}

void RemoteEngine::ask_horizon(HorizonFound found) {
    note_trouble();
    events_.liaison().find_horizon(
        [found = std::move(found)](const Result<gateway::Horizon, std::string>& horizon) {
            found(horizon ? std::optional(*horizon) : std::nullopt);
        });
}

}  // namespace sauda
