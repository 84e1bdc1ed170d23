/// Fees, rebates and holds: the only arithmetic of the exchange that rounds, each with the name of who keeps
/// the rest.
#pragma once

#include <algorithm>

#include "base/assert.h"
#include "core/limits.h"
#include "core/types/market.h"
#include "core/types/order.h"
#include "core/types/units.h"

namespace sauda::core {

/// `product` / 10^6 rounded up. Requires: product >= 0.
constexpr Int128 millionths_rounded_up(Int128 product) {
    return (product + ppm - 1) / ppm;
}

/// `amount` × rate, rounded up: the exchange keeps the remainder. Requires: amount >= 0, 0 <= rate <=
/// fee_rate_ppm_max.
constexpr Amount fee_rounded_up(Amount amount, std::int32_t rate_ppm) {
    std::int64_t product = 0;
    // 64 bits are nearly always enough, and a division by a constant is then a multiplication.
    if (!__builtin_mul_overflow(amount.raw, std::int64_t{rate_ppm}, &product)) [[likely]] {
        const std::uint64_t rounded = (static_cast<std::uint64_t>(product) + (ppm - 1)) / ppm;
        return {static_cast<std::int64_t>(rounded)};
    }
    return {static_cast<std::int64_t>(millionths_rounded_up(static_cast<Int128>(amount.raw) * rate_ppm))};
}

/// `amount` × rate, rounded down: the exchange keeps the remainder. Requires: amount, rate >= 0.
constexpr Amount rebate_rounded_down(Amount amount, std::int32_t rate_ppm) {
    std::int64_t product = 0;
    if (!__builtin_mul_overflow(amount.raw, std::int64_t{rate_ppm}, &product)) [[likely]] {
        return {static_cast<std::int64_t>(static_cast<std::uint64_t>(product) / ppm)};
    }
    return {static_cast<std::int64_t>(static_cast<Int128>(amount.raw) * rate_ppm / ppm)};
}

/// What both sides of a trade are charged. A rebate is a negative maker fee, in the asset of the taker's fee.
struct TradeFees {
    Amount maker;
    Amount taker;
};

/// Fees of one trade. `maker_basis` and `taker_basis` are the amounts each fee is a share of, in the asset it
/// is charged in: notional when in quote, base amount when in base. A rebate is a share of the taker's basis
/// and at most the taker's fee, so that the fee account never goes negative.
constexpr TradeFees fees_of_trade(Amount maker_basis, Amount taker_basis, std::int32_t maker_ppm,
                                  std::int32_t taker_ppm) {
    const Amount taker = fee_rounded_up(taker_basis, taker_ppm);
    if (maker_ppm >= 0) return {fee_rounded_up(maker_basis, maker_ppm), taker};
    return {-std::min(rebate_rounded_down(taker_basis, -maker_ppm), taker), taker};
}

/// The rate that a resting buyer's hold covers where fees are charged in quote: the higher of the two, not
/// below zero.
constexpr std::int32_t hold_rate_ppm(const FeeRates& fees) {
    const std::int32_t higher = fees.maker_ppm > fees.taker_ppm ? fees.maker_ppm : fees.taker_ppm;
    return higher > 0 ? higher : 0;
}

/// What orders of one side hold per quantity unit: its notional or none of it, so much beside, and a share of
/// that for fees.
struct HoldRule {
    bool counts_notional = false;
    std::int32_t fee_ppm = 0;
    Amount beside;
};

/// Sellers hold base; buyers the notional and, where fees are charged in quote, the fee at hold_rate_ppm.
constexpr HoldRule hold_rule(const Market& market, Side side, const FeeRates& fees) {
    if (side == Side::sell) return {false, 0, {market.base_per_unit}};
    return {true, market.spec.fee_asset == FeeAsset::quote ? hold_rate_ppm(fees) : 0, {}};
}

/// What an order holds per quantity unit, the fee rounded up per unit. Linear in quantity, so partial
/// releases are exact and cover every trade's own rounding. (By one rule for both sides: which one an order
/// is on is anyone's guess, also the processor's.) Requires: 0 <= unit_notional <= asset_supply_max.
constexpr Amount hold_per_unit(const HoldRule& rule, Amount unit_notional) {
    const Amount without_fee = only_if(rule.counts_notional, unit_notional) + rule.beside;
    return without_fee + fee_rounded_up(without_fee, rule.fee_ppm);
}
static_assert(asset_supply_max <= INT64_MAX / 2 && fee_rate_ppm_max <= ppm, "what a unit holds fits");
/// The same of an order at `price`, which was checked.
constexpr Amount hold_per_unit(const Market& market, Side side, PriceTicks price, const FeeRates& fees) {
    return hold_per_unit(hold_rule(market, side, fees), market.unit_notional(price));
}

}  // namespace sauda::core
