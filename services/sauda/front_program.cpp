#include "sauda/front_program.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "journal/posix_file_system.h"
#include "redis_streams/client.h"
#include "redis_streams/subscriber.h"
#include "sauda/data_place.h"
#include "sauda/part_configs.h"
#include "sauda/program_end.h"
#include "sauda/remote/engine_address.h"
#include "sauda/remote/history_demand.h"
#include "sauda/remote/history_progress.h"
#include "sauda/remote/lease.h"
#include "sauda/remote/market_mirror.h"
#include "sauda/remote/redis_sessions.h"
#include "sauda/remote/redis_tickets.h"
#include "sauda/remote/remote_engine.h"
#include "sauda/remote/shared_rates.h"
#include "sauda/shards.h"
#include "sauda/wall_clock.h"
#include "telemetry/log.h"

namespace sauda {

namespace asio = boost::asio;
namespace log = telemetry::log;
using base::Result;
using base::Unexpected;

namespace {

constexpr auto reach_round = std::chrono::milliseconds(20);
constexpr int reach_rounds = 3'000;
/// So long several engines have to answer for the first time: one that starts together with this program
/// does.
constexpr int patient_rounds = 100;
constexpr auto mirror_round = std::chrono::milliseconds(100);

}  // namespace

/// Everything, in the order in which it is made; it goes in the opposite order.
struct FrontProgram::Impl {
    Impl(const RunConfig& its_config, FrontRole its_role, ReadConfig read_config)
        : config(its_config),
          role(its_role),
          name(its_role == FrontRole::api_server ? "api-server" : "event-broadcaster"),
          signals(io, config, std::move(read_config),
                  {.stop = [this](const std::string& why) { begin_stop(why, 0); },
                   .set_live_settings =
                       [this](const RunConfig& live) {
                           if (front) front->set_live_settings(live);
                       }}) {}

    const RunConfig config;
    const FrontRole role;
    const std::string name;
    telemetry::Metrics metrics;
    asio::io_context io{1};
    ProcessSignals signals;
    /// One shard's engine and history, as other processes have them.
    struct ShardLink {
        std::unique_ptr<RemoteEngine> engine;
        std::string history_store;
        std::unique_ptr<HistoryProgress> history;
    };
    std::vector<std::unique_ptr<ShardLink>> links;  // in the order of the shards
    std::unique_ptr<bus::redis::Client> redis;
    std::unique_ptr<Lease> lease;  // of what one process of this kind does
    std::unique_ptr<Front> front;
    std::vector<std::unique_ptr<MarketMirror>> mirrors;  // a broadcaster's, one a shard
    std::unique_ptr<SharedRates> rates;
    std::unique_ptr<bus::redis::Subscriber> endings;  // of sessions, as others tell: hints

    ProgramEnd end;

    std::string open();
    std::string open_engine(const Shard& shard, bool is_alone);
    std::vector<FrontEngine> front_engines();
    FrontHooks front_hooks();
    void open_mirrors();
    asio::awaitable<void> tick_mirrors();
    bool is_settled(bool is_patient) const;
    asio::awaitable<std::string> reach_engines();
    asio::awaitable<void> start();
    void announce() const;
    void begin_stop(const std::string& why, int status);
    asio::awaitable<void> stop();
};

std::string FrontProgram::Impl::open() {
    auto loaded = load_shards(config);
    if (!loaded) return loaded.error();
    Shards shards = std::move(*loaded);
    for (const Shard& shard : shards.all) {
        if (std::string problem = open_engine(shard, shards.all.size() == 1); !problem.empty())
            return problem;
    }
    // What belongs to no shard is kept among the keys of the first.
    const bus::redis::RedisConfig& where = links.front()->engine->where();
    redis = std::make_unique<bus::redis::Client>(io, where, "client");
    lease = std::make_unique<Lease>(io, *redis, where.key("leader:" + name), [this](bool is_held) {
        log::info(is_held ? "leads the programs of its kind" : "another one leads", {{"program", name}});
        for (const auto& mirror : mirrors) mirror->set_active(is_held);
    });
    auto made = Front::open(config, role, std::move(shards), io, metrics, front_engines(), front_hooks());
    if (!made) return made.error();
    front = std::move(*made);
    if (role == FrontRole::broadcaster) open_mirrors();
    rates = std::make_unique<SharedRates>(io, *redis, where.key("rate:"), front->rates());
    for (const auto& link : links) link->engine->start();
    redis->start();
    rates->start();
    endings->start();
    lease->start();
    return {};
}

std::string FrontProgram::Impl::open_engine(const Shard& shard, bool is_alone) {
    const telemetry::Metrics::CommonLabels with_shard(
        metrics, is_alone ? telemetry::Metrics::Labels{} : telemetry::Metrics::Labels{{"shard", shard.name}});
    const RunConfig of_shard = config_of(config, shard);
    const std::size_t index = links.size();
    const auto address = engine_address(of_shard);
    if (!address) return address.error();
    RemoteEngine::Hooks hooks;
    hooks.on_failure = [this](const std::string& why) { begin_stop(why, 1); };
    hooks.is_waiting = [this, index] { return front && front->shard(index).gateway().pending_count() > 0; };
    hooks.on_there = [this, index] { front->begin(index); };
    auto opened = RemoteEngine::open(of_shard, name, *address, io, metrics, std::move(hooks));
    if (!opened) return is_alone ? opened.error() : "shard " + shard.name + ": " + opened.error();
    auto link = std::make_unique<ShardLink>();
    link->engine = std::move(*opened);
    link->history_store = history_store_of(config, shard);
    link->history = std::make_unique<HistoryProgress>(io, link->history_store, [this, index] {
        if (front) front->shard(index).history().on_projected();
    });
    links.push_back(std::move(link));
    return {};
}

std::vector<FrontEngine> FrontProgram::Impl::front_engines() {
    std::vector<FrontEngine> engines;
    for (const auto& link : links) {
        HistoryLink history;
        history.store = link->history_store;
        history.projected = [one = link->history.get()] { return one->projected(); };
        history.demand = [this, one = link->history.get(),
                          channel =
                              link->engine->where().key(history_demand_channel)](core::Sequence sequence) {
            one->look_now();
            redis->publish(channel, std::to_string(sequence.raw));
        };
        history.problem = [one = link->history.get()] { return one->problem(); };
        engines.push_back({*link->engine, std::move(history)});
    }
    return engines;
}

FrontHooks FrontProgram::Impl::front_hooks() {
    const bus::redis::RedisConfig& where = links.front()->engine->where();
    FrontHooks hooks;
    hooks.tickets = std::make_shared<RedisTickets>(io, *redis, where.key(""));
    const std::string ended_channel = where.key("session-ended");
    hooks.session_notes = std::make_shared<RedisSessions>(*redis, where.key(""));
    hooks.on_session_ended = [this, ended_channel, notes = hooks.session_notes](const std::string& token_id) {
        notes->remove(token_id);
        redis->publish(ended_channel, token_id);
    };
    bus::redis::SubscriberHooks heard;
    heard.on_message = [this](std::string_view, std::string_view token_id) {
        front->doubt_session(std::string(token_id));
    };
    endings =
        std::make_unique<bus::redis::Subscriber>(io, where, std::vector{ended_channel}, std::move(heard));
    hooks.is_leader = [this] { return lease->is_held(); };
    hooks.on_failure = [this](const std::string& why) { begin_stop(why, 1); };
    hooks.disk_free_bytes = [this] {
        return journal::PosixFileSystem().free_bytes(config.data_dir).value_or(0);
    };
    return hooks;
}

void FrontProgram::Impl::open_mirrors() {
    for (std::size_t i = 0; i < links.size(); ++i) {
        mirrors.push_back(std::make_unique<MarketMirror>(front->shard(i).views(), *redis));
        front->shard(i).add_hub(mirrors.back()->hub());
    }
    metrics.counter_from("sauda_mirror_messages_total", "Public messages that Redis took", [this] {
        double sum = 0;
        for (const auto& mirror : mirrors) sum += static_cast<double>(mirror->published());
        return sum;
    });
    asio::co_spawn(io, tick_mirrors(), asio::detached);
}

asio::awaitable<void> FrontProgram::Impl::tick_mirrors() {
    asio::steady_timer timer(io);
    while (!end.has_begun()) {
        timer.expires_after(mirror_round);
        co_await timer.async_wait(asio::use_awaitable);
        for (const auto& mirror : mirrors) mirror->on_time(wall_now());
    }
}

/// Whether there is nothing left to wait for before clients are served. Of several shards, after the first
/// seconds, only those are waited for that are on their way: whose engine answers, and whose views are read.
bool FrontProgram::Impl::is_settled(bool is_patient) const {
    const auto takes_orders = [](const auto& link) { return link->engine->state().problem.empty(); };
    if (std::ranges::all_of(links, takes_orders) && lease->is_known()) return true;
    const auto is_coming = [](const auto& link) {
        const RemoteEngine& engine = *link->engine;
        return engine.is_answering() && engine.misfit().empty() && !engine.is_there();
    };
    return !is_patient && std::ranges::none_of(links, is_coming);
}

/// Waits until commands can be sent, a minute at most. A sentence where they cannot; with several shards that
/// is no reason not to serve.
asio::awaitable<std::string> FrontProgram::Impl::reach_engines() {
    const bool is_alone = links.size() == 1;
    const RemoteEngine& first = *links.front()->engine;
    asio::steady_timer timer(io);
    for (int i = 0; i < reach_rounds && !is_settled(is_alone || i < patient_rounds); ++i) {
        if (end.has_begun() || (is_alone && !first.misfit().empty())) break;
        timer.expires_after(reach_round);
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_return is_alone ? first.state().problem : std::string();
}

asio::awaitable<void> FrontProgram::Impl::start() {
    std::string problem = co_await reach_engines();
    if (end.has_begun()) co_return;
    if (problem.empty()) {
        std::string front_problem = co_await front->start();
        problem = std::move(front_problem);
    }
    if (!problem.empty()) {
        std::fprintf(stderr, "sauda %s: %s\n", name.c_str(), problem.c_str());
        begin_stop(problem, 1);
        co_return;
    }
    announce();
    log::info("ready", {{"http_port", front->http_port()},
                        {"ws_port", front->ws_port()},
                        {"shards", links.size()},
                        {"sequence", front->views().last().raw}});
}

void FrontProgram::Impl::announce() const {
    if (role == FrontRole::api_server) {
        std::printf("An API server is running.\n  REST       http://%s:%u\n", config.bind.c_str(),
                    front->http_port());
    } else {
        std::printf("An event broadcaster is running.\n  WebSocket  ws://%s:%u\n", config.bind.c_str(),
                    front->ws_port());
    }
    for (std::size_t i = 0; i < links.size(); ++i) {
        const Shard& shard = front->shard(i).shard();
        std::printf("  Engine     %s, shard %s\n", shard.engine_url.c_str(), shard.name.c_str());
    }
    std::printf("  Redis      %s\n", config.redis_url.c_str());
    std::fflush(stdout);
}

void FrontProgram::Impl::begin_stop(const std::string& why, int status) {
    if (end.begin(why, status)) asio::co_spawn(io, stop(), asio::detached);
}

asio::awaitable<void> FrontProgram::Impl::stop() {
    co_await front->stop();
    io.stop();
}

FrontProgram::FrontProgram(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FrontProgram::~FrontProgram() = default;

Result<std::unique_ptr<FrontProgram>, std::string> FrontProgram::open(const RunConfig& config, FrontRole role,
                                                                      ReadConfig read_config) {
    if (const auto checked = check_settings(config); !checked) return Unexpected{checked.error()};
    if (const auto made = make_data_dir(config.data_dir); !made) return Unexpected{made.error()};
    auto impl = std::make_unique<Impl>(config, role, std::move(read_config));
    if (std::string problem = impl->open(); !problem.empty()) return Unexpected{std::move(problem)};
    return std::unique_ptr<FrontProgram>(new FrontProgram(std::move(impl)));
}

int FrontProgram::run() {
    Impl& program = *impl_;
    asio::co_spawn(program.io, program.front->tick(), asio::detached);
    asio::co_spawn(program.io, program.start(), asio::detached);
    program.io.run();
    return program.end.exit_status();
}

}  // namespace sauda
