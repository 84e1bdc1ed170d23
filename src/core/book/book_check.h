/// Proof that a book is sound, by looking at all of it. For tests, the simulator and recovery; not for every
/// order.
#pragma once

#include <string>

#include "core/book/order_book.h"

namespace sauda::core {

/// What is wrong with `book`, in words; empty when it is sound:
/// uncrossed; no empty level; totals are sums of leaves; links agree in both directions; every order is on
/// its side, at its level and live; bitmaps, directory and cached best agree. O(orders).
std::string check_book(const OrderBook& book, const BookMemory& memory);

}  // namespace sauda::core
