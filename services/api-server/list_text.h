/// Pages of lists from several shards, put together as text: rows stay as their shard wrote them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sauda::api_server {

/// The body of a page taken apart: `{...,"name":[rows]...,"next_cursor":X}`. Its parts refer to the body.
struct ListText {
    std::string_view head;  ///< up to the list's bracket, that one included
    std::string_view rows;  ///< between the brackets
    std::string_view tail;  ///< from the closing bracket up to the cursor's value
    std::string_view next;  ///< the cursor, as JSON; `null` after the last page
    std::size_t count = 0;  ///< of rows
};

/// Nothing where `body` is no such page.
std::optional<ListText> take_apart(std::string_view body);

/// How many values a JSON array has, `rows` being what is between its brackets.
std::size_t count_rows(std::string_view rows);

}  // namespace sauda::api_server
