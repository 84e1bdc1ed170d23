// Candles and tickers, answered from the views.
#include <algorithm>

#include <fmt/format.h>

#include "api-server/api_server.h"
#include "api-server/market_parameter.h"
#include "api-server/paging.h"
#include "api-server/responses.h"
#include "views_json/candle_json.h"
#include "views_json/ticker_json.h"

namespace sauda::api_server {

namespace {

constexpr std::uint64_t whole_max = (std::uint64_t{1} << 53) - 1;
constexpr std::int64_t ns_per_ms = 1'000'000;

/// A time in milliseconds; what lies beyond the year 2262 is cut to it.
base::Result<core::TimestampNs, net::Response> time_parameter(const net::Request& request,
                                                              std::string_view name,
                                                              std::uint64_t otherwise) {
    const auto ms = whole_parameter(request, name, otherwise, 0, whole_max);
    if (!ms) return base::Unexpected{ms.error()};
    const std::uint64_t last = INT64_MAX / ns_per_ms;
    return core::TimestampNs{static_cast<std::int64_t>(std::min(*ms, last)) * ns_per_ms};
}

/// Candles from `from` on and before both `to` and the cursor, which is where an earlier page began.
base::Result<views::CandleRange, net::Response> range_parameters(const net::Request& request) {
    const auto from = time_parameter(request, "from", 0);
    if (!from) return base::Unexpected{from.error()};
    const auto to = time_parameter(request, "to", whole_max);
    if (!to) return base::Unexpected{to.error()};
    const auto cursor = time_parameter(request, "cursor", whole_max);
    if (!cursor) return base::Unexpected{cursor.error()};
    return views::CandleRange{*from, std::min(*to, *cursor)};
}

base::Result<views::CandleInterval, net::Response> interval_parameter(const net::Request& request) {
    const auto interval = views::find_candle_interval(request.query.get("interval").value_or("1m"));
    if (interval) return *interval;
    std::string names;
    for (const views::CandleInterval known : views::candle_intervals()) {
        names += fmt::format("{}{}", names.empty() ? "" : ", ", views::name(known));
    }
    return base::Unexpected{
        failure(400, "malformed_request",
                fmt::format("The parameter \"interval\" must be one of {}; case matters.", names))};
}

base::Result<views::TickerWindow, net::Response> window_parameter(const net::Request& request) {
    const auto window = views::find_ticker_window(request.query.get("window").value_or("24h"));
    if (window) return *window;
    return base::Unexpected{
        failure(400, "malformed_request", "The parameter \"window\" must be one of 1h, 4h, 24h, 7d.")};
}

/// Where the page before this one ends, or null: no candle of the range that is remembered precedes it.
std::string cursor_before(const views::CandlesView& candles, core::MarketId market,
                          views::CandleInterval interval, const std::vector<views::Candle>& page,
                          core::TimestampNs from) {
    if (page.empty()) return "null";
    const core::TimestampNs first = page.front().start;
    const core::TimestampNs previous = views::candle_start(interval, {first.raw - 1});
    const bool is_remembered = previous >= *candles.oldest(market, interval);
    return previous >= from && is_remembered ? std::to_string(first.milliseconds()) : "null";
}

Answer candles(const Context& context, Call call) {
    const auto market = market_parameter(context, call.request);
    if (!market) co_return market.error();
    const auto interval = interval_parameter(call.request);
    if (!interval) co_return interval.error();
    const auto range = range_parameters(call.request);
    if (!range) co_return range.error();
    const auto limit = whole_parameter(call.request, "limit", 500, 1, 1000);
    if (!limit) co_return limit.error();
    const core::MarketSpec& spec = (*market)->spec;
    const views_json::Scales scales =
        views_json::scales_of(spec, *context.views.catalog.find_asset(spec.quote));
    const core::TimestampNs now = context.now();
    const auto page = context.views.candles.candles((*market)->id, *interval, *range, *limit, now);
    std::string list;
    for (const views::Candle& candle : page) {
        const bool is_closed = views::candle_end(*interval, candle.start) <= now;
        list += (list.empty() ? "" : ",") + views_json::candle_json(candle, *interval, scales, is_closed);
    }
    co_return success(
        fmt::format(R"(,"market":"{}","interval":"{}","candles":[{}],"next_cursor":{})", spec.name.view(),
                    views::name(*interval), list,
                    cursor_before(context.views.candles, (*market)->id, *interval, page, range->from)));
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
    const auto limit = whole_parameter(call.request, "limit", 100, 1, 500);
    if (!limit) co_return limit.error();
    const auto skipped = whole_parameter(call.request, "cursor", 0, 0, whole_max);
    if (!skipped) co_return skipped.error();
    const auto& markets = context.views.catalog.listings().markets();
    const std::size_t first = std::min<std::size_t>(*skipped, markets.size());
    const std::size_t end = std::min<std::size_t>(first + *limit, markets.size());
    std::string list;
    for (std::size_t i = first; i < end; ++i) {
        list += fmt::format("{}{{{}}}", list.empty() ? "" : ",", members_of(context, markets[i], window));
    }
    co_return success(fmt::format(R"(,"tickers":[{}],"next_cursor":{})", list,
                                  end < markets.size() ? std::to_string(end) : "null"));
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

void add_summary_routes(Router& router, const Context& context) {
    router.add(net::Method::get, "/api/v1/candles",
               [&context](Call call) { return candles(context, std::move(call)); });
    router.add(net::Method::get, "/api/v1/ticker",
               [&context](Call call) { return ticker(context, std::move(call)); });
}

}  // namespace sauda::api_server
