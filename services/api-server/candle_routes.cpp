// Candles, answered from the views, and older ones from what history keeps.
#include <algorithm>

#include <fmt/format.h>

#include "api-server/api_server.h"
#include "api-server/market_parameter.h"
#include "api-server/paging.h"
#include "api-server/responses.h"
#include "views/older_candles.h"
#include "views_json/candle_json.h"

namespace sauda::api_server {

namespace {

constexpr std::uint64_t whole_max = (std::uint64_t{1} << 53) - 1;
constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t ns_per_s = 1'000'000'000;
/// About what a thread of history reads in 0.1 s.
constexpr std::size_t older_parts_max = 100'000;

/// What one request asks for.
struct CandleQuery {
    core::MarketId market;
    views::CandleInterval interval{};
    views::CandleRange range;
    std::size_t limit = 0;
};

/// One page of the answer, oldest first.
struct CandlePage {
    std::vector<views::Candle> candles;
    bool has_more = false;
};

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

std::vector<views::Candle> joined(std::vector<views::Candle> older, const std::vector<views::Candle>& newer) {
    older.insert(older.end(), newer.begin(), newer.end());
    return older;
}

/// What the answer needs besides its candles.
struct Shape {
    core::MarketName market;
    views::CandleInterval interval{};
    views_json::Scales scales;
    core::TimestampNs now;
};

net::Response candles_response(const Shape& shape, const CandlePage& page) {
    std::string list;
    for (const views::Candle& candle : page.candles) {
        const bool is_closed = views::candle_end(shape.interval, candle.start) <= shape.now;
        list += (list.empty() ? "" : ",") +
                views_json::candle_json(candle, shape.interval, shape.scales, is_closed);
    }
    const bool has_cursor = page.has_more && !page.candles.empty();
    return success(
        fmt::format(R"(,"market":"{}","interval":"{}","candles":[{}],"next_cursor":{})", shape.market.view(),
                    views::name(shape.interval), list,
                    has_cursor ? std::to_string(page.candles.front().start.milliseconds()) : "null"));
}

/// The page that the views tell, full or all that they keep of the range. `oldest`: of those kept.
CandlePage kept_page(const views::CandlesView& view, const CandleQuery& query, const views::Candle& oldest,
                     core::TimestampNs now) {
    CandlePage page{view.candles(query.market, query.interval, query.range, query.limit, now), false};
    if (page.candles.empty()) return page;
    const core::TimestampNs previous =
        views::candle_start(query.interval, {page.candles.front().start.raw - 1});
    const bool exists = previous >= oldest.start || oldest.first_trade.raw > 1;
    page.has_more = exists && previous >= query.range.from;
    return page;
}

/// Why a source told nothing.
struct Trouble {
    std::optional<base::IoError> failure;
    bool is_incomplete = false;  ///< candles were begun before history kept all of them: trades tell
};

/// Reads a market's trades; none where history does not go on just below `before`, as ids have no gaps.
views::TradeSource source_of(history::Reader& reader, const core::Market& market, Trouble& trouble) {
    return [&reader, &market, &trouble](
               std::size_t limit, core::TradeId before) -> std::optional<std::vector<views::PublicTrade>> {
        auto trades = reader.trades(market, limit, before);
        if (!trades) {
            trouble.failure = trades.error();
            return std::nullopt;
        }
        const bool goes_on = !trades->empty() && trades->front().trade.raw + 1 == before.raw;
        if (!goes_on || before.raw - trades->back().trade.raw != trades->size()) return std::nullopt;
        return std::move(*trades);
    };
}

views::Candle view_of(const history::Candle& kept) {
    views::Candle candle;
    candle.start = {kept.start_s * ns_per_s};
    candle.open = kept.open;
    candle.high = kept.high;
    candle.low = kept.low;
    candle.close = kept.close;
    candle.quantity = kept.volume;
    candle.quote = kept.quote_volume;
    candle.taker_bought = kept.taker_bought->quantity;
    candle.taker_bought_quote = kept.taker_bought->quote;
    candle.first_trade = kept.first_trade;
    candle.last_trade = kept.last_trade;
    return candle;
}

/// Reads a market's candles of `kept_s`; none where one does not tell all, which is noted.
views::CandleSource candles_of(history::Reader& reader, const core::Market& market, std::int64_t kept_s,
                               Trouble& trouble) {
    return [&reader, &market, kept_s, &trouble](
               std::size_t limit, core::TimestampNs before) -> std::optional<std::vector<views::Candle>> {
        const auto kept = reader.candles_before(market, kept_s, before.raw / ns_per_s, limit);
        if (!kept) {
            trouble.failure = kept.error();
            return std::nullopt;
        }
        std::vector<views::Candle> candles;
        for (const history::Candle& each : *kept) {
            trouble.is_incomplete |= !each.taker_bought;
            if (trouble.is_incomplete) return std::nullopt;
            candles.push_back(view_of(each));
        }
        return candles;
    };
}

/// What history tells: of candles where there are some that the page's are made of, of trades otherwise.
std::optional<views::OlderCandles> read_older(history::Reader& reader, const core::Market& market,
                                              const views::OlderCandlesQuery& query, Trouble& trouble) {
    views::OlderSources sources{source_of(reader, market, trouble), {}};
    const std::int64_t kept_s = history::kept_part_s(query.interval);
    if (kept_s != 0) sources.candles = candles_of(reader, market, kept_s, trouble);
    auto older = views::older_candles(sources, query);
    if (!trouble.is_incomplete) return older;
    sources.candles = nullptr;
    return views::older_candles(sources, query);
}

/// The rest of a page that the views began, from history. What they have forgotten is long projected.
Answer older_page(const Context& context, std::string asker, core::Market market, Shape shape,
                  CandlePage kept, views::OlderCandlesQuery query) {
    auto work = [=](history::Reader& reader) -> history::Read<net::Response> {
        Trouble trouble;
        const auto older = read_older(reader, market, query, trouble);
        if (trouble.failure) return base::Unexpected{*trouble.failure};
        if (!older)
            return failure(503, "history_behind", "History does not yet tell of these candles; try again.");
        return candles_response(shape, {joined(older->candles, kept.candles), older->has_more});
    };
    net::Response response = co_await context.history.run(asker, core::Sequence{}, work);
    if (response.status != 503) co_return response;
    co_return co_await context.history.run(asker, context.views.last(), std::move(work));
}

base::Result<CandleQuery, net::Response> candle_query(const net::Request& request, core::MarketId market) {
    const auto interval = interval_parameter(request);
    if (!interval) return base::Unexpected{interval.error()};
    const auto range = range_parameters(request);
    if (!range) return base::Unexpected{range.error()};
    const auto limit = whole_parameter(request, "limit", 500, 1, 1000);
    if (!limit) return base::Unexpected{limit.error()};
    return CandleQuery{market, *interval, *range, *limit};
}

Answer candles(const Context& context, Call call) {
    const auto market = market_parameter(context, call.request);
    if (!market) co_return market.error();
    const auto query = candle_query(call.request, (*market)->id);
    if (!query) co_return query.error();
    const core::MarketSpec& spec = (*market)->spec;
    const Shape shape{spec.name, query->interval,
                      views_json::scales_of(spec, *context.views.catalog.find_asset(spec.quote)),
                      context.now()};
    const auto& stored = context.views.candles.traded(query->market, query->interval);
    if (stored.empty()) co_return candles_response(shape, {});
    const views::Candle oldest = stored.front();
    CandlePage kept = kept_page(context.views.candles, *query, oldest, shape.now);
    const bool is_complete = kept.candles.size() == query->limit || query->range.from >= oldest.start ||
                             oldest.first_trade.raw <= 1;
    if (is_complete) co_return candles_response(shape, kept);
    const views::CandleRange before{query->range.from, std::min(query->range.to, oldest.start)};
    const views::OlderCandlesQuery older{query->interval, before, oldest.first_trade,
                                         query->limit - kept.candles.size(), older_parts_max};
    std::string asker = HistoryPool::asker(call.request);
    co_return co_await older_page(context, std::move(asker), **market, shape, std::move(kept), older);
}

}  // namespace

void add_candle_routes(Router& router, const Context& context) {
    router.add(net::Method::get, "/api/v1/candles",
               [&context](Call call) { return candles(context, std::move(call)); });
}

}  // namespace sauda::api_server
