/// Where a page of history ended: what clients hand back to get the next one.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/types/ids.h"

namespace sauda::history {

/// A place among what commands did: the command, what of it, which part of that. As text `12-3-1`.
struct Cursor {
    core::Sequence sequence;
    std::uint32_t n = 0;
    std::uint32_t part = 0;
    friend auto operator<=>(const Cursor&, const Cursor&) = default;
};

std::string to_text(const Cursor& cursor);
/// Nothing where the text is no cursor.
std::optional<Cursor> parse_cursor(std::string_view text);

/// A page of rows, and where to go on; nothing: there are no more. A page may be shorter than asked for, or
/// even empty, and go on all the same: a search among very many rows stops now and then.
template <class T>
struct Page {
    std::vector<T> rows;
    std::optional<Cursor> next;
};

}  // namespace sauda::history
