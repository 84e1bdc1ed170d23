/// What must be there before anybody is served: the default markets, and identity and ledger of one mind. All
/// of it may be repeated, and may be done by several processes at once.
///
/// Threads: the network thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "api-server/identity_pool.h"
#include "gateway/gateway.h"
#include "identity/identity_service.h"
#include "sauda/shards.h"
#include "views/read_model.h"

namespace sauda {

/// Lists the default assets and markets where nothing, or the first of them, is listed: of a shard those that
/// `shards` give it, after it was told its number. A sentence on failure, also where its orders have another
/// number.
boost::asio::awaitable<std::string> list_defaults(gateway::Gateway& gateway, const views::ReadModel& views,
                                                  const Shard& shard, const Shards& shards);

/// What is listed at a shard although `shards` give it to another, in a sentence; empty: nothing. `views` are
/// of the shards, in their order.
std::string misplaced_listing(const Shards& shards, const std::vector<const views::ReadModel*>& views);

/// Calls its argument once the views have all that was released by now; with false where that cannot be had
/// in time. Empty: they have.
using CatchUp = std::function<void(std::function<void(bool)>)>;

/// Accounts that were opened but not recorded are recorded, and a user whose recorded account is another's is
/// locked. A sentence on failure. The user store is asked on the pool's threads.
boost::asio::awaitable<std::string> reconcile(identity::IdentityService& identity,
                                              api_server::IdentityPool& pool, const views::ReadModel& views,
                                              CatchUp catch_up);

}  // namespace sauda
