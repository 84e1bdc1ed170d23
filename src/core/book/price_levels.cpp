#include "core/book/price_levels.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"

namespace sauda::core {
namespace {

constexpr std::uint32_t window_pages_min = 64;
constexpr std::uint32_t window_pages_max = 4096;  // 64 words of 64 pages: one summary word covers them
/// The window has at most so many places per live page: 256 bytes of directory beside a page's 1024.
constexpr std::uint32_t window_places_per_page = 64;
/// Placing the window anew costs a step per page and per place; so many steps are paid by each use of the
/// tree.
constexpr std::uint32_t steps_paid_by_far_use = 8;

}  // namespace

PriceLevels::PriceLevels(MarketId market, Side side, BookMemory& memory)
    : mask_(price_mask(side)), memory_(&memory), market_(market), side_(side) {}

LevelIndex PriceLevels::find(PriceTicks price) const {
    const LevelIndex near = find_near(price);
    if (near.raw >= level_page_size) return near;
    const auto far = far_pages_.find(key_of(price) >> level_page_bits);
    return far == far_pages_.end() ? LevelIndex{} : level_of(far->second, key_of(price));
}

LevelIndex PriceLevels::make_level(PriceTicks price) {
    return level_of(find_or_make_page(key_of(price) >> level_page_bits), key_of(price));
}

LevelIndex PriceLevels::next(LevelIndex level) const {
    const LevelPage& page = memory_->levels.page_of(level);
    const std::uint32_t offset = level.raw & (level_page_size - 1);
    std::uint32_t index = level.raw >> level_page_bits;
    std::uint64_t rest = page.live & ~((std::uint64_t{2} << offset) - 1);
    if (rest == 0) {
        index = page_from((page.first_key >> level_page_bits) + 1);
        if (index == 0) return {};
        rest = memory_->levels.page(index).live;
    }
    return LevelIndex{(index << level_page_bits) | static_cast<std::uint32_t>(std::countr_zero(rest))};
}

std::uint32_t PriceLevels::find_or_make_page(std::int64_t number) {
    if (page_count_ == 0) {
        // An empty side places its window for nothing, so one that follows a drifting price costs no tree.
        set_window(std::max<std::int64_t>(0, number - window_pages_min / 2), window_pages_min);
    }
    const bool inside = static_cast<std::uint64_t>(number - window_first_) < window_size_;
    if (!inside) {
        far_uses_ += steps_paid_by_far_use;
        if (far_uses_ >= page_count_ + window_size_) rebuild_window(number);
        const auto found = far_pages_.find(number);
        if (found != far_pages_.end()) return found->second;
        const std::uint64_t place = static_cast<std::uint64_t>(number - window_first_);
        if (place < window_size_ && directory_[place] != 0) return directory_[place];
    }
    const std::uint32_t page = memory_->levels.take(market_, side_, number << level_page_bits);
    insert_page(number, page);
    ++page_count_;
    return page;
}

void PriceLevels::insert_page(std::int64_t number, std::uint32_t page) {
    const std::uint64_t place = static_cast<std::uint64_t>(number - window_first_);
    if (place < window_size_) {
        mark(place, page);
    } else {
        far_pages_.emplace(number, page);
    }
}

void PriceLevels::remove_page(std::uint32_t page) {
    const std::int64_t number = memory_->levels.page(page).first_key >> level_page_bits;
    const std::uint64_t place = static_cast<std::uint64_t>(number - window_first_);
    if (place < window_size_) {
        unmark(place);
    } else {
        far_pages_.erase(number);
    }
    memory_->levels.release(page);
    --page_count_;
    if (best_.raw >> level_page_bits != page) return;
    const std::uint32_t next_page = page_from(number + 1);
    if (next_page == 0) {
        best_ = LevelIndex{};
        best_key_ = no_key;
        return;
    }
    const LevelPage& better = memory_->levels.page(next_page);
    const auto offset = static_cast<std::uint32_t>(std::countr_zero(better.live));
    best_ = LevelIndex{(next_page << level_page_bits) | offset};
    best_key_ = better.first_key | offset;
}

std::uint32_t PriceLevels::page_from(std::int64_t number) const {
    const std::int64_t start = number - window_first_;
    std::uint32_t inside = 0;
    if (start < static_cast<std::int64_t>(window_size_)) {
        inside = window_page_from(static_cast<std::uint64_t>(std::max<std::int64_t>(0, start)));
    }
    if (far_pages_.empty()) return inside;
    const auto far = far_pages_.lower_bound(number);
    if (far == far_pages_.end()) return inside;
    if (inside == 0) return far->second;
    return far->first < memory_->levels.page(inside).first_key >> level_page_bits ? far->second : inside;
}

std::uint32_t PriceLevels::window_page_from(std::uint64_t place) const {
    std::uint64_t word = place / 64;
    std::uint64_t bits = words_[word] & (~std::uint64_t{0} << (place % 64));
    if (bits == 0) {
        const std::uint64_t later = summary_ & ~((std::uint64_t{2} << word) - 1);
        if (later == 0) return 0;
        word = static_cast<std::uint64_t>(std::countr_zero(later));
        bits = words_[word];
    }
    return directory_[word * 64 + static_cast<std::uint64_t>(std::countr_zero(bits))];
}

void PriceLevels::mark(std::uint64_t place, std::uint32_t page) {
    directory_[place] = page;
    words_[place / 64] |= std::uint64_t{1} << (place % 64);
    summary_ |= std::uint64_t{1} << (place / 64);
}

void PriceLevels::unmark(std::uint64_t place) {
    directory_[place] = 0;
    words_[place / 64] &= ~(std::uint64_t{1} << (place % 64));
    if (words_[place / 64] == 0) summary_ &= ~(std::uint64_t{1} << (place / 64));
}

/// An empty window of `size` pages from `first`. Requires: what was in the old one is remembered elsewhere.
void PriceLevels::set_window(std::int64_t first, std::uint32_t size) {
    window_first_ = first;
    summary_ = 0;
    far_uses_ = 0;
    if (size != window_size_) {
        window_size_ = size;
        directory_ = std::make_unique<std::uint32_t[]>(size);
        words_ = std::make_unique<std::uint64_t[]>(size / 64);
        return;
    }
    std::fill_n(directory_.get(), size, 0u);
    std::fill_n(words_.get(), size / 64, std::uint64_t{0});
}

std::vector<PriceLevels::NumberedPage> PriceLevels::all_pages() const {
    std::vector<NumberedPage> pages;
    pages.reserve(page_count_);
    for (std::uint32_t page = page_from(0); page != 0;) {
        const std::int64_t number = memory_->levels.page(page).first_key >> level_page_bits;
        pages.push_back({number, page});
        page = page_from(number + 1);
    }
    return pages;
}

/// Places the window over all pages and the page `wanted`, where they are dense enough for it; else about the
/// best price, three quarters of it behind that.
void PriceLevels::rebuild_window(std::int64_t wanted) {
    const std::vector<NumberedPage> pages = all_pages();
    const std::int64_t low = std::min(wanted, pages.front().number);
    const std::int64_t span = std::max(wanted, pages.back().number) - low + 1;
    const std::uint32_t allowed =
        std::clamp(std::bit_ceil(static_cast<std::uint32_t>(pages.size() + 1)) * window_places_per_page,
                   window_pages_min, window_pages_max);
    std::uint32_t size = allowed;
    std::int64_t first = low - allowed / 4;
    if (span <= allowed) {
        size = std::max(window_pages_min, std::bit_ceil(static_cast<std::uint32_t>(span)));
        first = low - (size - span) / 2;
    }
    far_pages_.clear();
    set_window(std::max<std::int64_t>(0, first), size);
    for (const NumberedPage& page : pages) insert_page(page.number, page.page);
}

const char* PriceLevels::fault() const {
    std::uint32_t count = 0;
    std::int64_t last = -1;
    for (const auto& [number, page] : all_pages()) {
        const LevelPage& header = memory_->levels.page(page);
        if (number <= last) return "pages are out of order";
        if (header.live == 0) return "a page has no orders";
        if (header.market != market_ || header.mask != mask_) return "a page is of another side";
        if (header.first_key != number << level_page_bits) return "a page stands at another price";
        if (count == 0) {
            const std::int64_t key = header.first_key | std::countr_zero(header.live);
            if (key != best_key_ || memory_->levels.key_of(best_) != key)
                return "the cached best is not the best";
        }
        last = number;
        ++count;
    }
    if (count != page_count_) return "pages are not all found";
    if (count == 0 && (best_ || best_key_ != no_key)) return "an empty side has a best price";
    for (std::uint64_t place = 0; place < window_size_; ++place) {
        const bool marked = (words_[place / 64] >> (place % 64) & 1) != 0;
        if (marked != (directory_[place] != 0)) return "the window's bitmap and directory differ";
    }
    for (std::uint64_t word = 0; word < window_size_ / 64; ++word) {
        if ((summary_ >> word & 1) != (words_[word] != 0)) return "the window's summary is wrong";
    }
    for (const auto& [number, page] : far_pages_) {
        if (static_cast<std::uint64_t>(number - window_first_) < window_size_)
            return "a page in the tree is inside";
    }
    return "";
}

}  // namespace sauda::core
