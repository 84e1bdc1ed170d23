#include "bench/instruction_count.h"

#include <gtest/gtest.h>

namespace sauda::bench {
namespace {

TEST(InstructionCount, IsReadByTheNamesOfTheColumns) {
    const InstructionCount count = parse_callgrind(
        "version: 1\nevents: Ir Dr DLmr Dw DLmw\nfn=(1)\n5 1 1 1 1 1\ntotals: 900 300 7 200 4\n");
    EXPECT_EQ(count.instructions, 900u);
    EXPECT_EQ(count.last_level_misses, 11u);
}

TEST(InstructionCount, IsNothingWhereNothingWasCounted) {
    EXPECT_EQ(parse_callgrind("").instructions, 0u);
    EXPECT_EQ(parse_callgrind("events: Ir DLmr DLmw\n").instructions, 0u);
    EXPECT_EQ(parse_callgrind("totals: 5 6 7\n").instructions, 0u) << "columns without names mean nothing";
    EXPECT_EQ(parse_callgrind("events: Ir DLmr DLmw\ntotals: 5\n").last_level_misses, 0u);
}

}  // namespace
}  // namespace sauda::bench
