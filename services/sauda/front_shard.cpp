#include "sauda/front_shard.h"

#include <chrono>
#include <cstring>
#include <utility>

#include <boost/asio/post.hpp>

#include "base/assert.h"
#include "identity/random_id.h"
#include "net/web_socket_frame.h"
#include "sauda/time_limit.h"
#include "sauda/wall_clock.h"

namespace sauda {

namespace asio = boost::asio;

namespace {

constexpr std::int64_t catch_up_limit_ns = 1'000'000'000;

std::uint64_t random_instance() {
    const base::Bytes bytes = identity::random_bytes(sizeof(std::uint64_t));
    std::uint64_t instance = 0;
    std::memcpy(&instance, bytes.data(), sizeof instance);
    return instance | 1;  // zero is the sequencer's own
}

}  // namespace

FrontShard::FrontShard(const Shard& shard, bool is_alone, std::uint64_t history_threads, asio::io_context& io,
                       telemetry::Metrics& metrics, EngineLink& engine, HistoryLink history, Hooks hooks)
    : shard_(shard),
      is_alone_(is_alone),
      io_(io),
      metrics_(metrics),
      engine_(engine),
      history_link_(std::move(history)),
      hooks_(std::move(hooks)),
      history_({history_link_.store, history_threads}, {history_link_.projected, history_link_.demand}) {
    hub_ = std::make_unique<feed::Hub>(views_, &net::append_text_frame, feed::Limits{},
                                       is_alone_ ? std::string_view() : shard_.name);
    gateway::GatewayConfig gateway_config;
    gateway_config.instance = random_instance();
    gateway_ = std::make_unique<gateway::Gateway>(gateway_config, engine_.commands());
    order_entry::OrderEntryHooks order_hooks;
    order_hooks.now = wall_now;
    order_hooks.find_frame = [this](core::Sequence sequence, order_entry::FrameFound found) {
        find_frame(sequence, std::move(found));
    };
    order_hooks.on_answered = [this](core::RejectReason reason, std::int64_t latency) {
        count_answer(reason, latency);
    };
    orders_ = std::make_unique<order_entry::OrderEntry>(*gateway_, views_, std::move(order_hooks));
    pump_ = std::make_unique<EventPump>(views_, *hub_, *gateway_, engine_.log());
    register_metrics();
}

// --- Beginning ---

void FrontShard::begin() {
    ASSERT(stage_ == Stage::away);
    Beginning beginning = engine_.take_beginning();
    views_ = std::move(beginning.views);
    hub_->remember(std::move(beginning.past));
    pump_->begin(engine_.join([this] { post_pump(); }));
    stage_ = Stage::begun;
    problem_ = "it is being opened";
}

void FrontShard::open() {
    ASSERT(stage_ == Stage::begun);
    stage_ = Stage::open;
    problem_.clear();
}

std::string FrontShard::problem() const {
    const EngineState engine = engine_.state();
    if (!engine.problem.empty()) return engine.problem;
    if (!problem_.empty()) return problem_;
    return engine.is_cancel_only ? "disk is nearly full: only cancels are taken" : "";
}

void FrontShard::tick(std::uint64_t round) {
    const core::TimestampNs now = wall_now();
    gateway_->on_time(now);
    // The engine's queue refuses by itself; so that clients are told why.
    gateway_->cancel_only(engine_.state().is_cancel_only);
    hub_->on_time(now);
    if (hub_->behind_count() > 0 && round % 5 == 0) hub_->flush();
    if (!waiters_.empty()) give_up_catching_up();
    if (round % 50 == 0) orders_->sweep();
}

void FrontShard::fail_all() {
    gateway_->fail_all();
    for (auto& [sequence, waiter] : std::exchange(waiters_, {})) waiter.done(false);
}

// --- Released events ---

void FrontShard::post_pump() {
    if (pump_is_posted_.exchange(true)) return;
    asio::post(io_, [this] { run_pump(); });
}

void FrontShard::run_pump() {
    pump_is_posted_.store(false);
    const std::string problem = pump_->pump();
    if (!problem.empty()) hooks_.on_failure(problem);
    resume_caught_up();
}

// --- Seeing what other servers have told ---

void FrontShard::catch_up(CaughtUp done) {
    if (stage_ == Stage::away) return done(false);
    engine_.find_newest([this, done = std::move(done)](std::optional<core::Sequence> newest) mutable {
        if (!newest) return done(false);
        wait_for(*newest, std::move(done));
    });
}

void FrontShard::wait_for(core::Sequence sequence, CaughtUp done) {
    if (sequence <= views_.last()) return done(true);
    waiters_.emplace(sequence, Waiter{{wall_now().raw + catch_up_limit_ns}, std::move(done)});
}

void FrontShard::find_horizon(EngineLink::HorizonFound done) {
    if (stage_ == Stage::away) return done(std::nullopt);
    const EngineLink::HorizonFound found = [this,
                                            done = std::move(done)](std::optional<gateway::Horizon> horizon) {
        if (!horizon) return done(std::nullopt);
        wait_for(horizon->sequence,
                 [horizon, done](bool is_there) { done(is_there ? horizon : std::nullopt); });
    };
    engine_.find_horizon(within(io_, std::chrono::nanoseconds(catch_up_limit_ns), found));
}

void FrontShard::find_frame(core::Sequence sequence, order_entry::FrameFound found) {
    using Found = order_entry::FoundFrame;
    const std::function<void(std::optional<Found>)> answer = [found = std::move(found)](
                                                                 std::optional<Found> frame) {
        found(frame ? std::move(*frame) : Found(base::Unexpected{std::string("the engine does not answer")}));
    };
    engine_.find_frame(sequence, within(io_, std::chrono::nanoseconds(catch_up_limit_ns), answer));
}

void FrontShard::resume_caught_up() {
    while (!waiters_.empty() && waiters_.begin()->first <= views_.last()) {
        const auto waiter = waiters_.extract(waiters_.begin());
        waiter.mapped().done(true);
    }
}

void FrontShard::give_up_catching_up() {
    const core::TimestampNs now = wall_now();
    for (auto at = waiters_.begin(); at != waiters_.end();) {
        const auto waiter = at++;
        if (waiter->second.until > now) continue;
        const auto given_up = waiters_.extract(waiter);
        given_up.mapped().done(false);
    }
}

// --- Metrics ---

telemetry::Metrics::Labels FrontShard::labels() const {
    return is_alone_ ? telemetry::Metrics::Labels{} : telemetry::Metrics::Labels{{"shard", shard_.name}};
}

void FrontShard::count_answer(core::RejectReason reason, std::int64_t latency_ns) {
    order_latency_->observe(latency_ns);
    if (reason == core::RejectReason::none) return;
    telemetry::Counter*& counter = refusals_[reason];
    if (counter == nullptr) {
        telemetry::Metrics::Labels with_reason = labels();
        with_reason.emplace("reason", core::code(reason));
        counter = &metrics_.counter("sauda_order_refusals_total", "Requests refused by a rule, by reason",
                                    std::move(with_reason));
    }
    counter->add();
}

void FrontShard::register_metrics() {
    const telemetry::Metrics::CommonLabels with_shard(metrics_, labels());
    order_latency_ =
        &metrics_.histogram("sauda_order_seconds", "From receipt of an order request to its answer, durable");
    const order_entry::Counters& orders_counted = orders_->counters();
    const auto outcome = [&](const char* name, const std::uint64_t& cell) {
        metrics_.counter_from("sauda_orders_total", "Order requests by outcome", telemetry::reading_of(cell),
                              {{"outcome", name}});
    };
    outcome("placed", orders_counted.placed);
    outcome("canceled", orders_counted.canceled);
    outcome("amended", orders_counted.amended);
    outcome("repeated", orders_counted.repeated);
    outcome("refused_by_rule", orders_counted.refused_by_rule);
    outcome("refused_before_acceptance", orders_counted.refused_before_acceptance);
    outcome("outcome_unknown", orders_counted.outcome_unknown);
    metrics_.gauge("sauda_gateway_pending", "Commands that wait for their answer",
                   [this] { return static_cast<double>(gateway_->pending_count()); });
    metrics_.gauge("sauda_history_waiting", "Questions about the past that wait for a thread or for history",
                   [this] { return static_cast<double>(history_.waiting()); });
    metrics_.gauge("sauda_open_orders", "Open orders",
                   [this] { return static_cast<double>(views_.accounts.open_order_count()); });
    register_feed_metrics();
}

void FrontShard::register_feed_metrics() {
    const feed::Counters& feed_counted = hub_->counters();
    metrics_.gauge("sauda_feed_sessions", "WebSocket sessions", telemetry::reading_of(feed_counted.sessions));
    metrics_.counter_from("sauda_feed_messages_total", "Messages encoded for subscribers",
                          telemetry::reading_of(feed_counted.messages_encoded));
    metrics_.counter_from("sauda_feed_conflations_total", "Times a slow subscriber was conflated",
                          telemetry::reading_of(feed_counted.conflations));
    metrics_.counter_from("sauda_feed_slow_closes_total", "Connections closed with private data waiting",
                          telemetry::reading_of(feed_counted.slow_closes));
    metrics_.counter_from("sauda_feed_resumes_too_old_total", "Resumes from before what is remembered",
                          telemetry::reading_of(feed_counted.resumes_too_old));
}

}  // namespace sauda
