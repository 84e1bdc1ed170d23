#include "api-server/market_parameter.h"

#include "api-server/responses.h"

namespace sauda::api_server {

base::Result<const core::Market*, net::Response> market_parameter(const Context& context,
                                                                  const net::Request& request) {
    const auto name = request.query.get("market");
    if (!name)
        return base::Unexpected{failure(400, "malformed_request", "The parameter \"market\" is missing.")};
    const core::Market* market = context.views.catalog.find_market(*name);
    if (market == nullptr) return base::Unexpected{failure(core::RejectReason::unknown_market)};
    return market;
}

std::vector<ListedMarket> listed_markets(const Context& context) {
    std::vector<ListedMarket> out;
    for (const Context& shard : context.all) {
        for (const core::Market& market : shard.views.catalog.listings().markets())
            out.push_back({&shard, &market});
    }
    return out;
}

}  // namespace sauda::api_server
