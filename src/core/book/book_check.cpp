#include "core/book/book_check.h"

namespace sauda::core {
namespace {

std::string check_level(LevelIndex index, Side side, const BookMemory& memory) {
    const Level& level = memory.levels.level(index);
    if (level.empty()) return "a level marked live is empty";
    std::uint64_t total = 0;
    SlotIndex previous;
    for (SlotIndex slot = level.head; slot; slot = memory.orders.slot(slot).next) {
        const OrderSlot& order = memory.orders.slot(slot);
        if (!order.id) return "a resting order has no id";
        if (order.level != index) return "an order does not know its level";
        if (order.side != side) return "an order rests on the wrong side";
        if (order.leaves == 0) return "a resting order has nothing open";
        if (order.previous != previous) return "links do not agree";
        total += order.leaves;
        previous = slot;
    }
    if (level.tail != previous) return "a level's tail is not its last order";
    if (level.total != total) return "a level's total is not the sum of its orders";
    return "";
}

std::string check_side(const OrderBook& book, Side side, const BookMemory& memory) {
    const PriceLevels& of_side = book.levels(side);
    if (std::string fault = of_side.fault(); !fault.empty()) return fault;
    std::int64_t last_key = -1;
    for (LevelIndex level = of_side.best(); level; level = of_side.next(level)) {
        if (memory.levels.key_of(level) <= last_key) return "levels are out of order";
        last_key = memory.levels.key_of(level);
        if (std::string fault = check_level(level, side, memory); !fault.empty()) return fault;
    }
    return "";
}

}  // namespace

std::string check_book(const OrderBook& book, const BookMemory& memory) {
    for (const Side side : {Side::buy, Side::sell}) {
        if (std::string fault = check_side(book, side, memory); !fault.empty()) return fault;
    }
    const auto bid = book.best_bid();
    const auto ask = book.best_ask();
    if (bid && ask && !(*bid < *ask)) return "the book is crossed";
    return "";
}

}  // namespace sauda::core
