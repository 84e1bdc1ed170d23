/// One side of one market: which prices have orders, best first.
///
/// Levels live in pages of 64 prices (LevelPool), each page with one bitmap word. Pages are found through a
/// window: a directory of up to 4096 neighbouring pages (262 144 ticks) with a bitmap of its own, and one
/// summary word over that, so that the next best level is at most three words away. Pages outside the window
/// are in an ordered tree. The window starts at 64 pages, and grows and moves after the prices that are used;
/// it costs time, never results.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "core/book/book_memory.h"
#include "core/types/either.h"

namespace sauda::core {

/// Threads: one owner at a time.
/// Invariants: every page of it has an order; best() is the live level of the lowest key.
class alignas(64) PriceLevels {
public:
    static constexpr std::int64_t no_key = std::numeric_limits<std::int64_t>::max();

    PriceLevels(MarketId market, Side side, BookMemory& memory);

    Side side() const { return side_; }
    MarketId market() const { return market_; }
    /// Where its orders and levels stand. (It lies in the line that is read anyhow.)
    BookMemory& memory() const { return *memory_; }
    bool empty() const { return !best_; }
    /// The live level of the best price; none where the side is empty.
    LevelIndex best() const { return best_; }
    /// Its key; `no_key` where the side is empty.
    std::int64_t best_key() const { return best_key_; }

    std::int64_t key_of(PriceTicks price) const { return price.raw ^ mask_; }
    PriceTicks price_of_key(std::int64_t key) const { return {key ^ mask_}; }

    /// The level of `price`, made if it was not there. Follow with became_live() if it is empty.
    /// Requires: 0 <= price <= order_price_max.
    LevelIndex level_at(PriceTicks price) {
        const LevelIndex level = find_near(price);
        if (level.raw < level_page_size) [[unlikely]]
            return make_level(price);
        return level;
    }

    /// The level of `price` if its page is there and in the window; else one of page 0, which is nobody's.
    LevelIndex find_near(PriceTicks price) const {
        const std::int64_t key = key_of(price);
        const std::uint64_t place = static_cast<std::uint64_t>((key >> level_page_bits) - window_first_);
        std::uint32_t page = 0;
        if (place < window_size_) [[likely]]
            page = directory_[place];
        return level_of(page, key);
    }
    /// The same without a branch, for who asks of any price.
    LevelIndex find_any(PriceTicks price) const {
        const std::int64_t key = key_of(price);
        return level_of(*place_of(key), key);
    }
    /// The level of `price` if its page is there, live or not; else none.
    LevelIndex find(PriceTicks price) const;

    /// Tells that `level`, of `price`, has an order, its first or not.
    void became_live(LevelIndex level, PriceTicks price) {
        memory_->levels.page_of(level).live |= std::uint64_t{1} << (level.raw & (level_page_size - 1));
        const std::int64_t key = key_of(price);
        if (key < best_key_) {
            best_key_ = key;
            best_ = level;
        }
    }

    /// Tells that `level` has lost an order, and whether it is empty now. Its page may be released.
    /// Whether the order was the last is anyone's guess, also the processor's: so little hangs on a branch.
    void lost_order(LevelIndex level, bool is_empty) {
        LevelPage& page = memory_->levels.page_of(level);
        const std::uint64_t live =
            page.live & ~(std::uint64_t{is_empty} << (level.raw & (level_page_size - 1)));
        page.live = live;
        if (live == 0) [[unlikely]] {
            remove_page(level.raw >> level_page_bits);
        } else if (level == best_) {
            // Where the level still has orders, it is the best as before.
            const auto offset = static_cast<std::uint32_t>(std::countr_zero(live));
            best_ = LevelIndex{(level.raw & ~(level_page_size - 1)) | offset};
            best_key_ = page.first_key | offset;
        }
    }

    /// The live level of the next worse price; none after the last. Requires: `level` is live.
    LevelIndex next(LevelIndex level) const;

    /// Brings near the level of `price` as far as it can be told now.
    void prefetch_level(PriceTicks price) const { memory_->levels.prefetch_level(find_near(price)); }
    /// Brings near what is read to find it.
    void prefetch_directory(PriceTicks price) const { prefetch_line(place_of(key_of(price))); }

    /// Live pages, and how many prices the window spans now: for checks and tests.
    std::uint32_t page_count() const { return page_count_; }
    std::int64_t window_ticks() const { return static_cast<std::int64_t>(window_size_) * level_page_size; }
    std::size_t far_page_count() const { return far_pages_.size(); }

    /// What is wrong with it, in words; empty when it is sound. Does not look at orders.
    const char* fault() const;

private:
    struct NumberedPage {
        std::int64_t number;
        std::uint32_t page;
    };

    static LevelIndex level_of(std::uint32_t page, std::int64_t key) {
        return {(page << level_page_bits) | (static_cast<std::uint32_t>(key) & (level_page_size - 1))};
    }

    /// Where the window says which page a key is on; outside it, where it says none.
    const std::uint32_t* place_of(std::int64_t key) const {
        static constexpr std::uint32_t no_page = 0;
        const std::uint64_t place = static_cast<std::uint64_t>((key >> level_page_bits) - window_first_);
        // As numbers: outside it there is nothing to point at.
        const auto inside = reinterpret_cast<std::uintptr_t>(directory_.get()) + place * sizeof no_page;
        const auto outside = reinterpret_cast<std::uintptr_t>(&no_page);
        return reinterpret_cast<const std::uint32_t*>(either(place < window_size_, inside, outside));
    }

    /// The level of a price that find_near() has not.
    [[gnu::noinline]] LevelIndex make_level(PriceTicks price);
    std::uint32_t find_or_make_page(std::int64_t number);
    void insert_page(std::int64_t number, std::uint32_t page);
    [[gnu::noinline]] void remove_page(std::uint32_t page);
    /// The first page at or after `number`; 0: none.
    std::uint32_t page_from(std::int64_t number) const;
    std::uint32_t window_page_from(std::uint64_t place) const;
    void set_window(std::int64_t first, std::uint32_t size);
    void rebuild_window(std::int64_t wanted);
    std::vector<NumberedPage> all_pages() const;
    void mark(std::uint64_t place, std::uint32_t page);
    void unmark(std::uint64_t place);

    // The first line: what every order touches.
    std::int64_t best_key_ = no_key;
    std::int64_t mask_;
    LevelIndex best_;
    std::uint32_t window_size_ = 0;               ///< in pages; 0 or a power of two
    std::int64_t window_first_ = 0;               ///< number of the window's first page
    std::unique_ptr<std::uint32_t[]> directory_;  ///< page by number - window_first_; 0: none
    std::uint64_t summary_ = 0;                   ///< bit i: words_[i] is not zero
    std::unique_ptr<std::uint64_t[]> words_;      ///< bit i of word w: directory_[64 w + i] is not zero
    BookMemory* memory_;

    MarketId market_;
    Side side_;
    std::uint32_t page_count_ = 0;
    std::uint32_t far_uses_ = 0;  ///< since the window was last placed: what pays for placing it anew
    std::map<std::int64_t, std::uint32_t> far_pages_;
};

}  // namespace sauda::core
