#include "sauda/front.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/assert.h"
#include "sauda/data_place.h"
#include "sauda/opening.h"
#include "sauda/part_configs.h"
#include "sauda/version.h"
#include "sauda/wall_clock.h"
#include "telemetry/log.h"

namespace sauda {

namespace asio = boost::asio;
namespace log = telemetry::log;
using base::Result;
using base::Unexpected;

namespace {

constexpr auto drain_limit = std::chrono::milliseconds(2'000);
constexpr auto end_leases_limit = std::chrono::milliseconds(1'000);
constexpr auto end_leases_round = std::chrono::milliseconds(10);
constexpr auto open_again = std::chrono::seconds(1);

Result<identity::Secret, std::string> token_secret(const RunConfig& config) {
    auto secret = config.jwt_secret.empty()
                      ? identity::load_or_create_secret(secret_path(config, "jwt.secret"))
                      : identity::configured_secret(config.jwt_secret, "identity.jwt-secret");
    if (!secret) return Unexpected{secret.error().message()};
    return std::move(*secret);
}

Result<std::unique_ptr<identity::IdentityService>, std::string> open_identity(
    const RunConfig& config, bool is_shared, std::shared_ptr<identity::TicketStore> tickets) {
    const auto secret = token_secret(config);
    if (!secret) return Unexpected{secret.error()};
    identity::IdentityConfig identity;
    identity.database = store_of(config, "identity.sqlite");
    identity.session_cache.authoritative = !is_shared;
    identity.ticket_store = std::move(tickets);
    auto opened = identity::IdentityService::open(identity, *secret, wall_now().milliseconds());
    if (!opened) return Unexpected{opened.error().message()};
    return std::move(*opened);
}

}  // namespace

Front::Front(const RunConfig& config, FrontRole role, Shards shards, asio::io_context& io,
             telemetry::Metrics& metrics, FrontHooks hooks,
             std::unique_ptr<identity::IdentityService> identity, identity::OperatorToken token)
    : config_(config),
      role_(role),
      shards_listed_(std::move(shards)),
      io_(io),
      metrics_(metrics),
      hooks_(std::move(hooks)),
      started_at_(wall_now()),
      identity_(std::move(identity)),
      operator_token_(std::move(token)),
      pool_(config.password_threads, 256) {}

Front::~Front() = default;

Result<std::unique_ptr<Front>, std::string> Front::open(const RunConfig& config, FrontRole role,
                                                        Shards shards, asio::io_context& io,
                                                        telemetry::Metrics& metrics,
                                                        std::vector<FrontEngine> engines, FrontHooks hooks) {
    ASSERT(!engines.empty() && engines.size() == shards.all.size());
    auto identity = open_identity(config, engines.front().engine.is_shared(), hooks.tickets);
    if (!identity) return Unexpected{identity.error()};
    auto token = identity::OperatorToken::load_or_create(secret_path(config, "operator.token"));
    if (!token) return Unexpected{token.error().message()};
    auto front = std::unique_ptr<Front>(new Front(config, role, std::move(shards), io, metrics,
                                                  std::move(hooks), std::move(*identity), std::move(*token)));
    front->make_shards(std::move(engines));
    front->wire();
    return front;
}

void Front::make_shards(std::vector<FrontEngine> engines) {
    for (std::size_t i = 0; i < engines.size(); ++i) {
        shards_.push_back(std::make_unique<FrontShard>(
            shards_listed_.all[i], engines.size() == 1, config_.history_threads, io_, metrics_,
            engines[i].engine, std::move(engines[i].history), FrontShard::Hooks{hooks_.on_failure}));
    }
}

void Front::set_live_settings(const RunConfig& config) {
    api_->set_limits(rate_limits(config));
}

// --- Wiring ---

void Front::wire() {
    if (is_shared())
        sessions_ = std::make_unique<SharedSessions>(io_, *identity_, hooks_.session_notes.get(), metrics_);
    for (const auto& shard : shards_) {
        demos_.push_back(std::make_unique<Demo>(shard->gateway(), shard->views(), *identity_, pool_,
                                                shard == shards_.front()));
    }
    api_ = std::make_unique<api_server::ApiServer>(api_contexts(), role_ == FrontRole::broadcaster
                                                                       ? api_server::Routes::operations
                                                                       : api_server::Routes::all);
    broadcaster_ = std::make_unique<event_broadcaster::Broadcaster>(broadcaster_context());
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        shards_[i]->listen([&leases = broadcaster_->leases(i)](const codec::EventFrameView& frame) {
            leases.on_event_frame(frame);
        });
    }
    identity_->on_session_ended([this](const identity::SessionCache::SessionPointer& session) {
        asio::post(io_, [this, token = session->token_id] {
            broadcaster_->end_session(token);
            if (hooks_.on_session_ended) hooks_.on_session_ended(token);
        });
    });
    http_ = std::make_unique<net::HttpServer>(io_, http_config(config_), handlers());
    ws_ = std::make_unique<net::HttpServer>(io_, http_config(config_), handlers());
    register_metrics();
}

std::vector<api_server::Context> Front::api_contexts() {
    std::vector<api_server::Context> contexts;
    for (const auto& shard : shards_) {
        std::function<void(std::function<void(bool)>)> catch_up;
        std::function<asio::awaitable<void>(std::string, bool)> refresh;
        if (is_shared()) {
            catch_up = [one = shard.get()](std::function<void(bool)> done) {
                one->catch_up(std::move(done));
            };
            refresh = [this](std::string token, bool anew) {
                return sessions_->refresh(std::move(token), anew);
            };
        }
        contexts.push_back(
            {{shard->shard().name, shard->shard().number, shard->shard().markets, shard->shard().assets},
             shard->gateway(),
             shard->views(),
             *identity_,
             pool_,
             shard->history(),
             shard->orders(),
             metrics_,
             operator_token_,
             wall_now,
             [this] { return health(); },
             [this] { return figures(); },
             rate_limits(config_),
             std::move(catch_up),
             std::move(refresh),
             event_broadcaster::message_names(),
             [one = shard.get()](EngineLink::HorizonFound done) { one->find_horizon(std::move(done)); },
             [this](std::string_view asset) { return shards_listed_.is_transferable(asset); },
             [one = shard.get()] { return one->is_open(); },
             {}});
    }
    return contexts;
}

event_broadcaster::Context Front::broadcaster_context() {
    std::vector<event_broadcaster::ShardContext> shards;
    for (const auto& shard : shards_) {
        std::function<void(std::function<void(bool)>)> catch_up;
        if (is_shared())
            catch_up = [one = shard.get()](std::function<void(bool)> done) {
                one->catch_up(std::move(done));
            };
        shards.push_back({shard->shard().name, shard->shard().number, shard->shard().markets, shard->hub(),
                          shard->views(), shard->orders(), shard->gateway(), std::move(catch_up),
                          [one = shard.get()] { return one->is_open(); }});
    }
    event_broadcaster::Context context{std::move(shards), *identity_, wall_now, {}, {}, {}};
    context.limit_orders = [this](std::size_t shard, core::AccountId account, std::uint64_t count) {
        return api_->limit_orders(shard, account, count);
    };
    if (!sessions_) return context;
    context.refresh_session = [this](const std::string& token, std::function<void()> done) {
        sessions_->refresh(token, std::move(done));
    };
    context.redeem_ticket = [this](const std::string& ticket, event_broadcaster::TicketRedeemed done) {
        sessions_->redeem(ticket, std::move(done));
    };
    return context;
}

net::HttpHandlers Front::handlers() {
    net::HttpHandlers out;
    out.handle = [this](net::Request request) { return api_->handle(std::move(request)); };
    out.accepts_upgrade = [this](const net::Request& request) {
        const bool is_wanted = request.local_port == ws_port_ || request.path == "/ws";
        return is_wanted && role_ != FrontRole::api_server && api_->limit_by_ip(request) == 0;
    };
    out.opened = [this](std::shared_ptr<net::WebSocket> socket, net::Request request) {
        broadcaster_->open(std::move(socket), request);
    };
    out.failed = [](const std::string& request_id, const std::string& what) {
        log::error("request failed", {{"request_id", request_id}, {"what", what}});
    };
    return out;
}

api_server::ShardHealth Front::health_of(const FrontShard& shard) const {
    std::string reason = shard.problem();
    const bool is_ready = reason.empty();
    return {shard.shard().name,
            is_ready,
            std::move(reason),
            shard.views().last(),
            shard.history_link().projected(),
            shard.history_link().problem()};
}

/// With several shards one that is away does not keep clients from the others.
api_server::Health Front::health() const {
    api_server::Health out;
    for (const auto& shard : shards_) {
        out.shards.push_back(health_of(*shard));
        const api_server::ShardHealth& one = out.shards.back();
        out.is_ready = out.is_ready || one.is_ready;
        if (out.reason.empty() && !one.is_ready)
            out.reason = is_alone() ? one.reason : "shard " + one.name + ": " + one.reason;
    }
    if (out.is_ready) out.reason.clear();
    if (why_not_ready_.empty()) return out;
    out.is_ready = false;
    out.reason = why_not_ready_;
    return out;
}

api_server::HealthFigures Front::figures() const {
    const EngineState engine = home().engine().state();
    api_server::HealthFigures out;
    out.version = version;
    out.data_dir = config_.data_dir;
    out.rules_version = engine.rules_version;
    out.engine_epoch = engine.epoch;
    out.started_ms = started_at_.milliseconds();
    for (const auto& shard : shards_) {
        const EngineState state = shard->engine().state();
        out.commands_waiting += state.commands_waiting;
        out.is_cancel_only = out.is_cancel_only || state.is_cancel_only;
    }
    out.connections = http_->counters().connections_open + ws_->counters().connections_open;
    out.disk_free_bytes = hooks_.disk_free_bytes();
    out.is_demo = config_.demo;
    return out;
}

// --- Starting ---

std::string Front::listen() {
    const auto bind = [this](net::HttpServer& server, std::uint16_t port, std::uint16_t& bound) {
        const auto listening = server.listen(config_.bind, port);
        if (listening) bound = *listening;
        return listening ? std::string() : listening.error().message();
    };
    std::string problem;
    if (role_ != FrontRole::broadcaster) problem = bind(*http_, config_.http_port, http_port_);
    if (role_ != FrontRole::api_server && problem.empty()) problem = bind(*ws_, config_.ws_port, ws_port_);
    return problem;
}

asio::awaitable<std::string> Front::start() {
    is_started_ = true;
    std::string problem = co_await open_begun();
    if (problem.empty()) problem = listen();
    if (problem.empty()) why_not_ready_.clear();
    if (problem.empty() && config_.demo && role_ != FrontRole::broadcaster)
        asio::co_spawn(io_, quote_forever(), asio::detached);
    if (problem.empty() && !is_alone() && role_ != FrontRole::broadcaster)
        asio::co_spawn(io_, deliver_forever(), asio::detached);
    co_return problem;
}

// --- Shards, as their engines appear ---

void Front::begin(std::size_t shard) {
    shards_[shard]->begin();
    if (is_started_) asio::co_spawn(io_, open_until_done(shard), asio::detached);
}

/// What is listed elsewhere than where `shards.file` has it, in a sentence; empty: nothing, as far as is
/// known. A broadcaster tells of what is there.
std::string Front::misplaced() const {
    if (role_ == FrontRole::broadcaster) return {};
    std::vector<const views::ReadModel*> views;
    for (const auto& shard : shards_) views.push_back(&shard->views());
    return misplaced_listing(shards_listed_, views);
}

/// A file that contradicts what is listed is told at once; all else that keeps one shard closed may pass.
asio::awaitable<std::string> Front::open_begun() {
    if (std::string wrong = misplaced(); !wrong.empty()) co_return wrong;
    std::vector<std::size_t> begun;
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        if (shards_[i]->stage() == FrontShard::Stage::begun) begun.push_back(i);
    }
    for (const std::size_t index : begun) {
        std::string problem = co_await open_shard(index);
        if (problem.empty()) continue;
        if (is_alone()) co_return problem;
        asio::co_spawn(io_, open_until_done(index), asio::detached);
    }
    co_return std::string();
}

/// Prepares the shard and opens it. A sentence where it could not be.
asio::awaitable<std::string> Front::open_shard(std::size_t index) {
    if (role_ != FrontRole::broadcaster) {
        std::string problem = co_await prepare(index);
        if (!problem.empty()) co_return problem;
    }
    shards_[index]->open();
    broadcaster_->shard_opened();
    co_return std::string();
}

/// Of several shards, one that was away when the others were opened, or could not be opened then.
asio::awaitable<void> Front::open_until_done(std::size_t index) {
    FrontShard& shard = *shards_[index];
    asio::steady_timer timer(io_);
    std::string told;
    while (!is_stopping_) {
        std::string problem = misplaced();
        if (problem.empty()) {
            std::string failed = co_await open_shard(index);
            problem = std::move(failed);
        }
        if (problem.empty()) break;
        shard.set_problem(problem);
        if (std::exchange(told, problem) != problem)
            log::error("a shard cannot be opened; it is tried again",
                       {{"shard", shard.shard().name}, {"reason", problem}});
        timer.expires_after(open_again);
        co_await timer.async_wait(asio::use_awaitable);
    }
    if (!is_stopping_)
        log::info("a shard is open", {{"shard", shard.shard().name}, {"sequence", shard.views().last().raw}});
}

asio::awaitable<std::string> Front::prepare(std::size_t index) {
    // One await a statement: g++ 12 destroys temporaries of conditional awaits twice.
    FrontShard& shard = *shards_[index];
    std::string unlisted =
        co_await list_defaults(shard.gateway(), shard.views(), shard.shard(), shards_listed_);
    if (!unlisted.empty()) co_return unlisted;
    if (&shard == &home()) {
        CatchUp catch_up_if_shared;
        if (is_shared())
            catch_up_if_shared = [this](std::function<void(bool)> done) { home().catch_up(std::move(done)); };
        std::string disagreement =
            co_await reconcile(*identity_, pool_, home().views(), std::move(catch_up_if_shared));
        if (!disagreement.empty()) co_return disagreement;
    }
    std::string demo_problem = co_await prepare_demo(*demos_[index]);
    co_return demo_problem;
}

asio::awaitable<std::string> Front::prepare_demo(Demo& demo) {
    if (config_.demo && !is_leader()) co_return std::string();
    std::string problem;
    if (config_.demo) {
        std::string started = co_await demo.start();
        problem = std::move(started);
    } else {
        std::string disabled = co_await demo.disable();
        problem = std::move(disabled);
    }
    co_return problem;
}

// --- While it runs, and its end ---

asio::awaitable<void> Front::tick() {
    asio::steady_timer timer(io_);
    for (std::uint64_t round = 1; !is_stopping_; ++round) {
        timer.expires_after(std::chrono::milliseconds(20));
        co_await timer.async_wait(asio::use_awaitable);
        for (const auto& shard : shards_) shard->tick(round);
        for (std::size_t i = 0; i < shards_.size(); ++i) broadcaster_->leases(i).on_time();
        if (round % 50 == 0 && sessions_) sessions_->recheck(broadcaster_->token_ids());
        // Not awaited: leases do not wait for a database.
        if (round % 3000 == 0) asio::co_spawn(io_, sweep_identity(), asio::detached);
    }
}

asio::awaitable<void> Front::sweep_identity() {
    auto sweep = [this] { return identity_->sweep(wall_now().milliseconds()).has_value(); };
    co_await pool_.run(std::move(sweep));
}

/// Until the engines have confirmed that the leases of all connections have ended, for a moment.
asio::awaitable<void> Front::end_leases() {
    std::vector<event_broadcaster::ConnectionLeases*> ending;
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        if (shards_[i]->engine().state().problem.empty()) ending.push_back(&broadcaster_->leases(i));
    }
    for (auto* leases : ending) leases->close_all();
    const auto is_ending = [](const auto* leases) { return leases->ending_count() > 0; };
    asio::steady_timer timer(io_);
    for (auto left = end_leases_limit; left.count() > 0; left -= end_leases_round) {
        if (std::ranges::none_of(ending, is_ending)) break;
        timer.expires_after(end_leases_round);
        co_await timer.async_wait(asio::use_awaitable);
        for (auto* leases : ending) leases->on_time();
    }
}

/// What a server that died, or a shard that was away, has left on the way between two shards.
asio::awaitable<void> Front::deliver_forever() {
    asio::steady_timer timer(io_);
    while (!is_stopping_) {
        timer.expires_after(std::chrono::seconds(1));
        co_await timer.async_wait(asio::use_awaitable);
        if (!is_stopping_ && is_leader()) co_await api_->deliver_transfers();
    }
}

asio::awaitable<void> Front::quote_forever() {
    asio::steady_timer timer(io_);
    while (!is_stopping_) {
        timer.expires_after(std::chrono::seconds(1));
        co_await timer.async_wait(asio::use_awaitable);
        for (std::size_t i = 0; i < demos_.size() && !is_stopping_ && is_leader(); ++i) {
            if (shards_[i]->is_open()) co_await demos_[i]->refresh_quotes();
        }
    }
}

asio::awaitable<void> Front::stop() {
    is_stopping_ = true;
    why_not_ready_ = "the exchange is stopping";
    http_->stop_accepting();
    ws_->stop_accepting();
    for (const auto& shard : shards_) {
        if (!shard->engine().state().problem.empty()) shard->gateway().fail_all();
    }
    co_await http_->drain(drain_limit);
    co_await ws_->drain(drain_limit / 4);
    co_await end_leases();
    for (const auto& shard : shards_) shard->fail_all();
}

}  // namespace sauda
