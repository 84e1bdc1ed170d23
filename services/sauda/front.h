/// What clients meet, wired before one engine or, of an exchange with several shards, before all of them:
/// REST and WebSocket, users and their sessions. What belongs to one engine is a FrontShard.
///
/// Threads: the network thread, but for the pools' own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "api-server/api_server.h"
#include "base/result.h"
#include "event-broadcaster/broadcaster.h"
#include "identity/identity_service.h"
#include "identity/secrets.h"
#include "net/http_server.h"
#include "sauda/config.h"
#include "sauda/demo.h"
#include "sauda/engine_link.h"
#include "sauda/front_shard.h"
#include "sauda/shards.h"
#include "sauda/shared_sessions.h"
#include "telemetry/metrics.h"

namespace sauda {

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

/// An engine that a front stands before.
struct FrontEngine {
    EngineLink& engine;  ///< outlives the front
    HistoryLink history;
};

class Front {
public:
    /// Opens identity. `engines` are of `shards`, one each, in the same order, and need not be there yet: a
    /// shard is served after begin(). The error is a sentence. `io` and `metrics` outlive it.
    static base::Result<std::unique_ptr<Front>, std::string> open(const RunConfig& config, FrontRole role,
                                                                  Shards shards, boost::asio::io_context& io,
                                                                  telemetry::Metrics& metrics,
                                                                  std::vector<FrontEngine> engines,
                                                                  FrontHooks hooks);
    ~Front();
    Front(const Front&) = delete;
    Front& operator=(const Front&) = delete;

    /// The engine of this shard is there: takes its views. After start() the shard opens by itself.
    void begin(std::size_t shard);
    /// Makes what must be there before anybody is served (markets, accounts, the demo) with the shards that
    /// have begun, then listens. Where there are several, one that cannot be opened is tried again until it
    /// can. A sentence on failure.
    boost::asio::awaitable<std::string> start();
    /// Takes note of time, until stop(). Begins with start().
    boost::asio::awaitable<void> tick();
    /// Rates that several processes may have together.
    std::vector<api_server::ApiServer::NamedRate> rates() { return api_->rates(); }
    /// Another process says that this session has ended: it is looked up.
    void doubt_session(const std::string& token_id) { sessions_->doubt(token_id); }
    /// In the order of the shards.
    FrontShard& shard(std::size_t index) { return *shards_[index]; }
    /// Answers what is in hand, for a moment, and closes.
    boost::asio::awaitable<void> stop();

    /// Takes the live settings over.
    void set_live_settings(const RunConfig& config);
    /// Of the shard where users register.
    const views::ReadModel& views() const { return home().views(); }
    std::uint16_t http_port() const { return http_port_; }
    std::uint16_t ws_port() const { return ws_port_; }

private:
    Front(const RunConfig& config, FrontRole role, Shards shards, boost::asio::io_context& io,
          telemetry::Metrics& metrics, FrontHooks hooks, std::unique_ptr<identity::IdentityService> identity,
          identity::OperatorToken token);

    FrontShard& home() const { return *shards_.front(); }
    bool is_shared() const { return home().engine().is_shared(); }
    bool is_alone() const { return shards_.size() == 1; }
    void make_shards(std::vector<FrontEngine> engines);
    void wire();
    std::vector<api_server::Context> api_contexts();
    event_broadcaster::Context broadcaster_context();
    net::HttpHandlers handlers();
    api_server::Health health() const;
    api_server::ShardHealth health_of(const FrontShard& shard) const;
    api_server::HealthFigures figures() const;
    void register_metrics();
    std::size_t ending_leases() const;
    std::string misplaced() const;
    boost::asio::awaitable<std::string> open_begun();
    boost::asio::awaitable<std::string> open_shard(std::size_t index);
    boost::asio::awaitable<void> open_until_done(std::size_t index);
    boost::asio::awaitable<std::string> prepare(std::size_t index);
    boost::asio::awaitable<std::string> prepare_demo(Demo& demo);
    std::string listen();
    bool is_leader() const { return !hooks_.is_leader || hooks_.is_leader(); }
    boost::asio::awaitable<void> quote_forever();
    boost::asio::awaitable<void> deliver_forever();
    boost::asio::awaitable<void> sweep_identity();
    boost::asio::awaitable<void> end_leases();

    const RunConfig config_;
    const FrontRole role_;
    const Shards shards_listed_;
    boost::asio::io_context& io_;
    telemetry::Metrics& metrics_;
    const FrontHooks hooks_;
    const core::TimestampNs started_at_;

    // In the order in which they are made; they go in the opposite order.
    std::unique_ptr<identity::IdentityService> identity_;
    identity::OperatorToken operator_token_;
    api_server::IdentityPool pool_;
    std::vector<std::unique_ptr<FrontShard>> shards_;
    std::unique_ptr<SharedSessions> sessions_;  // where other processes end sessions too
    std::vector<std::unique_ptr<Demo>> demos_;  // one a shard
    std::unique_ptr<api_server::ApiServer> api_;
    std::unique_ptr<event_broadcaster::Broadcaster> broadcaster_;
    std::unique_ptr<net::HttpServer> http_;
    std::unique_ptr<net::HttpServer> ws_;

    std::uint16_t http_port_ = 0;
    std::uint16_t ws_port_ = 0;
    std::string why_not_ready_ = "the exchange is starting";  // empty: it is ready
    bool is_started_ = false;
    bool is_stopping_ = false;
};

}  // namespace sauda
