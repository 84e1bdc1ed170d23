/// Resting orders of one market: best price first, oldest first within a price.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "base/assert.h"
#include "core/book/book_memory.h"
#include "core/book/price_levels.h"

namespace sauda::core {

/// Both sides of one market. Orders and levels stand in memory that all markets share and that outlives the
/// book; an empty book is 256 bytes.
///
/// Threads: one owner at a time.
/// Invariants: best bid < best ask when both exist, as long as nobody rests an order that crosses; no level
/// is empty; a level's total is the sum of its orders' leaves (check_book proves them).
class OrderBook {
public:
    OrderBook(MarketId market, BookMemory& memory);

    MarketId market() const { return sides_[0].market(); }

    // --- Changing
    // ---------------------------------------------------------------------------------------------------

    /// Rests the order of `index` behind every order at `price`, on the side that its slot says. O(1) within
    /// the tick window. Requires: leaves > 0; it does not rest; 0 <= price <= order_price_max; it does not
    /// cross.
    void rest(SlotIndex index, PriceTicks price) {
        OrderSlot& order = orders().slot(index);
        ASSERT(!order.level && order.leaves > 0);
        PriceLevels& side = sides_[static_cast<std::size_t>(order.side)];
        const LevelIndex at = side.level_at(price);
        BookMemory& memory = side.memory();
        Level& level = memory.levels.level(at);
        link_last(memory.orders, index, order, level);
        order.level = at;
        level.total += order.leaves;
        side.became_live(at, price);
    }

    /// Takes a resting order out of the book; its leaves stay as they were. O(1). The slot is not released.
    void remove(SlotIndex index) {
        OrderSlot& order = orders().slot(index);
        ASSERT(order.level);
        PriceLevels& side = sides_[static_cast<std::size_t>(order.side)];
        const LevelIndex at = order.level;
        BookMemory& memory = side.memory();
        Level& level = memory.levels.level(at);
        unlink(memory.orders, order, level);
        level.total -= order.leaves;
        order.level = LevelIndex{};
        side.lost_order(at, level.empty());
    }

    /// Moves a resting order behind every order at `price` on its side; from then on it has `leaves`. As
    /// remove() and rest(). Requires: `order` is the one of `index`, and of `of_side`; leaves > 0; 0 <= price
    /// <= order_price_max; it does not cross.
    void move(SlotIndex index, OrderSlot& order, Side of_side, PriceTicks price, QuantityLots leaves) {
        ASSERT(order.level && leaves.raw > 0);
        PriceLevels& side = sides_[static_cast<std::size_t>(of_side)];
        const LevelIndex from = order.level;
        const LevelIndex to = side.level_at(price);
        BookMemory& memory = side.memory();
        Level& left = memory.levels.level(from);
        unlink(memory.orders, order, left);
        left.total -= order.leaves;
        Level& joined = memory.levels.level(to);
        link_last(memory.orders, index, order, joined);
        order.level = to;
        order.leaves = static_cast<std::uint32_t>(leaves.raw);
        joined.total += static_cast<std::uint64_t>(leaves.raw);
        // In this order, so that the next best is looked for where `to` is live, and no page is missed.
        side.became_live(to, price);
        side.lost_order(from, left.empty());
    }

    /// Takes `lots` off the leaves of a resting order, which keeps its place. Requires: 0 < lots < leaves.
    void reduce(SlotIndex index, QuantityLots lots) {
        OrderSlot& order = orders().slot(index);
        ASSERT(order.level && lots.raw > 0 && lots.raw < order.leaves);
        order.leaves -= static_cast<std::uint32_t>(lots.raw);
        level_pool().level(order.level).total -= static_cast<std::uint64_t>(lots.raw);
    }

    // --- Asking
    // -----------------------------------------------------------------------------------------------------

    bool empty(Side side) const { return levels(side).empty(); }
    std::optional<PriceTicks> best_bid() const { return best(Side::buy); }
    std::optional<PriceTicks> best_ask() const { return best(Side::sell); }
    std::optional<PriceTicks> best(Side side) const {
        if (empty(side)) return std::nullopt;
        return levels(side).price_of_key(levels(side).best_key());
    }
    /// The order that would trade first on `side`; none where the side is empty.
    SlotIndex first_order(Side side) const {
        return levels(side).memory().levels.level(levels(side).best()).head;
    }

    /// True if an order of `side` at `price` would trade at once.
    bool crosses(Side side, PriceTicks price) const {
        const PriceLevels& makers = makers_for(side);
        return makers.best_key() <= makers.key_of(price);
    }

    /// The price of a resting order.
    PriceTicks price_of(const OrderSlot& order) const { return level_pool().price_of(order.level); }

    /// Open quantity at exactly `price`; zero where nothing rests. O(1) within the tick window.
    QuantityLots total_at(Side side, PriceTicks price) const;

    /// What a taker of `taker_side` could fill at `limit` or better, but no more than `up_to`: whether a
    /// fill-or-kill order fills. O(levels it takes).
    QuantityLots fillable(Side taker_side, PriceTicks limit, QuantityLots up_to) const;

    /// Calls f(PriceTicks, QuantityLots total) -> bool for the levels of `side`, best first, while it returns
    /// true. f must not change the book.
    template <class F>
    void walk_levels(Side side, F&& f) const {
        const PriceLevels& of_side = levels(side);
        for (LevelIndex level = of_side.best(); level; level = of_side.next(level)) {
            const QuantityLots total{static_cast<std::int64_t>(level_pool().level(level).total)};
            if (!f(level_pool().price_of(level), total)) return;
        }
    }

    /// Calls f(PriceTicks, QuantityLots total) for the best `max` levels of `side`, best first.
    template <class F>
    void for_each_level(Side side, std::size_t max, F&& f) const {
        if (max == 0) return;
        walk_levels(side, [&](PriceTicks price, QuantityLots total) {
            f(price, total);
            return --max > 0;
        });
    }

    /// Calls f(SlotIndex, const OrderSlot&, PriceTicks) -> bool for the orders of `side` in price-time order,
    /// while it returns true: the makers that a taker would meet. f must not change the book.
    template <class F>
    void walk_orders(Side side, F&& f) const {
        const PriceLevels& of_side = levels(side);
        const OrderPool& pool = orders();
        for (LevelIndex level = of_side.best(); level; level = of_side.next(level)) {
            const PriceTicks price = level_pool().price_of(level);
            for (SlotIndex order = level_pool().level(level).head; order; order = pool.slot(order).next) {
                if (!f(order, pool.slot(order), price)) return;
            }
        }
    }

    /// Calls f(SlotIndex, const OrderSlot&, PriceTicks) for every order of `side` in price-time order.
    /// Resting them again in this order builds the same book.
    template <class F>
    void for_each_order(Side side, F&& f) const {
        walk_orders(side, [&](SlotIndex index, const OrderSlot& order, PriceTicks price) {
            f(index, order, price);
            return true;
        });
    }

    const PriceLevels& levels(Side side) const { return sides_[static_cast<std::size_t>(side)]; }
    /// What a taker of `side` takes from.
    const PriceLevels& makers_for(Side side) const { return sides_[static_cast<std::size_t>(side) ^ 1]; }

    // --- Prefetching, for callers that know some commands ahead (prefetch.h says when it is worth it)
    // ------------------

    /// What any command on this book reads first.
    void prefetch_book() const {
        prefetch_line(&sides_[0]);
        prefetch_line(&sides_[1]);
    }
    /// After prefetch_book(), for an order that comes: the way to its own level.
    void prefetch_directory(Side side, PriceTicks price) const { levels(side).prefetch_directory(price); }
    /// After prefetch_directory(): its own level, and the opposite level that it may take from.
    void prefetch_place(Side side, PriceTicks price) const {
        levels(side).prefetch_level(price);
        prefetch_makers(side);
    }
    /// After prefetch_book(): the level that a taker meets first.
    void prefetch_makers(Side taker_side) const {
        const PriceLevels& makers = makers_for(taker_side);
        makers.memory().levels.prefetch_level(makers.best());
    }
    /// After prefetch_place(): the order at the end of its queue, which it will be linked behind.
    void prefetch_tail(Side side, PriceTicks price) const {
        orders().prefetch_slot(level_pool().level(levels(side).find_near(price)).tail);
    }
    /// After prefetch_place(): the first maker.
    void prefetch_first_maker(Side taker_side) const {
        orders().prefetch_slot(first_order(opposite(taker_side)));
    }
    /// After prefetch_slot of a resting order: its level and its neighbours.
    void prefetch_around(const OrderSlot& order) const {
        level_pool().prefetch_level(order.level);
        if (order.next) orders().prefetch_slot(order.next);
        if (order.previous) orders().prefetch_slot(order.previous);
    }

private:
    friend class Matcher;  // the one that takes makers off a level without a search

    /// Puts an order behind all others of `level`, but for its leaves.
    static void link_last(OrderPool& orders, SlotIndex index, OrderSlot& order, Level& level) {
        const SlotIndex tail = level.tail;
        order.next = SlotIndex{};
        order.previous = tail;
        orders.slot(tail).next = index;
        level.head = choose(bool{tail}, level.head, index);
        level.tail = index;
    }
    /// Takes an order out of the queue of `level`, but for its leaves.
    static void unlink(OrderPool& orders, const OrderSlot& order, Level& level) {
        const SlotIndex previous = order.previous;
        const SlotIndex next = order.next;
        orders.slot(previous).next = next;
        orders.slot(next).previous = previous;
        level.head = choose(bool{previous}, level.head, next);
        level.tail = choose(bool{next}, level.tail, previous);
    }

    OrderPool& orders() const { return sides_[0].memory().orders; }
    LevelPool& level_pool() const { return sides_[0].memory().levels; }

    PriceLevels sides_[2];
};

}  // namespace sauda::core
