// The past: what happened to orders, fills, ledger, deposits, statements, and what operators did.
#include <algorithm>

#include <fmt/format.h>

#include "api-server/api_server.h"
#include "api-server/auth.h"
#include "api-server/history_json.h"
#include "api-server/history_range.h"
#include "api-server/paging.h"
#include "api-server/responses.h"
#include "core/types/decimal.h"

namespace sauda::api_server {

using base::Result;
using base::Unexpected;
using history::Read;

namespace {

constexpr std::size_t page_max = 1'000;

/// The market that the query names; zero when it names none.
Result<core::MarketId, net::Response> market_or_all(const Context& context, const net::Request& request) {
    const auto name = request.query.get("market");
    if (!name) return core::MarketId{};
    const core::Market* market = context.views.catalog.find_market(*name);
    if (market == nullptr) return Unexpected{failure(core::RejectReason::unknown_market)};
    return market->id;
}

Result<core::AssetId, net::Response> asset_or_all(const Context& context, const net::Request& request) {
    const auto name = request.query.get("asset");
    if (!name) return core::AssetId{};
    const core::Asset* asset = context.views.catalog.find_asset(*name);
    if (asset == nullptr) return Unexpected{failure(core::RejectReason::unknown_asset)};
    return asset->id;
}

template <class Rows, class Json>
std::string list_json(const Rows& rows, Json json) {
    std::string list;
    for (const auto& row : rows) list += (list.empty() ? "" : ",") + json(row);
    return list;
}

std::string cursor_json(const std::optional<history::Cursor>& next) {
    return next ? '"' + history::to_text(*next) + '"' : "null";
}

/// A page that `read(reader)` reads, as the list `name`, each row by `json(listings, row)`.
template <class ReadPage, class Json>
Answer answer_page(const Context& context, std::string asker, std::string_view name, ReadPage read,
                   Json json) {
    auto work = [name, read = std::move(read), json](history::Reader& reader) -> Read<net::Response> {
        const auto page = read(reader);
        if (!page) return Unexpected{page.error()};
        const auto listings = reader.listings();
        if (!listings) return Unexpected{listings.error()};
        const auto one = [&](const auto& row) { return json(**listings, row); };
        return success(fmt::format(R"(,"{}":[{}],"next_cursor":{})", name, list_json(page->rows, one),
                                   cursor_json(page->next)));
    };
    return context.history.run(std::move(asker), context.views.last(), std::move(work));
}

Answer fills(const Context& context, Call call) {
    const auto caller = authenticate_trader(context, call.request);
    if (!caller) co_return caller.error();
    const auto range = range_parameter(call.request, 100, page_max);
    if (!range) co_return range.error();
    const auto market = market_or_all(context, call.request);
    if (!market) co_return market.error();
    const auto order = whole_parameter(call.request, "order_id", 0, 1, (std::uint64_t{1} << 53) - 1);
    if (!order) co_return order.error();
    auto read = [account = caller->account, market = *market, order = core::OrderId{*order}, range = *range](
                    history::Reader& reader) { return reader.fills(account, market, order, range); };
    std::string asker = HistoryPool::asker(caller->account);
    co_return co_await answer_page(context, std::move(asker), "fills", read, fill_json);
}

Answer deposits(const Context& context, Call call) {
    const auto caller = authenticate_trader(context, call.request);
    if (!caller) co_return caller.error();
    const auto range = range_parameter(call.request, 100, page_max);
    if (!range) co_return range.error();
    auto read = [account = caller->account, range = *range](history::Reader& reader) {
        return reader.transfers(account, range);
    };
    std::string asker = HistoryPool::asker(caller->account);
    co_return co_await answer_page(context, std::move(asker), "deposits", read, transfer_json);
}

Answer actions(const Context& context, Call call) {
    const auto caller = authenticate_operator(context, call.request);
    if (!caller) co_return caller.error();
    const auto range = range_parameter(call.request, 100, page_max);
    if (!range) co_return range.error();
    auto read = [range = *range](history::Reader& reader) { return reader.actions(range); };
    std::string asker = HistoryPool::asker(call.request);
    co_return co_await answer_page(context, std::move(asker), "actions", read, action_json);
}

// --- Ledger ---

struct LedgerQuery {
    core::AccountId account;
    core::AssetId asset;  ///< zero: all
    history::Range range;
    std::optional<std::uint64_t> at_ms;
};

Result<LedgerQuery, net::Response> read_ledger_query(const Context& context, const net::Request& request) {
    LedgerQuery query;
    const auto range = range_parameter(request, 100, page_max);
    if (!range) return Unexpected{range.error()};
    query.range = *range;
    const auto asset = asset_or_all(context, request);
    if (!asset) return Unexpected{asset.error()};
    query.asset = *asset;
    if (!request.query.get("at")) return query;
    const auto at = whole_parameter(request, "at", 0, 0, time_ms_max - 1);
    if (!at) return Unexpected{at.error()};
    query.at_ms = *at;
    // The moment `at` is the whole millisecond: what happened in it belongs to it.
    query.range.to = std::min(query.range.to, from_ms(*at + 1));
    return query;
}

/// `,"at":...,"balances":[...]`: what the account had at the end of that millisecond.
Read<std::string> moment_members(history::Reader& reader, const views::Listings& listings,
                                 const LedgerQuery& query) {
    if (!query.at_ms) return std::string();
    const auto moment = reader.balances_before(query.account, from_ms(*query.at_ms + 1));
    if (!moment) return Unexpected{moment.error()};
    std::vector<history::MomentBalance> balances;
    for (const history::MomentBalance& balance : moment->balances) {
        if (!query.asset || balance.asset == query.asset) balances.push_back(balance);
    }
    const auto one = [&](const history::MomentBalance& balance) { return balance_json(listings, balance); };
    return fmt::format(R"(,"at":{},"sequence":{},"balances":[{}])", *query.at_ms, moment->sequence.raw,
                       list_json(balances, one));
}

Read<net::Response> ledger_page(history::Reader& reader, const LedgerQuery& query) {
    const auto page = reader.ledger(query.account, query.asset, query.range);
    if (!page) return Unexpected{page.error()};
    const auto listings = reader.listings();
    if (!listings) return Unexpected{listings.error()};
    const auto moment = moment_members(reader, **listings, query);
    if (!moment) return Unexpected{moment.error()};
    const auto one = [&](const history::LedgerEntry& entry) {
        return entry_json(**listings, entry, query.account);
    };
    return success(fmt::format(R"({},"entries":[{}],"next_cursor":{})", *moment, list_json(page->rows, one),
                               cursor_json(page->next)));
}

Answer ledger(const Context& context, Call call) {
    const auto caller = authenticate_trader(context, call.request);
    if (!caller) co_return caller.error();
    auto query = read_ledger_query(context, call.request);
    if (!query) co_return query.error();
    query->account = caller->account;
    auto work = [query = *query](history::Reader& reader) { return ledger_page(reader, query); };
    std::string asker = HistoryPool::asker(caller->account);
    co_return co_await context.history.run(std::move(asker), context.views.last(), std::move(work));
}

// --- What happened to one order ---

Read<net::Response> order_events_page(history::Reader& reader, core::AccountId account, core::OrderId id,
                                      std::optional<history::Cursor> after, std::size_t limit) {
    const auto page = reader.order_events(account, id, after, limit);
    if (!page) return Unexpected{page.error()};
    const auto order = reader.find_order(account, id);
    if (!order) return Unexpected{order.error()};
    if (!*page || !*order) return failure(404, "unknown_order", "This account has no such order.");
    const auto listings = reader.listings();
    if (!listings) return Unexpected{listings.error()};
    const auto one = [&](const history::OrderEvent& event) { return event_json(**listings, **order, event); };
    return success(fmt::format(R"(,"order_id":{},"events":[{}],"next_cursor":{})", id.raw,
                               list_json((*page)->rows, one), cursor_json((*page)->next)));
}

Answer order_events(const Context& context, Call call) {
    const auto caller = authenticate_trader(context, call.request);
    if (!caller) co_return caller.error();
    const auto limit = whole_parameter(call.request, "limit", 100, 1, page_max);
    if (!limit) co_return limit.error();
    const auto after = cursor_parameter(call.request);
    if (!after) co_return after.error();
    const core::OrderId id{parse_whole(call.parameter).value_or(0)};
    auto work = [account = caller->account, id, after = *after, limit = *limit](history::Reader& reader) {
        return order_events_page(reader, account, id, after, limit);
    };
    std::string asker = HistoryPool::asker(caller->account);
    co_return co_await context.history.run(std::move(asker), context.views.last(), std::move(work));
}

}  // namespace

void add_history_routes(Router& router, const Context& context) {
    const auto add = [&](const char* path, Answer (*route)(const Context&, Call)) {
        router.add(net::Method::get, path,
                   [&context, route](Call call) { return route(context, std::move(call)); });
    };
    add("/api/v1/fills", fills);
    add("/api/v1/ledger", ledger);
    add("/api/v1/deposits", deposits);
    add("/api/v1/orders/{id}/events", order_events);
    add("/api/v1/admin/actions", actions);
}

}  // namespace sauda::api_server
