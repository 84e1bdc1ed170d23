/// Markets: the one that a query names, or all of them.
#pragma once

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
/// The markets of every shard, shard by shard in the order of listing.
std::vector<ListedMarket> listed_markets(const Context& context);

}  // namespace sauda::api_server
