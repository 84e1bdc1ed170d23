/// One shard as clients meet it: the views of what its engine released, the feed, orders on their way to it,
/// and its history. A front has one, or as many as the exchange has shards.
///
/// Threads: the network thread, but for the pools' own.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "api-server/history_pool.h"
#include "feed/hub.h"
#include "gateway/gateway.h"
#include "order_entry/order_entry.h"
#include "sauda/engine_link.h"
#include "sauda/event_pump.h"
#include "sauda/shards.h"
#include "telemetry/metrics.h"
#include "views/read_model.h"

namespace sauda {

/// The past as questions about it find it: who writes it, here or in another process.
struct HistoryLink {
    std::string store;                           ///< the database
    std::function<core::Sequence()> projected;   ///< any thread
    std::function<void(core::Sequence)> demand;  ///< somebody waits until it goes through this one
    std::function<std::string()> problem;        ///< why it stands still; empty: it does not
};

class FrontShard {
public:
    struct Hooks {
        /// It cannot go on: the process must end. On the network thread.
        std::function<void(const std::string& why)> on_failure;
    };

    /// Of an engine that need not be there yet: begin() when it is. `is_alone`: the exchange has no other
    /// shard, and this one need not be named. `io`, `metrics` and `engine` outlive it.
    FrontShard(const Shard& shard, bool is_alone, std::uint64_t history_threads, boost::asio::io_context& io,
               telemetry::Metrics& metrics, EngineLink& engine, HistoryLink history, Hooks hooks);
    FrontShard(const FrontShard&) = delete;
    FrontShard& operator=(const FrontShard&) = delete;

    /// How far it has come.
    enum class Stage : std::uint8_t {
        away,   ///< its engine has not answered yet: there are no views
        begun,  ///< the views follow its engine, and it can be asked
        open,   ///< clients are served
    };
    Stage stage() const { return stage_; }
    bool is_open() const { return stage_ == Stage::open; }
    /// The engine is there: takes its views, and what it releases from now on. Requires: away.
    void begin();
    /// Requires: begun.
    void open();
    /// Why it is not open though it has begun, in a sentence.
    void set_problem(std::string problem) { problem_ = std::move(problem); }
    /// Why orders are not taken, in a sentence; empty: they are.
    std::string problem() const;

    /// Takes note of time: every 20 ms, `round` counts.
    void tick(std::uint64_t round);
    /// What waits is answered: nobody will any more.
    void fail_all();

    using CaughtUp = std::function<void(bool)>;
    /// Calls `done` once the views have all that any server can have told a client of by now; with false
    /// where that cannot be had in time, or the engine is still away.
    void catch_up(CaughtUp done);
    /// Calls `done` with the engine's horizon, of a moment after the call, once the views go through its
    /// sequence; with nothing where that cannot be had in time.
    void find_horizon(EngineLink::HorizonFound done);

    const Shard& shard() const { return shard_; }
    /// That name it among others; none where it is alone.
    telemetry::Metrics::Labels labels() const;
    EngineLink& engine() const { return engine_; }
    const HistoryLink& history_link() const { return history_link_; }
    const views::ReadModel& views() const { return views_; }
    feed::Hub& hub() { return *hub_; }
    gateway::Gateway& gateway() { return *gateway_; }
    order_entry::OrderEntry& orders() { return *orders_; }
    api_server::HistoryPool& history() { return history_; }
    /// Another hub hears what the WebSocket's hears. Before the first event.
    void add_hub(feed::Hub& hub) { pump_->add(hub); }
    /// Is told of each frame that the engine released by itself. Before the first event.
    void listen(std::function<void(const codec::EventFrameView&)> heard) { pump_->listen(std::move(heard)); }

private:
    void count_answer(core::RejectReason reason, std::int64_t latency_ns);
    void register_metrics();
    void register_feed_metrics();
    void post_pump();
    void run_pump();
    void wait_for(core::Sequence sequence, CaughtUp done);
    void find_frame(core::Sequence sequence, order_entry::FrameFound found);
    void resume_caught_up();
    void give_up_catching_up();

    const Shard shard_;
    const bool is_alone_;
    boost::asio::io_context& io_;
    telemetry::Metrics& metrics_;
    EngineLink& engine_;
    const HistoryLink history_link_;
    const Hooks hooks_;

    // In the order in which they are made; they go in the opposite order.
    api_server::HistoryPool history_;
    views::ReadModel views_;
    std::unique_ptr<feed::Hub> hub_;
    std::unique_ptr<gateway::Gateway> gateway_;
    std::unique_ptr<order_entry::OrderEntry> orders_;
    std::unique_ptr<EventPump> pump_;

    /// Who waits until the views go through a sequence.
    struct Waiter {
        core::TimestampNs until;
        CaughtUp done;
    };
    std::multimap<core::Sequence, Waiter> waiters_;

    Stage stage_ = Stage::away;
    std::string problem_;
    std::atomic<bool> pump_is_posted_{false};
    std::map<core::RejectReason, telemetry::Counter*> refusals_;
    telemetry::LatencyHistogram* order_latency_ = nullptr;
};

}  // namespace sauda
