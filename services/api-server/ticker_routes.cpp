// Tickers, answered from the views.
#include <algorithm>

#include <fmt/format.h>

#include "api-server/api_server.h"
#include "api-server/market_parameter.h"
#include "api-server/paging.h"
#include "api-server/responses.h"
#include "views_json/ticker_json.h"

namespace sauda::api_server {

namespace {

base::Result<views::TickerWindow, net::Response> window_parameter(const net::Request& request) {
    const auto window = views::find_ticker_window(request.query.get("window").value_or("24h"));
    if (window) return *window;
    return base::Unexpected{
        failure(400, "malformed_request", "The parameter \"window\" must be one of 1h, 4h, 24h, 7d.")};
}

std::string members_of(const Context& context, const core::Market& market, views::TickerWindow window) {
    const views::Ticker ticker =
        views::ticker(context.views.candles, context.views.depth, market.id, window, context.now());
    const core::Asset& quote = *context.views.catalog.find_asset(market.spec.quote);
    return fmt::format(
        R"({},"window_start":{})",
        views_json::ticker_members(ticker, market.spec, views_json::scales_of(market.spec, quote)),
        ticker.start.milliseconds());
}

/// Every market's ticker, in the order of listing; the cursor is how many came before.
Answer tickers(const Context& context, Call call, views::TickerWindow window) {
    const ListedMarkets listed = listed_markets(context, call.request);
    const auto page = list_page(call.request, listed.all.size(), 100, 500);
    if (!page) co_return page.error();
    std::string list;
    for (std::size_t i = page->first; i < page->end; ++i) {
        list += fmt::format("{}{{{}}}", list.empty() ? "" : ",",
                            members_of(*listed.all[i].shard, *listed.all[i].market, window));
    }
    co_return success(
        fmt::format(R"(,"tickers":[{}]{},"next_cursor":{})", list, listed.away_member, page->next_cursor));
}

Answer ticker(const Context& context, Call call) {
    const auto window = window_parameter(call.request);
    if (!window) co_return window.error();
    if (!call.request.query.get("market")) {
        net::Response all = co_await tickers(context, std::move(call), *window);
        co_return all;
    }
    const auto market = market_parameter(context, call.request);
    if (!market) co_return market.error();
    co_return success("," + members_of(context, **market, *window));
}

}  // namespace

void add_ticker_routes(Router& router, const Context& context) {
    router.add(net::Method::get, "/api/v1/ticker",
               [&context](Call call) { return ticker(context, std::move(call)); });
}

}  // namespace sauda::api_server
