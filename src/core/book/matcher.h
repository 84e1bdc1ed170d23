/// One taker against a book: strict price-time priority, each trade at the maker's price.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/book/order_book.h"

namespace sauda::core {

/// The fill policy of orders that are bound by quantity alone.
struct FillAll {
    constexpr QuantityLots operator()(PriceTicks, QuantityLots available) const { return available; }
};

class Matcher {
public:
    /// Fills a taker of `taker_side` from the opposite side of `book`, best price first and oldest first
    /// within a price, until `leaves` is zero, no maker is at `limit` or better, or the policy says stop.
    /// `leaves` counts down. No limit: any price (market orders).
    ///
    /// max_fill(PriceTicks, QuantityLots available) -> QuantityLots, before each fill: how much of it may
    /// happen, at most `available`; zero stops. (A market order bound by quote caps here.)
    ///
    /// on_fill(SlotIndex, OrderSlot& maker, PriceTicks, QuantityLots fill, bool maker_is_done), after each
    /// fill. The book shows the fill already: maker.leaves is what is left. A maker that is done has left the
    /// book, all else in its slot is as it was, and the slot is the callee's to release. on_fill must not
    /// change this book.
    template <class MaxFill, class OnFill>
    static void match(OrderBook& book, Side taker_side, std::optional<PriceTicks> limit, QuantityLots& leaves,
                      MaxFill&& max_fill, OnFill&& on_fill) {
        PriceLevels& makers = book.sides_[static_cast<std::size_t>(opposite(taker_side))];
        const std::int64_t limit_key = limit ? makers.key_of(*limit) : PriceLevels::no_key - 1;
        while (leaves.raw > 0 && makers.best_key() <= limit_key) {
            if (!match_level(makers, leaves, max_fill, on_fill)) return;
        }
    }

    /// As above, bound by quantity alone.
    template <class OnFill>
    static void match(OrderBook& book, Side taker_side, std::optional<PriceTicks> limit, QuantityLots& leaves,
                      OnFill&& on_fill) {
        match(book, taker_side, limit, leaves, FillAll{}, on_fill);
    }

private:
    /// Fills from the best level until it is empty (true), or the taker is done or stopped (false).
    template <class MaxFill, class OnFill>
    static bool match_level(PriceLevels& makers, QuantityLots& leaves, MaxFill& max_fill, OnFill& on_fill) {
        const LevelIndex index = makers.best();
        const PriceTicks price = makers.price_of_key(makers.best_key());
        BookMemory& memory = makers.memory();
        Level& level = memory.levels.level(index);
        while (leaves.raw > 0) {
            const SlotIndex maker_index = level.head;
            OrderSlot& maker = memory.orders.slot(maker_index);
            memory.orders.prefetch_slot(maker.next);
            const QuantityLots fill = max_fill(price, lesser(leaves, maker.open()));
            if (fill.raw <= 0) return false;
            leaves -= fill;
            maker.leaves -= static_cast<std::uint32_t>(fill.raw);
            level.total -= static_cast<std::uint64_t>(fill.raw);
            const bool maker_is_done = maker.leaves == 0;
            bool level_is_done = false;
            if (maker_is_done) {
                level_is_done = unlink_first(memory.orders, level, maker);
                // Else the best is as it was: written anew, it would have the next taker wait for this maker.
                if (level_is_done) makers.lost_order(index, true);
            }
            on_fill(maker_index, maker, price, fill, maker_is_done);
            if (level_is_done) return true;
        }
        return false;
    }

    /// Takes the first order off its level. True if it was the last.
    static bool unlink_first(OrderPool& orders, Level& level, OrderSlot& first) {
        const SlotIndex next = first.next;
        first.level = LevelIndex{};
        level.head = next;
        level.tail = choose(bool{next}, level.tail, SlotIndex{});
        orders.slot(next).previous = SlotIndex{};
        return !next;
    }
};

}  // namespace sauda::core
