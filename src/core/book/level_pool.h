/// The price levels of all markets of an exchange, in pages of 64 neighbouring prices.
#pragma once

#include <cstdint>

#include "core/book/order_pool.h"
#include "core/limits.h"
#include "core/memory/prefetch.h"
#include "core/memory/reserved_memory.h"

namespace sauda::core {

/// One price: its orders, oldest first, and what they leave open. An empty level is all zero.
struct Level {
    SlotIndex head;
    SlotIndex tail;
    std::uint64_t total = 0;

    bool empty() const { return !head; }
};
static_assert(sizeof(Level) == 16);

/// Prices as they are ordered within a side: a lower key is a better price. For sells the key is the price,
/// for buys its complement, so that one algorithm serves both sides: `key = price ^ mask`, and back.
constexpr std::int64_t price_mask(Side side) {
    return side == Side::buy ? order_price_max : 0;
}
static_assert((order_price_max & (order_price_max + 1)) == 0,
              "the complement needs a limit that is all ones");

inline constexpr int level_page_bits = 6;
inline constexpr std::uint32_t level_page_size = 1u << level_page_bits;
/// Pages that one exchange can have: every level index fits 32 bits.
inline constexpr std::uint32_t level_pages_max = (1u << (32 - level_page_bits)) - 1;
static_assert(level_pages_max >= order_slots_max, "pages last even if every order stands alone on one");

/// What a page is of. A page belongs to one side of one market.
struct LevelPage {
    std::uint64_t live = 0;      ///< bit i: level i has orders
    std::int64_t first_key = 0;  ///< of level 0; a multiple of 64
    std::int64_t mask = 0;       ///< price_mask(side)
    MarketId market;
    std::uint32_t next_free = 0;  ///< in the free list

    /// The price of a level of this page.
    PriceTicks price_of(LevelIndex level) const {
        return {(first_key | (level.raw & (level_page_size - 1))) ^ mask};
    }
};
static_assert(sizeof(LevelPage) == 32);

/// Pages, taken and released; released pages are taken again first.
///
/// Threads: one owner at a time. Levels never move.
/// Invariants: every level of a free or fresh page is empty. Page 0 and each that was ever taken names a
/// market that there is, also once it is free: who looks ahead may come by it later.
class LevelPool {
public:
    LevelPool();
    LevelPool(const LevelPool&) = delete;
    LevelPool& operator=(const LevelPool&) = delete;

    /// A page of empty levels; its index is from 1.
    std::uint32_t take(MarketId market, Side side, std::int64_t first_key);
    /// Gives a page back. Requires: all its levels are empty.
    void release(std::uint32_t page);
    /// Makes ready for so many pages, so that taking them never waits for memory. At start.
    void reserve(std::uint32_t pages);
    std::uint32_t live_pages() const { return live_pages_; }

    Level& level(LevelIndex level) const { return levels_[level.raw]; }
    LevelPage& page(std::uint32_t page) const { return pages_[page]; }
    LevelPage& page_of(LevelIndex level) const { return pages_[level.raw >> level_page_bits]; }

    std::int64_t key_of(LevelIndex level) const {
        return page_of(level).first_key | (level.raw & (level_page_size - 1));
    }
    PriceTicks price_of(LevelIndex level) const { return page_of(level).price_of(level); }
    MarketId market_of(LevelIndex level) const { return page_of(level).market; }

    /// Any index is allowed, also none.
    void prefetch_level(LevelIndex level) const {
        prefetch_line(levels_ + level.raw);
        prefetch_line(pages_ + (level.raw >> level_page_bits));
    }

private:
    Level* levels_;
    LevelPage* pages_;
    std::uint32_t free_ = 0;
    std::uint32_t live_pages_ = 0;
    std::uint32_t high_water_ = 0;
    ReservedArray<Level> level_array_;
    ReservedArray<LevelPage> page_array_;
};

}  // namespace sauda::core
