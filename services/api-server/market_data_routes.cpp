// Markets, order books and trades, answered from the views.
#include <fmt/format.h>

#include "api-server/api_server.h"
#include "api-server/market_parameter.h"
#include "api-server/paging.h"
#include "api-server/responses.h"
#include "codec/json_reply.h"
#include "core/types/decimal.h"

namespace sauda::api_server {

namespace {

std::string percent(std::int32_t rate_ppm) {
    return core::format_decimal(rate_ppm, 4);
}

std::string market_json(const Context& context, const core::Market& market) {
    const core::MarketSpec& spec = market.spec;
    const core::Asset& base = *context.views.catalog.find_asset(spec.base);
    const core::Asset& quote = *context.views.catalog.find_asset(spec.quote);
    return fmt::format(
        R"({{"market":"{}","base":"{}","quote":"{}","state":"{}","tick":"{}","lot":"{}","min_notional":"{}",)"
        R"("maker_fee_percent":"{}","taker_fee_percent":"{}","fee_asset":"{}"}})",
        spec.name.view(), base.name.view(), quote.name.view(), codec::market_state_text(market.state),
        core::format_decimal(spec.tick, spec.price_scale),
        core::format_decimal(spec.lot, spec.quantity_scale),
        core::format_decimal(spec.min_notional.raw, quote.scale), percent(spec.fees.maker_ppm),
        percent(spec.fees.taker_ppm), spec.fee_asset == core::FeeAsset::quote ? "quote" : "received");
}

std::string levels_json(const std::vector<views::DepthLevel>& levels, const core::MarketSpec& spec) {
    std::string out;
    for (const views::DepthLevel& level : levels) {
        out += fmt::format(R"({}["{}","{}"])", out.empty() ? "" : ",",
                           core::format_decimal(level.price.raw, spec.price_scale),
                           core::format_decimal(level.quantity.raw, spec.quantity_scale));
    }
    return out;
}

Answer markets(const Context& context, Call call) {
    const ListedMarkets listed = listed_markets(context, call.request);
    const auto page = list_page(call.request, listed.all.size(), list_page_max, list_page_max);
    if (!page) co_return page.error();
    std::string list;
    for (std::size_t i = page->first; i < page->end; ++i)
        list += (list.empty() ? "" : ",") + market_json(*listed.all[i].shard, *listed.all[i].market);
    co_return success(
        fmt::format(R"(,"markets":[{}]{},"next_cursor":{})", list, listed.away_member, page->next_cursor));
}

Answer depth(const Context& context, Call call) {
    const auto market = market_parameter(context, call.request);
    if (!market) co_return market.error();
    const auto limit = whole_parameter(call.request, "limit", 100, 1, 5000);
    if (!limit) co_return limit.error();
    const core::MarketSpec& spec = (*market)->spec;
    const views::DepthBook& book = *context.views.depth.find((*market)->id);
    co_return success(fmt::format(R"(,"market":"{}","sequence":{},"bids":[{}],"asks":[{}])", spec.name.view(),
                                  book.update().raw, levels_json(book.top(core::Side::buy, *limit), spec),
                                  levels_json(book.top(core::Side::sell, *limit), spec)));
}

std::string trades_json(const std::vector<views::PublicTrade>& trades, const core::MarketSpec& spec) {
    std::string list;
    for (const views::PublicTrade& trade : trades) {
        list += fmt::format(R"({}{{"trade_id":{},"price":"{}","quantity":"{}","taker_side":"{}","time":{}}})",
                            list.empty() ? "" : ",", trade.trade.raw,
                            core::format_decimal(trade.price.raw, spec.price_scale),
                            core::format_decimal(trade.quantity.raw, spec.quantity_scale),
                            codec::side_text(trade.taker_side), trade.time.milliseconds());
    }
    return list;
}

net::Response trades_response(const std::vector<views::PublicTrade>& trades, const core::MarketSpec& spec,
                              std::size_t limit) {
    const bool has_more = trades.size() == limit && trades.back().trade.raw > 1;
    return success(fmt::format(R"(,"market":"{}","trades":[{}],"next_cursor":{})", spec.name.view(),
                               trades_json(trades, spec),
                               has_more ? std::to_string(trades.back().trade.raw) : "null"));
}

/// The rest of a page of trades that the views began, from history. Trade ids have no gaps: where history is
/// too far behind to go on just below, it says so.
Answer older_trades(const Context& context, std::string asker, core::Market market,
                    std::vector<views::PublicTrade> begun, std::size_t limit, core::TradeId before) {
    auto work = [=](history::Reader& reader) -> history::Read<net::Response> {
        const auto older = reader.trades(market, limit - begun.size(), before);
        if (!older) return base::Unexpected{older.error()};
        if (older->empty() || older->front().trade.raw + 1 != before.raw) {
            return failure(503, "history_behind", "History does not yet tell of these trades; try again.");
        }
        std::vector<views::PublicTrade> all = begun;
        all.insert(all.end(), older->begin(), older->end());
        return trades_response(all, market.spec, limit);
    };
    // What the views have forgotten is long projected: nobody has to wait for the newest. Unless it is not.
    net::Response response = co_await context.history.run(asker, core::Sequence{}, work);
    if (response.status != 503) co_return response;
    co_return co_await context.history.run(asker, context.views.last(), std::move(work));
}

Answer trades(const Context& context, Call call) {
    const auto market = market_parameter(context, call.request);
    if (!market) co_return market.error();
    const auto limit = whole_parameter(call.request, "limit", 100, 1, 1000);
    if (!limit) co_return limit.error();
    const auto before = whole_parameter(call.request, "cursor", 0, 0, (std::uint64_t{1} << 53) - 1);
    if (!before) co_return before.error();
    auto recent = context.views.trades.recent((*market)->id, *limit, core::TradeId{*before});
    const core::TradeId last = recent.empty() ? core::TradeId{*before} : recent.back().trade;
    const bool was_traded = !context.views.trades.recent((*market)->id, 1).empty();
    if (recent.size() == *limit || last.raw <= 1 || !was_traded)
        co_return trades_response(recent, (*market)->spec, *limit);
    std::string asker = HistoryPool::asker(call.request);
    co_return co_await older_trades(context, std::move(asker), **market, std::move(recent), *limit, last);
}

}  // namespace

void add_market_data_routes(Router& router, const Context& context) {
    using net::Method;
    const auto add = [&](const char* path, Answer (*route)(const Context&, Call)) {
        router.add(Method::get, path,
                   [&context, route](Call call) { return route(context, std::move(call)); });
    };
    add("/api/v1/markets", markets);
    add("/api/v1/depth", depth);
    add("/api/v1/trades", trades);
}

}  // namespace sauda::api_server
