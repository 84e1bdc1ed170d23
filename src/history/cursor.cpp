#include "history/cursor.h"

#include <charconv>

namespace sauda::history {

namespace {

/// Takes a number off the front of `text`; false where there is none.
template <class Number>
bool take(std::string_view& text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

bool take_dash(std::string_view& text) {
    if (!text.starts_with('-')) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::string to_text(const Cursor& cursor) {
    return std::to_string(cursor.sequence.raw) + "-" + std::to_string(cursor.n) + "-" +
           std::to_string(cursor.part);
}

std::optional<Cursor> parse_cursor(std::string_view text) {
    Cursor cursor;
    const bool is_whole = take(text, cursor.sequence.raw) && take_dash(text) && take(text, cursor.n) &&
                          take_dash(text) && take(text, cursor.part) && text.empty();
    const bool is_sequence = cursor.sequence.raw < (std::uint64_t{1} << 53);
    return is_whole && is_sequence ? std::optional(cursor) : std::nullopt;
}

}  // namespace sauda::history
