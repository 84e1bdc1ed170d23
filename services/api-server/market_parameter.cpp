#include "api-server/market_parameter.h"

#include "api-server/responses.h"
#include "api-server/shard_choice.h"

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

ListedMarkets listed_markets(const Context& context, const net::Request& request) {
    ListedMarkets out;
    std::string away;
    for (const Context& shard : told_of(context, request)) {
        if (!shard.is_open()) {
            away += (away.empty() ? "\"" : ",\"") + shard.shard.name + "\"";
            continue;
        }
        for (const core::Market& market : shard.views.catalog.listings().markets())
            out.all.push_back({&shard, &market});
    }
    if (!away.empty()) out.away_member = R"(,"shards_away":[)" + away + "]";
    return out;
}

}  // namespace sauda::api_server
