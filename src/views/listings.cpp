#include "views/listings.h"

#include <algorithm>

#include "base/assert.h"
#include "core/types/decimal.h"

namespace sauda::views {

namespace {

template <class Id, class Items>
auto* at(Items& items, Id id) {
    return id.raw >= 1 && id.raw <= items.size() ? &items[id.raw - 1] : nullptr;
}

}  // namespace

Listings::Listings(const core::ExchangeState& state) {
    for (const core::AssetState& asset : state.assets) {
        assets_.push_back(asset.asset);
        halted_.push_back(asset.halted);
    }
    for (const core::MarketStateRecord& market : state.markets) {
        core::MarketSpec spec = market.spec;
        if (!market.fee_schedules.empty()) spec.fees = market.fee_schedules.back();
        add_market(spec, market.state);
    }
}

void Listings::apply(const core::AssetListed& event) {
    ASSERT(event.asset.raw == assets_.size() + 1);
    assets_.push_back({event.asset, event.name, event.scale});
    halted_.push_back(false);
}

void Listings::apply(const core::MarketListed& event) {
    ASSERT(event.market.raw == markets_.size() + 1);
    core::MarketSpec spec;
    spec.name = event.name;
    spec.base = event.base;
    spec.quote = event.quote;
    spec.price_scale = event.price_scale;
    spec.quantity_scale = event.quantity_scale;
    spec.fee_asset = event.fee_asset;
    spec.tick = event.tick;
    spec.lot = event.lot;
    spec.min_notional = event.min_notional;
    spec.fees = event.fees;
    add_market(spec, core::MarketState::trading);
}

void Listings::apply(const core::FeesChanged& event) {
    if (core::Market* market = at(markets_, event.market)) market->spec.fees = event.fees;
}

void Listings::apply(const core::MarketStateChanged& event) {
    if (core::Market* market = at(markets_, event.market)) market->state = event.state;
}

void Listings::apply(const core::AssetStateChanged& event) {
    if (at(assets_, event.asset) != nullptr) halted_[event.asset.raw - 1] = event.halted != 0;
}

void Listings::add_market(const core::MarketSpec& spec, core::MarketState state) {
    const core::Asset* base = find_asset(spec.base);
    const core::Asset* quote = find_asset(spec.quote);
    ASSERT(base != nullptr);
    ASSERT(quote != nullptr);
    core::Market market;
    market.id = {static_cast<std::uint32_t>(markets_.size()) + 1};
    market.spec = spec;
    market.state = state;
    market.quote_per_unit = core::power_of_ten(quote->scale - spec.price_scale - spec.quantity_scale);
    market.base_per_unit = core::power_of_ten(base->scale - spec.quantity_scale);
    markets_.push_back(market);
}

const core::Asset* Listings::find_asset(core::AssetId id) const {
    return at(assets_, id);
}

const core::Asset* Listings::find_asset(std::string_view name) const {
    const auto found = std::ranges::find(assets_, name, [](const auto& asset) { return asset.name.view(); });
    return found == assets_.end() ? nullptr : &*found;
}

const core::Market* Listings::find_market(core::MarketId id) const {
    return at(markets_, id);
}

const core::Market* Listings::find_market(std::string_view name) const {
    const auto found =
        std::ranges::find(markets_, name, [](const auto& market) { return market.spec.name.view(); });
    return found == markets_.end() ? nullptr : &*found;
}

bool Listings::is_halted(core::AssetId id) const {
    return at(assets_, id) != nullptr && halted_[id.raw - 1];
}

}  // namespace sauda::views
