#include "core/book/order_book.h"

#include <algorithm>

namespace sauda::core {

OrderBook::OrderBook(MarketId market, BookMemory& memory)
    : sides_{PriceLevels(market, Side::buy, memory), PriceLevels(market, Side::sell, memory)} {}

QuantityLots OrderBook::total_at(Side side, PriceTicks price) const {
    return {static_cast<std::int64_t>(level_pool().level(levels(side).find(price)).total)};
}

QuantityLots OrderBook::fillable(Side taker_side, PriceTicks limit, QuantityLots up_to) const {
    QuantityLots sum;
    const PriceLevels& makers = makers_for(taker_side);
    const std::int64_t limit_key = makers.key_of(limit);
    walk_levels(opposite(taker_side), [&](PriceTicks price, QuantityLots total) {
        if (makers.key_of(price) > limit_key) return false;
        sum += total;
        return sum < up_to;
    });
    return std::min(sum, up_to);
}

}  // namespace sauda::core
