#include "core/book/order_book.h"

#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "core/book/book_check.h"
#include "core/book/matcher.h"

namespace sauda::core {
namespace {

using Seen = std::vector<std::pair<std::int64_t, std::int64_t>>;           // price, lots
using Fill = std::tuple<std::uint64_t, std::int64_t, std::int64_t, bool>;  // maker, price, lots, done

class OrderBookTest : public testing::Test {
protected:
    SlotIndex rest(Side side, std::int64_t price, std::uint32_t lots) {
        const SlotIndex index = orders_.take();
        OrderSlot& order = orders_.slot(index);
        order.id = OrderId{++last_id_};
        order.side = side;
        order.leaves = lots;
        book_.rest(index, PriceTicks{price});
        return index;
    }
    template <class MaxFill = FillAll>
    std::vector<Fill> take(Side side, std::optional<std::int64_t> limit, std::int64_t& lots,
                           MaxFill max_fill = {}) {
        std::vector<Fill> fills;
        QuantityLots leaves{lots};
        Matcher::match(
            book_, side, limit ? std::optional(PriceTicks{*limit}) : std::nullopt, leaves, max_fill,
            [&](SlotIndex index, OrderSlot& maker, PriceTicks price, QuantityLots fill, bool done) {
                fills.emplace_back(maker.id.raw, price.raw, fill.raw, done);
                EXPECT_EQ(done, maker.leaves == 0);
                if (done) orders_.release(index);
            });
        lots = leaves.raw;
        return fills;
    }
    Seen depth(Side side, std::size_t max = 100) const {
        Seen seen;
        book_.for_each_level(side, max, [&](PriceTicks price, QuantityLots total) {
            seen.emplace_back(price.raw, total.raw);
        });
        return seen;
    }
    std::vector<std::uint64_t> queue(Side side) const {
        std::vector<std::uint64_t> ids;
        book_.for_each_order(
            side, [&](SlotIndex, const OrderSlot& order, PriceTicks) { ids.push_back(order.id.raw); });
        return ids;
    }
    std::string fault() const { return check_book(book_, memory_); }
    void TearDown() override { EXPECT_EQ(fault(), ""); }

    BookMemory memory_;
    OrderPool& orders_ = memory_.orders;
    LevelPool& levels_ = memory_.levels;
    OrderBook book_{MarketId{7}, memory_};
    std::uint64_t last_id_ = 0;
};

TEST_F(OrderBookTest, AnEmptyBookHasNoPricesAndNothingToTake) {
    EXPECT_FALSE(book_.best_bid());
    EXPECT_FALSE(book_.best_ask());
    EXPECT_FALSE(book_.first_order(Side::buy));
    EXPECT_FALSE(book_.crosses(Side::buy, PriceTicks{order_price_max}));
    EXPECT_FALSE(book_.crosses(Side::sell, PriceTicks{0}));
    std::int64_t lots = 5;
    EXPECT_TRUE(take(Side::buy, std::nullopt, lots).empty());
    EXPECT_EQ(lots, 5);
}

TEST_F(OrderBookTest, TheBestBidIsTheHighestAndTheBestAskTheLowest) {
    rest(Side::buy, 99, 1);
    rest(Side::buy, 98, 2);
    rest(Side::buy, 99, 3);
    rest(Side::sell, 105, 4);
    rest(Side::sell, 101, 5);
    EXPECT_EQ(book_.best_bid(), PriceTicks{99});
    EXPECT_EQ(book_.best_ask(), PriceTicks{101});
    EXPECT_EQ(depth(Side::buy), (Seen{{99, 4}, {98, 2}}));
    EXPECT_EQ(depth(Side::sell), (Seen{{101, 5}, {105, 4}}));
    EXPECT_EQ(depth(Side::sell, 1), (Seen{{101, 5}}));
    EXPECT_EQ(depth(Side::sell, 0), Seen{});
    EXPECT_EQ(queue(Side::buy), (std::vector<std::uint64_t>{1, 3, 2}));
}

TEST_F(OrderBookTest, AnOrderCrossesAtTheOppositeBestOrBetterOnly) {
    rest(Side::buy, 99, 1);
    rest(Side::sell, 101, 1);
    EXPECT_FALSE(book_.crosses(Side::buy, PriceTicks{100}));
    EXPECT_TRUE(book_.crosses(Side::buy, PriceTicks{101}));
    EXPECT_FALSE(book_.crosses(Side::sell, PriceTicks{100}));
    EXPECT_TRUE(book_.crosses(Side::sell, PriceTicks{99}));
}

TEST_F(OrderBookTest, MakersTradeBestPriceFirstAndOldestFirstAtTheirOwnPrices) {
    rest(Side::sell, 102, 5);
    rest(Side::sell, 101, 2);
    rest(Side::sell, 101, 3);
    std::int64_t lots = 8;
    EXPECT_EQ(take(Side::buy, 103, lots),
              (std::vector<Fill>{{2, 101, 2, true}, {3, 101, 3, true}, {1, 102, 3, false}}));
    EXPECT_EQ(lots, 0);
    EXPECT_EQ(depth(Side::sell), (Seen{{102, 2}}));
    EXPECT_EQ(orders_.live(), 1u);
}

TEST_F(OrderBookTest, ATakerStopsAtItsLimitAndKeepsTheRest) {
    rest(Side::buy, 100, 4);
    rest(Side::buy, 98, 4);
    std::int64_t lots = 10;
    EXPECT_EQ(take(Side::sell, 99, lots), (std::vector<Fill>{{1, 100, 4, true}}));
    EXPECT_EQ(lots, 6);
    EXPECT_EQ(book_.best_bid(), PriceTicks{98});
}

TEST_F(OrderBookTest, AMarketOrderTakesAnyPrice) {
    rest(Side::sell, order_price_max, 4);
    rest(Side::sell, 1, 4);
    std::int64_t lots = 10;
    EXPECT_EQ(take(Side::buy, std::nullopt, lots),
              (std::vector<Fill>{{2, 1, 4, true}, {1, order_price_max, 4, true}}));
    EXPECT_EQ(lots, 2);
    EXPECT_FALSE(book_.best_ask());
}

TEST_F(OrderBookTest, AFillPolicyCapsAndStops) {
    rest(Side::sell, 10, 5);
    rest(Side::sell, 20, 5);
    std::int64_t budget = 90;
    const auto affordable = [&](PriceTicks price, QuantityLots available) {
        const std::int64_t lots = std::min(available.raw, budget / price.raw);
        budget -= lots * price.raw;
        return QuantityLots{lots};
    };
    std::int64_t lots = 100;
    EXPECT_EQ(take(Side::buy, std::nullopt, lots, affordable),
              (std::vector<Fill>{{1, 10, 5, true}, {2, 20, 2, false}}));
    EXPECT_EQ(lots, 93);
    EXPECT_EQ(budget, 0);
}

TEST_F(OrderBookTest, ReducingKeepsPriorityAndRemovingClosesTheGap) {
    rest(Side::buy, 50, 5);
    const SlotIndex second = rest(Side::buy, 50, 6);
    rest(Side::buy, 50, 7);
    book_.reduce(second, QuantityLots{4});
    EXPECT_EQ(depth(Side::buy), (Seen{{50, 14}}));
    EXPECT_EQ(queue(Side::buy), (std::vector<std::uint64_t>{1, 2, 3}));
    book_.remove(second);
    EXPECT_EQ(orders_.slot(second).leaves, 2u);
    EXPECT_EQ(queue(Side::buy), (std::vector<std::uint64_t>{1, 3}));
    EXPECT_EQ(fault(), "");
    book_.rest(second, PriceTicks{51});
    EXPECT_EQ(queue(Side::buy), (std::vector<std::uint64_t>{2, 1, 3}));
}

TEST_F(OrderBookTest, ASlotKnowsItsPriceAndMarketThroughItsLevel) {
    const SlotIndex bid = rest(Side::buy, 123'456'789, 1);
    const SlotIndex ask = rest(Side::sell, order_price_max, 1);
    EXPECT_EQ(book_.price_of(orders_.slot(bid)), PriceTicks{123'456'789});
    EXPECT_EQ(book_.price_of(orders_.slot(ask)), PriceTicks{order_price_max});
    EXPECT_EQ(levels_.market_of(orders_.slot(bid).level), MarketId{7});
}

TEST_F(OrderBookTest, FillableCountsWhatIsAtTheLimitOrBetterUpToWhatIsAsked) {
    rest(Side::sell, 10, 5);
    rest(Side::sell, 12, 5);
    rest(Side::sell, 14, 5);
    EXPECT_EQ(book_.fillable(Side::buy, PriceTicks{9}, QuantityLots{100}), QuantityLots{0});
    EXPECT_EQ(book_.fillable(Side::buy, PriceTicks{12}, QuantityLots{100}), QuantityLots{10});
    EXPECT_EQ(book_.fillable(Side::buy, PriceTicks{14}, QuantityLots{7}), QuantityLots{7});
    rest(Side::buy, 8, 3);
    EXPECT_EQ(book_.fillable(Side::sell, PriceTicks{8}, QuantityLots{9}), QuantityLots{3});
    EXPECT_EQ(book_.fillable(Side::sell, PriceTicks{9}, QuantityLots{9}), QuantityLots{0});
    EXPECT_EQ(book_.total_at(Side::sell, PriceTicks{12}), QuantityLots{5});
    EXPECT_EQ(book_.total_at(Side::sell, PriceTicks{13}), QuantityLots{0});
    EXPECT_EQ(book_.total_at(Side::sell, PriceTicks{order_price_max}), QuantityLots{0});
    EXPECT_EQ(book_.total_at(Side::buy, PriceTicks{8}), QuantityLots{3});
}

TEST_F(OrderBookTest, WalksStopWhenToldAndChangeNothing) {
    rest(Side::sell, 10, 5);
    rest(Side::sell, 10, 6);
    rest(Side::sell, 70'000, 7);
    std::vector<std::uint64_t> ids;
    book_.walk_orders(Side::sell, [&](SlotIndex, const OrderSlot& order, PriceTicks) {
        ids.push_back(order.id.raw);
        return ids.size() < 2;
    });
    EXPECT_EQ(ids, (std::vector<std::uint64_t>{1, 2}));
    EXPECT_EQ(depth(Side::sell), (Seen{{10, 11}, {70'000, 7}}));
}

TEST_F(OrderBookTest, PricesAtBothEndsOfTheRangeShareABook) {
    rest(Side::buy, 1, 1);
    rest(Side::sell, order_price_max, 2);
    rest(Side::sell, order_price_max / 2, 3);
    rest(Side::buy, 2, 4);
    EXPECT_EQ(depth(Side::buy), (Seen{{2, 4}, {1, 1}}));
    EXPECT_EQ(depth(Side::sell), (Seen{{order_price_max / 2, 3}, {order_price_max, 2}}));
    EXPECT_EQ(fault(), "");
    std::int64_t lots = 5;
    EXPECT_EQ(take(Side::sell, 1, lots), (std::vector<Fill>{{4, 2, 4, true}, {1, 1, 1, true}}));
}

TEST_F(OrderBookTest, AQuantityOfAllBitsRestsAndTrades) {
    rest(Side::sell, 10, 0xFFFF'FFFF);
    rest(Side::sell, 10, 0xFFFF'FFFF);
    EXPECT_EQ(depth(Side::sell), (Seen{{10, 0x1'FFFF'FFFE}}));
    std::int64_t lots = 0xFFFF'FFFF;
    EXPECT_EQ(take(Side::buy, 10, lots), (std::vector<Fill>{{1, 10, 0xFFFF'FFFF, true}}));
}

TEST_F(OrderBookTest, TheCheckSeesWhatIsWrong) {
    const SlotIndex order = rest(Side::buy, 50, 5);
    orders_.slot(order).leaves = 4;
    EXPECT_EQ(fault(), "a level's total is not the sum of its orders");
    orders_.slot(order).leaves = 5;
    orders_.slot(order).side = Side::sell;
    EXPECT_EQ(fault(), "an order rests on the wrong side");
    orders_.slot(order).side = Side::buy;
    const SlotIndex crossing = rest(Side::sell, 50, 1);
    EXPECT_EQ(fault(), "the book is crossed");
    book_.remove(crossing);
    levels_.page_of(orders_.slot(order).level).live |= 1ull << 63;
    EXPECT_NE(fault(), "");
    levels_.page_of(orders_.slot(order).level).live &= ~(1ull << 63);
}

}  // namespace
}  // namespace sauda::core
