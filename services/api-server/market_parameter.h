/// Markets: the one that a query names, or all of them.
#pragma once

#include <string>
#include <vector>

#include "api-server/context.h"
#include "base/result.h"
#include "core/types/market.h"
#include "net/http_message.h"

namespace sauda::api_server {

/// The market of the parameter `market`, or the error to answer: 400 where it is missing, 422 where there is
/// no such market.
base::Result<const core::Market*, net::Response> market_parameter(const Context& context,
                                                                  const net::Request& request);

struct ListedMarket {
    const Context* shard;
    const core::Market* market;
};
/// Markets of several shards.
struct ListedMarkets {
    std::vector<ListedMarket> all;
    /// `,"shards_away":["crypto"]`: those whose markets are not among them; empty: none.
    std::string away_member;
};
/// The markets of every shard that is there, or of the one that `request` names: shard by shard in the order
/// of listing.
ListedMarkets listed_markets(const Context& context, const net::Request& request);

}  // namespace sauda::api_server
