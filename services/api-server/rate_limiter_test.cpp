#include "api-server/rate_limiter.h"

#include <vector>

#include <gtest/gtest.h>

#include "api-server/router.h"

namespace sauda::api_server {
namespace {

TEST(RateLimiter, GrantsTheBurstThenTheRate) {
    RateLimiter limiter({.per_minute = 60, .burst = 3});
    for (int i = 0; i < 3; ++i) EXPECT_EQ(limiter.take("a", 1, 1000), 0u);
    EXPECT_EQ(limiter.take("a", 1, 1000), 1u);
    EXPECT_EQ(limiter.take("b", 1, 1000), 0u) << "keys are apart";
    EXPECT_EQ(limiter.take("a", 1, 1999), 1u);
    EXPECT_EQ(limiter.take("a", 1, 2000), 0u);
    EXPECT_EQ(limiter.take("a", 3, 2000), 3u);
    EXPECT_EQ(limiter.take("a", 3, 5000), 0u);
}

TEST(RateLimiter, KeepsBoundedMemory) {
    RateLimiter limiter({.per_minute = 1, .burst = 1, .keys_max = 2});
    EXPECT_EQ(limiter.take("a", 1, 0), 0u);
    EXPECT_EQ(limiter.take("b", 1, 0), 0u);
    EXPECT_EQ(limiter.take("c", 1, 0), 0u);
    EXPECT_NE(limiter.take("c", 1, 0), 0u);
    EXPECT_EQ(limiter.take("a", 1, 0), 0u) << "the one used longest ago was forgotten";
}

TEST(RateLimiter, SharesItsRateWithOthers) {
    RateLimiter here({.per_minute = 60, .burst = 4});
    here.count_spent();
    EXPECT_EQ(here.take("a", 1, 0), 0u);
    EXPECT_EQ(here.take("a", 2, 0), 0u);
    EXPECT_NE(here.take("a", 2, 0), 0u) << "refused: not spent";
    const auto spent = here.take_spent(10);
    ASSERT_EQ(spent.size(), 1u);
    EXPECT_EQ(spent[0].key, "a");
    EXPECT_EQ(spent[0].count, 3u);
    EXPECT_TRUE(here.take_spent(10).empty());

    here.spend("a", 3, 0);  // two more than there are
    EXPECT_EQ(here.take("a", 1, 0), 3u);
    EXPECT_EQ(here.take("a", 1, 2999), 1u) << "what is owed is paid first";
    EXPECT_EQ(here.take("a", 1, 3000), 0u);
    here.spend("a", 1'000'000, 3000);
    EXPECT_EQ(here.take("a", 1, 3000), 5u) << "no more than the burst is owed";
}

TEST(RateLimiter, ManyGrantOneRateTogetherHoweverMuchIsAsked) {
    constexpr std::uint64_t per_second = 50;
    const RateLimiter::Config config{.per_minute = per_second * 60, .burst = 10};
    std::vector<RateLimiter> all(3, RateLimiter(config));
    for (RateLimiter& each : all) each.count_spent();
    std::uint64_t granted = 0;
    for (std::int64_t now_ms = 0; now_ms < 60'000; now_ms += 100) {
        for (RateLimiter& each : all)
            while (each.take("a", 1, now_ms) == 0) ++granted;
        for (RateLimiter& each : all) {
            for (const auto& spent : each.take_spent(10))
                for (RateLimiter& other : all)
                    if (&other != &each) other.spend(spent.key, spent.count, now_ms);
        }
    }
    EXPECT_LE(granted, per_second * 60 + all.size() * config.burst);
    EXPECT_GE(granted, per_second * 59);
}

TEST(Router, FindsByMethodAndPathAndTakesTheParameter) {
    Router router;
    router.add(net::Method::get, "/order/{id}", [](Call) -> Answer { co_return net::Response{}; });
    router.add(net::Method::post, "/order", [](Call) -> Answer { co_return net::Response{}; });
    EXPECT_EQ(router.find(net::Method::get, "/order/17").parameter, "17");
    EXPECT_TRUE(router.find(net::Method::post, "/order").is_found);
    EXPECT_FALSE(router.find(net::Method::get, "/order").is_found);
    EXPECT_EQ(router.find(net::Method::get, "/order").allowed, "POST");
    EXPECT_FALSE(router.find(net::Method::get, "/order/1/2").is_found);
    EXPECT_EQ(router.find(net::Method::get, "/nowhere").allowed, "");
}

}  // namespace
}  // namespace sauda::api_server
