/// The demo: a trader with balances to try things with, and a market maker whose quotes the first order
/// meets.
///
/// Threads: the network thread.
#pragma once

#include <string>

#include <boost/asio/awaitable.hpp>

#include "api-server/identity_pool.h"
#include "core/types/ids.h"
#include "gateway/gateway.h"
#include "identity/identity_service.h"
#include "views/read_model.h"

namespace sauda {

inline constexpr const char* demo_trader_email = "trader@example.com";
inline constexpr const char* demo_trader_password = "secure123";
inline constexpr const char* demo_maker_email = "market-maker@example.com";

class Demo {
public:
    /// The demo of one shard; at `is_home` users register, and their accounts are recorded. All outlive it.
    Demo(gateway::Gateway& gateway, const views::ReadModel& views, identity::IdentityService& identity,
         api_server::IdentityPool& pool, bool is_home)
        : gateway_(gateway), views_(views), identity_(identity), pool_(pool), is_home_(is_home) {}

    /// Makes the demo users, their accounts and balances where they are missing, and places the first quotes.
    /// The text says what went wrong, empty: nothing.
    boost::asio::awaitable<std::string> start();

    /// Places quotes anew where they were filled. Call every second or so.
    boost::asio::awaitable<void> refresh_quotes();

    /// Disables the logins of demo users made by an earlier start, and takes their quotes away.
    boost::asio::awaitable<std::string> disable();

private:
    boost::asio::awaitable<core::AccountId> open(identity::NewUser user);
    boost::asio::awaitable<bool> fund(core::AccountId account, const std::string& email, std::int64_t factor);
    boost::asio::awaitable<void> quote(core::MarketId market, core::Side side, core::PriceTicks price,
                                       core::QuantityLots quantity);

    gateway::Gateway& gateway_;
    const views::ReadModel& views_;
    identity::IdentityService& identity_;
    api_server::IdentityPool& pool_;
    const bool is_home_;
    core::AccountId maker_;
};

}  // namespace sauda
