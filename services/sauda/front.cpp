#include "sauda/front.h"

#include <chrono>
#include <cstring>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "identity/random_id.h"
#include "net/web_socket_frame.h"
#include "sauda/data_place.h"
#include "sauda/opening.h"
#include "sauda/part_configs.h"
#include "sauda/time_limit.h"
#include "sauda/version.h"
#include "sauda/wall_clock.h"
#include "telemetry/log.h"

namespace sauda {

namespace asio = boost::asio;
namespace log = telemetry::log;
using base::Result;
using base::Unexpected;

namespace {

constexpr std::uint64_t resume_frames = 262'144;
constexpr std::int64_t catch_up_limit_ns = 1'000'000'000;
constexpr auto drain_limit = std::chrono::milliseconds(2'000);

std::uint64_t random_instance() {
    const base::Bytes bytes = identity::random_bytes(sizeof(std::uint64_t));
    std::uint64_t instance = 0;
    std::memcpy(&instance, bytes.data(), sizeof instance);
    return instance | 1;  // zero is the sequencer's own
}

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

Front::Front(const RunConfig& config, FrontRole role, asio::io_context& io, telemetry::Metrics& metrics,
             EngineLink& engine, HistoryLink history, FrontHooks hooks,
             std::unique_ptr<identity::IdentityService> identity, identity::OperatorToken token)
    : config_(config),
      role_(role),
      io_(io),
      metrics_(metrics),
      engine_(engine),
      history_link_(std::move(history)),
      hooks_(std::move(hooks)),
      started_at_(wall_now()),
      identity_(std::move(identity)),
      operator_token_(std::move(token)),
      pool_(config.password_threads, 256),
      views_(engine.take_views()) {}

Front::~Front() = default;

Result<std::unique_ptr<Front>, std::string> Front::open(const RunConfig& config, FrontRole role,
                                                        asio::io_context& io, telemetry::Metrics& metrics,
                                                        EngineLink& engine, HistoryLink history,
                                                        FrontHooks hooks) {
    auto identity = open_identity(config, engine.is_shared(), hooks.tickets);
    if (!identity) return Unexpected{identity.error()};
    auto token = identity::OperatorToken::load_or_create(secret_path(config, "operator.token"));
    if (!token) return Unexpected{token.error().message()};
    auto front = std::unique_ptr<Front>(new Front(config, role, io, metrics, engine, std::move(history),
                                                  std::move(hooks), std::move(*identity), std::move(*token)));
    front->wire();
    if (std::string problem = fill_windows(engine.log(), *front->hub_, resume_frames); !problem.empty())
        return Unexpected{std::move(problem)};
    return front;
}

void Front::set_live_settings(const RunConfig& config) {
    api_->set_limits(rate_limits(config));
}

// --- Wiring ---

void Front::wire() {
    history_ = std::make_unique<api_server::HistoryPool>(
        api_server::HistoryPoolConfig{history_link_.store, config_.history_threads},
        api_server::HistoryPoolHooks{history_link_.projected, history_link_.demand});
    hub_ = std::make_unique<feed::Hub>(views_, &net::append_text_frame);
    gateway::GatewayConfig gateway_config;
    gateway_config.instance = random_instance();
    gateway_ = std::make_unique<gateway::Gateway>(gateway_config, engine_.commands());
    order_entry::OrderEntryHooks hooks;
    hooks.now = wall_now;
    hooks.find_frame = [this](core::Sequence sequence, order_entry::FrameFound found) {
        engine_.find_frame(sequence, std::move(found));
    };
    hooks.on_answered = [this](core::RejectReason reason, std::int64_t latency) {
        count_answer(reason, latency);
    };
    orders_ = std::make_unique<order_entry::OrderEntry>(*gateway_, views_, std::move(hooks));
    pump_ = std::make_unique<EventPump>(views_, *hub_, *gateway_, engine_.log());
    pump_->attach(engine_.join([this] { post_pump(); }));
    demo_ = std::make_unique<Demo>(*gateway_, views_, *identity_, pool_);
    const api_server::Limits limits = rate_limits(config_);
    std::function<void(std::function<void(bool)>)> catch_up_if_shared;
    std::function<void(std::function<void(bool)>)> catch_up_before_message;
    std::function<asio::awaitable<void>(std::string, bool)> refresh_before_request;
    if (engine_.is_shared()) {
        sessions_ = std::make_unique<SharedSessions>(io_, *identity_, hooks_.session_notes.get(), metrics_);
        refresh_before_request = [this](std::string token, bool anew) {
            return sessions_->refresh(std::move(token), anew);
        };
        catch_up_if_shared = [this](std::function<void(bool)> done) { catch_up(std::move(done)); };
        catch_up_before_message = catch_up_if_shared;
    }
    api_ = std::make_unique<api_server::ApiServer>(
        api_server::Context{*gateway_, views_, *identity_, pool_, *history_, *orders_, metrics_,
                            operator_token_, wall_now, [this] { return health(); },
                            [this] { return figures(); }, limits, std::move(catch_up_if_shared),
                            std::move(refresh_before_request), event_broadcaster::message_names(),
                            [this](EngineLink::HorizonFound done) { find_horizon(std::move(done)); }},
        role_ == FrontRole::broadcaster ? api_server::Routes::operations : api_server::Routes::all);
    std::function<void(const std::string&, std::function<void()>)> refresh_before_message;
    std::function<void(const std::string&, event_broadcaster::TicketRedeemed)> redeem_ticket;
    if (sessions_) {
        refresh_before_message = [this](const std::string& token, std::function<void()> done) {
            sessions_->refresh(token, std::move(done));
        };
        redeem_ticket = [this](const std::string& ticket, event_broadcaster::TicketRedeemed done) {
            sessions_->redeem(ticket, std::move(done));
        };
    }
    broadcaster_ = std::make_unique<event_broadcaster::Broadcaster>(event_broadcaster::Context{
        *hub_, views_, *identity_, *orders_, wall_now,
        [this](core::AccountId account, std::uint64_t count) { return api_->limit_orders(account, count); },
        std::move(refresh_before_message), std::move(redeem_ticket), std::move(catch_up_before_message)});
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

void Front::count_answer(core::RejectReason reason, std::int64_t latency_ns) {
    order_latency_->observe(latency_ns);
    if (reason == core::RejectReason::none) return;
    telemetry::Counter*& counter = refusals_[reason];
    if (counter == nullptr) {
        counter = &metrics_.counter("sauda_order_refusals_total", "Requests refused by a rule, by reason",
                                    {{"reason", std::string(core::code(reason))}});
    }
    counter->add();
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

api_server::Health Front::health() const {
    const EngineState engine = engine_.state();
    std::string reason = why_not_ready_;
    if (reason.empty()) reason = engine.problem;
    if (reason.empty() && engine.is_cancel_only) reason = "disk is nearly full: only cancels are taken";
    const bool is_ready = reason.empty();
    return {is_ready, std::move(reason), views_.last(), history_link_.projected(), history_link_.problem()};
}

api_server::HealthFigures Front::figures() const {
    const EngineState engine = engine_.state();
    api_server::HealthFigures out;
    out.version = version;
    out.data_dir = config_.data_dir;
    out.rules_version = engine.rules_version;
    out.engine_epoch = engine.epoch;
    out.started_ms = started_at_.milliseconds();
    out.commands_waiting = engine.commands_waiting;
    out.connections = http_->counters().connections_open + ws_->counters().connections_open;
    out.disk_free_bytes = hooks_.disk_free_bytes();
    out.is_cancel_only = engine.is_cancel_only;
    out.is_demo = config_.demo;
    return out;
}

void Front::post_pump() {
    if (pump_is_posted_.exchange(true)) return;
    asio::post(io_, [this] { run_pump(); });
}

void Front::run_pump() {
    pump_is_posted_.store(false);
    const std::string problem = pump_->pump();
    if (!problem.empty()) hooks_.on_failure(problem);
    resume_caught_up();
}

// --- Seeing what other servers have told ---

void Front::catch_up(std::function<void(bool)> done) {
    engine_.find_newest([this, done = std::move(done)](std::optional<core::Sequence> newest) mutable {
        if (!newest) return done(false);
        wait_for(*newest, std::move(done));
    });
}

void Front::wait_for(core::Sequence sequence, std::function<void(bool)> done) {
    if (sequence <= views_.last()) return done(true);
    waiters_.emplace(sequence, Waiter{{wall_now().raw + catch_up_limit_ns}, std::move(done)});
}

void Front::find_horizon(EngineLink::HorizonFound done) {
    const EngineLink::HorizonFound found = [this,
                                            done = std::move(done)](std::optional<gateway::Horizon> horizon) {
        if (!horizon) return done(std::nullopt);
        wait_for(horizon->sequence,
                 [horizon, done](bool is_there) { done(is_there ? horizon : std::nullopt); });
    };
    engine_.find_horizon(within(io_, std::chrono::nanoseconds(catch_up_limit_ns), found));
}

void Front::resume_caught_up() {
    while (!waiters_.empty() && waiters_.begin()->first <= views_.last()) {
        const auto waiter = waiters_.extract(waiters_.begin());
        waiter.mapped().done(true);
    }
}

void Front::give_up_catching_up() {
    const core::TimestampNs now = wall_now();
    for (auto at = waiters_.begin(); at != waiters_.end();) {
        const auto waiter = at++;
        if (waiter->second.until > now) continue;
        const auto given_up = waiters_.extract(waiter);
        given_up.mapped().done(false);
    }
}

// --- Starting and stopping ---

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
    std::string problem;
    if (role_ != FrontRole::broadcaster) {
        std::string preparing = co_await prepare();
        problem = std::move(preparing);
    }
    if (problem.empty()) problem = listen();
    if (problem.empty()) why_not_ready_.clear();
    if (problem.empty() && config_.demo && role_ != FrontRole::broadcaster)
        asio::co_spawn(io_, quote_forever(), asio::detached);
    co_return problem;
}

asio::awaitable<std::string> Front::prepare() {
    // One await a statement: g++ 12 destroys temporaries of conditional awaits twice.
    std::string problem = co_await list_defaults(*gateway_, views_);
    if (problem.empty()) {
        CatchUp catch_up_if_shared;
        if (engine_.is_shared())
            catch_up_if_shared = [this](std::function<void(bool)> done) { catch_up(std::move(done)); };
        std::string disagreement = co_await reconcile(*identity_, views_, std::move(catch_up_if_shared));
        problem = std::move(disagreement);
    }
    if (problem.empty() && config_.demo && is_leader()) {
        std::string demo_problem = co_await demo_->start();
        problem = std::move(demo_problem);
    } else if (problem.empty() && !config_.demo) {
        std::string demo_problem = co_await demo_->disable();
        problem = std::move(demo_problem);
    }
    co_return problem;
}

asio::awaitable<void> Front::tick() {
    asio::steady_timer timer(io_);
    for (std::uint64_t round = 1; !is_stopping_; ++round) {
        timer.expires_after(std::chrono::milliseconds(20));
        co_await timer.async_wait(asio::use_awaitable);
        gateway_->on_time(wall_now());
        // The engine's queue refuses by itself; so that clients are told why.
        gateway_->cancel_only(engine_.state().is_cancel_only);
        hub_->on_time(wall_now());
        if (hub_->behind_count() > 0 && round % 5 == 0) hub_->flush();
        if (!waiters_.empty()) give_up_catching_up();
        if (round % 50 == 0) orders_->sweep();
        if (round % 50 == 0 && sessions_) sessions_->recheck(broadcaster_->token_ids());
        if (round % 3000 == 0) {
            auto sweep = [this] { return identity_->sweep(wall_now().milliseconds()).has_value(); };
            co_await pool_.run(std::move(sweep));
        }
    }
}

asio::awaitable<void> Front::quote_forever() {
    asio::steady_timer timer(io_);
    while (!is_stopping_) {
        timer.expires_after(std::chrono::seconds(1));
        co_await timer.async_wait(asio::use_awaitable);
        if (!is_stopping_ && is_leader()) co_await demo_->refresh_quotes();
    }
}

asio::awaitable<void> Front::stop() {
    is_stopping_ = true;
    why_not_ready_ = "the exchange is stopping";
    http_->stop_accepting();
    ws_->stop_accepting();
    if (!engine_.state().problem.empty()) gateway_->fail_all();
    co_await http_->drain(drain_limit);
    co_await ws_->drain(drain_limit / 4);
    gateway_->fail_all();
    for (auto& [sequence, waiter] : std::exchange(waiters_, {})) waiter.done(false);
}

}  // namespace sauda
