#include "api-server/list_text.h"

#include <gtest/gtest.h>

namespace sauda::api_server {
namespace {

TEST(ListText, APageIsTakenApart) {
    const auto page = take_apart(
        R"({"status":"Success","orders":[{"a":[1,2]},{"b":"],\"}"}],"sequence":3,"next_cursor":17})");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->head, R"({"status":"Success","orders":[)");
    EXPECT_EQ(page->rows, R"({"a":[1,2]},{"b":"],\"}"})");
    EXPECT_EQ(page->tail, R"(],"sequence":3,"next_cursor":)");
    EXPECT_EQ(page->next, "17");
    EXPECT_EQ(page->count, 2u);
}

TEST(ListText, AnEmptyPageHasNoRows) {
    const auto page = take_apart(R"({"status":"Success","fills":[],"next_cursor":null})");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->rows, "");
    EXPECT_EQ(page->next, "null");
    EXPECT_EQ(page->count, 0u);
}

TEST(ListText, WhatIsNoPageIsNotTakenApart) {
    EXPECT_FALSE(take_apart(R"({"status":"Error","code":"history_behind"})"));
    EXPECT_FALSE(take_apart(""));
    EXPECT_FALSE(take_apart(R"({"orders":[{"a":1},"next_cursor":null})"));
}

TEST(ListText, RowsAreCountedWhateverIsInThem) {
    EXPECT_EQ(count_rows("1,2,3"), 3u);
    EXPECT_EQ(count_rows(R"({"a":1,"b":[2,3]},",",[[],{}])"), 3u);
}

}  // namespace
}  // namespace sauda::api_server
