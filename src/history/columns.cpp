#include "history/columns.h"

#include "history/soundness.h"

namespace sauda::history {

namespace {

/// Whether the market is one of listed assets, in whole units of them.
bool is_of(const core::MarketListed& market, const views::Listings& listings) {
    const core::Asset* base = listings.find_asset(market.base);
    const core::Asset* quote = listings.find_asset(market.quote);
    return base != nullptr && quote != nullptr && market.fee_asset <= core::FeeAsset::received &&
           base->scale >= market.quantity_scale && quote->scale >= market.price_scale + market.quantity_scale;
}

}  // namespace

sql::Result<views::Listings> read_listings(sql::Connection& connection) {
    views::Listings listings;
    sql::Statement assets(connection, "SELECT asset, name, scale FROM assets ORDER BY asset");
    while (assets.step()) {
        core::AssetListed asset;
        asset.asset = assets.id<core::AssetId>(0);
        asset.name = assets.text_of<core::AssetName>(1);
        asset.scale = static_cast<std::uint8_t>(assets.integer(2));
        if (asset.scale > core::asset_scale_max) assets.fail("asset " + std::to_string(asset.asset.raw));
        if (assets.failed()) break;
        listings.apply(asset);
    }
    if (assets.failed()) return base::Unexpected{assets.error()};
    sql::Statement markets(
        connection,
        "SELECT market, name, base, quote, price_scale, quantity_scale, fee_asset FROM markets "
        "ORDER BY market");
    while (markets.step()) {
        core::MarketListed market;
        market.market = markets.id<core::MarketId>(0);
        market.name = markets.text_of<core::MarketName>(1);
        market.base = markets.id<core::AssetId>(2);
        market.quote = markets.id<core::AssetId>(3);
        market.price_scale = static_cast<std::uint8_t>(markets.integer(4));
        market.quantity_scale = static_cast<std::uint8_t>(markets.integer(5));
        market.fee_asset = enum_at<core::FeeAsset>(markets, 6);
        market.tick = market.lot = 1;  // they validate orders, which history does not
        if (!is_of(market, listings)) markets.fail("market " + std::to_string(market.market.raw));
        if (markets.failed()) break;
        listings.apply(market);
    }
    if (markets.failed()) return base::Unexpected{markets.error()};
    return listings;
}

OrderRow order_at(sql::Statement& row) {
    OrderRow out;
    views::OrderView& order = out.order;
    order.id = row.id<core::OrderId>(0);
    order.account = row.id<core::AccountId>(1);
    order.market = row.id<core::MarketId>(2);
    order.client_order_id = row.text_of<core::ClientOrderId>(3);
    set_order_flags(order, row.integer(4));
    set_order_status(order, row.integer(5));
    order.price = {row.integer(6)};
    order.quantity = {row.integer(7)};
    order.filled = {row.integer(8)};
    order.leaves = {row.integer(9)};
    order.filled_quote = wide_at(row, 10);
    order.quote_quantity = {row.integer(12)};
    order.quote_used = {row.integer(13)};
    order.fees = {static_cast<std::int32_t>(row.integer(14)), static_cast<std::int32_t>(row.integer(15))};
    out.created = row.id<core::Sequence>(16);
    out.updated = row.id<core::Sequence>(17);
    out.closed = row.id<core::Sequence>(18);  // NULL reads as zero
    out.closed_n = static_cast<std::uint32_t>(row.integer(19));
    const bool is_whole =
        order_flags(order) == row.integer(4) && order_status(order) == row.integer(5) && is_sound(out);
    if (!is_whole) row.fail("order " + std::to_string(order.id.raw));
    return out;
}

Candle candle_at(sql::Statement& row) {
    Candle candle;
    candle.market = row.id<core::MarketId>(0);
    candle.interval_s = row.integer(1);
    candle.start_s = row.integer(2);
    candle.open = {row.integer(3)};
    candle.high = {row.integer(4)};
    candle.low = {row.integer(5)};
    candle.close = {row.integer(6)};
    candle.volume = wide_at(row, 7);
    candle.quote_volume = wide_at(row, 9);
    candle.trade_count = static_cast<std::uint64_t>(row.integer(11));
    candle.first_trade = row.id<core::TradeId>(12);
    candle.last_trade = row.id<core::TradeId>(13);
    if (!row.is_null(14)) {
        candle.taker_bought = TakerBought{wide_at(row, 14), wide_at(row, 16)};
    }
    if (!is_sound(candle)) row.fail("a candle of market " + std::to_string(candle.market.raw));
    return candle;
}

}  // namespace sauda::history
