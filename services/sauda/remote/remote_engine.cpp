#include "sauda/remote/remote_engine.h"

#include <atomic>
#include <chrono>
#include <utility>

#include "codec/event_frame.h"
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

Result<std::unique_ptr<RemoteEngine>, std::string> RemoteEngine::open(
    const RunConfig& config, const std::string& program, const EngineAddress& address,
    boost::asio::io_context& io, telemetry::Metrics& metrics, RemoteEvents::Hooks hooks) {
    const auto where = sauda::redis_config(config, program);
    if (!where) return Unexpected{where.error()};
    auto events = RemoteEvents::open(address, io, metrics, std::move(hooks));
    if (!events) return Unexpected{events.error()};
    auto remote = std::unique_ptr<RemoteEngine>(new RemoteEngine(*where, io, std::move(*events)));
    if (std::string problem = remote->open_views(); !problem.empty()) return Unexpected{std::move(problem)};
    remote->register_metrics(metrics);
    return remote;
}

RemoteEngine::RemoteEngine(const redis::RedisConfig& where, boost::asio::io_context& io,
                           std::unique_ptr<RemoteEvents> events)
    : where_(where),
      events_key_(where.key("events")),
      newest_([this](NewestFound found) { ask_newest(std::move(found)); }),
      horizon_([this](HorizonFound found) { ask_horizon(std::move(found)); }),
      events_(std::move(events)),
      commands_(io, where),
      questions_(io, where, "questions"),
      trouble_timer_(io) {}

std::string RemoteEngine::open_views() {
    const auto limits = view_limits();
    if (!limits) return limits.error();
    EngineClient client(events_->address());
    auto views = client.checkpoint(*limits);
    if (!views) return views.error();
    views_ = std::move(*views);
    const std::uint64_t checkpoint = views_.last().raw;
    const std::atomic<bool> never{false};
    std::string problem = fold_event_log(log(), views_, {log().published_sequence()}, never);
    log::info("views folded", {{"sequence", views_.last().raw}, {"checkpoint", checkpoint}});
    folded_ = views_.last().raw;
    return problem;
}

void RemoteEngine::register_metrics(telemetry::Metrics& metrics) {
    const auto number = [](const auto& cell) { return [&cell] { return static_cast<double>(cell); }; };
    const redis::CommandProducerCounters& sent = commands_.counters();
    metrics.counter_from("sauda_redis_command_frames_total", "Commands sent to Redis", number(sent.frames));
    metrics.counter_from("sauda_redis_command_entries_total", "Stream entries that they went in",
                         number(sent.entries));
    metrics.counter_from("sauda_redis_commands_unknown_total", "Commands that Redis did not confirm",
                         number(sent.unknown));
    metrics.counter_from("sauda_redis_breaker_opened_total", "Times that Redis was given up for a moment",
                         number(commands_.guard().counters().opened));
    metrics.gauge("sauda_redis_reachable", "1 while commands are sent to Redis",
                  [this] { return commands_.guard().is_reachable() ? 1.0 : 0.0; });
}

void RemoteEngine::start() {
    commands_.start();
    questions_.start();
    events_->start(where_, folded_);
    watch_for_trouble();
}

void RemoteEngine::find_frame(core::Sequence sequence, FrameFound found) {
    // Who repeats a request does so soon, and just when the engine may be away.
    if (auto kept = events_->log().find_kept_frame(sequence.raw)) return found(std::move(kept));
    events_->liaison().find_events(
        sequence.raw, 1, [sequence, found = std::move(found)](Result<EventsPage, std::string> page) {
            if (!page) return found(std::nullopt);
            const auto frame = codec::parse_event_frame(page->frames);
            if (!frame || frame->header.sequence != sequence) return found(std::nullopt);
            found(base::Bytes(page->frames.begin(), page->frames.begin() + frame->header.size));
        });
}

EngineState RemoteEngine::state() const {
    const EngineDescription& engine = events_->engine();
    EngineState out;
    out.problem = events_->unreachable().empty() ? engine.problem : events_->unreachable();
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
    events_->liaison().describe(
        [found = std::move(found)](const Result<EngineDescription, std::string>& described) {
            found(described ? std::optional(core::Sequence{described->released}) : std::nullopt);
        });
}

// --- The horizon ---

/// Other servers' questions are answered by what the engine knows of all: it is told soon, asked or not.
void RemoteEngine::watch_for_trouble() {
    note_trouble();
    trouble_timer_.start(where_.probe_interval, [this] { watch_for_trouble(); });
}

void RemoteEngine::note_trouble() {
    for (const redis::GuardedConnection* guard : {&commands_.guard(), &std::as_const(questions_)})
        if (const auto at = guard->troubled_at()) events_->liaison().note_trouble(*at);
}

void RemoteEngine::ask_horizon(HorizonFound found) {
    note_trouble();
    events_->liaison().find_horizon(
        [found = std::move(found)](const Result<gateway::Horizon, std::string>& horizon) {
            found(horizon ? std::optional(*horizon) : std::nullopt);
        });
}

}  // namespace sauda
