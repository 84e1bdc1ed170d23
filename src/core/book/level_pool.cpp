#include "core/book/level_pool.h"

#include <algorithm>

#include "base/assert.h"

namespace sauda::core {

LevelPool::LevelPool()
    : level_array_((std::size_t{level_pages_max} + 1) * level_page_size),
      page_array_(std::size_t{level_pages_max} + 1) {
    levels_ = level_array_.data();
    pages_ = page_array_.data();
    // Page 0 is nobody's, but may be read: the level of an empty side.
    page_array_.grow_to(1);
    level_array_.grow_to(level_page_size);
    pages_[0].market = MarketId{1};
}

void LevelPool::reserve(std::uint32_t pages) {
    const std::size_t count = std::size_t{std::min(pages, level_pages_max)} + 1;
    page_array_.populate(count);
    level_array_.populate(count * level_page_size);
}

std::uint32_t LevelPool::take(MarketId market, Side side, std::int64_t first_key) {
    std::uint32_t index = free_;
    if (index != 0) {
        free_ = pages_[index].next_free;
    } else {
        ASSERT(high_water_ < level_pages_max);
        index = ++high_water_;
        page_array_.grow_to(std::size_t{index} + 1);
        level_array_.grow_to((std::size_t{index} + 1) * level_page_size);
    }
    pages_[index] = LevelPage{.first_key = first_key, .mask = price_mask(side), .market = market};
    ++live_pages_;
    return index;
}

void LevelPool::release(std::uint32_t page) {
    ASSERT(pages_[page].live == 0);
    pages_[page].next_free = free_;
    free_ = page;
    --live_pages_;
}

}  // namespace sauda::core
