#include "core/testing/oracle.h"

#include <algorithm>

#include "base/assert.h"

namespace sauda::core::testing {

void Oracle::apply(const Command& command, Stamp stamp, EventBuffer& events) {
    now_ = stamp;
    deadline_ = command.deadline;
    events_ = &events;
    forget_requests();
    const bool sees_to_leases = std::holds_alternative<RestartLeases>(command.body) ||
                                std::holds_alternative<LapseLeases>(command.body);
    if (!sees_to_leases || command.id.gateway != 0) fire_leases();
    if (is_redelivered(command)) {
        events.append(Redelivered{});
        return;
    }
    std::visit([this](const auto& body) { execute(body); }, command.body);
}

void Oracle::refuse(RejectReason reason, AccountId account, MarketId market, OrderId order) {
    Refused event;
    event.account = account;
    event.market = market;
    event.reason = reason;
    event.order = order;
    events_->append(event);
}

// --- What was asked before -----------------------------------------------------------------------------

bool Oracle::is_redelivered(const Command& command) {
    if (command.id.gateway == 0) return false;
    if (!gateways_.contains(command.id.gateway) && gateways_.size() == gateways_max) {
        const auto quietest = std::ranges::min_element(
            gateways_, {}, [](const auto& gateway) { return gateway.second.last_spoke; });
        gateways_.erase(quietest);
    }
    Gateway& gateway = gateways_[command.id.gateway];
    gateway.last_spoke = now_.sequence.raw;
    const bool too_old =
        gateway.newest >= gateway_window && command.id.sequence <= gateway.newest - gateway_window;
    if (too_old || gateway.seen.contains(command.id.sequence)) return true;
    gateway.seen.insert(command.id.sequence);
    gateway.newest = std::max(gateway.newest, command.id.sequence);
    return false;
}

void Oracle::forget_requests() {
    std::erase_if(requests_, [this](const auto& entry) {
        return !entry.second.open && entry.second.forgotten_from <= now_.time;
    });
}

// --- Money ---------------------------------------------------------------------------------------------

Int128 Oracle::available(AccountId account, AssetId asset) const {
    const auto found = available_.find({account, asset});
    return found == available_.end() ? 0 : found->second;
}

void Oracle::move(AccountId from, AccountId to, AssetId asset, Int128 amount) {
    ASSERT(amount >= 0);
    available_[{from, asset}] -= amount;
    available_[{to, asset}] += amount;
}

// --- Operators -----------------------------------------------------------------------------------------

namespace {

bool are_good_fees(const FeeRates& fees) {
    const std::int64_t maker = fees.maker_ppm;
    const std::int64_t taker = fees.taker_ppm;
    if (taker < 0 || taker > fee_rate_ppm_max || maker > fee_rate_ppm_max) return false;
    return maker + taker >= 0;
}

}  // namespace

void Oracle::execute(const ListAsset& command) {
    const auto refused = [this](RejectReason reason) { refuse(reason, {}, {}); };
    if (!is_valid_name(command.name.view(), asset_name_size_max)) return refused(RejectReason::invalid_name);
    if (command.scale > asset_scale_max) return refused(RejectReason::invalid_scale);
    for (const AssetState& other : assets_) {
        if (other.asset.name == command.name) return refused(RejectReason::duplicate_name);
    }
    const AssetId id{static_cast<std::uint32_t>(assets_.size() + 1)};
    assets_.push_back({{id, command.name, command.scale}, false});
    AssetListed event;
    event.asset = id;
    event.name = command.name;
    event.scale = command.scale;
    event.operator_id = command.operator_id;
    events_->append(event);
}

RejectReason Oracle::why_not_market(const ListMarket& command) const {
    const MarketSpec& spec = command.spec;
    if (!is_valid_name(spec.name.view(), market_name_size_max)) return RejectReason::invalid_name;
    for (const MarketBook& other : markets_) {
        if (other.spec.name == spec.name) return RejectReason::duplicate_name;
    }
    if (!has_asset(spec.base) || !has_asset(spec.quote)) return RejectReason::unknown_asset;
    if (spec.base == spec.quote) return RejectReason::invalid_combination;
    if (spec.tick < 1 || spec.tick > order_price_max) return RejectReason::invalid_tick_or_lot;
    if (spec.lot < 1 || spec.lot > order_quantity_max) return RejectReason::invalid_tick_or_lot;
    const std::int64_t least = spec.min_notional.raw;
    if (least < 0 || least > asset_supply_max) return RejectReason::invalid_amount;
    if (!are_good_fees(spec.fees)) return RejectReason::invalid_fee_rates;
    const int quote_scale = assets_[spec.quote.raw - 1].asset.scale;
    const int base_scale = assets_[spec.base.raw - 1].asset.scale;
    if (spec.price_scale + spec.quantity_scale > quote_scale) return RejectReason::settlement_would_round;
    if (spec.quantity_scale > base_scale) return RejectReason::settlement_would_round;
    return RejectReason::none;
}

void Oracle::execute(const ListMarket& command) {
    const RejectReason reason = why_not_market(command);
    if (reason != RejectReason::none) return refuse(reason, {}, {});
    const MarketSpec& spec = command.spec;
    markets_.push_back({spec, MarketState::trading, {spec.fees}, 0, 0});
    MarketListed event;
    event.market = {static_cast<std::uint32_t>(markets_.size())};
    event.name = spec.name;
    event.base = spec.base;
    event.quote = spec.quote;
    event.price_scale = spec.price_scale;
    event.quantity_scale = spec.quantity_scale;
    event.fee_asset = spec.fee_asset;
    event.tick = spec.tick;
    event.lot = spec.lot;
    event.min_notional = spec.min_notional;
    event.fees = spec.fees;
    event.operator_id = command.operator_id;
    events_->append(event);
}

void Oracle::execute(const SetFees& command) {
    if (!has_market(command.market)) return refuse(RejectReason::unknown_market, {}, command.market);
    if (!are_good_fees(command.fees)) return refuse(RejectReason::invalid_fee_rates, {}, command.market);
    market(command.market).schedules.push_back(command.fees);
    market(command.market).spec.fees = command.fees;
    FeesChanged event;
    event.market = command.market;
    event.fees = command.fees;
    event.operator_id = command.operator_id;
    events_->append(event);
}

void Oracle::execute(const SetMarketState& command) {
    if (!has_market(command.market)) return refuse(RejectReason::unknown_market, {}, command.market);
    market(command.market).state = command.state;
    MarketStateChanged event;
    event.market = command.market;
    event.operator_id = command.operator_id;
    event.state = command.state;
    events_->append(event);
}

void Oracle::execute(const SetAssetState& command) {
    if (!has_asset(command.asset)) return refuse(RejectReason::unknown_asset, {}, {});
    assets_[command.asset.raw - 1].halted = command.halted;
    AssetStateChanged event;
    event.asset = command.asset;
    event.operator_id = command.operator_id;
    event.halted = command.halted ? 1 : 0;
    events_->append(event);
}

void Oracle::execute(const OpenAccount& command) {
    AccountOpened event;
    event.user = command.user;
    for (std::uint32_t i = 0; i < accounts_.size(); ++i) {
        if (accounts_[i].user != command.user) continue;
        event.account = {first_user_account.raw + i};
        event.existed = 1;
        return events_->append(event);
    }
    accounts_.push_back({command.user, false, 0});
    event.account = {first_user_account.raw + static_cast<std::uint32_t>(accounts_.size()) - 1};
    events_->append(event);
}

void Oracle::execute(const SetAccountState& command) {
    if (!has_account(command.account)) return refuse(RejectReason::unknown_account, command.account, {});
    account(command.account).frozen = command.frozen;
    AccountStateChanged event;
    event.account = command.account;
    event.account_sequence = next_sequence(command.account);
    event.operator_id = command.operator_id;
    event.frozen = command.frozen ? 1 : 0;
    events_->append(event);
}

void Oracle::execute(const NumberShard& command) {
    const bool is_new = command.number != shard_;
    if (is_new && order_count_ != 0) return refuse(RejectReason::orders_were_taken, {}, {});
    shard_ = command.number;
    ShardNumbered event;
    event.number = command.number;
    events_->append(event);
}

}  // namespace sauda::core::testing
