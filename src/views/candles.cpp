#include "views/candles.h"

#include <algorithm>

#include "base/assert.h"
#include "core/event_reader.h"

namespace sauda::views {

namespace {

const std::deque<Candle> no_candles;

/// The first stored candle that begins after `time`.
auto first_after(const std::deque<Candle>& candles, core::TimestampNs time) {
    return std::ranges::upper_bound(candles, time, {}, &Candle::start);
}

/// Nothing was traded from `start` on since the last trade at `price`.
Candle flat_candle(core::TimestampNs start, core::PriceTicks price) {
    Candle flat;
    flat.start = start;
    flat.open = flat.high = flat.low = flat.close = price;
    return flat;
}

}  // namespace

void Candle::add(const core::Trade& trade) {
    if (is_flat()) {
        open = high = low = trade.price;
        first_trade = trade.trade;
    }
    ASSERT(last_trade.raw + 1 == trade.trade.raw || first_trade == trade.trade);
    high = std::max(high, trade.price);
    low = std::min(low, trade.price);
    close = trade.price;
    last_trade = trade.trade;
    quantity += trade.quantity.raw;
    quote += trade.quote.raw;
    if (trade.taker_side != core::Side::buy) return;
    taker_bought += trade.quantity.raw;
    taker_bought_quote += trade.quote.raw;
}

void Candle::merge(const Candle& later) {
    if (later.is_flat()) return;
    if (is_flat()) {
        const core::TimestampNs mine = start;
        *this = later;
        start = mine;
        return;
    }
    ASSERT(later.first_trade.raw == last_trade.raw + 1);
    high = std::max(high, later.high);
    low = std::min(low, later.low);
    close = later.close;
    last_trade = later.last_trade;
    quantity += later.quantity;
    quote += later.quote;
    taker_bought += later.taker_bought;
    taker_bought_quote += later.taker_bought_quote;
}

CandlesView::CandlesView(const core::ExchangeState& state)
    : last_(state.last.sequence), markets_(state.markets.size()) {}

bool CandlesView::apply(core::Sequence sequence, core::TimestampNs time, base::ByteView events) {
    if (sequence <= last_) return true;
    last_ = sequence;
    return core::for_each_event(
        events, core::Overloaded{[&](const core::Trade& trade) { fold(trade, time); }, [](const auto&) {}});
}

void CandlesView::fold(const core::Trade& trade, core::TimestampNs time) {
    if (trade.market.raw > markets_.size()) markets_.resize(trade.market.raw);
    Market& market = markets_[trade.market.raw - 1];
    for (const CandleInterval interval : candle_intervals()) add(market, interval, trade, time);
}

void CandlesView::add(Market& market, CandleInterval interval, const core::Trade& trade,
                      core::TimestampNs time) const {
    auto& candles = market.by_interval[static_cast<std::size_t>(interval)];
    core::TimestampNs& end = market.ends[static_cast<std::size_t>(interval)];
    if (candles.empty() || time >= end) {
        const core::TimestampNs start = candle_start(interval, time);
        ASSERT(candles.empty() || start > candles.back().start);
        end = candle_end(interval, start);
        candles.emplace_back().start = start;
        if (candles.size() > candles_kept(interval, limits_)) candles.pop_front();
    }
    candles.back().add(trade);
}

const std::deque<Candle>& CandlesView::traded(core::MarketId market, CandleInterval interval) const {
    if (market.raw < 1 || market.raw > markets_.size()) return no_candles;
    return markets_[market.raw - 1].by_interval[static_cast<std::size_t>(interval)];
}

const Candle* CandlesView::newest(core::MarketId market, CandleInterval interval) const {
    const auto& stored = traded(market, interval);
    return stored.empty() ? nullptr : &stored.back();
}

std::optional<core::TimestampNs> CandlesView::oldest(core::MarketId market, CandleInterval interval) const {
    const auto& stored = traded(market, interval);
    return stored.empty() ? std::nullopt : std::optional(stored.front().start);
}

std::optional<Candle> CandlesView::candle_at(core::MarketId market, CandleInterval interval,
                                             core::TimestampNs start) const {
    const auto& stored = traded(market, interval);
    const auto after = first_after(stored, start);
    if (after == stored.begin()) return std::nullopt;
    const Candle& before = *std::prev(after);
    return before.start == start ? before : flat_candle(start, before.close);
}

std::vector<Candle> CandlesView::candles(core::MarketId market, CandleInterval interval, CandleRange range,
                                         std::size_t limit, core::TimestampNs now) const {
    std::vector<Candle> page;
    const auto& stored = traded(market, interval);
    if (stored.empty() || limit == 0) return page;
    // A trade may be stamped a moment ahead of the reader's clock; it is there all the same.
    const core::TimestampNs newest_start = std::max(candle_start(interval, now), stored.back().start);
    const core::TimestampNs from = std::max(range.from, stored.front().start);
    core::TimestampNs start = candle_start(interval, {std::min(range.to.raw - 1, newest_start.raw)});
    for (auto after = first_after(stored, start); start >= from && page.size() < limit;) {
        const Candle& before = *std::prev(after);
        const bool is_stored = before.start == start;
        page.push_back(is_stored ? before : flat_candle(start, before.close));
        if (is_stored) --after;
        start = candle_start(interval, {start.raw - 1});
    }
    std::ranges::reverse(page);
    return page;
}

}  // namespace sauda::views
