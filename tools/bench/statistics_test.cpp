#include "bench/statistics.h"

#include <gtest/gtest.h>

namespace sauda::bench {
namespace {

TEST(Statistics, median_is_the_middle_whatever_the_order_of_runs) {
    const Spread odd = spread_of({5, 1, 3});
    EXPECT_EQ(odd.median, 3);
    EXPECT_EQ(odd.low, 1);
    EXPECT_EQ(odd.high, 5);
    EXPECT_EQ(spread_of({4, 1, 2, 9}).median, 3);
    EXPECT_EQ(spread_of({7}).median, 7);
}

TEST(Statistics, percentile_is_always_a_value_that_was_measured) {
    std::vector<std::int64_t> values;
    for (std::int64_t i = 1; i <= 1'000; ++i) values.push_back(i);
    EXPECT_EQ(percentile(values, 0.5), 500);
    EXPECT_EQ(percentile(values, 0.999), 999);
    EXPECT_EQ(percentile(values, 1.0), 1'000);
    EXPECT_EQ(percentile(std::vector<std::int64_t>{42}, 0.001), 42);
}

TEST(Statistics, latency_sorts_what_it_is_given) {
    const Latency latency = latency_of({30, 10, 20});
    EXPECT_EQ(latency.count, 3u);
    EXPECT_EQ(latency.p50, 20);
    EXPECT_EQ(latency.max, 30);
}

}  // namespace
}  // namespace sauda::bench
