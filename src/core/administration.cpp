#include "core/administration.h"

#include <algorithm>

#include "core/types/decimal.h"

namespace sauda::core {

using base::Result;
using base::Unexpected;

namespace {

bool are_valid(const FeeRates& fees) {
    return fees.taker_ppm >= 0 && fees.taker_ppm <= fee_rate_ppm_max && fees.maker_ppm <= fee_rate_ppm_max &&
           fees.maker_ppm >= -fees.taker_ppm;
}

/// 10^exponent where it is whole and small enough to multiply with, or `settlement_would_round`.
Result<std::int64_t, RejectReason> whole_power_of_ten(int exponent) {
    if (exponent < 0 || exponent > 12) return Unexpected{RejectReason::settlement_would_round};
    return power_of_ten(exponent);
}

Result<void, RejectReason> check_asset(const ExchangeImpl& exchange, const ListAsset& command) {
    if (exchange.assets.size() == assets_max) return Unexpected{RejectReason::too_many};
    if (!is_valid_name(command.name.view(), asset_name_size_max))
        return Unexpected{RejectReason::invalid_name};
    if (command.scale > asset_scale_max) return Unexpected{RejectReason::invalid_scale};
    const bool taken = std::ranges::any_of(exchange.assets,
                                           [&](const AssetState& a) { return a.asset.name == command.name; });
    if (taken) return Unexpected{RejectReason::duplicate_name};
    return {};
}

Result<void, RejectReason> check_market_name(const ExchangeImpl& exchange, const MarketName& name) {
    if (exchange.markets.size() == markets_max) return Unexpected{RejectReason::too_many};
    if (!is_valid_name(name.view(), market_name_size_max)) return Unexpected{RejectReason::invalid_name};
    const bool taken = std::ranges::any_of(
        exchange.markets, [&](const MarketDesk& desk) { return desk.market.spec.name == name; });
    if (taken) return Unexpected{RejectReason::duplicate_name};
    return {};
}

MarketListed listed_event(const Market& market, const Uuid& operator_id) {
    MarketListed event;
    event.market = market.id;
    event.name = market.spec.name;
    event.base = market.spec.base;
    event.quote = market.spec.quote;
    event.price_scale = market.spec.price_scale;
    event.quantity_scale = market.spec.quantity_scale;
    event.fee_asset = market.spec.fee_asset;
    event.tick = market.spec.tick;
    event.lot = market.spec.lot;
    event.min_notional = market.spec.min_notional;
    event.fees = market.spec.fees;
    event.operator_id = operator_id;
    return event;
}

}  // namespace

Result<Market, RejectReason> make_market(const MarketSpec& spec, MarketId id,
                                         const std::vector<AssetState>& assets) {
    const auto is_listed = [&](AssetId asset) { return asset.raw != 0 && asset.raw <= assets.size(); };
    if (!is_listed(spec.base) || !is_listed(spec.quote)) return Unexpected{RejectReason::unknown_asset};
    if (spec.base == spec.quote) return Unexpected{RejectReason::invalid_combination};
    if (spec.tick <= 0 || spec.tick > order_price_max) return Unexpected{RejectReason::invalid_tick_or_lot};
    if (spec.lot <= 0 || spec.lot > order_quantity_max) return Unexpected{RejectReason::invalid_tick_or_lot};
    if (spec.min_notional.raw < 0 || spec.min_notional.raw > asset_supply_max)
        return Unexpected{RejectReason::invalid_amount};
    if (!are_valid(spec.fees)) return Unexpected{RejectReason::invalid_fee_rates};
    if (spec.fee_asset > FeeAsset::received) return Unexpected{RejectReason::invalid_combination};

    const int base_scale = assets[spec.base.raw - 1].asset.scale;
    const int quote_scale = assets[spec.quote.raw - 1].asset.scale;
    const auto quote_per_unit = whole_power_of_ten(quote_scale - spec.price_scale - spec.quantity_scale);
    const auto base_per_unit = whole_power_of_ten(base_scale - spec.quantity_scale);
    if (!quote_per_unit || !base_per_unit) return Unexpected{RejectReason::settlement_would_round};
    return Market{id,
                  MarketState::trading,
                  {spec.quote, spec.base},
                  *quote_per_unit,
                  *base_per_unit,
                  StepGrid(spec.tick, order_price_max),
                  StepGrid(spec.lot, order_quantity_max),
                  spec};
}

void list_asset(ExchangeImpl& exchange, const ListAsset& command, Applying now) {
    if (const auto checked = check_asset(exchange, command); !checked) {
        return ExchangeImpl::refuse(checked.error(), {}, {}, now);
    }
    const AssetId id{static_cast<std::uint32_t>(exchange.assets.size()) + 1};
    exchange.assets.push_back({{id, command.name, command.scale}, false});
    AssetListed event;
    event.asset = id;
    event.name = command.name;
    event.scale = command.scale;
    event.operator_id = command.operator_id;
    now.events.append(event);
}

void list_market(ExchangeImpl& exchange, const ListMarket& command, Applying now) {
    if (const auto checked = check_market_name(exchange, command.spec.name); !checked) {
        return ExchangeImpl::refuse(checked.error(), {}, {}, now);
    }
    const MarketId id{exchange.market_count + 1};
    auto market = make_market(command.spec, id, exchange.assets);
    if (!market) return ExchangeImpl::refuse(market.error(), {}, {}, now);
    exchange.add_market(*market);
    now.events.append(listed_event(*market, command.operator_id));
}

void set_fees(ExchangeImpl& exchange, const SetFees& command, Applying now) {
    MarketDesk* desk = exchange.find_market(command.market);
    if (desk == nullptr) return ExchangeImpl::refuse(RejectReason::unknown_market, {}, command.market, now);
    if (!are_valid(command.fees)) {
        return ExchangeImpl::refuse(RejectReason::invalid_fee_rates, {}, command.market, now);
    }
    if (desk->fee_schedules.size() == UINT16_MAX) {
        return ExchangeImpl::refuse(RejectReason::too_many, {}, command.market, now);
    }
    std::vector<FeeRates> schedules = std::move(desk->fee_schedules);
    schedules.push_back(command.fees);
    desk->use_fees(std::move(schedules));
    FeesChanged event;
    event.market = command.market;
    event.fees = command.fees;
    event.operator_id = command.operator_id;
    now.events.append(event);
}

void set_market_state(ExchangeImpl& exchange, const SetMarketState& command, Applying now) {
    MarketDesk* desk = exchange.find_market(command.market);
    if (desk == nullptr) return ExchangeImpl::refuse(RejectReason::unknown_market, {}, command.market, now);
    desk->market.state = command.state;
    MarketStateChanged event;
    event.market = command.market;
    event.operator_id = command.operator_id;
    event.state = command.state;
    now.events.append(event);
}

void set_asset_state(ExchangeImpl& exchange, const SetAssetState& command, Applying now) {
    AssetState* asset = exchange.find_asset(command.asset);
    if (asset == nullptr) return ExchangeImpl::refuse(RejectReason::unknown_asset, {}, {}, now);
    asset->halted = command.halted;
    AssetStateChanged event;
    event.asset = command.asset;
    event.operator_id = command.operator_id;
    event.halted = command.halted ? 1 : 0;
    now.events.append(event);
}

void open_account(ExchangeImpl& exchange, const OpenAccount& command, Applying now) {
    AccountOpened event;
    event.user = command.user;
    const auto found = exchange.account_of_user.find(command.user);
    if (found != exchange.account_of_user.end()) {
        event.account = found->second;
        event.existed = 1;
        return now.events.append(event);
    }
    if (!exchange.accounts.has_room()) return ExchangeImpl::refuse(RejectReason::too_many, {}, {}, now);
    event.account = exchange.accounts.add(command.user);
    exchange.account_of_user.emplace(command.user, event.account);
    now.events.append(event);
}

void set_account_state(ExchangeImpl& exchange, const SetAccountState& command, Applying now) {
    Account* account = exchange.find_account(command.account);
    if (account == nullptr)
        return ExchangeImpl::refuse(RejectReason::unknown_account, command.account, {}, now);
    account->frozen = command.frozen ? 1 : 0;
    AccountStateChanged event;
    event.account = command.account;
    event.account_sequence = account->next_sequence();
    event.operator_id = command.operator_id;
    event.frozen = command.frozen ? 1 : 0;
    now.events.append(event);
}

void number_shard(ExchangeImpl& exchange, const NumberShard& command, Applying now) {
    const bool is_new = command.number != exchange.shard;
    if (is_new && exchange.last_order_count != 0)
        return ExchangeImpl::refuse(RejectReason::orders_were_taken, {}, {}, now);
    if (is_new) {
        exchange.shard = command.number;
        exchange.directory.set_shard(command.number);
    }
    ShardNumbered event;
    event.number = command.number;
    now.events.append(event);
}

}  // namespace sauda::core
