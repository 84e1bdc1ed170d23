/// Tickers as JSON: the same text over REST and over WebSocket.
#pragma once

#include <string>

#include "core/types/market.h"
#include "views/tickers.h"
#include "views_json/candle_json.h"

namespace sauda::views_json {

/// The members of a ticker without braces:
/// `"market","window","last_price","best_bid","best_bid_quantity","best_ask",
/// "best_ask_quantity","open","high","low","change","change_percent","volume","quote_volume","trades",
/// "first_trade_id","last_trade_id"`. What does not exist (no trade ever, none in the window, an empty side)
/// is null, where the window begins is the caller's to tell; `change_percent` has four decimals, rounded to
/// the nearest, halves away from zero.
std::string ticker_members(const views::Ticker& ticker, const core::MarketSpec& spec, const Scales& scales);

}  // namespace sauda::views_json
