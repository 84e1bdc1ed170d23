#include "views_json/candle_json.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include "core/types/decimal.h"

namespace sauda::views_json {

namespace {

std::string trade_id(core::TradeId id) {
    return id ? std::to_string(id.raw) : "null";
}

}  // namespace

Scales scales_of(const core::MarketSpec& spec, const core::Asset& quote) {
    return {spec.price_scale, spec.quantity_scale, quote.scale};
}

std::string candle_json(const views::Candle& candle, views::CandleInterval interval, const Scales& scales,
                        bool is_closed) {
    const auto price = [&](core::PriceTicks value) { return core::format_decimal(value.raw, scales.price); };
    const auto quantity = [&](core::Int128 value) {
        return core::format_decimal_wide(value, scales.quantity);
    };
    const auto quote = [&](core::Int128 value) { return core::format_decimal_wide(value, scales.quote); };
    return fmt::format(
        FMT_COMPILE(
            R"({{"start":{},"end":{},"open":"{}","high":"{}","low":"{}","close":"{}","volume":"{}",)"
            R"("quote_volume":"{}","trades":{},"first_trade_id":{},"last_trade_id":{},"taker_buy_volume":"{}",)"
            R"("taker_buy_quote_volume":"{}","closed":{}}})"),
        candle.start.milliseconds(), views::candle_end(interval, candle.start).milliseconds(),
        price(candle.open), price(candle.high), price(candle.low), price(candle.close),
        quantity(candle.quantity), quote(candle.quote), candle.trade_count(), trade_id(candle.first_trade),
        trade_id(candle.last_trade), quantity(candle.taker_bought), quote(candle.taker_bought_quote),
        is_closed);
}

}  // namespace sauda::views_json
