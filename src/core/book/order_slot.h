/// What is kept of a resting order: one cache line.
#pragma once

#include <cstdint>

#include "core/types/ids.h"
#include "core/types/order.h"
#include "core/types/order_terms.h"
#include "core/types/timestamp.h"
#include "core/types/units.h"

namespace sauda::core {

/// Where a price level stands in the LevelPool: page × 64 + offset. Zero: none, the order does not rest.
using LevelIndex = Id<struct LevelTag, std::uint32_t>;

/// The first half is what matching reads, the second what the exchange reads of an order that fills, changes
/// or goes. One line for both: with millions of orders each line is a miss, and nearly every order that is
/// looked at is about to fill, change or go.
///
///   offset  0  u64  id
///   offset  8  u32  next, the order behind this one at its price
///   offset 12  u32  previous, the order before it
///   offset 16  u32  leaves, in quantity units
///   offset 20  u32  account
///   offset 24  u32  level, which also names market, side and price (LevelPool)
///   offset 28  u16  fee_schedule, the exchange's
///   offset 30  u8   side
///   offset 31  u8   terms
///   offset 32  u32  quantity in all, filled part included
///   offset 36  u32  account_next       } the list of its account's open orders
///   offset 40  u32  account_previous   }
///   offset 44  u32  client_entry, where its client order id is kept; 0: it has none
///   offset 48  i64  hold_per_unit, held for each quantity unit of leaves; follows from price and fee rates
///   offset 56  i64  accepted, ns since 1970
///
/// `next`, `previous` and `level` belong to the book; the rest is set by the exchange before the order rests.
struct alignas(64) OrderSlot {
    OrderId id;
    SlotIndex next;
    SlotIndex previous;
    std::uint32_t leaves = 0;
    AccountId account;
    LevelIndex level;
    std::uint16_t fee_schedule = 0;
    Side side = Side::buy;
    OrderTerms terms;
    std::uint32_t quantity = 0;
    SlotIndex account_next;
    SlotIndex account_previous;
    std::uint32_t client_entry = 0;
    Amount hold_per_unit;
    TimestampNs accepted;

    QuantityLots open() const { return {leaves}; }
    /// What it holds for `lots` of its leaves. It fits: its account has it.
    Amount hold_of(QuantityLots lots) const { return {hold_per_unit.raw * lots.raw}; }
};
static_assert(sizeof(OrderSlot) == 64);

}  // namespace sauda::core
