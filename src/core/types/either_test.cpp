#include "core/types/either.h"

#include <cstdint>

#include <gtest/gtest.h>

#include "base/random.h"

namespace sauda::core {
namespace {

TEST(Either, IsTheFirstWhereItIsAskedFor) {
    int a = 0;
    int b = 0;
    base::Random random(3);  // known only as the program runs
    for (int i = 0; i < 20; ++i) {
        const bool first = random.below(2) == 0;
        EXPECT_EQ(either(first, 1u, ~0u), first ? 1u : ~0u);
        EXPECT_EQ(either(first, INT64_MIN, INT64_MAX), first ? INT64_MIN : INT64_MAX);
        EXPECT_EQ(either(first, &a, &b), first ? &a : &b);
        EXPECT_EQ(either(first, 7, 7), 7);
        EXPECT_EQ(either(first, OrderId{1}, OrderId{2}), first ? OrderId{1} : OrderId{2});
    }
}

}  // namespace
}  // namespace sauda::core
