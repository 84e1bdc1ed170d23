/// Sessions that other processes may end: a session that is not held here, or has been for a second, is read
/// again from the store that all share. While the store is away, or slow, who was known goes on: trading does
/// not wait for it.
///
/// Threads: the network thread; reading has one of its own, of usual priority: requests wait for it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "api-server/identity_pool.h"
#include "identity/identity_service.h"

namespace sauda {

class SharedSessions {
public:
    /// Both outlive it.
    SharedSessions(boost::asio::io_context& io, identity::IdentityService& identity);

    /// Reads the session of `token` where identity would not know whether it is good, or `anew` in any case.
    boost::asio::awaitable<void> refresh(std::string token, bool anew = false);
    /// The same, told when it is done; maybe before it returns.
    void refresh(std::string token, std::function<void()> done);

    /// Uses a ticket up: see IdentityService::redeem_ticket().
    using Redeemed = identity::IdentityService::Outcome<identity::SessionCache::SessionPointer>;
    void redeem(std::string ticket, std::function<void(const Redeemed& session)> done);

    /// Reads the sessions of these token ids again: those that have ended are told to on_session_ended().
    /// Those that come while others are read are read after them. Called every second, it also finds out
    /// whether a store that was away is back.
    void recheck(std::vector<std::string> token_ids);

private:
    bool is_unknown(const std::string& token) const;
    boost::asio::awaitable<void> read(std::string token);
    boost::asio::awaitable<void> read_for_a_moment(std::string token);
    void set_away(bool is_away);
    void probe();
    void recheck_next();

    boost::asio::io_context& io_;
    identity::IdentityService& identity_;
    bool is_away_ = false;  ///< the store, as far as is known
    bool is_probing_ = false;
    bool is_rechecking_ = false;
    std::unordered_set<std::string> to_recheck_;
    api_server::IdentityPool pool_;
};

}  // namespace sauda
