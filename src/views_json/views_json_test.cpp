#include <gtest/gtest.h>

#include "views_json/candle_json.h"
#include "views_json/ticker_json.h"

namespace sauda::views_json {
namespace {

constexpr Scales scales{2, 0, 4};

views::Candle some_candle() {
    views::Candle candle;
    candle.start = {1'700'000'040'000'000'000};
    candle.open = {10'050};
    candle.high = {10'100};
    candle.low = {9'995};
    candle.close = {10'000};
    candle.quantity = core::Int128{1} << 64;
    candle.quote = 12'345'678;
    candle.taker_bought = 1;
    candle.taker_bought_quote = 5;
    candle.first_trade = {7};
    candle.last_trade = {9};
    return candle;
}

TEST(CandleJson, writes_every_digit) {
    EXPECT_EQ(
        candle_json(some_candle(), views::CandleInterval::minute_1, scales, true),
        R"({"start":1700000040000,"end":1700000100000,"open":"100.50","high":"101.00","low":"99.95",)"
        R"("close":"100.00","volume":"18446744073709551616","quote_volume":"1234.5678","trades":3,)"
        R"("first_trade_id":7,"last_trade_id":9,"taker_buy_volume":"1","taker_buy_quote_volume":"0.0005",)"
        R"("closed":true})");
}

TEST(CandleJson, a_flat_candle_names_no_trade) {
    views::Candle flat;
    const std::string text = candle_json(flat, views::CandleInterval::day_1, scales, false);
    EXPECT_NE(text.find(R"("trades":0,"first_trade_id":null,"last_trade_id":null)"), std::string::npos);
    EXPECT_NE(text.find(R"("closed":false)"), std::string::npos);
}

TEST(TickerJson, writes_what_there_is_and_null_for_the_rest) {
    core::MarketSpec spec;
    spec.name = core::MarketName("TATA_INR");
    views::Ticker ticker;
    ticker.window = views::TickerWindow::day_1;
    ticker.start = {1'700'000'040'000'000'000};
    EXPECT_EQ(ticker_members(ticker, spec, scales),
              R"("market":"TATA_INR","window":"24h","last_price":null,)"
              R"("best_bid":null,"best_bid_quantity":null,"best_ask":null,"best_ask_quantity":null,)"
              R"("open":null,"high":null,"low":null,"change":null,"change_percent":null,"volume":"0",)"
              R"("quote_volume":"0.0000","trades":0,"first_trade_id":null,"last_trade_id":null)");
    ticker.traded = some_candle();
    ticker.last_price = ticker.traded.close;
    ticker.best_bid = views::DepthLevel{{9'990}, {3}};
    const std::string text = ticker_members(ticker, spec, scales);
    for (const char* part : {R"("last_price":"100.00")", R"("best_bid":"99.90","best_bid_quantity":"3")",
                             R"("best_ask":null)", R"("change":"-0.50","change_percent":"-0.4975")",
                             R"("trades":3,"first_trade_id":7,"last_trade_id":9)"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
    }
}

}  // namespace
}  // namespace sauda::views_json
