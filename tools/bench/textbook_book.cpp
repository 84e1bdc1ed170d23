#include "bench/textbook_book.h"

#include <algorithm>
#include <iterator>

namespace sauda::bench {

bool TextbookBook::apply(const FlowRecord& record) {
    filled_.clear();
    if (record.market >= markets_.size()) return false;
    if (record.type == FlowType::place) {
        TextbookOrder order{record.id,      record.market, record.quantity,
                            record.account, record.side,   record.price};
        place(order, record.time_in_force == 0);
        return true;
    }
    const auto found = orders_.find(record.id);
    if (found == orders_.end()) return false;
    TextbookOrder& resting = *found->second;
    if (record.type == FlowType::reduce && record.quantity < resting.leaves) {
        resting.leaves -= record.quantity;
        return true;
    }
    TextbookOrder taken = take_out(found);
    if (record.type != FlowType::replace) return true;
    taken.price = record.price;
    if (record.quantity != 0) taken.leaves = record.quantity;
    place(taken, true);
    return true;
}

const TextbookOrder* TextbookBook::find(std::uint64_t id) const {
    const auto found = orders_.find(id);
    return found == orders_.end() ? nullptr : &*found->second;
}

std::int64_t TextbookBook::best(std::uint32_t market, std::uint8_t side, std::int64_t fallback) const {
    const Prices& prices = markets_[market].sides[side];
    if (prices.empty()) return fallback;
    return side == 0 ? prices.rbegin()->first : prices.begin()->first;
}

void TextbookBook::place(TextbookOrder& taker, bool may_rest) {
    match(taker);
    if (taker.leaves > 0 && may_rest) rest(taker);
}

void TextbookBook::match(TextbookOrder& taker) {
    Prices& opposite = markets_[taker.market].sides[1 - taker.side];
    while (taker.leaves > 0 && !opposite.empty()) {
        const auto best = taker.side == 0 ? opposite.begin() : std::prev(opposite.end());
        const std::int64_t price = best->first;
        if (taker.side == 0 ? price > taker.price : price < taker.price) return;
        const Level::iterator maker = best->second.begin();
        const std::uint32_t quantity = std::min(taker.leaves, maker->leaves);
        digest_.add(maker->id, taker.id, static_cast<std::uint64_t>(price), quantity);
        taker.leaves -= quantity;
        maker->leaves -= quantity;
        if (maker->leaves == 0) filled_.push_back(take_out(orders_.find(maker->id)).id);
    }
}

void TextbookBook::rest(const TextbookOrder& order) {
    Level& level = markets_[order.market].sides[order.side][order.price];
    level.push_back(order);
    orders_.emplace(order.id, std::prev(level.end()));
}

TextbookOrder TextbookBook::take_out(Orders::iterator found) {
    const TextbookOrder taken = *found->second;
    Prices& prices = markets_[taken.market].sides[taken.side];
    const auto level = prices.find(taken.price);
    level->second.erase(found->second);
    if (level->second.empty()) prices.erase(level);
    orders_.erase(found);
    return taken;
}

}  // namespace sauda::bench
