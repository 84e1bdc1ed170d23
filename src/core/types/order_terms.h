/// The options of an order, in one byte: as its slot keeps them and its events tell them.
#pragma once

#include <cstdint>

#include "core/types/order.h"

namespace sauda::core {

/// How an order was asked for, in one byte.
///
///   bit 0     post only
///   bits 1-3  OrderKind
///   bits 4-6  TimeInForce
class OrderTerms {
public:
    constexpr OrderTerms() = default;
    constexpr OrderTerms(OrderKind kind, TimeInForce time_in_force, bool post_only)
        : raw_(static_cast<std::uint8_t>((post_only ? 1 : 0) | static_cast<int>(kind) << 1 |
                                         static_cast<int>(time_in_force) << 4)) {}
    constexpr explicit OrderTerms(std::uint8_t raw) : raw_(raw) {}

    constexpr std::uint8_t raw() const { return raw_; }
    constexpr bool post_only() const { return (raw_ & 1) != 0; }
    constexpr OrderKind kind() const { return static_cast<OrderKind>(raw_ >> 1 & 7); }
    constexpr TimeInForce time_in_force() const { return static_cast<TimeInForce>(raw_ >> 4 & 7); }

private:
    std::uint8_t raw_ = 0;
};

}  // namespace sauda::core
