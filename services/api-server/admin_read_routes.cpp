// What operators look at: accounts, balances, markets, how the exchange is. Lists go page by page: `limit`
// and `cursor`, which is the `next_cursor` of the page before; null after the last.
#include <algorithm>

#include <fmt/format.h>

#include "api-server/api_server.h"
#include "api-server/auth.h"
#include "api-server/paging.h"
#include "api-server/responses.h"
#include "codec/json_reply.h"
#include "core/types/decimal.h"

namespace sauda::api_server {

namespace {

constexpr std::uint64_t id_max = UINT32_MAX;

/// A page of things that are numbered: those above `after`, at most `limit`.
struct Page {
    std::uint64_t limit = 0;
    std::uint64_t after = 0;
};

base::Result<Page, net::Response> read_page(const net::Request& request, std::uint64_t limit_default) {
    const auto limit = whole_parameter(request, "limit", limit_default, 1, 1000);
    if (!limit) return base::Unexpected{limit.error()};
    const auto after = whole_parameter(request, "cursor", 0, 0, id_max);
    if (!after) return base::Unexpected{after.error()};
    return Page{*limit, *after};
}

std::string cursor_text(bool has_more, std::uint64_t last) {
    return has_more ? std::to_string(last) : "null";
}

std::string quoted(std::string_view text) {
    std::string out;
    codec::append_json_string(out, text);
    return out;
}

void add_row(std::string& list, const std::string& row) {
    if (!list.empty()) list += ",";
    list += row;
}

// --- Accounts
// ------------------------------------------------------------------------------------------------------

/// Users' accounts above `page.after`, in order: their numbers have no gaps.
std::vector<core::AccountId> accounts_of(const Context& context, const Page& page) {
    const std::uint64_t end = core::first_user_account.raw + context.views.catalog.account_count();
    std::vector<core::AccountId> out;
    for (std::uint64_t id = std::max<std::uint64_t>(page.after + 1, core::first_user_account.raw);
         id < end && out.size() < page.limit; ++id) {
        out.push_back({static_cast<std::uint32_t>(id)});
    }
    return out;
}

bool has_account_above(const Context& context, core::AccountId account) {
    return account.raw + 1 < core::first_user_account.raw + context.views.catalog.account_count();
}

/// As the user store knows him, if it does.
using MaybeUser = std::optional<identity::User>;

std::string account_json(const Context& context, core::AccountId account, const MaybeUser& user) {
    const views::AccountsView& view = context.views.accounts;
    const bool is_locked = user && !user->is_active();
    return fmt::format(
        R"({{"account":{},"email":{},"user_id":{},"role":{},"frozen":{},"locked":{},"open_orders":{},"account_sequence":{}}})",
        account.raw, user ? quoted(user->email) : "null", user ? quoted(user->user_id.text()) : "null",
        user ? quoted(identity::role_text(user->role)) : "null", context.views.catalog.is_frozen(account),
        is_locked, view.open_order_count(account), view.account_sequence(account).raw);
}

/// The user of each account, from the store: on the identity pool.
std::vector<MaybeUser> find_users(identity::IdentityService& identity,
                                  const std::vector<identity::Uuid>& ids) {
    std::vector<MaybeUser> out;
    for (const identity::Uuid& id : ids) {
        const auto found = identity.find_user(id);
        out.push_back(found ? *found : MaybeUser());
    }
    return out;
}

identity::Uuid user_of(const Context& context, core::AccountId account) {
    identity::Uuid out;
    if (const auto user = context.views.catalog.find_user(account)) out.bytes = user->bytes;
    return out;
}

Answer accounts(const Context& context, Call call) {
    const auto caller = authenticate_operator(context, call.request);
    if (!caller) co_return caller.error();
    const auto page = read_page(call.request, 100);
    if (!page) co_return page.error();
    const std::vector<core::AccountId> ids = accounts_of(context, *page);
    std::vector<identity::Uuid> wanted;
    for (const core::AccountId id : ids) wanted.push_back(user_of(context, id));
    auto work = [&identity = context.identity, wanted] { return find_users(identity, wanted); };
    const auto users = co_await context.pool.run(std::move(work));
    if (!users) co_return failure(503, "overloaded", "Too many requests wait for the user store; try again.");
    std::string list;
    for (std::size_t i = 0; i < ids.size(); ++i) add_row(list, account_json(context, ids[i], (*users)[i]));
    const bool has_more = !ids.empty() && has_account_above(context, ids.back());
    co_return success(fmt::format(R"(,"accounts":[{}],"sequence":{},"next_cursor":{})", list,
                                  context.views.last().raw,
                                  cursor_text(has_more, has_more ? ids.back().raw : 0)));
}

// --- Balances
// ------------------------------------------------------------------------------------------------------

std::string_view owner_text(core::AccountId account) {
    if (account == core::external_account) return "external";
    if (account == core::fees_account) return "fees";
    if (account == core::in_transit_account) return "in_transit";
    return "user";
}

void add_balances(const Context& context, core::AccountId account, core::AssetId only, std::string& list) {
    for (const views::BalanceView& balance : context.views.accounts.balances(account)) {
        if (only && balance.asset != only) continue;
        const core::Asset& asset = *context.views.catalog.find_asset(balance.asset);
        add_row(list,
                fmt::format(R"({{"account":{},"owner":"{}","asset":"{}","available":"{}","held":"{}"}})",
                            account.raw, owner_text(account), asset.name.view(),
                            core::format_decimal(balance.available.raw, asset.scale),
                            core::format_decimal(balance.held.raw, asset.scale)));
    }
}

/// The asset that the query names, zero when it names none.
base::Result<core::AssetId, net::Response> asset_parameter(const Context& context,
                                                           const net::Request& request) {
    const auto name = request.query.get("asset");
    if (!name) return core::AssetId{};
    const core::Asset* asset = context.views.catalog.find_asset(*name);
    if (asset == nullptr) return base::Unexpected{failure(core::RejectReason::unknown_asset)};
    return asset->id;
}

/// Of one account when the query names it; otherwise of all, the exchange's own first: `limit` accounts a
/// page.
Answer balances(const Context& context, Call call) {
    const auto caller = authenticate_operator(context, call.request);
    if (!caller) co_return caller.error();
    const auto page = read_page(call.request, 100);
    if (!page) co_return page.error();
    const auto asset = asset_parameter(context, call.request);
    if (!asset) co_return asset.error();
    const auto account = whole_parameter(call.request, "account", 0, 1, id_max);
    if (!account) co_return account.error();
    const std::uint64_t end = core::first_user_account.raw + context.views.catalog.account_count();
    const std::uint64_t first = *account != 0 ? *account : page->after + 1;
    if (*account != 0 && !context.views.catalog.find_user({static_cast<std::uint32_t>(*account)}) &&
        *account >= core::first_user_account.raw)
        co_return failure(core::RejectReason::unknown_account);
    const std::uint64_t behind = *account != 0 ? first + 1 : std::min(first + page->limit, end);
    std::string list;
    for (std::uint64_t id = first; id < behind; ++id)
        add_balances(context, {static_cast<std::uint32_t>(id)}, *asset, list);
    const bool has_more = *account == 0 && behind < end;
    co_return success(fmt::format(R"(,"balances":[{}],"sequence":{},"next_cursor":{})", list,
                                  context.views.last().raw, cursor_text(has_more, behind - 1)));
}

// --- Markets
// -------------------------------------------------------------------------------------------------------

std::string best_text(const views::DepthBook& book, core::Side side, const core::MarketSpec& spec) {
    const auto best = book.top(side, 1);
    return best.empty() ? "null" : quoted(core::format_decimal(best[0].price.raw, spec.price_scale));
}

std::string market_json(const Context& context, const core::Market& market) {
    const core::MarketSpec& spec = market.spec;
    const views::DepthBook& book = *context.views.depth.find(market.id);
    const auto last = context.views.trades.recent(market.id, 1);
    return fmt::format(
        R"({{"market":"{}","state":"{}","best_bid":{},"best_ask":{},"bid_levels":{},"ask_levels":{},)"
        R"("last_price":{},"last_trade_time":{},"maker_fee_percent":"{}","taker_fee_percent":"{}"}})",
        spec.name.view(), codec::market_state_text(market.state), best_text(book, core::Side::buy, spec),
        best_text(book, core::Side::sell, spec), book.level_count(core::Side::buy),
        book.level_count(core::Side::sell),
        last.empty() ? "null" : quoted(core::format_decimal(last[0].price.raw, spec.price_scale)),
        last.empty() ? "null" : std::to_string(last[0].time.milliseconds()),
        core::format_decimal(spec.fees.maker_ppm, 4), core::format_decimal(spec.fees.taker_ppm, 4));
}

Answer markets(const Context& context, Call call) {
    const auto caller = authenticate_operator(context, call.request);
    if (!caller) co_return caller.error();
    const auto page = read_page(call.request, 100);
    if (!page) co_return page.error();
    const auto& all = context.views.catalog.listings().markets();
    const std::uint64_t end = std::min<std::uint64_t>(page->after + page->limit, all.size());
    std::string list;
    for (std::uint64_t i = page->after; i < end; ++i) add_row(list, market_json(context, all[i]));
    co_return success(fmt::format(R"(,"markets":[{}],"sequence":{},"next_cursor":{})", list,
                                  context.views.last().raw, cursor_text(end < all.size(), end)));
}

// --- Health
// --------------------------------------------------------------------------------------------------------

Answer health(const Context& context, Call call) {
    const auto caller = authenticate_operator(context, call.request);
    if (!caller) co_return caller.error();
    const Health now = context.health();
    const HealthFigures figures = context.figures();
    co_return success(fmt::format(
        R"(,"ready":{},"reason":{},"version":{},"rules_version":{},"demo":{},"uptime_s":{},"sequence":{},)"
        R"("engine_epoch":{},"cancel_only":{},"commands_waiting":{},"requests_pending":{},"logins_waiting":{},)"
        R"("accounts":{},"open_orders":{},"connections":{},"disk_free_mib":{},"data_dir":{})",
        now.is_ready, now.reason.empty() ? "null" : quoted(now.reason), quoted(figures.version),
        figures.rules_version, figures.is_demo, (context.now().milliseconds() - figures.started_ms) / 1000,
        context.views.last().raw, figures.engine_epoch, figures.is_cancel_only, figures.commands_waiting,
        context.gateway.pending_count(), context.pool.waiting(), context.views.catalog.account_count(),
        context.views.accounts.open_order_count(), figures.connections, figures.disk_free_bytes >> 20,
        quoted(figures.data_dir)));
}

}  // namespace

void add_admin_read_routes(Router& router, const Context& context) {
    const auto add = [&](const char* path, Answer (*route)(const Context&, Call)) {
        router.add(net::Method::get, std::string("/api/v1/admin/") + path,
                   [&context, route](Call call) { return route(context, std::move(call)); });
    };
    add("accounts", accounts);
    add("balances", balances);
    add("markets", markets);
    add("health", health);
}

}  // namespace sauda::api_server
