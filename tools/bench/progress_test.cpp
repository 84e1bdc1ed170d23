#include "bench/progress.h"

#include <gtest/gtest.h>

namespace sauda::bench {
namespace {

TEST(Progress, BarFillsUp) {
    EXPECT_EQ(bar_text(0, 10, 4), "[----]   0 %");
    EXPECT_EQ(bar_text(5, 10, 4), "[##--]  50 %");
    EXPECT_EQ(bar_text(10, 10, 4), "[####] 100 %");
    EXPECT_EQ(bar_text(0, 0, 4), "[####] 100 %");
}

TEST(Progress, RangesCoverEverythingOnce) {
    NoProgress nobody;
    std::size_t next = 0;
    in_ranges(200'000, nobody, [&](std::size_t begin, std::size_t end) {
        EXPECT_EQ(begin, next);
        next = end;
    });
    EXPECT_EQ(next, 200'000u);
}

}  // namespace
}  // namespace sauda::bench
