#include "api-server/list_text.h"

namespace sauda::api_server {

namespace {

/// Calls `visit(position, depth)` for each character outside of strings that is a bracket, brace or comma;
/// `depth` is that of what it stands in. Ends where `visit` says false.
template <class Visit>
void for_each_mark(std::string_view text, Visit visit) {
    int depth = 0;
    bool is_in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (is_in_string) {
            if (c == '\\') ++i;
            if (c == '"') is_in_string = false;
            continue;
        }
        if (c == '"') is_in_string = true;
        if (c == ']' || c == '}') --depth;
        const bool is_mark = c == '[' || c == '{' || c == ']' || c == '}' || c == ',';
        if (is_mark && !visit(i, depth)) return;
        if (c == '[' || c == '{') ++depth;
    }
}

}  // namespace

std::size_t count_rows(std::string_view rows) {
    if (rows.empty()) return 0;
    std::size_t count = 1;
    for_each_mark(rows, [&](std::size_t at, int depth) {
        if (rows[at] == ',' && depth == 0) ++count;
        return true;
    });
    return count;
}

std::optional<ListText> take_apart(std::string_view body) {
    constexpr std::string_view cursor = R"("next_cursor":)";
    const std::size_t bracket = body.find('[');
    const std::size_t next = body.rfind(cursor);
    if (bracket == std::string_view::npos || next == std::string_view::npos || next < bracket ||
        body.back() != '}')
        return std::nullopt;
    ListText out;
    out.head = body.substr(0, bracket + 1);
    const std::string_view rest = body.substr(bracket + 1);
    std::optional<std::size_t> end;
    for_each_mark(rest, [&](std::size_t at, int depth) {
        if (rest[at] == ']' && depth == -1) end = at;
        return !end;
    });
    if (!end) return std::nullopt;
    out.rows = rest.substr(0, *end);
    const std::size_t value = next + cursor.size();
    out.tail = body.substr(bracket + 1 + *end, value - (bracket + 1 + *end));
    out.next = body.substr(value, body.size() - 1 - value);
    out.count = count_rows(out.rows);
    return out;
}

}  // namespace sauda::api_server
