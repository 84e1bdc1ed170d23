/// The slots of all resting orders of an exchange.
#pragma once

#include <cstdint>

#include "base/assert.h"
#include "core/book/order_slot.h"
#include "core/memory/prefetch.h"
#include "core/memory/reserved_memory.h"

namespace sauda::core {

/// Live orders that one exchange can keep: address space for so many is reserved, memory is not. One more is
/// the exchange's to refuse (has_room).
inline constexpr std::uint32_t order_slots_max = (1u << 26) - 1;

/// Slots, taken and released. Released slots are taken again first, the latest first: memory follows the most
/// orders that were ever live at once, and the slot taken next is likely still in cache.
///
/// Threads: one owner at a time. Slots never move: references stay good until release().
/// Slot 0 is nobody's: it may be read, and its links written, so that the ends of lists need no case of their
/// own, and its account is none. Invariants: a slot is taken or in the free list; free slots have
/// id 0 and are of no account.
class OrderPool {
public:
    OrderPool();
    OrderPool(const OrderPool&) = delete;
    OrderPool& operator=(const OrderPool&) = delete;

    /// An empty slot. Requires: has_room().
    SlotIndex take() {
        ++live_;
        if (!free_) [[unlikely]]
            make_free_slots();
        const SlotIndex slot = free_;
        free_ = slots_[slot.raw].next;
        slots_[slot.raw] = OrderSlot{};
        return slot;
    }

    /// Gives a slot back. Requires: it is taken and its order does not rest.
    void release(SlotIndex slot) {
        OrderSlot& freed = slots_[slot.raw];
        freed.id = OrderId{};
        freed.account = AccountId{};
        freed.next = free_;
        free_ = slot;
        --live_;
    }

    /// Makes ready for so many live orders at once, so that taking slots up to that never waits for memory.
    /// At start.
    void reserve(std::uint32_t orders);

    bool has_room() const { return live_ < order_slots_max; }

    /// Slots taken now.
    std::uint32_t live() const { return live_; }
    /// The highest index of a slot that was ever free or taken; they are from 1.
    std::uint32_t high_water() const { return high_water_; }

    /// Requires: `slot` is taken, or none.
    OrderSlot& slot(SlotIndex slot) { return slots_[slot.raw]; }
    const OrderSlot& slot(SlotIndex slot) const { return slots_[slot.raw]; }

    /// Any index is allowed, also none.
    void prefetch_slot(SlotIndex slot) const { prefetch_line(slots_ + slot.raw); }

private:
    /// Some at once: whether one was left is then nearly always answered with yes.
    [[gnu::noinline]] void make_free_slots();

    OrderSlot* slots_;
    SlotIndex free_;
    std::uint32_t live_ = 0;
    std::uint32_t high_water_ = 0;
    std::uint32_t usable_ = 0;  ///< slots backed by memory
    ReservedArray<OrderSlot> slot_array_;
};

}  // namespace sauda::core
