#include "core/types/decimal.h"

#include <algorithm>

namespace sauda::core {

using base::Unexpected;

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// `[-]digits[.digits]` with no superfluous leading zero, as in JSON but without an exponent.
bool is_plain_decimal(std::string_view text) {
    if (!text.empty() && text.front() == '-') text.remove_prefix(1);
    const auto point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    if (whole.empty() || !std::ranges::all_of(whole, is_digit)) return false;
    if (whole.size() > 1 && whole.front() == '0') return false;
    if (point == std::string_view::npos) return true;
    const std::string_view fraction = text.substr(point + 1);
    return !fraction.empty() && std::ranges::all_of(fraction, is_digit);
}

}  // namespace

std::int64_t power_of_ten(int exponent) {
    ASSERT(exponent >= 0 && exponent <= 18);
    std::int64_t power = 1;
    for (int i = 0; i < exponent; ++i) power *= 10;
    return power;
}

base::Result<std::int64_t, DecimalError> parse_decimal(std::string_view text, int scale) {
    ASSERT(scale >= 0 && scale <= 18);
    if (!is_plain_decimal(text)) return Unexpected{DecimalError::malformed};
    const bool negative = text.front() == '-';
    if (negative) text.remove_prefix(1);

    std::int64_t value = 0;
    int decimals = -1;  // -1 until the point is seen
    const auto push = [&value](int digit) {
        return !__builtin_mul_overflow(value, std::int64_t{10}, &value) &&
               !__builtin_add_overflow(value, std::int64_t{digit}, &value);
    };
    for (const char c : text) {
        if (c == '.') {
            decimals = 0;
            continue;
        }
        if (decimals == scale) {
            if (c != '0') return Unexpected{DecimalError::too_many_decimals};
            continue;
        }
        if (!push(c - '0')) return Unexpected{DecimalError::out_of_range};
        if (decimals >= 0) ++decimals;
    }
    for (int i = std::max(decimals, 0); i < scale; ++i) {
        if (!push(0)) return Unexpected{DecimalError::out_of_range};
    }
    return negative ? -value : value;
}

std::string format_decimal_wide(__int128 value, int scale) {
    const bool negative = value < 0;
    unsigned __int128 rest =
        negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
    std::string reversed;
    for (int digits = 0; rest != 0 || digits <= scale; ++digits) {
        if (digits == scale && scale > 0) reversed.push_back('.');
        reversed.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
        rest /= 10;
    }
    if (negative) reversed.push_back('-');
    std::ranges::reverse(reversed);
    return reversed;
}

std::string format_decimal(std::int64_t value, int scale) {
    return format_decimal_wide(value, scale);
}

}  // namespace sauda::core
