/// Trades and candles.
#include <algorithm>

#include "history/columns.h"
#include "history/reader.h"
#include "history/reader_parts.h"
#include "history/soundness.h"

namespace sauda::history {

namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;

/// Columns: trade, price, quantity, taker_side, sequence.
views::PublicTrade public_trade_at(sql::Statement& row, const core::Market& market) {
    views::PublicTrade trade;
    trade.trade = row.id<core::TradeId>(0);
    trade.price = {row.integer(1)};
    trade.quantity = {row.integer(2)};
    trade.taker_side = enum_at<core::Side>(row, 3);
    if (is_sound(market, trade.price, trade.quantity, trade.taker_side)) {
        trade.quote = {static_cast<std::int64_t>(market.notional(trade.price, trade.quantity))};
    } else {
        row.fail("trade " + std::to_string(trade.trade.raw) + " of market " + std::to_string(market.id.raw));
    }
    return trade;
}

/// Puts `later`, whose trades are younger, behind `candle`.
void append(Candle& candle, const Candle& later) {
    candle.high = std::max(candle.high, later.high);
    candle.low = std::min(candle.low, later.low);
    candle.close = later.close;
    candle.volume += later.volume;
    candle.quote_volume += later.quote_volume;
    candle.trade_count += later.trade_count;
    candle.last_trade = later.last_trade;
    if (!later.taker_bought) candle.taker_bought.reset();
    if (!candle.taker_bought) return;
    candle.taker_bought->quantity += later.taker_bought->quantity;
    candle.taker_bought->quote += later.taker_bought->quote;
}

/// Adds `part` to the candle of its span, which begins a new one where the last is of another. False when
/// that would be one more than `limit`.
bool add_part(std::vector<Candle>& candles, Candle part, std::int64_t interval_s, std::size_t limit) {
    part.start_s -= part.start_s % interval_s;
    part.interval_s = interval_s;
    if (!candles.empty() && candles.back().start_s == part.start_s) {
        append(candles.back(), part);
        return true;
    }
    if (candles.size() == limit) return false;
    candles.push_back(part);
    return true;
}

Candle candle_of(core::MarketId market, const views::PublicTrade& trade) {
    TakerBought bought;
    if (trade.taker_side == core::Side::buy) bought = {trade.quantity.raw, trade.quote.raw};
    return {market,
            0,
            trade.time.raw / ns_per_s,
            trade.price,
            trade.price,
            trade.price,
            trade.price,
            trade.quantity.raw,
            trade.quote.raw,
            1,
            trade.trade,
            trade.trade,
            bought};
}

}  // namespace

Read<std::vector<views::PublicTrade>> Reader::trades(const core::Market& market, std::size_t limit,
                                                     core::TradeId before) {
    const Snapshot snapshot(*this);
    sql::Statement& query = prepared(
        "SELECT trade, price, quantity, taker_side, sequence FROM trades "
        "WHERE market = ? AND trade < ? ORDER BY trade DESC LIMIT ?");
    query.bind(market.id.raw).bind(before ? static_cast<std::int64_t>(before.raw) : INT64_MAX).bind(limit);
    std::vector<views::PublicTrade> trades;
    while (query.step()) {
        trades.push_back(public_trade_at(query, market));
        trades.back().time = time_of(query.id<core::Sequence>(4));
    }
    note(query);
    return told(std::move(trades));
}

/// Trade ids and sequences rise together, ids by one: a search by halves.
core::TradeId Reader::first_trade_from(core::MarketId market, core::Sequence sequence) {
    sql::Statement& last = prepared("SELECT trade FROM trades WHERE market = ? ORDER BY trade DESC LIMIT 1");
    sql::Statement& at = prepared("SELECT sequence FROM trades WHERE market = ? AND trade = ?");
    std::uint64_t low = 1;
    std::uint64_t high = last.bind(market.raw).step() ? last.id<core::TradeId>(0).raw + 1 : 1;
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        const bool is_before = at.bind(market.raw).bind(middle).step() && at.id<core::Sequence>(0) < sequence;
        at.reset();
        (is_before ? low : high) = is_before ? middle + 1 : middle;
    }
    note(last);
    note(at);
    return {low};
}

Read<void> Reader::visit_trades(const core::Market& market, core::TimestampNs from, core::TimestampNs to,
                                const TradeVisitor& visit) {
    const Snapshot snapshot(*this);
    const core::Sequence end = first_sequence_from(to);
    sql::Statement& query = streamed(
        "SELECT trade, price, quantity, taker_side, sequence FROM trades "
        "WHERE market = ? AND trade >= ? ORDER BY trade");
    query.bind(market.id.raw).bind(first_trade_from(market.id, first_sequence_from(from)).raw);
    core::Sequence known;
    core::TimestampNs time;
    while (query.step()) {
        const auto sequence = query.id<core::Sequence>(4);
        if (sequence >= end) break;
        if (sequence != known) time = time_of(sequence);
        known = sequence;
        views::PublicTrade trade = public_trade_at(query, market);
        if (query.failed()) break;
        trade.time = time;
        if (!visit(trade)) break;
    }
    note(query);
    if (auto failure = std::exchange(failure_, std::nullopt)) return base::Unexpected{std::move(*failure)};
    return {};
}

std::vector<Candle> Reader::kept_candles(core::MarketId market, std::int64_t kept_s, std::int64_t interval_s,
                                         std::int64_t from_s, std::int64_t to_s, std::size_t limit) {
    sql::Statement& query = streamed(std::string("SELECT ") + candle_columns +
                                     " FROM candles WHERE market = ? AND interval_s = ? AND start_s >= ? "
                                     "AND start_s < ? ORDER BY start_s");
    query.bind(market.raw).bind(kept_s).bind(from_s).bind(to_s);
    std::vector<Candle> candles;
    while (query.step()) {
        const Candle part = candle_at(query);
        if (query.failed() || !add_part(candles, part, interval_s, limit)) break;
    }
    note(query);
    return candles;
}

Read<std::vector<Candle>> Reader::candles_before(const core::Market& market, std::int64_t kept_s,
                                                 std::int64_t before_s, std::size_t limit) {
    const Snapshot snapshot(*this);
    sql::Statement& query = prepared(std::string("SELECT ") + candle_columns +
                                     " FROM candles WHERE market = ? AND interval_s = ? AND start_s < ? "
                                     "ORDER BY start_s DESC LIMIT ?");
    query.bind(market.id.raw).bind(kept_s).bind(before_s).bind(limit);
    std::vector<Candle> candles;
    while (query.step()) candles.push_back(candle_at(query));
    note(query);
    return told(std::move(candles));
}

Read<std::vector<Candle>> Reader::candles(const core::Market& market, std::int64_t interval_s,
                                          std::int64_t from_s, std::int64_t to_s, std::size_t limit) {
    const auto up = [interval_s](std::int64_t time_s) {
        return (time_s + interval_s - 1) / interval_s * interval_s;
    };
    // Candles that begin in [from, to): from the first such beginning to the end of the last.
    const std::int64_t time_max_s = INT64_MAX / ns_per_s - interval_s;
    const std::int64_t first_s = up(std::clamp<std::int64_t>(from_s, 0, time_max_s));
    const std::int64_t end_s = up(std::clamp<std::int64_t>(to_s, 0, time_max_s));
    std::int64_t kept_s = 0;
    for (const std::int64_t each : kept_intervals_s) {
        if (interval_s % each == 0) kept_s = each;
    }
    if (kept_s != 0) {
        const Snapshot snapshot(*this);
        return told(kept_candles(market.id, kept_s, interval_s, first_s, end_s, limit));
    }
    std::vector<Candle> candles;
    const Read<void> visited =
        visit_trades(market, {first_s * ns_per_s}, {end_s * ns_per_s}, [&](const views::PublicTrade& trade) {
            return add_part(candles, candle_of(market.id, trade), interval_s, limit);
        });
    if (!visited) return base::Unexpected{visited.error()};
    return candles;
}

}  // namespace sauda::history
