#include "sauda/opening.h"

#include <utility>
#include <vector>

#include "api-server/auth.h"
#include "api-server/await_callback.h"
#include "api-server/gateway_call.h"
#include "core/default_listings.h"
#include "sauda/wall_clock.h"
#include "telemetry/log.h"

namespace sauda {

namespace asio = boost::asio;
namespace log = telemetry::log;
using base::Result;
using base::Unexpected;

namespace {

/// Whether what is listed is what the first of `listings` would have made, and nothing else: names are
/// compared, since default markets name their assets by number.
bool is_beginning_of(const views::Listings& listed, const std::vector<core::CommandBody>& listings) {
    std::size_t assets = 0;
    std::size_t markets = 0;
    for (const core::CommandBody& listing : listings) {
        if (const auto* asset = std::get_if<core::ListAsset>(&listing)) {
            const bool is_there = assets < listed.assets().size();
            if (is_there && listed.assets()[assets].name != asset->name) return false;
            ++assets;
        } else if (const auto* market = std::get_if<core::ListMarket>(&listing)) {
            const bool is_there = markets < listed.markets().size();
            if (is_there && listed.markets()[markets].spec.name != market->spec.name) return false;
            ++markets;
        }
    }
    return listed.assets().size() <= assets && listed.markets().size() <= markets;
}

bool has(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

/// Of the default listings those of a shard, with its own numbers for the assets. A market without both of
/// its assets is passed over.
std::vector<core::CommandBody> listings_of(const Shard& shard) {
    std::vector<core::CommandBody> out;
    std::vector<core::AssetId> new_ids;  // by the old one - 1; zero: not here
    std::uint32_t listed = 0;
    for (core::CommandBody& listing : core::default_listings(core::Uuid{})) {
        if (const auto* asset = std::get_if<core::ListAsset>(&listing)) {
            const bool is_here = has(shard.assets, asset->name.view());
            new_ids.push_back({is_here ? ++listed : 0});
            if (is_here) out.push_back(*asset);
        } else if (auto* market = std::get_if<core::ListMarket>(&listing)) {
            market->spec.base = new_ids[market->spec.base.raw - 1];
            market->spec.quote = new_ids[market->spec.quote.raw - 1];
            if (has(shard.markets, market->spec.name.view()) && market->spec.base && market->spec.quote)
                out.push_back(*market);
        }
    }
    return out;
}

/// Tells a fresh engine its number. A sentence on failure.
asio::awaitable<std::string> number(gateway::Gateway& gateway, const views::ReadModel& views,
                                    const Shard& shard) {
    if (views.catalog.shard() == shard.number) co_return std::string();
    const auto outcome = co_await api_server::call(gateway, core::NumberShard{shard.number}, wall_now());
    if (outcome.kind != api_server::Outcome::Kind::applied)
        co_return "shard " + shard.name + " could not be told its number";
    if (views.catalog.shard() == shard.number) co_return std::string();
    co_return "shard " + shard.name + " is to be number " + std::to_string(shard.number) +
        ", but its orders have number " + std::to_string(views.catalog.shard()) +
        " in their ids: give it that number in shards.file";
}

}  // namespace

asio::awaitable<std::string> list_defaults(gateway::Gateway& gateway, const views::ReadModel& views,
                                           const Shard& shard, const Shards& shards) {
    std::string misnumbered = co_await number(gateway, views, shard);
    if (!misnumbered.empty()) co_return misnumbered;
    const std::vector<core::CommandBody> listings =
        shards.are_listed ? listings_of(shard) : core::default_listings(core::Uuid{});
    if (!is_beginning_of(views.catalog.listings(), listings)) co_return std::string();
    // A first start may have died among them; they are listed in order, so what is there tells where.
    const auto& listed = views.catalog.listings();
    for (std::size_t i = listed.assets().size() + listed.markets().size(); i < listings.size(); ++i) {
        const auto outcome = co_await api_server::call(gateway, listings[i], wall_now());
        if (outcome.kind != api_server::Outcome::Kind::applied)
            co_return "the default markets could not be listed";
    }
    co_return std::string();
}

std::string misplaced_listing(const Shards& shards, const std::vector<const views::ReadModel*>& views) {
    const auto where = [&](std::size_t given, std::size_t listed, const std::string& what) {
        return "shards.file gives " + what + " to shard " + shards.all[given].name +
               ", but it is listed at " + shards.all[listed].name +
               ": leave it there, nothing moves from one shard to another";
    };
    for (std::size_t given = 0; given < views.size(); ++given) {
        for (std::size_t listed = 0; listed < views.size(); ++listed) {
            if (listed == given) continue;
            for (const std::string& market : shards.all[given].markets) {
                if (views[listed]->catalog.find_market(market) != nullptr)
                    return where(given, listed, "the market " + market);
            }
            for (const std::string& asset : shards.all[given].assets) {
                if (!shards.is_transferable(asset) && views[listed]->catalog.find_asset(asset) != nullptr)
                    return where(given, listed, "the asset " + asset);
            }
        }
    }
    return {};
}

namespace {

/// What identity holds about accounts.
struct Recorded {
    std::vector<identity::Uuid> missing;  ///< users without one
    std::vector<identity::Store::UserAccount> accounts;
};

Result<Recorded, std::string> read_recorded(identity::IdentityService& identity) {
    auto missing = identity.list_users_without_account();
    if (!missing) return Unexpected{missing.error().sentence};
    auto accounts = identity.list_user_accounts();
    if (!accounts) return Unexpected{accounts.error().sentence};
    return Recorded{std::move(*missing), std::move(*accounts)};
}

/// What of it the ledger contradicts.
struct Mending {
    std::vector<std::pair<identity::Uuid, std::uint32_t>> to_attach;
    std::vector<identity::Uuid> to_lock;
};

Mending compare(const Recorded& recorded, const views::Catalog& catalog) {
    Mending out;
    for (const identity::Uuid& user : recorded.missing) {
        const core::AccountId account = catalog.find_account(api_server::to_core(user));
        if (account) out.to_attach.emplace_back(user, account.raw);
    }
    for (const auto& [user, account] : recorded.accounts) {
        if (catalog.find_account(api_server::to_core(user)).raw != account) out.to_lock.push_back(user);
    }
    return out;
}

void mend(identity::IdentityService& identity, const Mending& mending) {
    for (const auto& [user, account] : mending.to_attach)
        static_cast<void>(identity.attach_account(user, account));
    for (const identity::Uuid& user : mending.to_lock) {
        log::error("identity and ledger disagree about an account; the user is locked",
                   {{"user_id", user.text()}});
        static_cast<void>(
            identity.lock_user(user, "identity and ledger disagree", wall_now().milliseconds()));
    }
}

}  // namespace

asio::awaitable<std::string> reconcile(identity::IdentityService& identity, api_server::IdentityPool& pool,
                                       const views::ReadModel& views, CatchUp catch_up) {
    auto read = [&identity] { return read_recorded(identity); };
    const auto recorded = co_await pool.run(std::move(read));
    if (!recorded) co_return "the user store is busy";
    if (!*recorded) co_return recorded->error();
    // Another server may have opened an account, and recorded it, that these views have not heard of.
    if (catch_up) {
        const bool is_there = co_await api_server::await_callback<bool>(std::move(catch_up));
        if (!is_there)
            co_return "what the engine released last cannot be had, so users cannot be compared with it";
    }
    auto work = [&identity, mending = compare(**recorded, views.catalog)] {
        mend(identity, mending);
        return true;
    };
    const auto mended = co_await pool.run(std::move(work));
    co_return mended ? std::string() : "the user store is busy";
}

}  // namespace sauda
