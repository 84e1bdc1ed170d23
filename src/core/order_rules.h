/// The rules that an order must meet before anything changes: shape, tick and lot, notional, funds.
#pragma once

#include "base/result.h"
#include "core/exchange_impl.h"

namespace sauda::core {

/// Funds that the command itself sets free first: the hold of an order being replaced.
struct FreedHold {
    Amount amount;  // in the asset that the new order needs: a replacement is of the same market and side
    std::uint32_t open_orders = 0;
};

/// What an order that may be placed is paid from.
struct Funding {
    Balance* row = nullptr;  ///< of a limit order; lives until a row is made
    Amount hold_per_unit;    ///< of a limit order
};

/// Whether `order` of `account` may be placed in the market of `desk` (null: there is none) now; if so, what
/// pays for it. Nothing changes.
base::Result<Funding, RejectReason> check_place(const ExchangeImpl& exchange, Account& account,
                                                const MarketDesk* desk, const PlaceOrder& order,
                                                FreedHold freed);

/// Whether a price stands on the market's grid.
base::Result<void, RejectReason> check_price(const Market& market, PriceTicks price);
/// Whether a quantity stands on the market's grid.
base::Result<void, RejectReason> check_quantity(const Market& market, QuantityLots quantity);
/// Whether price × quantity can be settled and is worth the market's minimum; if so, the notional of one
/// quantity unit, which is no more than asset_supply_max. Requires: both are above zero.
base::Result<Amount, RejectReason> check_notional(const Market& market, PriceTicks price,
                                                  QuantityLots quantity);

}  // namespace sauda::core
