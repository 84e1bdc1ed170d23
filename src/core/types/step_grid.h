/// Whether a number is a multiple of a step and no more than a bound, without dividing.
#pragma once

#include <bit>
#include <cstdint>

#include "base/assert.h"

namespace sauda::core {

/// The multiples of one step above zero, up to a bound. For a step d = o × 2^k with o odd, n × o⁻¹ (mod
/// 2^64), rotated right by k, is the quotient where d divides n; and as it is another number for every other
/// n, it is one of 1 .. max / d exactly where n is one of d .. max. (Granlund and Montgomery, "Division by
/// Invariant Integers using Multiplication", 1994, section 9.) A multiplication where a division would take
/// ten times as long, and one comparison for all that is asked of a price or a quantity.
class StepGrid {
public:
    constexpr StepGrid() = default;

    /// Requires: step > 0, max >= 0.
    constexpr StepGrid(std::int64_t step, std::int64_t max) {
        ASSERT(step > 0 && max >= 0);
        const auto divisor = static_cast<std::uint64_t>(step);
        shift_ = std::countr_zero(divisor);
        inverse_ = inverse_of(divisor >> shift_);
        quotient_max_ = static_cast<std::uint64_t>(max) / divisor;
    }

    /// Of any number: false below zero, of zero and above the bound.
    constexpr bool contains(std::int64_t number) const {
        return std::rotr(static_cast<std::uint64_t>(number) * inverse_, shift_) - 1 < quotient_max_;
    }

private:
    /// Of an odd number modulo 2^64, by Newton's iteration: each step doubles the correct bits, from 3 to 96.
    static constexpr std::uint64_t inverse_of(std::uint64_t odd) {
        std::uint64_t inverse = odd;
        for (int i = 0; i < 5; ++i) inverse *= 2 - odd * inverse;
        return inverse;
    }

    std::uint64_t inverse_ = 1;
    std::uint64_t quotient_max_ = INT64_MAX;
    int shift_ = 0;
};

}  // namespace sauda::core
