/// Candles as JSON: the same text over REST, over WebSocket and out of history.
#pragma once

#include <string>

#include "core/types/market.h"
#include "core/types/timestamp.h"
#include "views/candles.h"

namespace sauda::views_json {

/// What numbers of one market are written with.
struct Scales {
    int price = 0;
    int quantity = 0;
    int quote = 0;  ///< of the quote asset
};
Scales scales_of(const core::MarketSpec& spec, const core::Asset& quote);

/// `{"start","end","open","high","low","close","volume","quote_volume","trades","first_trade_id",
/// "last_trade_id","taker_buy_volume","taker_buy_quote_volume","closed"}`: times in milliseconds, `end`
/// excluded; the ids are null in a flat candle.
std::string candle_json(const views::Candle& candle, views::CandleInterval interval, const Scales& scales,
                        bool is_closed);

}  // namespace sauda::views_json
