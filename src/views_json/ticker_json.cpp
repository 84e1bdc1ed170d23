#include "views_json/ticker_json.h"

#include <optional>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "core/types/decimal.h"

namespace sauda::views_json {

namespace {

std::string quoted(std::int64_t value, int scale) {
    return '"' + core::format_decimal(value, scale) + '"';
}

std::string side_members(const char* side, const std::optional<views::DepthLevel>& best,
                         const Scales& scales) {
    return fmt::format(R"("{0}":{1},"{0}_quantity":{2})", side,
                       best ? quoted(best->price.raw, scales.price) : "null",
                       best ? quoted(best->quantity.raw, scales.quantity) : "null");
}

/// What the window's first and last trade tell; nothing of it exists without trades.
std::string price_members(const views::Candle& traded, int scale) {
    if (traded.is_flat()) return R"("open":null,"high":null,"low":null,"change":null,"change_percent":null)";
    return fmt::format(R"("open":{},"high":{},"low":{},"change":{},"change_percent":{})",
                       quoted(traded.open.raw, scale), quoted(traded.high.raw, scale),
                       quoted(traded.low.raw, scale), quoted(traded.close.raw - traded.open.raw, scale),
                       quoted(views::change_percent_rounded_half_away(traded.open, traded.close), 4));
}

std::string trade_id(core::TradeId id) {
    return id ? std::to_string(id.raw) : "null";
}

}  // namespace

std::string ticker_members(const views::Ticker& ticker, const core::MarketSpec& spec, const Scales& scales) {
    const views::Candle& traded = ticker.traded;
    return fmt::format(
        FMT_COMPILE(R"("market":"{}","window":"{}","last_price":{},{},{},{},"volume":"{}",)"
                    R"("quote_volume":"{}","trades":{},"first_trade_id":{},"last_trade_id":{})"),
        spec.name.view(), views::name(ticker.window),
        ticker.last_price ? quoted(ticker.last_price->raw, scales.price) : "null",
        side_members("best_bid", ticker.best_bid, scales), side_members("best_ask", ticker.best_ask, scales),
        price_members(traded, scales.price), core::format_decimal_wide(traded.quantity, scales.quantity),
        core::format_decimal_wide(traded.quote, scales.quote), traded.trade_count(),
        trade_id(traded.first_trade), trade_id(traded.last_trade));
}

}  // namespace sauda::views_json
