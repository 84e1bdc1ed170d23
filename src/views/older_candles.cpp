#include "views/older_candles.h"

#include <algorithm>

#include "base/assert.h"

namespace sauda::views {

namespace {

constexpr std::size_t chunk_parts = 1'000;

Candle candle_of(const PublicTrade& trade) {
    Candle candle;
    candle.start = trade.time;
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

    /// Takes a part older than all before; false when the page needs no more.
    bool take(const Candle& part) {
        const core::TimestampNs start = candle_start(query_.interval, part.start);
        if (open_ && open_->start == start) {
            Candle longer = part;
            longer.merge(*open_);
            longer.start = start;
            open_ = longer;
            return true;
        }
        if (!finish() || (!candles_.empty() && taken_ >= query_.parts_max)) return false;
        for (; next_ > start; step_back()) {
            if (is_full()) return false;
            Candle flat;
            flat.start = next_;
            flat.open = flat.high = flat.low = flat.close = part.close;
            candles_.push_back(flat);
        }
        if (is_full()) return false;
        open_ = part;
        open_->start = start;
        return true;
    }
    void count(std::size_t parts) { taken_ += parts; }

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

/// Parts of a page, newest first, without a gap in the trades of which they are.
class Parts {
public:
    /// Of those with trades below `end`, all of which are before `end_time`.
    Parts(const OlderSources& sources, core::TradeId end, core::TimestampNs end_time)
        : sources_(sources), before_(end), before_time_(end_time) {}

    bool saw_all() const { return before_.raw <= 1; }
    /// Nothing when they cannot be read. Requires: !saw_all().
    std::optional<std::vector<Candle>> next() {
        auto parts = sources_.candles ? sources_.candles(chunk_parts, before_time_) : trades();
        if (!parts || parts->empty()) return std::nullopt;
        for (const Candle& part : *parts) {
            if (part.last_trade.raw + 1 != before_.raw) return std::nullopt;
            before_ = part.first_trade;
        }
        before_time_ = parts->back().start;
        return parts;
    }

private:
    std::optional<std::vector<Candle>> trades() const {
        const auto trades = sources_.trades(chunk_parts, before_);
        if (!trades) return std::nullopt;
        std::vector<Candle> parts;
        parts.reserve(trades->size());
        for (const PublicTrade& trade : *trades) parts.push_back(candle_of(trade));
        return parts;
    }

    const OlderSources& sources_;
    core::TradeId before_;
    core::TimestampNs before_time_;
};

}  // namespace

std::optional<OlderCandles> older_candles(const OlderSources& sources, const OlderCandlesQuery& query) {
    // The newest candle of the page is whole, though its end may lie behind that of the range.
    const core::TimestampNs newest = candle_start(query.interval, {query.range.to.raw - 1});
    const core::TimestampNs end_time = candle_end(query.interval, newest);
    const auto end = first_from(sources.trades, end_time, query.before);
    if (!end) return std::nullopt;
    if (end->raw <= 1) return OlderCandles{};
    Page page(query, newest);
    Parts parts(sources, *end, end_time);
    while (!parts.saw_all()) {
        const auto some = parts.next();
        if (!some) return std::nullopt;
        page.count(some->size());
        for (const Candle& part : *some) {
            if (!page.take(part)) return page.done(false);
        }
    }
    return page.done(true);
}

}  // namespace sauda::views
