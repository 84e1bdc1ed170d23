/// What clients meet, wired before an engine: the views of what it released, orders on their way to it, REST
/// and WebSocket, users and their sessions.
///
/// Threads: the network thread, but for the pools' own.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "api-server/api_server.h"
#include "base/result.h"
#include "event-broadcaster/broadcaster.h"
#include "feed/hub.h"
#include "gateway/gateway.h"
#include "identity/identity_service.h"
#include "identity/secrets.h"
#include "net/http_server.h"
#include "order_entry/order_entry.h"
#include "sauda/config.h"
#include "sauda/demo.h"
#include "sauda/engine_link.h"
#include "sauda/event_pump.h"
#include "sauda/shared_sessions.h"
#include "telemetry/metrics.h"

namespace sauda {

/// The past as questions about it find it: who writes it, here or in another process.
struct HistoryLink {
    std::string store;                           ///< the database
    std::function<core::Sequence()> projected;   ///< any thread
    std::function<void(core::Sequence)> demand;  ///< somebody waits until it goes through this one
    std::function<std::string()> problem;        ///< why it stands still; empty: it does not
};

/// What of a front its clients reach.
enum class FrontRole : std::uint8_t {
    everything,   ///< REST and WebSocket
    api_server,   ///< REST
    broadcaster,  ///< WebSocket, and health and metrics at the same port
};

struct FrontHooks {
    /// It cannot go on: the process must end. On the network thread.
    std::function<void(const std::string& why)> on_failure;
    std::function<std::uint64_t()> disk_free_bytes;
    /// A session has ended here. On the network thread. Empty: nobody else need know.
    std::function<void(const std::string& token_id)> on_session_ended;
    /// Where tickets wait that other processes issue or redeem too. Null: in memory.
    std::shared_ptr<identity::TicketStore> tickets;
    /// What other processes have read of sessions. Null: nothing.
    std::shared_ptr<SessionNotes> session_notes;
    /// Whether this is the one of several processes that does what one should do. Empty: it is alone.
    std::function<bool()> is_leader;
};

class Front {
public:
    /// Opens identity and takes the engine's views. The error is a sentence. All but `config` outlive it.
    static base::Result<std::unique_ptr<Front>, std::string> open(const RunConfig& config, FrontRole role,
                                                                  boost::asio::io_context& io,
                                                                  telemetry::Metrics& metrics,
                                                                  EngineLink& engine, HistoryLink history,
                                                                  FrontHooks hooks);
    ~Front();
    Front(const Front&) = delete;
    Front& operator=(const Front&) = delete;

    /// Makes what must be there before anybody is served (markets, accounts, the demo), then listens. A
    /// sentence on failure.
    boost::asio::awaitable<std::string> start();
    /// Takes note of time, until stop(). Begins with start().
    boost::asio::awaitable<void> tick();
    /// Rates that several processes may have together.
    std::vector<api_server::ApiServer::NamedRate> rates() { return api_->rates(); }
    /// Another process says that this session has ended: it is looked up.
    void doubt_session(const std::string& token_id) { sessions_->doubt(token_id); }
    /// Another hub hears what the WebSocket's hears. Before start().
    void add_hub(feed::Hub& hub) { pump_->add(hub); }
    /// Whether a client's request waits for the engine.
    bool is_waiting() const { return gateway_->pending_count() > 0; }
    /// Answers what is in hand, for a moment, and closes.
    boost::asio::awaitable<void> stop();

    /// Takes the live settings over.
    void set_live_settings(const RunConfig& config);
    /// History goes further.
    void on_projected() { history_->on_projected(); }

    const views::ReadModel& views() const { return views_; }
    std::uint16_t http_port() const { return http_port_; }
    std::uint16_t ws_port() const { return ws_port_; }

private:
    Front(const RunConfig& config, FrontRole role, boost::asio::io_context& io, telemetry::Metrics& metrics,
          EngineLink& engine, HistoryLink history, FrontHooks hooks,
          std::unique_ptr<identity::IdentityService> identity, identity::OperatorToken token);

    void wire();
    void count_answer(core::RejectReason reason, std::int64_t latency_ns);
    net::HttpHandlers handlers();
    api_server::Health health() const;
    api_server::HealthFigures figures() const;
    void register_metrics();
    void register_feed_metrics();
    void post_pump();
    void run_pump();
    void catch_up(std::function<void(bool)> done);
    void wait_for(core::Sequence sequence, std::function<void(bool)> done);
    void find_horizon(EngineLink::HorizonFound done);
    void resume_caught_up();
    void give_up_catching_up();
    boost::asio::awaitable<std::string> prepare();
    std::string listen();
    bool is_leader() const { return !hooks_.is_leader || hooks_.is_leader(); }
    boost::asio::awaitable<void> quote_forever();

    const RunConfig config_;
    const FrontRole role_;
    boost::asio::io_context& io_;
    telemetry::Metrics& metrics_;
    EngineLink& engine_;
    const HistoryLink history_link_;
    const FrontHooks hooks_;
    const core::TimestampNs started_at_;

    // In the order in which they are made; they go in the opposite order.
    std::unique_ptr<identity::IdentityService> identity_;
    identity::OperatorToken operator_token_;
    api_server::IdentityPool pool_;
    std::unique_ptr<SharedSessions> sessions_;  // where other processes end sessions too
    std::unique_ptr<api_server::HistoryPool> history_;
    views::ReadModel views_;
    std::unique_ptr<feed::Hub> hub_;
    std::unique_ptr<gateway::Gateway> gateway_;
    std::unique_ptr<order_entry::OrderEntry> orders_;
    std::unique_ptr<EventPump> pump_;
    std::unique_ptr<Demo> demo_;
    std::unique_ptr<api_server::ApiServer> api_;
    std::unique_ptr<event_broadcaster::Broadcaster> broadcaster_;
    std::unique_ptr<net::HttpServer> http_;
    std::unique_ptr<net::HttpServer> ws_;

    /// Who waits until the views go through a sequence.
    struct Waiter {
        core::TimestampNs until;
        std::function<void(bool)> done;
    };
    std::multimap<core::Sequence, Waiter> waiters_;

    std::atomic<bool> pump_is_posted_{false};
    std::map<core::RejectReason, telemetry::Counter*> refusals_;
    telemetry::LatencyHistogram* order_latency_ = nullptr;
    std::uint16_t http_port_ = 0;
    std::uint16_t ws_port_ = 0;
    std::string why_not_ready_ = "the exchange is starting";  // empty: it is ready
    bool is_stopping_ = false;
};

}  // namespace sauda
