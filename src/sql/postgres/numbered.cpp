#include "sql/postgres/numbered.h"

namespace sauda::sql::postgres {

std::string numbered(std::string_view sql) {
    const auto is_digit = [&](std::size_t at) { return at < sql.size() && sql[at] >= '0' && sql[at] <= '9'; };
    std::string out;
    int last = 0;
    bool is_quoted = false;
    for (std::size_t at = 0; at < sql.size(); ++at) {
        if (sql[at] == '\'') is_quoted = !is_quoted;
        if (sql[at] != '?' || is_quoted) {
            out += sql[at];
            continue;
        }
        out += '$';
        if (!is_digit(at + 1)) out += std::to_string(++last);
    }
    return out;
}

}  // namespace sauda::sql::postgres
