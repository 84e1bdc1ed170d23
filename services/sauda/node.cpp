#include "sauda/node.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api-server/api_server.h"
#include "api-server/auth.h"
#include "api-server/gateway_call.h"
#include "core/default_listings.h"
#include "event-broadcaster/broadcaster.h"
#include "history-writer/history_writer.h"
#include "identity/random_id.h"
#include "journal/posix_file_system.h"
#include "net/http_server.h"
#include "orderbook-engine/engine.h"
#include "sauda/demo.h"
#include "sauda/disk.h"
#include "sauda/event_pump.h"
#include "sauda/part_configs.h"
#include "sauda/runtime_file.h"
#include "sauda/snapshot_process.h"
#include "sauda/version.h"
#include "sauda/view_checkpoints.h"
#include "sauda/wall_clock.h"
#include "telemetry/log.h"

namespace sauda {

namespace asio = boost::asio;
namespace log = telemetry::log;
using base::Result;
using base::Unexpected;

namespace {

constexpr std::uint64_t resume_frames = 262'144;
constexpr auto drain_limit = std::chrono::milliseconds(2'000);

std::uint64_t random_instance() {
    const base::Bytes bytes = identity::random_bytes(sizeof(std::uint64_t));
    std::uint64_t instance = 0;
    std::memcpy(&instance, bytes.data(), sizeof instance);
    return instance | 1;  // zero is the sequencer's own
}

Result<void, std::string> make_data_dir(const std::string& path) {
    if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
    return Unexpected{"cannot make the data directory " + path + ": " + std::strerror(errno)};
}

Result<identity::Secret, std::string> token_secret(const RunConfig& config) {
    auto secret = config.jwt_secret.empty()
                      ? identity::load_or_create_secret(config.data_dir + "/jwt.secret")
                      : identity::configured_secret(config.jwt_secret, "identity.jwt-secret");
    if (!secret) return Unexpected{secret.error().message()};
    return std::move(*secret);
}

Result<std::unique_ptr<identity::IdentityService>, std::string> open_identity(const RunConfig& config) {
    const auto secret = token_secret(config);
    if (!secret) return Unexpected{secret.error()};
    identity::IdentityConfig identity;
    identity.database = config.data_dir + "/identity.sqlite";
    auto opened = identity::IdentityService::open(identity, *secret, wall_now().milliseconds());
    if (!opened) return Unexpected{opened.error().message()};
    return std::move(*opened);
}

/// Whether what is listed is what the first of `listings` would have made, and nothing else: names are
/// compared, since default markets name their assets by number.
bool is_beginning_of(const views::Listings& listed, const std::vector<core::CommandBody>& listings) {
    std::size_t assets = 0;
    std::size_t markets = 0;
    for (const core::CommandBody& listing : listings) {
        if (const auto* asset = std::get_if<core::ListAsset>(&listing)) {
            const bool is_there = assets < listed.assets().size();
            if (is_there && listed.assets()[assets].name != asset->name) return false;
            ++assets;
        } else if (const auto* market = std::get_if<core::ListMarket>(&listing)) {
            const bool is_there = markets < listed.markets().size();
            if (is_there && listed.markets()[markets].spec.name != market->spec.name) return false;
            ++markets;
        }
    }
    return listed.assets().size() <= assets && listed.markets().size() <= markets;
}

}  // namespace

/// Everything, in the order in which it is made; it goes in the opposite order.
struct Node::Impl {
    Impl(const RunConfig& its_config, ReadConfig its_read_config,
         std::unique_ptr<identity::IdentityService> its_identity, identity::OperatorToken token)
        : config(its_config),
          read_config(std::move(its_read_config)),
          live_config(its_config),
          identity(std::move(its_identity)),
          operator_token(std::move(token)),
          pool(config.password_threads, 256) {}

    const RunConfig config;
    const ReadConfig read_config;
    RunConfig live_config;  // as reloads left it
    const core::TimestampNs started_at = wall_now();
    telemetry::Metrics metrics;
    asio::io_context io{1};
    std::unique_ptr<identity::IdentityService> identity;
    identity::OperatorToken operator_token;
    api_server::IdentityPool pool;
    SnapshotProcess snapshots;
    std::unique_ptr<orderbook_engine::Engine> engine;
    std::unique_ptr<ViewCheckpoints> checkpoints;
    std::unique_ptr<history_writer::HistoryWriter> history_writer;
    std::unique_ptr<api_server::HistoryPool> history;
    views::ReadModel views;
    std::unique_ptr<CheckpointRoller> roller;
    std::unique_ptr<feed::Hub> hub;
    std::unique_ptr<gateway::Gateway> gateway;
    std::unique_ptr<order_entry::OrderEntry> orders;
    std::unique_ptr<EventPump> pump;
    std::unique_ptr<Demo> demo;
    std::unique_ptr<api_server::ApiServer> api;
    std::unique_ptr<event_broadcaster::Broadcaster> broadcaster;
    std::unique_ptr<net::HttpServer> http;
    std::unique_ptr<net::HttpServer> ws;

    std::atomic<bool> pump_is_posted{false};
    std::map<core::RejectReason, telemetry::Counter*> refusals;
    telemetry::LatencyHistogram* order_latency = nullptr;
    std::uint16_t http_port = 0;
    std::uint16_t ws_port = 0;
    bool is_ready = false;
    bool is_stopping = false;
    std::string why_not_ready = "the exchange is starting";
    int exit_status = 0;

    std::string open_engine();
    std::string open_views();
    void save_views();
    void open_history();
    void wire();
    api_server::Health health() const;
    api_server::HealthFigures figures() const;
    std::uint64_t disk_free_bytes() const;
    void register_metrics();
    void post_pump();
    void run_pump();
    std::optional<base::Bytes> frame_at(core::Sequence sequence) const;
    void count_answer(core::RejectReason reason, std::int64_t latency_ns);
    net::HttpHandlers handlers();

    asio::awaitable<void> start();
    asio::awaitable<std::string> list_defaults();
    std::string reconcile();
    std::string listen();
    void announce() const;
    asio::awaitable<void> tick();
    asio::awaitable<void> quote_forever();
    asio::awaitable<void> stop_on_signal();
    asio::awaitable<void> reload_on_signal();
    void reload();
    asio::awaitable<void> stop(std::string why, int status);
    void fail_to_start(const std::string& problem);
};

// --- Making
// --------------------------------------------------------------------------------------------------------

std::string Node::Impl::open_engine() {
    orderbook_engine::EngineHooks hooks;
    hooks.on_failure = [this](const std::string& reason) {
        asio::post(io, [this, reason] {
            asio::co_spawn(io, stop("the journal failed: " + reason, 1), asio::detached);
        });
    };
    hooks.roll_snapshot = [this](core::Sequence through) {
        snapshots.start(config.data_dir, through.raw, config.snapshots_kept);
    };
    hooks.before_last_snapshot = [this] { snapshots.stop(); };
    auto disk = make_disk();
    if (!disk) return disk.error();
    auto started = orderbook_engine::Engine::start(engine_config(config), std::move(disk->files),
                                                   std::move(hooks), metrics);
    if (!started) {
        const std::string message = started.error().message();
        const bool is_locked = message.find("flock") != std::string::npos;
        return is_locked
                   ? message +
                         ". Another exchange runs on this data directory; stop it, or use another --data-dir."
                   : message;
    }
    engine = std::move(*started);
    disk->has_recovered->store(true);
    return open_views();
}

std::string Node::Impl::open_views() {
    const journal::EventLog& events = engine->event_log();
    const auto limits = view_limits();
    if (!limits) return limits.error();
    checkpoints = std::make_unique<ViewCheckpoints>(engine->disk(), events, config.data_dir,
                                                    engine->journal_id(), *limits);
    const auto checkpoint = checkpoints->open(views);
    if (!checkpoint) return checkpoint.error();
    CheckpointRoller::Config rolling;
    rolling.every = config.checkpoint_commands;
    rolling.last = *checkpoint;
    rolling.may_write = [this] { return engine->is_healthy() && !engine->is_cancel_only(); };
    roller = std::make_unique<CheckpointRoller>(*checkpoints, events, std::move(rolling));
    return {};
}

/// Another start then has nothing to fold. The views hold only what is durable.
void Node::Impl::save_views() {
    roller->stop();
    if (!engine->is_healthy() || views.last() <= roller->last()) return;
    const std::string problem = checkpoints->save(views);
    if (!problem.empty()) log::error("no checkpoint of views could be taken", {{"reason", problem}});
}

void Node::Impl::open_history() {
    history_writer::HistoryWriterHooks hooks;
    hooks.has_room = [this] { return !engine->is_cancel_only(); };
    hooks.on_projected = [this](core::Sequence) { asio::post(io, [this] { history->on_projected(); }); };
    const history_writer::HistoryWriterConfig writer_config = history_config(config);
    history_writer =
        history_writer::HistoryWriter::start(writer_config, engine->event_log(), metrics, std::move(hooks));
    history = std::make_unique<api_server::HistoryPool>(
        api_server::HistoryPoolConfig{writer_config.path, config.history_threads},
        api_server::HistoryPoolHooks{[this] { return history_writer->projected(); },
                                     [this](core::Sequence sequence) { history_writer->demand(sequence); }});
}

std::optional<base::Bytes> Node::Impl::frame_at(core::Sequence sequence) const {
    std::optional<base::Bytes> found;
    const auto read = engine->event_log().read(sequence.raw, 1, [&](std::uint64_t at, base::ByteView frame) {
        if (at == sequence.raw) found = base::Bytes(frame.begin(), frame.end());
        return false;
    });
    return read ? found : std::nullopt;
}

void Node::Impl::count_answer(core::RejectReason reason, std::int64_t latency_ns) {
    order_latency->observe(latency_ns);
    if (reason == core::RejectReason::none) return;
    telemetry::Counter*& counter = refusals[reason];
    if (counter == nullptr) {
        counter = &metrics.counter("sauda_order_refusals_total", "Requests refused by a rule, by reason",
                                   {{"reason", std::string(core::code(reason))}});
    }
    counter->add();
}

net::HttpHandlers Node::Impl::handlers() {
    net::HttpHandlers out;
    out.handle = [this](net::Request request) { return api->handle(std::move(request)); };
    out.accepts_upgrade = [this](const net::Request& request) {
        return (request.local_port == ws_port || request.path == "/ws") && api->limit_by_ip(request) == 0;
    };
    out.opened = [this](std::shared_ptr<net::WebSocket> socket, net::Request request) {
        broadcaster->open(std::move(socket), request);
    };
    out.failed = [](const std::string& request_id, const std::string& what) {
        log::error("request failed", {{"request_id", request_id}, {"what", what}});
    };
    return out;
}

void Node::Impl::wire() {
    hub = std::make_unique<feed::Hub>(views, &net::append_text_frame);
    gateway::GatewayConfig gateway_config;
    gateway_config.instance = random_instance();
    gateway = std::make_unique<gateway::Gateway>(gateway_config, engine->commands());
    order_entry::OrderEntryHooks hooks;
    hooks.now = wall_now;
    hooks.frame_at = [this](core::Sequence sequence) { return frame_at(sequence); };
    hooks.on_answered = [this](core::RejectReason reason, std::int64_t latency) {
        count_answer(reason, latency);
    };
    orders = std::make_unique<order_entry::OrderEntry>(*gateway, views, std::move(hooks));
    pump = std::make_unique<EventPump>(views, *hub, *gateway, engine->event_log());
    pump->attach(engine->events().join(std::size_t{256} << 20, [this] { post_pump(); }));
    demo = std::make_unique<Demo>(*gateway, views, *identity, pool);
    const api_server::Limits limits = rate_limits(config);
    api = std::make_unique<api_server::ApiServer>(
        api_server::Context{*gateway, views, *identity, pool, *history, *orders, metrics, operator_token,
                            wall_now, [this] { return health(); }, [this] { return figures(); }, limits,
                            event_broadcaster::message_names()});
    broadcaster = std::make_unique<event_broadcaster::Broadcaster>(event_broadcaster::Context{
        *hub, views, *identity, *orders, wall_now,
        [this](core::AccountId account, std::uint64_t count) { return api->limit_orders(account, count); }});
    identity->on_session_ended([this](const identity::SessionCache::SessionPointer& session) {
        asio::post(io, [this, token = session->token_id] { broadcaster->end_session(token); });
    });
    http = std::make_unique<net::HttpServer>(io, http_config(config), handlers());
    ws = std::make_unique<net::HttpServer>(io, http_config(config), handlers());
    register_metrics();
}

api_server::Health Node::Impl::health() const {
    const auto told = [&](bool ready, std::string reason) {
        return api_server::Health{ready, std::move(reason), views.last(), history_writer->projected(),
                                  history_writer->problem()};
    };
    if (!is_ready) return told(false, why_not_ready);
    if (!engine->is_healthy()) return told(false, "the journal failed: nothing more is taken");
    if (engine->is_cancel_only()) return told(false, "disk is nearly full: only cancels are taken");
    return told(true, {});
}

std::uint64_t Node::Impl::disk_free_bytes() const {
    return journal::PosixFileSystem().free_bytes(config.data_dir).value_or(0);
}

api_server::HealthFigures Node::Impl::figures() const {
    api_server::HealthFigures out;
    out.version = version;
    out.data_dir = config.data_dir;
    out.rules_version = rules_version;
    out.engine_epoch = engine->epoch();
    out.started_ms = started_at.milliseconds();
    out.commands_waiting = engine->commands().waiting();
    out.connections = http->counters().connections_open + ws->counters().connections_open;
    out.disk_free_bytes = disk_free_bytes();
    out.is_cancel_only = engine->is_cancel_only();
    out.is_demo = config.demo;
    return out;
}

void Node::Impl::register_metrics() {
    order_latency =
        &metrics.histogram("sauda_order_seconds", "From receipt of an order request to its answer, durable");
    const auto number = [](const auto& cell) { return [&cell] { return static_cast<double>(cell); }; };
    const order_entry::Counters& orders_counted = orders->counters();
    const auto outcome = [&](const char* name, const std::uint64_t& cell) {
        metrics.counter_from("sauda_orders_total", "Order requests by outcome", number(cell),
                             {{"outcome", name}});
    };
    outcome("placed", orders_counted.placed);
    outcome("canceled", orders_counted.canceled);
    outcome("amended", orders_counted.amended);
    outcome("repeated", orders_counted.repeated);
    outcome("refused_by_rule", orders_counted.refused_by_rule);
    outcome("refused_before_acceptance", orders_counted.refused_before_acceptance);
    outcome("outcome_unknown", orders_counted.outcome_unknown);
    metrics.gauge("sauda_ready", "1 while orders are taken",
                  [this] { return health().is_ready ? 1.0 : 0.0; });
    metrics.gauge("sauda_disk_free_bytes", "Disk that may still be written below the data directory",
                  [this] { return static_cast<double>(disk_free_bytes()); });
    metrics.gauge("sauda_gateway_pending", "Commands that wait for their answer",
                  [this] { return static_cast<double>(gateway->pending_count()); });
    metrics.gauge("sauda_identity_waiting", "Logins and registrations that wait for a thread",
                  [this] { return static_cast<double>(pool.waiting()); });
    metrics.gauge("sauda_history_waiting", "Questions about the past that wait for a thread or for history",
                  [this] { return static_cast<double>(history->waiting()); });
    metrics.gauge("sauda_open_orders", "Open orders",
                  [this] { return static_cast<double>(views.accounts.open_order_count()); });
    for (const auto& [name, server] : {std::pair("http", http.get()), std::pair("ws", ws.get())}) {
        const net::Counters& counted = server->counters();
        metrics.gauge("sauda_connections", "Open connections", number(counted.connections_open),
                      {{"port", name}});
        metrics.counter_from("sauda_http_requests_total", "Requests read", number(counted.requests),
                             {{"port", name}});
        metrics.counter_from("sauda_bytes_out_total", "Bytes sent", number(counted.bytes_out),
                             {{"port", name}});
        metrics.counter_from("sauda_ws_slow_closes_total", "WebSockets closed because they read too slowly",
                             number(counted.web_sockets_closed_slow), {{"port", name}});
    }
    metrics.gauge("sauda_views_checkpoint_sequence", "Sequence of the newest checkpoint of the views",
                  [this] { return static_cast<double>(roller->last().raw); });
    const feed::Counters& feed_counted = hub->counters();
    metrics.gauge("sauda_feed_sessions", "WebSocket sessions", number(feed_counted.sessions));
    metrics.counter_from("sauda_feed_messages_total", "Messages encoded for subscribers",
                         number(feed_counted.messages_encoded));
    metrics.counter_from("sauda_feed_conflations_total", "Times a slow subscriber was conflated",
                         number(feed_counted.conflations));
    metrics.counter_from("sauda_feed_slow_closes_total", "Connections closed with private data waiting",
                         number(feed_counted.slow_closes));
    metrics.counter_from("sauda_feed_resumes_too_old_total", "Resumes from before what is remembered",
                         number(feed_counted.resumes_too_old));
}

void Node::Impl::post_pump() {
    if (pump_is_posted.exchange(true)) return;
    asio::post(io, [this] { run_pump(); });
}

void Node::Impl::run_pump() {
    pump_is_posted.store(false);
    const std::string problem = pump->pump();
    if (!problem.empty()) asio::co_spawn(io, stop(problem, 1), asio::detached);
}

// --- Starting
// ------------------------------------------------------------------------------------------------------

asio::awaitable<std::string> Node::Impl::list_defaults() {
    const std::vector<core::CommandBody> listings = core::default_listings(core::Uuid{});
    if (!is_beginning_of(views.catalog.listings(), listings)) co_return std::string();
    // A first start may have died among them; they are listed in order, so what is there tells where.
    const auto& listed = views.catalog.listings();
    for (std::size_t i = listed.assets().size() + listed.markets().size(); i < listings.size(); ++i) {
        const auto outcome = co_await api_server::call(*gateway, listings[i], wall_now());
        if (outcome.kind != api_server::Outcome::Kind::applied)
            co_return "the default markets could not be listed";
    }
    co_return std::string();
}

/// Identity and ledger agree before anyone is served: accounts that were opened but not recorded are
/// recorded, and a user whose recorded account is another's is locked.
std::string Node::Impl::reconcile() {
    const auto missing = identity->list_users_without_account();
    if (!missing) return missing.error().sentence;
    for (const identity::Uuid& user : *missing) {
        const core::AccountId account = views.catalog.find_account(api_server::to_core(user));
        if (account) static_cast<void>(identity->attach_account(user, account.raw));
    }
    const auto recorded = identity->list_user_accounts();
    if (!recorded) return recorded.error().sentence;
    for (const auto& [user, account] : *recorded) {
        if (views.catalog.find_account(api_server::to_core(user)).raw == account) continue;
        log::error("identity and ledger disagree about an account; the user is locked",
                   {{"user_id", user.text()}});
        static_cast<void>(
            identity->lock_user(user, "identity and ledger disagree", wall_now().milliseconds()));
    }
    return {};
}

std::string Node::Impl::listen() {
    const auto http_bound = http->listen(config.bind, config.http_port);
    if (!http_bound) return http_bound.error().message();
    const auto ws_bound = ws->listen(config.bind, config.ws_port);
    if (!ws_bound) return ws_bound.error().message();
    http_port = *http_bound;
    ws_port = *ws_bound;
    const auto written = write_runtime(config.data_dir, {config.bind, http_port, ws_port, getpid()});
    return written ? std::string() : written.error().message();
}

void Node::Impl::announce() const {
    std::printf("Sauda is running.\n  REST       http://%s:%u\n  WebSocket  ws://%s:%u\n  Data       %s\n",
                config.bind.c_str(), http_port, config.bind.c_str(), ws_port, config.data_dir.c_str());
    if (config.demo) {
        std::printf(
            "\nDEMO MODE: anyone who reaches this port can trade as %s with the password %s.\n"
            "A market maker rests quotes, so that your first order fills. Start with --no-demo for real "
            "use.\n",
            demo_trader_email, demo_trader_password);
    }
    std::printf("\nStop with Ctrl-C.\n");
    std::fflush(stdout);
}

void Node::Impl::fail_to_start(const std::string& problem) {
    std::fprintf(stderr, "sauda: %s\n", problem.c_str());
    asio::co_spawn(io, stop(problem, 1), asio::detached);
}

asio::awaitable<void> Node::Impl::start() {
    // One await a statement: g++ 12 destroys temporaries of conditional awaits twice.
    std::string problem = co_await list_defaults();
    if (problem.empty()) problem = reconcile();
    if (problem.empty() && config.demo) {
        std::string demo_problem = co_await demo->start();
        problem = std::move(demo_problem);
    } else if (problem.empty()) {
        std::string demo_problem = co_await demo->disable();
        problem = std::move(demo_problem);
    }
    if (problem.empty()) problem = listen();
    if (!problem.empty()) co_return fail_to_start(problem);
    is_ready = true;
    announce();
    log::info("ready", {{"http_port", http_port},
                        {"ws_port", ws_port},
                        {"demo", config.demo},
                        {"sequence", views.last().raw}});
    if (config.demo) asio::co_spawn(io, quote_forever(), asio::detached);
}

// --- Running
// -------------------------------------------------------------------------------------------------------

asio::awaitable<void> Node::Impl::tick() {
    asio::steady_timer timer(io);
    for (std::uint64_t round = 1; !is_stopping; ++round) {
        timer.expires_after(std::chrono::milliseconds(20));
        co_await timer.async_wait(asio::use_awaitable);
        gateway->on_time(wall_now());
        // The engine's queue refuses by itself; so that clients are told why.
        gateway->cancel_only(engine->is_cancel_only());
        hub->on_time(wall_now());
        if (hub->behind_count() > 0 && round % 5 == 0) hub->flush();
        if (round % 50 == 0) orders->sweep();
        if (round % 3000 == 0) {
            auto sweep = [this] { return identity->sweep(wall_now().milliseconds()).has_value(); };
            co_await pool.run(std::move(sweep));
        }
    }
}

asio::awaitable<void> Node::Impl::quote_forever() {
    asio::steady_timer timer(io);
    while (!is_stopping) {
        timer.expires_after(std::chrono::seconds(1));
        co_await timer.async_wait(asio::use_awaitable);
        if (!is_stopping) co_await demo->refresh_quotes();
    }
}

// --- Reloading
// -----------------------------------------------------------------------------------------------------

asio::awaitable<void> Node::Impl::reload_on_signal() {
    asio::signal_set signals(io, SIGHUP);
    while (!is_stopping) {
        co_await signals.async_wait(asio::use_awaitable);
        if (const std::string problem = log::reopen(); !problem.empty())
            log::error("the log file cannot be opened again; the old one is written on",
                       {{"reason", problem}});
        reload();
    }
}

/// Takes over what may change while it runs, all of it or, where anything is wrong, nothing.
void Node::Impl::reload() {
    const auto wanted = read_config();
    if (!wanted)
        return log::error("the settings cannot be read; those before stay", {{"reason", wanted.error()}});
    const ConfigChanges changes = take_live_settings(live_config, *wanted);
    api->set_limits(rate_limits(live_config));
    log::Level level{};
    log::parse_level(live_config.log_level, level);
    log::set_level(level);
    for (const std::string& key : changes.need_restart)
        log::warning("a setting has changed that holds from the next start on", {{"setting", key}});
    for (const std::string& key : changes.taken) log::info("a setting has changed", {{"setting", key}});
    log::info("settings read again",
              {{"changed", changes.taken.size()}, {"need_restart", changes.need_restart.size()}});
}

// --- Stopping
// ------------------------------------------------------------------------------------------------------

asio::awaitable<void> Node::Impl::stop_on_signal() {
    asio::signal_set signals(io, SIGINT, SIGTERM);
    const int signal = co_await signals.async_wait(asio::use_awaitable);
    std::string why = signal == SIGINT ? "SIGINT" : "SIGTERM";
    co_await stop(std::move(why), 0);
}

asio::awaitable<void> Node::Impl::stop(std::string why, int status) {
    if (is_stopping) co_return;
    is_stopping = true;
    is_ready = false;
    why_not_ready = "the exchange is stopping";
    exit_status = status;
    log::info("stopping", {{"why", why}});
    http->stop_accepting();
    ws->stop_accepting();
    if (!engine->is_healthy()) gateway->fail_all();
    co_await http->drain(drain_limit);
    co_await ws->drain(drain_limit / 4);
    gateway->fail_all();
    io.stop();
}

Node::Node(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Node::~Node() = default;

Result<std::unique_ptr<Node>, std::string> Node::open(const RunConfig& config, ReadConfig read_config) {
    if (const auto checked = check_settings(config); !checked) return Unexpected{checked.error()};
    if (const auto made = make_data_dir(config.data_dir); !made) return Unexpected{made.error()};
    auto identity = open_identity(config);
    if (!identity) return Unexpected{identity.error()};
    auto token = identity::OperatorToken::load_or_create(config.data_dir + "/operator.token");
    if (!token) return Unexpected{token.error().message()};
    auto impl =
        std::make_unique<Impl>(config, std::move(read_config), std::move(*identity), std::move(*token));
    if (const std::string problem = impl->open_engine(); !problem.empty()) return Unexpected{problem};
    impl->open_history();
    impl->wire();
    if (const std::string problem = fill_windows(impl->engine->event_log(), *impl->hub, resume_frames);
        !problem.empty()) {
        return Unexpected{problem};
    }
    return std::unique_ptr<Node>(new Node(std::move(impl)));
}

int Node::run() {
    Impl& node = *impl_;
    asio::co_spawn(node.io, node.stop_on_signal(), asio::detached);
    asio::co_spawn(node.io, node.reload_on_signal(), asio::detached);
    asio::co_spawn(node.io, node.tick(), asio::detached);
    asio::co_spawn(node.io, node.start(), asio::detached);
    node.io.run();
    remove_runtime(node.config.data_dir);
    node.save_views();
    node.history_writer->stop();
    if (const auto problem = node.engine->stop()) {
        std::fprintf(stderr, "sauda: %s\n", problem->c_str());
        return 1;
    }
    return node.exit_status;
}

}  // namespace sauda
