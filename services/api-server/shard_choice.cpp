#include "api-server/shard_choice.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "api-server/paging.h"
#include "api-server/responses.h"
#include "codec/json_value.h"
#include "core/types/order_shard.h"

namespace sauda::api_server {

using base::Result;
using base::Unexpected;
using codec::JsonValue;

namespace {

using Choice = Result<ShardChoice, net::Response>;
using Shards = std::span<const Context>;

constexpr std::string_view listing_paths[] = {"/api/v1/orders", "/api/v1/fills", "/api/v1/ledger",
                                              "/api/v1/deposits", "/api/v1/transfers"};

Choice one(std::size_t shard) {
    return ShardChoice{Reach::one, shard};
}

std::size_t index_of(Shards shards, const Context& shard) {
    return static_cast<std::size_t>(&shard - shards.data());
}

net::Response unclear(std::string_view what) {
    return failure(
        422, "shard_needed",
        std::string(what) + " Name one of the shards that /api/v1/balances tells of, as \"shard\".");
}

Choice shard_named(Shards shards, std::string_view name) {
    if (const Context* shard = find_shard(shards, name)) return one(index_of(shards, *shard));
    return Unexpected{failure(422, "unknown_shard", "There is no shard of this name.")};
}

bool has(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

/// Of one that is away, what `shards.file` says.
bool has_market(const Context& shard, std::string_view market) {
    return shard.is_open() ? shard.views.catalog.find_market(market) != nullptr
                           : has(shard.shard.markets, market);
}

bool is_listed(Shards shards, std::string_view market) {
    return std::ranges::any_of(shards, [&](const Context& shard) { return has_market(shard, market); });
}

/// A market that nobody has may be one of a shard that is away; otherwise it is for the first to refuse.
std::size_t shard_of_market(Shards shards, std::string_view market) {
    auto found = std::ranges::find_if(shards, [&](const Context& one) { return has_market(one, market); });
    if (found == shards.end())
        found = std::ranges::find_if(shards, [](const Context& one) { return !one.is_open(); });
    return found == shards.end() ? 0 : static_cast<std::size_t>(found - shards.begin());
}

std::size_t shard_of_order(Shards shards, std::uint64_t order) {
    const std::uint64_t number = core::shard_of({order});
    const auto has = [&](const Context& shard) { return shard.shard.number == number; };
    const auto found = std::ranges::find_if(shards, has);
    return found == shards.end() ? 0 : static_cast<std::size_t>(found - shards.begin());
}

Choice shard_of_asset(Shards shards, std::string_view asset) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < shards.size(); ++i) {
        if (may_have_asset(shards[i], asset)) found.push_back(i);
    }
    if (found.size() > 1) return Unexpected{unclear("This asset is on several shards.")};
    return one(found.empty() ? 0 : found.front());
}

std::optional<std::uint64_t> number_of(const JsonValue& object, std::string_view name) {
    if (object.kind != JsonValue::Kind::object) return std::nullopt;
    const JsonValue* value = object.find(name);
    if (value == nullptr ||
        (value->kind != JsonValue::Kind::number && value->kind != JsonValue::Kind::string))
        return std::nullopt;
    return parse_whole(value->text);
}

/// A batch goes to one engine as a whole: its orders must be of one shard.
Choice shard_of_batch(Shards shards, const JsonValue& orders) {
    std::optional<std::size_t> shard;
    for (const JsonValue& order : orders.items) {
        const auto market = order.find_text("market");
        if (!market || !is_listed(shards, *market)) continue;  // refused by whichever shard it goes to
        const std::size_t its = shard_of_market(shards, *market);
        if (shard && *shard != its)
            return Unexpected{failure(422, "several_shards",
                                      "The orders of one batch must be in markets of one shard: send a batch "
                                      "for each.")};
        shard = its;
    }
    return one(shard.value_or(0));
}

/// By what the body names. One that cannot be read is for the handler to refuse.
Choice shard_of_body(Shards shards, const net::Request& request, const Router::Match& match) {
    const auto body = codec::parse_json_object(request.body);
    if (!body) return one(0);
    if (match.pattern == "/api/v1/transfers") return one(0);
    if (const auto name = body->find_text("shard")) return shard_named(shards, *name);
    if (match.pattern == "/api/v1/cancel-after") return ShardChoice{Reach::all, 0};
    if (match.pattern == "/api/v1/admin/assets" || match.pattern == "/api/v1/admin/markets")
        return Unexpected{unclear("It is to be said where this is listed.")};
    if (match.pattern == "/api/v1/admin/accounts/state") {
        if (body->find("account") != nullptr)
            return Unexpected{unclear("Each shard has accounts of its own: a number is one shard's.")};
        return ShardChoice{Reach::all, 0};
    }
    const JsonValue* orders = match.pattern.ends_with("/batch") ? body->find("orders") : nullptr;
    if (orders != nullptr) return shard_of_batch(shards, *orders);
    const bool is_replacement = match.pattern.ends_with("/replace");
    for (const std::string_view field : {"cancel_order_id", "order_id"}) {
        const auto order = is_replacement ? number_of(*body, field) : std::nullopt;
        if (order) return one(shard_of_order(shards, *order));
    }
    const bool is_of_asset = match.pattern.starts_with("/api/v1/admin/") && body->find("asset") != nullptr;
    const auto market = is_of_asset ? std::nullopt : body->find_text("market");
    if (market) return one(shard_of_market(shards, *market));
    if (const auto asset = body->find_text("asset")) return shard_of_asset(shards, *asset);
    return one(0);
}

/// Of the shards that have the asset: a list of several, or the only one.
ShardChoice list_of_asset(Shards shards, std::string_view asset) {
    std::size_t count = 0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < shards.size(); ++i) {
        if (!may_have_asset(shards[i], asset)) continue;
        ++count;
        last = i;
    }
    return count > 1 ? ShardChoice{Reach::list, 0} : ShardChoice{Reach::one, last};
}

bool is_of_order(std::string_view pattern) {
    return pattern.ends_with("/order/{id}") || pattern.find("/orders/{id}") != std::string_view::npos;
}

}  // namespace

const Context* find_shard(Shards shards, std::string_view name) {
    const auto found = std::ranges::find(shards, name, [](const Context& one) { return one.shard.name; });
    return found == shards.end() ? nullptr : &*found;
}

Shards told_of(const Context& context, const net::Request& request) {
    return request.query.get("shard") ? Shards(&context, 1) : context.all;
}

/// What an operator listed since the file was written is told of by nobody while its shard is away.
bool may_have_asset(const Context& shard, std::string_view asset) {
    if (shard.is_open()) return shard.views.catalog.find_asset(asset) != nullptr;
    const auto knows = [&](const Context& one) {
        return one.is_open() && one.views.catalog.find_asset(asset) != nullptr;
    };
    if (has(shard.shard.assets, asset) || shard.is_transferable(asset)) return true;
    return std::ranges::none_of(shard.all, knows);
}

Choice choose_shard(Shards shards, const net::Request& request, const Router::Match& match) {
    if (shards.size() == 1) return one(0);
    // Whatever else is said: its id tells where an order is.
    if (is_of_order(match.pattern))
        return one(shard_of_order(shards, parse_whole(match.parameter).value_or(0)));
    if (const auto name = request.query.get("shard")) return shard_named(shards, *name);
    if (const auto market = request.query.get("market")) return one(shard_of_market(shards, *market));
    const bool is_get = request.method == net::Method::get;
    if (match.pattern.ends_with("/order") && request.method != net::Method::post)
        return ShardChoice{Reach::find, 0};
    if (match.pattern == "/api/v1/orders" && request.method == net::Method::delete_)
        return ShardChoice{Reach::all, 0};
    if (is_get && (match.pattern == "/api/v1/statement.csv" || request.query.get("at")))
        return Unexpected{unclear("Each shard has a ledger of its own.")};
    if (const auto asset = request.query.get("asset"); asset && match.pattern == "/api/v1/ledger")
        return list_of_asset(shards, *asset);
    if (is_get && std::ranges::find(listing_paths, match.pattern) != std::end(listing_paths))
        return ShardChoice{Reach::list, 0};
    if (is_get || request.body.empty()) return one(0);
    return shard_of_body(shards, request, match);
}

}  // namespace sauda::api_server
