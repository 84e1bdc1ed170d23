#include "sauda/engine_program.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "identity/secrets.h"
#include "net/http_server.h"
#include "order_entry/order_entry.h"
#include "orderbook-engine/endpoint.h"
#include "redis_streams/command_reader.h"
#include "redis_streams/event_publisher.h"
#include "sauda/data_place.h"
#include "sauda/local_engine.h"
#include "sauda/part_configs.h"
#include "sauda/program_end.h"
#include "sauda/remote/engine_client.h"
#include "sauda/remote/redis_settings.h"
#include "sauda/shards.h"
#include "sauda/wall_clock.h"
#include "telemetry/log.h"

namespace sauda {

namespace asio = boost::asio;
namespace log = telemetry::log;
namespace redis = bus::redis;
using base::Result;
using base::Unexpected;

namespace {

constexpr auto drain_limit = std::chrono::milliseconds(500);
constexpr auto answer_round = std::chrono::milliseconds(20);
constexpr int answer_rounds = 75;
/// A deadline, and a second for clocks that disagree and for what the servers notice late.
constexpr std::int64_t late_span_ns = order_entry::OrderEntry::patience_ns + 1'000'000'000;

std::string hexadecimal(const journal::JournalId& id) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const auto byte : id) {
        const auto value = static_cast<unsigned>(byte);
        out += digits[value >> 4];
        out += digits[value & 15];
    }
    return out;
}

}  // namespace

/// Everything, in the order in which it is made; it goes in the opposite order.
struct EngineProgram::Impl {
    Impl(const RunConfig& its_config, ReadConfig read_config, identity::OperatorToken token)
        : config(its_config),
          signals(io, config, std::move(read_config),
                  {.stop = [this](const std::string& why) { begin_stop(why, 0); }, .set_live_settings = {}}),
          internal_token(std::move(token)) {}

    const RunConfig config;
    telemetry::Metrics metrics;
    asio::io_context io{1};
    ProcessSignals signals;
    identity::OperatorToken internal_token;
    std::unique_ptr<LocalEngine> engine;
    std::unique_ptr<orderbook_engine::Endpoint> endpoint;
    std::unique_ptr<net::HttpServer> http;
    std::unique_ptr<redis::CommandReader> commands;
    std::unique_ptr<redis::EventPublisher> events;
    core::TimestampNs late_until;  // commands that were sent while Redis failed may come until then

    ProgramEnd end;

    std::string open(const redis::RedisConfig& where);
    void open_endpoint();
    void open_commands(const redis::RedisConfig& where);
    void open_events(const redis::RedisConfig& where);
    bus::Offer take(const bus::FrameBatch& frames, bus::Lane lane);
    EngineDescription describe() const;
    void find_horizon(std::function<void(std::string)> found);
    void note_trouble(std::chrono::milliseconds ago);
    std::string why_not_ready() const;
    void register_metrics();
    std::string listen();
    void begin_stop(const std::string& why, int status);
    asio::awaitable<void> stop();
};

std::string EngineProgram::Impl::open(const redis::RedisConfig& where) {
    auto opened = LocalEngine::open(
        config,
        [this](const std::string& reason) {
            asio::post(io, [this, reason] { begin_stop("the journal failed: " + reason, 1); });
        },
        metrics);
    if (!opened) return opened.error();
    engine = std::move(*opened);
    static_cast<void>(
        engine->take_beginning());  // nobody reads them here: checkpoints are folded on their own
    open_endpoint();
    open_commands(where);
    open_events(where);
    register_metrics();
    return {};
}

void EngineProgram::Impl::open_endpoint() {
    orderbook_engine::Endpoint::Hooks hooks;
    hooks.is_trusted = [this](std::string_view presented) { return internal_token.matches(presented); };
    hooks.describe = [this] { return describe_engine(describe()); };
    hooks.find_horizon = [this](std::function<void(std::string)> found) { find_horizon(std::move(found)); };
    hooks.on_trouble = [this](std::chrono::milliseconds ago) { note_trouble(ago); };
    hooks.why_not_ready = [this] { return why_not_ready(); };
    hooks.load_checkpoint = [this] { return engine->load_checkpoint(); };
    endpoint = std::make_unique<orderbook_engine::Endpoint>(engine->log(), metrics, std::move(hooks));
    net::HttpHandlers handlers;
    handlers.handle = [this](net::Request request) { return endpoint->handle(std::move(request)); };
    handlers.failed = [](const std::string& request_id, const std::string& what) {
        log::error("request failed", {{"request_id", request_id}, {"what", what}});
    };
    http = std::make_unique<net::HttpServer>(io, http_config(config), std::move(handlers));
}

/// Places that were sent before their senders heard of a full disk are taken all the same, into the room that
/// is kept for cancels: cancels stand behind them in the stream.
bus::Offer EngineProgram::Impl::take(const bus::FrameBatch& frames, bus::Lane lane) {
    if (end.has_begun()) return bus::Offer::closed;
    const bool is_late = lane == bus::Lane::placing && engine->engine().is_cancel_only();
    return engine->commands().offer_all(frames, is_late ? bus::Lane::reserved : lane);
}

void EngineProgram::Impl::open_commands(const redis::RedisConfig& where) {
    redis::CommandReaderHooks hooks;
    hooks.offer = [this](const bus::FrameBatch& frames, bus::Lane lane) { return take(frames, lane); };
    hooks.settled = [this] { return engine->engine().settled_frames(); };
    hooks.on_problem = [](const std::string& problem) {
        log::warning("commands from Redis", {{"problem", problem}});
    };
    commands = std::make_unique<redis::CommandReader>(io, where, hexadecimal(engine->engine().journal_id()),
                                                      std::move(hooks));
}

void EngineProgram::Impl::open_events(const redis::RedisConfig& where) {
    redis::EventPublisherHooks hooks;
    hooks.read_log = [this](std::uint64_t from, std::size_t bytes_max,
                            const auto& visit) -> Result<std::uint64_t, std::string> {
        const auto next = engine->log().read(from, bytes_max, visit);
        if (!next) return Unexpected{next.error().message()};
        return *next;
    };
    hooks.log_begin = [this] { return engine->log().first_sequence(); };
    hooks.on_fatal = [this](const std::string& reason) {
        std::fprintf(stderr, "sauda orderbook-engine: %s\n", reason.c_str());
        begin_stop(reason, 1);
    };
    hooks.on_problem = [](const std::string& problem) {
        log::warning("events to Redis", {{"problem", problem}});
    };
    redis::EventPublisherOptions options;
    options.kept = config.events_kept;
    events = std::make_unique<redis::EventPublisher>(io, where, hexadecimal(engine->engine().journal_id()),
                                                     engine->engine().events(), std::move(hooks), options);
}

EngineDescription EngineProgram::Impl::describe() const {
    const EngineState state = engine->state();
    EngineDescription out;
    out.journal = hexadecimal(engine->engine().journal_id());
    out.epoch = state.epoch;
    out.rules_version = state.rules_version;
    out.first = engine->log().first_sequence();
    out.released = engine->log().published_sequence();
    out.commands_waiting = state.commands_waiting;
    out.is_cancel_only = state.is_cancel_only;
    out.problem = end.has_begun() ? "the engine is stopping" : state.problem;
    return out;
}

/// First what Redis has, then the time: so a command that Redis had is in the horizon's sequence.
void EngineProgram::Impl::find_horizon(std::function<void(std::string)> found) {
    commands->await_settled([this, found = std::move(found)](bool is_settled) {
        engine->find_horizon([this, found, is_settled](std::optional<gateway::Horizon> horizon) {
            asio::post(io, [this, found, is_settled, horizon]() mutable {
                horizon->is_clear = is_settled && horizon->time > late_until;
                found(describe_horizon(*horizon));
            });
        });
    });
}

/// A command that Redis did not confirm may lie between it and who sent it, and come as long as its deadline
/// lasts. That is by the clock of who sent it or by the engine's, whichever is ahead.
void EngineProgram::Impl::note_trouble(std::chrono::milliseconds ago) {
    engine->find_horizon([this, ago](std::optional<gateway::Horizon> horizon) {
        asio::post(io, [this, ago, time = horizon->time] {
            const std::int64_t now = std::max(wall_now(), time).raw;
            const std::int64_t over = now - std::chrono::nanoseconds(ago).count() + late_span_ns;
            late_until.raw = std::max(late_until.raw, over);
        });
    });
}

std::string EngineProgram::Impl::why_not_ready() const {
    const EngineDescription it = describe();
    if (!it.problem.empty()) return it.problem;
    if (it.is_cancel_only) return "disk is nearly full: only cancels are taken";
    if (!commands->is_connected()) return "Redis is not reached: " + commands->last_error();
    if (!events->is_connected()) return "Redis is not reached: " + events->last_error();
    return {};
}

void EngineProgram::Impl::register_metrics() {
    metrics.gauge("sauda_ready", "1 while orders are taken",
                  [this] { return why_not_ready().empty() ? 1.0 : 0.0; });
    const redis::CommandReaderCounters& read = commands->counters();
    metrics.counter_from("sauda_redis_command_frames_total", "Commands taken from Redis",
                         telemetry::reading_of(read.frames));
    metrics.counter_from("sauda_redis_command_entries_total", "Stream entries that they came in",
                         telemetry::reading_of(read.entries));
    metrics.counter_from("sauda_redis_commands_malformed_total", "Stream entries passed over",
                         telemetry::reading_of(read.malformed));
    metrics.counter_from("sauda_redis_command_restarts_total",
                         "Times that the stream was read from its beginning again",
                         telemetry::reading_of(read.restarts));
    const redis::EventPublisherCounters& published = events->counters();
    metrics.counter_from("sauda_redis_event_entries_total", "Stream entries of events that Redis has",
                         telemetry::reading_of(published.entries));
    metrics.counter_from("sauda_redis_event_refills_total", "Times that Redis lacked what it had been given",
                         telemetry::reading_of(published.refills));
    metrics.gauge("sauda_redis_events_lag", "Released commands whose events Redis does not have yet",
                  [this] { return static_cast<double>(events->lag()); });
}

std::string EngineProgram::Impl::listen() {
    const auto bound = http->listen(config.bind, config.engine_port);
    if (!bound) return bound.error().message();
    std::printf(
        "The engine of shard %s is running.\n  Endpoint   http://%s:%u\n  Redis      %s\n  Data       %s\n",
        config.shard.c_str(), config.bind.c_str(), *bound, config.redis_url.c_str(), config.data_dir.c_str());
    std::fflush(stdout);
    log::info(
        "ready",
        {{"engine_port", *bound}, {"shard", config.shard}, {"sequence", engine->log().published_sequence()}});
    return {};
}

void EngineProgram::Impl::begin_stop(const std::string& why, int status) {
    if (end.begin(why, status)) asio::co_spawn(io, stop(), asio::detached);
}

/// What is in the stream and not taken stays there, and is taken after the next start, if its time allows.
/// What was taken is answered.
asio::awaitable<void> EngineProgram::Impl::stop() {
    http->stop_accepting();
    asio::steady_timer timer(io);
    for (int i = 0; i < answer_rounds && end.exit_status() == 0; ++i) {
        if (engine->state().commands_waiting == 0 && events->lag() == 0) break;
        timer.expires_after(answer_round);
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_await http->drain(drain_limit);
    io.stop();
}

EngineProgram::EngineProgram(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EngineProgram::~EngineProgram() = default;

Result<std::unique_ptr<EngineProgram>, std::string> EngineProgram::open(const RunConfig& config,
                                                                        ReadConfig read_config) {
    if (const auto checked = check_settings(config); !checked) return Unexpected{checked.error()};
    if (const auto shard = own_shard(config); !shard) return Unexpected{shard.error()};
    const auto where = redis_config(config, "engine");
    if (!where) return Unexpected{where.error()};
    if (const auto made = make_data_dir(config.data_dir); !made) return Unexpected{made.error()};
    auto token = identity::OperatorToken::load_or_create(secret_path(config, "internal.token"));
    if (!token) return Unexpected{token.error().message()};
    auto impl = std::make_unique<Impl>(config, std::move(read_config), std::move(*token));
    if (std::string problem = impl->open(*where); !problem.empty()) return Unexpected{std::move(problem)};
    return std::unique_ptr<EngineProgram>(new EngineProgram(std::move(impl)));
}

int EngineProgram::run() {
    Impl& program = *impl_;
    if (const std::string problem = program.listen(); !problem.empty()) {
        std::fprintf(stderr, "sauda orderbook-engine: %s\n", problem.c_str());
        program.end.begin(problem, 1);
    } else {
        program.commands->start();
        program.events->start();
        program.io.run();
    }
    if (const std::string problem = program.engine->stop(); !problem.empty()) {
        std::fprintf(stderr, "sauda orderbook-engine: %s\n", problem.c_str());
        return 1;
    }
    return program.end.exit_status();
}

}  // namespace sauda
