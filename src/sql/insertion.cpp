#include "sql/insertion.h"

#include <algorithm>
#include <string_view>

namespace sauda::sql {

std::string on_conflict(const Insertion& insertion) {
    if (insertion.key.empty()) return {};
    std::string sql = " ON CONFLICT (" + insertion.key + ") DO UPDATE SET ";
    std::string_view rest = insertion.changing;
    for (bool is_first = true; !rest.empty(); is_first = false) {
        const std::string column(rest.substr(0, rest.find(", ")));
        rest.remove_prefix(std::min(rest.size(), column.size() + 2));
        sql += (is_first ? "" : ", ") + column + " = excluded." + column;
    }
    return sql;
}

}  // namespace sauda::sql
