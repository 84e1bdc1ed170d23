#include "core/book/order_pool.h"

#include <algorithm>

namespace sauda::core {

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

SlotIndex OrderPool::take_fresh() {
    ASSERT(high_water_ < order_slots_max);
    const std::uint32_t index = high_water_ + 1;
    if (index >= usable_) {
        slot_array_.grow_to(std::size_t{index} + 1);
        usable_ = static_cast<std::uint32_t>(slot_array_.size());
    }
    high_water_ = index;
    return SlotIndex{index};
}

}  // namespace sauda::core
