/// What is kept of a resting order: 32 hot bytes that matching reads, and 32 cold ones beside them.
#pragma once

#include <cstdint>

#include "core/types/ids.h"
#include "core/types/order.h"
#include "core/types/timestamp.h"
#include "core/types/units.h"

namespace sauda::core {

/// Where an order stands in the OrderPool. Reused after the order has gone. Zero: none.
using SlotIndex = Id<struct SlotTag, std::uint32_t>;
/// Where a price level stands in the LevelPool: page × 64 + offset. Zero: none, the order does not rest.
using LevelIndex = Id<struct LevelTag, std::uint32_t>;

/// The hot half: half a cache line.
///
///   offset  0  u64  id
///   offset  8  u32  next, the order behind this one at its price
///   offset 12  u32  previous, the order before it
///   offset 16  u32  leaves, in quantity units
///   offset 20  u32  account
///   offset 24  u32  level, which also names market, side and price (LevelPool)
///   offset 28  u16  fee_schedule, the exchange's
///   offset 30  u8   side
///   offset 31  u8   flags, the exchange's
///
/// `next`, `previous` and `level` belong to the book; the rest is set by the exchange before the order rests.
struct OrderSlot {
    OrderId id;
    SlotIndex next;
    SlotIndex previous;
    std::uint32_t leaves = 0;
    AccountId account;
    LevelIndex level;
    std::uint16_t fee_schedule = 0;
    Side side = Side::buy;
    std::uint8_t flags = 0;

    QuantityLots open() const { return {leaves}; }
};
static_assert(sizeof(OrderSlot) == 32);

/// The cold half: what only reports, amendments and snapshots read. All of it is the exchange's.
struct OrderDetails {
    std::uint32_t original_quantity = 0;  ///< in quantity units, filled part included
    SlotIndex account_next;               ///< list of the account's open orders
    SlotIndex account_previous;
    std::uint32_t client_entry = 0;  ///< where the client order id is kept; 0: it has none
    TimestampNs accepted_time;
    OrderKind kind = OrderKind::limit;
    TimeInForce time_in_force = TimeInForce::gtc;
    bool post_only = false;
    std::uint8_t reserved[5] = {};
};
static_assert(sizeof(OrderDetails) == 32);

}  // namespace sauda::core
