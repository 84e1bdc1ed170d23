/// Decimal text to integers and back, digit by digit. No floating point anywhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sauda::core {

enum class DecimalError : std::uint8_t {
    malformed,  ///< not `[-]digits[.digits]`: empty, `1e2`, `.5`, `5.`, `NaN`, `+1`, spaces, leading zeros
    too_many_decimals,  ///< a non-zero digit beyond the scale
    out_of_range,       ///< does not fit 63 bits at this scale
};

/// Reads `text` as a decimal and returns it times 10^scale. Zeros beyond the scale are harmless: "1.500" at
/// scale 1 is 15. Requires: 0 <= scale <= 18.
base::Result<std::int64_t, DecimalError> parse_decimal(std::string_view text, int scale);

/// `value` / 10^scale with all `scale` decimals: (1050, 2) is "10.50".
std::string format_decimal(std::int64_t value, int scale);

/// As format_decimal for values beyond 64 bits.
std::string format_decimal_wide(__int128 value, int scale);

/// 10^exponent. Requires: 0 <= exponent <= 18.
std::int64_t power_of_ten(int exponent);

}  // namespace sauda::core
