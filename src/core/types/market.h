/// Assets and markets: data, listed by commands, not code.
#pragma once

#include <array>
#include <cstdint>

#include "core/types/ids.h"
#include "core/types/order.h"
#include "core/types/step_grid.h"
#include "core/types/text.h"
#include "core/types/units.h"

namespace sauda::core {

/// One asset. Amounts of it count 10^-scale.
struct Asset {
    AssetId id;
    AssetName name;
    std::uint8_t scale = 0;
};

enum class MarketState : std::uint8_t {
    trading = 0,
    cancel_only = 1,  ///< open orders may be cancelled, none placed or amended
    halted = 2,       ///< as cancel_only for orders; named apart so that clients see why
};

/// Where fees are charged.
enum class FeeAsset : std::uint8_t {
    quote = 0,     ///< both sides pay in quote: base quantities stay whole (shares)
    received = 1,  ///< each side pays in what it receives: buyers in base, sellers in quote
};

/// Parts per million of the notional. A negative maker rate is a rebate: a share of the same trade's taker
/// fee.
struct FeeRates {
    std::int32_t maker_ppm = 0;
    std::int32_t taker_ppm = 0;
    friend constexpr bool operator==(const FeeRates&, const FeeRates&) = default;
};

/// What a market is. `price_unit` and `quantity_unit` never change; tick and lot only validate, so they may.
///
/// Units: `price_unit` is 10^-price_scale quote; `quantity_unit` is 10^-quantity_scale base. A market is
/// listed only if one price unit × one quantity unit is a whole number of quote minor units, and one quantity
/// unit a whole number of base minor units: settlement never rounds.
struct MarketSpec {
    AssetId base;
    AssetId quote;
    FeeRates fees;
    FeeAsset fee_asset = FeeAsset::quote;
    std::uint8_t price_scale = 0;
    std::uint8_t quantity_scale = 0;
    Amount min_notional;    ///< in quote minor units
    std::int64_t tick = 1;  ///< smallest price step, in price units
    std::int64_t lot = 1;   ///< smallest quantity step, in quantity units
    MarketName name;
};

/// A listed market: its spec, and what follows from it. What every order asks comes first.
struct Market {
    MarketId id;
    MarketState state = MarketState::trading;
    std::array<AssetId, 2> paid_with;  ///< by Side: what its orders are paid from, quote and base
    std::int64_t quote_per_unit = 1;   ///< quote minor units in one price unit × one quantity unit
    std::int64_t base_per_unit = 1;    ///< base minor units in one quantity unit
    StepGrid tick_grid;                ///< of spec.tick: the prices that an order may have
    StepGrid lot_grid;                 ///< of spec.lot: the quantities that an order may have
    MarketSpec spec;

    /// Price × quantity in quote minor units, in 128 bits.
    constexpr Int128 notional(PriceTicks price, QuantityLots quantity) const {
        return (price * quantity).raw * quote_per_unit;
    }
    /// The notional of one quantity unit. Cut to 2^63 - 1, which is more than anyone has.
    /// Requires: price >= 0.
    constexpr Amount unit_notional(PriceTicks price) const {
        std::int64_t product = 0;
        return {__builtin_mul_overflow(price.raw, quote_per_unit, &product) ? INT64_MAX : product};
    }
    /// Quantity in base minor units, in 128 bits: an order may ask for more than there is.
    constexpr Int128 base_amount(QuantityLots quantity) const {
        return static_cast<Int128>(quantity.raw) * base_per_unit;
    }
};

/// The asset that an order of `side` is paid from, and therefore holds. (`Market::paid_with` says the same to
/// core without a branch.)
constexpr AssetId paying_asset(const MarketSpec& spec, Side side) {
    return side == Side::buy ? spec.quote : spec.base;
}

}  // namespace sauda::core
