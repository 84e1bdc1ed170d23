#include "views/depth.h"

#include <algorithm>

#include "base/assert.h"
#include "core/event_reader.h"

namespace sauda::views {

namespace {

constexpr bool is_better(core::Side side, core::PriceTicks a, core::PriceTicks b) {
    return side == core::Side::buy ? a > b : a < b;
}

/// The place of `price` in levels whose best is last: the first level at `price` or better.
auto place_of(auto& levels, core::Side side, core::PriceTicks price) {
    return std::ranges::partition_point(
        levels, [&](const DepthLevel& level) { return is_better(side, price, level.price); });
}

/// Records a level's new quantity, once per level: a later quantity takes the place of an earlier one.
void note(std::vector<DepthLevel>& levels, core::Side side, const DepthLevel& now) {
    const auto at = std::ranges::partition_point(
        levels, [&](const DepthLevel& level) { return is_better(side, level.price, now.price); });
    if (at != levels.end() && at->price == now.price) {
        at->quantity = now.quantity;
    } else {
        levels.insert(at, now);
    }
}

}  // namespace

std::vector<DepthLevel> DepthBook::top(core::Side side, std::size_t limit) const {
    const auto& all = levels(side);
    const auto count = static_cast<std::ptrdiff_t>(std::min(limit, all.size()));
    return {all.rbegin(), all.rbegin() + count};
}

core::QuantityLots DepthBook::quantity_at(core::Side side, core::PriceTicks price) const {
    const auto& all = levels(side);
    const auto at = place_of(all, side, price);
    return at != all.end() && at->price == price ? at->quantity : core::QuantityLots{};
}

core::QuantityLots DepthBook::add(core::Side side, core::PriceTicks price, core::QuantityLots change) {
    auto& all = levels_[static_cast<int>(side)];
    auto at = place_of(all, side, price);
    if (at == all.end() || at->price != price) at = all.insert(at, {price, {}});
    at->quantity += change;
    const core::QuantityLots now = at->quantity;
    ASSERT(now.raw >= 0);
    if (now.raw == 0) all.erase(at);
    return now;
}

DepthView::DepthView(const core::ExchangeState& state)
    : last_(state.last.sequence), listings_(state), books_(state.markets.size()) {
    for (std::size_t i = 0; i < books_.size(); ++i) books_[i].set_update(state.markets[i].last_update);
    for (const core::OrderRecord& order : state.orders) {
        books_[order.market.raw - 1].add(order.side, order.price, order.leaves);
    }
}

bool DepthView::apply(core::Sequence sequence, core::TimestampNs, base::ByteView events) {
    changes_.clear();
    if (sequence <= last_) return true;
    last_ = sequence;
    return core::for_each_event(events, [this](const auto& event) {
        listings_.apply(event);
        fold(event);
    });
}

const DepthBook* DepthView::find(core::MarketId market) const {
    return market.raw >= 1 && market.raw <= books_.size() ? &books_[market.raw - 1] : nullptr;
}

std::uint32_t DepthView::checksum(core::MarketId market) const {
    const DepthBook* book = find(market);
    ASSERT(book != nullptr);
    return depth_checksum(*book, listings_.find_market(market)->spec);
}

void DepthView::fold(const core::MarketListed& event) {
    ASSERT(event.market.raw == books_.size() + 1);
    books_.emplace_back();
}

void DepthView::fold(const core::OrderRested& event) {
    change(event.market, event.update, event.side, event.price, event.leaves);
}

void DepthView::fold(const core::Trade& event) {
    const core::Side maker_side = core::opposite(event.taker_side);
    change(event.market, event.update, maker_side, event.price, core::QuantityLots{} - event.quantity);
}

void DepthView::fold(const core::OrderEnded& event) {
    if (!event.update) return;  // it never rested
    change(event.market, event.update, event.side, event.price, core::QuantityLots{} - event.leaves);
}

void DepthView::fold(const core::OrderAmended& event) {
    // What lost its priority left the book whole; it comes back with OrderRested, if at all.
    const core::QuantityLots still_there = event.lost_priority != 0 ? core::QuantityLots{} : event.leaves;
    change(event.market, event.update, event.side, event.price_before, still_there - event.leaves_before);
}

void DepthView::change(core::MarketId market, core::UpdateId update, core::Side side, core::PriceTicks price,
                       core::QuantityLots difference) {
    ASSERT(find(market) != nullptr);
    DepthBook& book = books_[market.raw - 1];
    ASSERT(update.raw == book.update().raw + 1);
    book.set_update(update);
    const core::QuantityLots now = book.add(side, price, difference);
    DepthChange& changed = change_of(market, update);
    changed.last_update = update;
    note(side == core::Side::buy ? changed.bids : changed.asks, side, {price, now});
}

DepthChange& DepthView::change_of(core::MarketId market, core::UpdateId update) {
    for (DepthChange& change : changes_) {
        if (change.market == market) return change;
    }
    return changes_.emplace_back(DepthChange{market, update, update, {}, {}});
}

}  // namespace sauda::views
