/// Fills: each owner's side of trades.
#include <algorithm>

#include "history/columns.h"
#include "history/reader.h"
#include "history/reader_parts.h"
#include "history/soundness.h"

namespace sauda::history {

const char* const fill_query =
    "SELECT f.sequence, f.n, f.order_id, f.market, f.trade, t.price, t.quantity, t.taker_side, "
    "t.maker_order, "
    "t.taker_order, t.maker_leaves, t.taker_leaves, t.maker_fee, t.taker_fee, m.fee_asset "
    "FROM fills f JOIN trades t ON t.market = f.market AND t.trade = f.trade AND t.sequence = f.sequence "
    "JOIN markets m ON m.market = f.market ";

Fill fill_at(sql::Statement& row) {
    Fill fill;
    fill.place = {row.id<core::Sequence>(0), static_cast<std::uint32_t>(row.integer(1)), 0};
    fill.order = row.id<core::OrderId>(2);
    fill.market = row.id<core::MarketId>(3);
    fill.trade = row.id<core::TradeId>(4);
    const bool is_taker = fill.place.n % 2 == 1;
    fill.liquidity = is_taker ? core::Liquidity::taker : core::Liquidity::maker;
    fill.price = {row.integer(5)};
    fill.quantity = {row.integer(6)};
    core::Trade trade;
    trade.taker_side = enum_at<core::Side>(row, 7);
    trade.maker_fee = {row.integer(12)};
    trade.taker_fee = {row.integer(13)};
    trade.fee_asset = enum_at<core::FeeAsset>(row, 14);
    fill.side = is_taker ? trade.taker_side : core::opposite(trade.taker_side);
    fill.matched_with = row.id<core::OrderId>(is_taker ? 8 : 9);
    fill.leaves = {row.integer(is_taker ? 11 : 10)};
    fill.fee = is_taker ? trade.taker_fee : trade.maker_fee;
    fill.fee_in_base = trade.fee_in_base(fill.liquidity);
    if (trade.taker_side > core::Side::sell || !is_sound(fill))
        row.fail("trade " + std::to_string(fill.trade.raw) + " of market " + std::to_string(fill.market.raw));
    return fill;
}

Read<Page<Fill>> Reader::fills(core::AccountId account, core::MarketId market, core::OrderId order,
                               const Range& range) {
    const Snapshot snapshot(*this);
    const Bounds bounds = bounds_of(range);
    const char* const which = order ? "WHERE f.account = ? AND f.order_id = ? " : "WHERE f.account = ? ";
    sql::Statement& query = streamed(std::string(fill_query) + which +
                                     "AND (f.sequence, f.n) < (?, ?) AND f.sequence >= ? "
                                     "ORDER BY f.sequence DESC, f.n DESC LIMIT ?");
    query.bind(account.raw);
    if (order) query.bind(order.raw);
    query.bind(bounds.before.sequence.raw).bind(bounds.before.n).bind(bounds.first.raw);
    query.bind(std::min(rows_looked_at_max, market ? SIZE_MAX : range.limit) + 1);
    Page<Fill> page;
    Cursor last;
    for (std::size_t looked_at = 0; query.step(); ++looked_at) {
        if (page.rows.size() == range.limit || looked_at == rows_looked_at_max) {
            page.next = last;
            break;
        }
        const Fill fill = fill_at(query);
        last = fill.place;
        expect_listed(fill.market);
        if (!market || fill.market == market) page.rows.push_back(fill);
    }
    note(query);
    add_times(page.rows);
    return told(page);
}

}  // namespace sauda::history
