#include "views/older_candles.h"

#include <algorithm>

#include "base/assert.h"

namespace sauda::views {

namespace {

constexpr std::size_t chunk_trades = 1'000;

Candle candle_of(const PublicTrade& trade, core::TimestampNs start) {
    Candle candle;
    candle.start = start;
    candle.open = candle.high = candle.low = candle.close = trade.price;
    candle.first_trade = candle.last_trade = trade.trade;
    candle.quantity = trade.quantity.raw;
    candle.quote = trade.quote.raw;
    if (trade.taker_side == core::Side::buy) {
        candle.taker_bought = candle.quantity;
        candle.taker_bought_quote = candle.quote;
    }
    return candle;
}

/// One page, made from its newest candle back.
class Page {
public:
    Page(const OlderCandlesQuery& query, core::TimestampNs newest) : query_(query), next_(newest) {}

    /// Takes a trade older than all before; false when the page needs no more.
    bool take(const PublicTrade& trade) {
        const core::TimestampNs start = candle_start(query_.interval, trade.time);
        if (open_ && open_->start == start) {
            Candle longer = candle_of(trade, start);
            longer.merge(*open_);
            open_ = longer;
            return true;
        }
        if (!finish() || (!candles_.empty() && taken_ >= query_.trades_max)) return false;
        for (; next_ > start; step_back()) {
            if (is_full()) return false;
            Candle flat;
            flat.start = next_;
            flat.open = flat.high = flat.low = flat.close = trade.price;
            candles_.push_back(flat);
        }
        if (is_full()) return false;
        open_ = candle_of(trade, start);
        return true;
    }
    void count(std::size_t trades) { taken_ += trades; }

    /// `saw_all`: the market's first trade was taken.
    OlderCandles done(bool saw_all) {
        if (saw_all) finish();
        const bool in_range = next_ >= query_.range.from;
        std::ranges::reverse(candles_);
        return {std::move(candles_), !saw_all && in_range};
    }

private:
    bool is_full() const { return candles_.size() >= query_.limit || next_ < query_.range.from; }
    void step_back() { next_ = candle_start(query_.interval, {next_.raw - 1}); }
    /// Closes the candle being made; false when it was the page's last.
    bool finish() {
        if (!open_) return !is_full();
        candles_.push_back(*open_);
        open_.reset();
        step_back();
        return !is_full();
    }

    const OlderCandlesQuery& query_;
    core::TimestampNs next_;  // where the next candle, further back, begins
    std::optional<Candle> open_;
    std::vector<Candle> candles_;  // newest first
    std::size_t taken_ = 0;
};

/// The first trade below `before` that is not before `time`, or `before`: where trades of the range end.
std::optional<core::TradeId> first_from(const TradeSource& source, core::TimestampNs time,
                                        core::TradeId before) {
    std::uint64_t low = 1;
    std::uint64_t high = before.raw;
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        const auto trade = source(1, {middle + 1});
        if (!trade || trade->size() != 1) return std::nullopt;
        if (trade->front().time < time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return core::TradeId{low};
}

}  // namespace

std::optional<OlderCandles> older_candles(const TradeSource& source, const OlderCandlesQuery& query) {
    // The newest candle of the page is whole, though its end may lie behind that of the range.
    const core::TimestampNs newest = candle_start(query.interval, {query.range.to.raw - 1});
    const auto end = first_from(source, candle_end(query.interval, newest), query.before);
    if (!end) return std::nullopt;
    Page page(query, newest);
    for (core::TradeId before = *end; before.raw > 1;) {
        const auto trades = source(chunk_trades, before);
        if (!trades || trades->empty()) return std::nullopt;
        page.count(trades->size());
        for (const PublicTrade& trade : *trades) {
            if (!page.take(trade)) return page.done(false);
        }
        before = trades->back().trade;
    }
    if (end->raw <= 1) return OlderCandles{};
    return page.done(true);
}

}  // namespace sauda::views
