/// Sessions that other processes may end: a session that is not held here, or has been for a second, is
/// looked up again: first in what other servers noted of it within that second, then in the store that all
/// share. While the store is away, or slow, who was known goes on, unless somebody told that his session has
/// ended: trading does not wait for it.
///
/// Threads: the network thread; reading has one of its own, of usual priority: requests wait for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "api-server/identity_pool.h"
#include "identity/identity_service.h"
#include "telemetry/metrics.h"

namespace sauda {

/// Where servers find for a second what another one has read of a session. It may lose, delay or repeat
/// anything: what it holds is sealed (identity/session_seal.h).
///
/// Threads: the network thread.
class SessionNotes {
public:
    using Found = std::function<void(std::optional<std::string> sealed)>;

    virtual ~SessionNotes() = default;
    /// Calls `found`, maybe before it returns, and soon.
    virtual void find(const std::string& token_id, Found found) = 0;
    virtual void put(const std::string& token_id, const std::string& sealed) = 0;
    virtual void remove(const std::string& token_id) = 0;
};

class SharedSessions {
public:
    /// `notes` may be null: there are none. All outlive it.
    SharedSessions(boost::asio::io_context& io, identity::IdentityService& identity, SessionNotes* notes,
                   telemetry::Metrics& metrics);

    /// Looks the session of `token` up where identity would not know whether it is good, or `anew` in the
    /// store in any case.
    boost::asio::awaitable<void> refresh(std::string token, bool anew = false);
    /// The same, told when it is done; maybe before it returns.
    void refresh(std::string token, std::function<void()> done);

    /// Uses a ticket up: see IdentityService::redeem_ticket().
    using Redeemed = identity::IdentityService::Outcome<identity::SessionCache::SessionPointer>;
    void redeem(std::string ticket, std::function<void(const Redeemed& session)> done);

    /// Somebody says that this session has ended. If it is held here it is not good before the store has said
    /// so, also while the store is away.
    void doubt(const std::string& token_id);

    /// Reads the sessions of these token ids again, and those in doubt: those that have ended are told to
    /// on_session_ended(). Those that come while others are read are read after them. Called every second, it
    /// also finds out whether a store that was away is back.
    void recheck(std::vector<std::string> token_ids);

private:
    bool is_unknown(const std::string& token) const;
    bool is_doubted(const std::string& token) const;
    boost::asio::awaitable<void> look_up(std::string token, bool anew);
    boost::asio::awaitable<bool> find_note(std::string token);
    boost::asio::awaitable<void> read(std::string token);
    boost::asio::awaitable<void> look_up_for_a_moment(std::string token, bool anew);
    void set_away(bool is_away);
    void probe();
    void recheck_next();

    boost::asio::io_context& io_;
    identity::IdentityService& identity_;
    SessionNotes* const notes_;
    telemetry::Counter& from_notes_;
    telemetry::Counter& from_store_;
    bool is_away_ = false;  ///< the store, as far as is known
    bool is_probing_ = false;
    bool is_rechecking_ = false;
    std::unordered_set<std::string> to_recheck_;
    std::unordered_set<std::string> doubted_;  ///< of which the store has not said that they are good
    api_server::IdentityPool pool_;
};

}  // namespace sauda
