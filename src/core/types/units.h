/// Prices, quantities and amounts: integers, each its own type, with only the operators that mean something.
#pragma once

#include <compare>
#include <cstdint>

namespace sauda::core {

using Int128 = __int128;

/// Multiples of a market's `price_unit`.
struct PriceTicks {
    std::int64_t raw = 0;
    friend constexpr auto operator<=>(const PriceTicks&, const PriceTicks&) = default;
};

/// Multiples of a market's `quantity_unit`.
struct QuantityLots {
    std::int64_t raw = 0;
    friend constexpr auto operator<=>(const QuantityLots&, const QuantityLots&) = default;
    friend constexpr QuantityLots operator+(QuantityLots a, QuantityLots b) { return {a.raw + b.raw}; }
    friend constexpr QuantityLots operator-(QuantityLots a, QuantityLots b) { return {a.raw - b.raw}; }
    constexpr QuantityLots& operator+=(QuantityLots b) {
        raw += b.raw;
        return *this;
    }
    constexpr QuantityLots& operator-=(QuantityLots b) {
        raw -= b.raw;
        return *this;
    }
};

/// By value, so without a branch: which of two orders is the smaller is anyone's guess.
constexpr QuantityLots lesser(QuantityLots a, QuantityLots b) {
    return {a.raw < b.raw ? a.raw : b.raw};
}

/// Minor units of one asset (INR 4 decimals: 1 INR = 10 000). May be negative where it is a difference.
struct Amount {
    std::int64_t raw = 0;
    friend constexpr auto operator<=>(const Amount&, const Amount&) = default;
    friend constexpr Amount operator+(Amount a, Amount b) { return {a.raw + b.raw}; }
    friend constexpr Amount operator-(Amount a, Amount b) { return {a.raw - b.raw}; }
    constexpr Amount operator-() const { return {-raw}; }
    constexpr Amount& operator+=(Amount b) {
        raw += b.raw;
        return *this;
    }
    constexpr Amount& operator-=(Amount b) {
        raw -= b.raw;
        return *this;
    }
};

/// `amount` where `yes`, else nothing of it; and its opposite where `yes`, else as it is. Without branches:
/// of which side an order is is anyone's guess, also the processor's.
constexpr Amount only_if(bool yes, Amount amount) {
    return {amount.raw & -std::int64_t{yes}};
}
constexpr Amount negated_if(bool yes, Amount amount) {
    return {(amount.raw ^ -std::int64_t{yes}) + yes};
}

/// `unit` × `quantity`, cut to 2^63 - 1, which is more than anyone has. Requires: both >= 0.
constexpr Amount times_or_most(Amount unit, QuantityLots quantity) {
    std::int64_t product = 0;
    return {__builtin_mul_overflow(unit.raw, quantity.raw, &product) ? INT64_MAX : product};
}

/// Price units × quantity units: exact in 128 bits. A market's `quote_per_unit` turns it into an Amount.
struct Notional {
    Int128 raw = 0;
    friend constexpr auto operator<=>(const Notional&, const Notional&) = default;
};

constexpr Notional operator*(PriceTicks price, QuantityLots quantity) {
    return {static_cast<Int128>(price.raw) * quantity.raw};
}

}  // namespace sauda::core
