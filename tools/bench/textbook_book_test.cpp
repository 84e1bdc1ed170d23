#include "bench/textbook_book.h"

#include <gtest/gtest.h>

namespace sauda::bench {
namespace {

constexpr std::uint8_t buy = 0;
constexpr std::uint8_t sell = 1;

FlowRecord place(std::uint64_t id, std::uint8_t side, std::int64_t price, std::uint32_t quantity,
                 std::uint8_t time_in_force = 0) {
    return {FlowType::place, side, time_in_force, 0, 0, id, price, quantity, 1};
}

TEST(TextbookBook, fills_the_best_price_first_and_the_oldest_within_it) {
    TextbookBook book(1);
    ASSERT_TRUE(book.apply(place(1, sell, 101, 5)));
    ASSERT_TRUE(book.apply(place(2, sell, 100, 5)));
    ASSERT_TRUE(book.apply(place(3, sell, 100, 5)));
    ASSERT_TRUE(book.apply(place(4, buy, 101, 7)));
    TradeDigest expected;
    expected.add(2, 4, 100, 5);
    expected.add(3, 4, 100, 2);
    EXPECT_EQ(book.digest().hash(), expected.hash());
    EXPECT_EQ(book.find(3)->leaves, 3u);
    EXPECT_EQ(book.find(2), nullptr);
    EXPECT_EQ(book.filled(), std::vector<std::uint64_t>{2});
}

TEST(TextbookBook, drops_what_is_left_of_an_immediate_order) {
    TextbookBook book(1);
    ASSERT_TRUE(book.apply(place(1, sell, 100, 5)));
    ASSERT_TRUE(book.apply(place(2, buy, 100, 7, 1)));
    EXPECT_EQ(book.live_orders(), 0u);
}

TEST(TextbookBook, sends_a_replaced_order_to_the_back_even_of_its_own_price) {
    TextbookBook book(1);
    ASSERT_TRUE(book.apply(place(1, sell, 100, 5)));
    ASSERT_TRUE(book.apply(place(2, sell, 100, 5)));
    ASSERT_TRUE(book.apply({FlowType::replace, sell, 0, 0, 0, 1, 100, 0, 1}));
    ASSERT_TRUE(book.apply(place(3, buy, 100, 5)));
    EXPECT_EQ(book.find(1)->leaves, 5u);
    EXPECT_EQ(book.find(2), nullptr);
}

TEST(TextbookBook, keeps_the_priority_of_a_reduced_order_and_cancels_one_reduced_to_nothing) {
    TextbookBook book(1);
    ASSERT_TRUE(book.apply(place(1, sell, 100, 5)));
    ASSERT_TRUE(book.apply(place(2, sell, 100, 5)));
    ASSERT_TRUE(book.apply({FlowType::reduce, sell, 0, 0, 0, 1, 0, 2, 1}));
    ASSERT_TRUE(book.apply(place(3, buy, 100, 1)));
    EXPECT_EQ(book.find(1)->leaves, 2u);
    ASSERT_TRUE(book.apply({FlowType::reduce, sell, 0, 0, 0, 1, 0, 9, 1}));
    EXPECT_EQ(book.find(1), nullptr);
}

TEST(TextbookBook, refuses_what_is_not_open) {
    TextbookBook book(1);
    EXPECT_FALSE(book.apply({FlowType::cancel, buy, 0, 0, 0, 1, 0, 0, 1}));
    FlowRecord elsewhere = place(1, buy, 100, 1);
    elsewhere.market = 1;
    EXPECT_FALSE(book.apply(elsewhere));
}

}  // namespace
}  // namespace sauda::bench
