#include "core/types/decimal.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/types/text.h"

namespace sauda::core {
namespace {

TEST(Decimal, ReadsPlainDecimalsExactly) {
    EXPECT_EQ(*parse_decimal("100.50", 2), 10050);
    EXPECT_EQ(*parse_decimal("100.5", 4), 1005000);
    EXPECT_EQ(*parse_decimal("0", 8), 0);
    EXPECT_EQ(*parse_decimal("-0.01", 2), -1);
    EXPECT_EQ(*parse_decimal("1.500000", 1), 15) << "zeros beyond the scale are harmless";
    EXPECT_EQ(*parse_decimal("9223372036854775807", 0), INT64_MAX);
    EXPECT_EQ(*parse_decimal("0.000000000000000001", 18), 1);
}

TEST(Decimal, RefusesEverythingElse) {
    for (const char* bad : {"",   "-",  ".",  "1.", ".5",  "+1",   "1e2", "1E2",   "NaN", "Infinity",
                            "01", "00", "1 ", " 1", "1,5", "0x10", "--1", "1.2.3", "1-",  "\xEF\xBC\x91"}) {
        const auto parsed = parse_decimal(bad, 2);
        ASSERT_FALSE(parsed.has_value()) << bad;
        EXPECT_EQ(parsed.error(), DecimalError::malformed) << bad;
    }
    EXPECT_EQ(parse_decimal("0.001", 2).error(), DecimalError::too_many_decimals);
    EXPECT_EQ(parse_decimal("9223372036854775808", 0).error(), DecimalError::out_of_range);
    EXPECT_EQ(parse_decimal("92233720368547758.08", 2).error(), DecimalError::out_of_range);
    EXPECT_EQ(parse_decimal("99999999999999999999999999", 0).error(), DecimalError::out_of_range);
}

TEST(Decimal, WritesAllDecimalsOfTheScale) {
    EXPECT_EQ(format_decimal(10050, 2), "100.50");
    EXPECT_EQ(format_decimal(-1, 2), "-0.01");
    EXPECT_EQ(format_decimal(7, 0), "7");
    EXPECT_EQ(format_decimal(0, 8), "0.00000000");
    EXPECT_EQ(format_decimal(INT64_MIN, 0), "-9223372036854775808");
    EXPECT_EQ(format_decimal_wide(static_cast<__int128>(INT64_MAX) * 1000, 3), "9223372036854775807.000");
}

RC_GTEST_PROP(Decimal, WhatIsWrittenIsReadBack, (std::int64_t value)) {
    const int scale = *rc::gen::inRange(0, 19);
    RC_PRE(value != INT64_MIN);
    RC_ASSERT(*parse_decimal(format_decimal(value, scale), scale) == value);
}

TEST(Text, ClientOrderIdsAndNamesHaveTheirAlphabets) {
    EXPECT_TRUE(is_valid_client_order_id("aZ09-_:./"));
    EXPECT_TRUE(is_valid_client_order_id(std::string(36, 'x')));
    for (const std::string& bad : {std::string(), std::string(37, 'x'), std::string("a b"),
                                   std::string("a\"b"), std::string("\xC3\xA4")}) {
        EXPECT_FALSE(is_valid_client_order_id(bad)) << bad;
    }
    EXPECT_TRUE(is_valid_name("TATA_INR", 31));
    EXPECT_TRUE(is_valid_name("1INCH", 31));
    for (const char* bad : {"", "_A", "tata", "A-B", "A B"}) EXPECT_FALSE(is_valid_name(bad, 31)) << bad;
    EXPECT_FALSE(is_valid_name("ABCDE", 4));
}

}  // namespace
}  // namespace sauda::core
