#include "core/book/order_pool.h"

#include <algorithm>

namespace sauda::core {

namespace {
constexpr std::uint32_t fresh_slots = 64;  // a small page of memory
}  // namespace

OrderPool::OrderPool() : slot_array_(std::size_t{order_slots_max} + 1) {
    slots_ = slot_array_.data();
    slot_array_.grow_to(1);  // slot 0 is nobody's, but may be used
    usable_ = 1;
}

void OrderPool::reserve(std::uint32_t orders) {
    const std::size_t count = std::size_t{std::min(orders, order_slots_max)} + 1;
    slot_array_.populate(count);
    usable_ = static_cast<std::uint32_t>(slot_array_.size());
}

void OrderPool::make_free_slots() {
    ASSERT(high_water_ < order_slots_max);
    const std::uint32_t first = high_water_ + 1;
    const std::uint32_t last = std::min(high_water_ + fresh_slots, order_slots_max);
    if (last >= usable_) {
        slot_array_.grow_to(std::size_t{last} + 1);
        usable_ = static_cast<std::uint32_t>(slot_array_.size());
    }
    for (std::uint32_t index = first; index < last; ++index) slots_[index].next = SlotIndex{index + 1};
    free_ = SlotIndex{first};
    high_water_ = last;
}

}  // namespace sauda::core
