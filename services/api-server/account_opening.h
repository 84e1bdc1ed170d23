/// Accounts of users with the engines: opened when they register, or the next time they are needed.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "api-server/context.h"
#include "identity/identity_service.h"

namespace sauda::api_server {

/// Has the shard's engine open the user's account, where it has none; the first shard's is recorded with the
/// user. What fails here is made good the next time.
boost::asio::awaitable<void> open_account(const Context& context, identity::Uuid user);

/// The same with every shard that can be asked.
boost::asio::awaitable<void> open_accounts(const Context& context, identity::Uuid user, bool is_recorded);

}  // namespace sauda::api_server
