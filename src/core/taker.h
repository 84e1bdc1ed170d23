/// An order on its way through the book: newly placed, or amended and so placed anew under its old id.
#pragma once

#include "core/exchange_impl.h"

namespace sauda::core {

struct Taker {
    OrderId id;
    Account* owner = nullptr;
    Side side{};
    OrderTerms terms;
    bool is_quote_bound = false;
    bool rests = false;  ///< what cannot be filled at once rests: a limit order good till cancelled
    std::uint16_t fee_schedule = 0;
    ClientOrderIds::Entry client_entry = 0;
    SlotIndex slot{};  ///< where it stood before an amendment; none when new
    FeeRates fees;
    PriceTicks price;       ///< zero on market orders: any price
    QuantityLots quantity;  ///< in all, filled part included; zero when bound by quote
    QuantityLots leaves;    ///< still open; when bound by quote, what the book may give at most
    Amount hold_per_unit;   ///< what a limit order holds per quantity unit that rests
    Amount quote_left;      ///< what may still be spent or earned; used only when bound by quote
};

/// Lets `taker` trade against the book, settles each trade, and rests or expires what is left.
/// Requires: every check passed; funds cover the worst case.
void trade_and_rest(ExchangeImpl& exchange, MarketDesk& desk, Taker& taker, Applying now);

/// The most lots of a quote-bound taker's next trade at `price`, out of `available`: what its quote still
/// covers, fee included for a buyer charged in quote, in whole lots of the market.
QuantityLots affordable(const Market& market, const Taker& taker, PriceTicks price, QuantityLots available);

}  // namespace sauda::core
