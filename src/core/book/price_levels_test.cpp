#include "core/book/price_levels.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace sauda::core {
namespace {

class PriceLevelsTest : public testing::TestWithParam<Side> {
protected:
    void open(std::int64_t price) {
        const LevelIndex level = levels_.level_at(PriceTicks{price});
        if (open_.insert(price).second) levels_.became_live(level, PriceTicks{price});
        EXPECT_EQ(pool_.price_of(level), PriceTicks{price});
    }
    void close(std::int64_t price) {
        open_.erase(price);
        levels_.lost_order(levels_.level_at(PriceTicks{price}), true);
    }
    /// Walks from the best and compares with what is open.
    void expect_all() const {
        std::vector<std::int64_t> expected(open_.begin(), open_.end());
        if (GetParam() == Side::buy) std::reverse(expected.begin(), expected.end());
        std::vector<std::int64_t> seen;
        for (LevelIndex level = levels_.best(); level; level = levels_.next(level)) {
            seen.push_back(pool_.price_of(level).raw);
        }
        EXPECT_EQ(seen, expected);
        EXPECT_STREQ(levels_.fault(), "");
    }

    BookMemory memory_;
    LevelPool& pool_ = memory_.levels;
    PriceLevels levels_{MarketId{1}, GetParam(), memory_};
    std::set<std::int64_t> open_;
};

INSTANTIATE_TEST_SUITE_P(Sides, PriceLevelsTest, testing::Values(Side::buy, Side::sell),
                         [](const auto& suite) { return suite.param == Side::buy ? "Buy" : "Sell"; });

TEST_P(PriceLevelsTest, AnEmptySideTakesNoPage) {
    EXPECT_TRUE(levels_.empty());
    EXPECT_EQ(levels_.best_key(), PriceLevels::no_key);
    EXPECT_EQ(levels_.window_ticks(), 0);
    EXPECT_EQ(pool_.live_pages(), 0u);
    EXPECT_LE(sizeof(PriceLevels), 128u);
}

TEST_P(PriceLevelsTest, TheBestFollowsOpeningAndClosing) {
    for (const std::int64_t price : {500, 400, 600, 463, 464, 465}) {
        open(price);
        expect_all();
    }
    for (const std::int64_t price : {600, 400, 465, 500, 463, 464}) {
        close(price);
        expect_all();
    }
    EXPECT_EQ(pool_.live_pages(), 0u);
}

TEST_P(PriceLevelsTest, EmptyPagesAreReused) {
    for (std::int64_t price = 1000; price < 1'000'000; price += 1000) {
        open(price);
        close(price);
    }
    EXPECT_EQ(pool_.take(MarketId{2}, Side::sell, 0), 1u) << "one page served them all";
}

TEST_P(PriceLevelsTest, TheWindowGrowsBothWaysToItsLimitAndTheTreeHoldsTheRest) {
    constexpr std::int64_t middle = 10'000'000;
    for (std::int64_t distance = 0; distance < 400'000; distance += 61) {
        open(middle + distance);
        open(middle - distance);
    }
    expect_all();
    EXPECT_EQ(levels_.window_ticks(), 4096 * 64);
    EXPECT_GT(levels_.far_page_count(), 0u);
    while (!open_.empty()) {
        close(*open_.begin());
        if (!open_.empty()) close(*open_.rbegin());
        if (open_.size() % 1000 == 0) expect_all();
    }
    expect_all();
    EXPECT_EQ(pool_.live_pages(), 0u);
}

TEST_P(PriceLevelsTest, AWindowFullOfNeighboursNeedsNoTree) {
    for (std::int64_t page = 0; page < 3000; ++page) open(5'000'000 + page * 64);
    for (std::int64_t page = 0; page < 900; ++page) open(5'000'000 - page * 64);
    expect_all();
    // What came last may still be in the tree: it pays for the next placing.
    EXPECT_LT(levels_.far_page_count(), 1024u);
    for (int i = 0; i < 2000; ++i) levels_.level_at(PriceTicks{*open_.begin()});
    for (int i = 0; i < 2000; ++i) levels_.level_at(PriceTicks{*open_.rbegin()});
    EXPECT_EQ(levels_.far_page_count(), 0u);
    expect_all();
}

TEST_P(PriceLevelsTest, AFewFarPricesDoNotGrowTheWindow) {
    open(1);
    open(order_price_max);
    open(order_price_max / 2);
    for (int i = 0; i < 1000; ++i) levels_.level_at(PriceTicks{i % 2 == 0 ? 1 : order_price_max});
    expect_all();
    EXPECT_LE(levels_.window_ticks(), 256 * 64);
}

TEST_P(PriceLevelsTest, TheWindowFollowsAPriceThatWandersOff) {
    open(1);  // stays behind and keeps the side from ever being empty
    std::int64_t price = 1'000;
    for (int step = 0; step < 50'000; ++step) {
        open(price + 40);
        if (open_.contains(price)) close(price);
        price += 40;
    }
    expect_all();
    EXPECT_LE(levels_.far_page_count(), 2u);
    EXPECT_LE(pool_.live_pages(), 3u);
}

TEST_P(PriceLevelsTest, RandomPricesOfEveryMagnitudeStayInOrder) {
    base::Random random(5);
    for (int step = 0; step < 20'000; ++step) {
        const std::int64_t price = random.between(0, order_price_max) >> random.below(40);
        if (open_.contains(price)) {
            close(price);
        } else {
            open(price);
        }
        if (open_.size() > 300) close(*std::next(open_.begin(), static_cast<long>(random.below(300))));
        if (step % 200 == 0) expect_all();
    }
    expect_all();
}

}  // namespace
}  // namespace sauda::core
