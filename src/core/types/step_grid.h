/// Whether a number is a multiple of a step, without dividing.
#pragma once

#include <bit>
#include <cstdint>

#include "base/assert.h"

namespace sauda::core {

/// The multiples of one step. For a step d = o × 2^k with o odd, n is a multiple of d exactly when n × o⁻¹
/// (mod 2^64), rotated right by k, is at most (2^64 − 1) / d. (Granlund and Montgomery, "Division by
/// Invariant Integers using Multiplication", 1994, section 9.) A multiplication where a division would take
/// ten times as long, twice per order.
class StepGrid {
public:
    constexpr StepGrid() = default;

    /// Requires: step > 0.
    constexpr explicit StepGrid(std::int64_t step) {
        ASSERT(step > 0);
        const auto divisor = static_cast<std::uint64_t>(step);
        shift_ = std::countr_zero(divisor);
        inverse_ = inverse_of(divisor >> shift_);
        quotient_max_ = UINT64_MAX / divisor;
    }

    /// Requires: number >= 0.
    constexpr bool contains(std::int64_t number) const {
        return std::rotr(static_cast<std::uint64_t>(number) * inverse_, shift_) <= quotient_max_;
    }

private:
    /// Of an odd number modulo 2^64, by Newton's iteration: each step doubles the correct bits, from 3 to 96.
    static constexpr std::uint64_t inverse_of(std::uint64_t odd) {
        std::uint64_t inverse = odd;
        for (int i = 0; i < 5; ++i) inverse *= 2 - odd * inverse;
        return inverse;
    }

    std::uint64_t inverse_ = 1;
    std::uint64_t quotient_max_ = UINT64_MAX;
    int shift_ = 0;
};

}  // namespace sauda::core
