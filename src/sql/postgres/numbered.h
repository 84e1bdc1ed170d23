/// From `?` to `$n`.
#pragma once

#include <string>
#include <string_view>

namespace sauda::sql::postgres {

/// The statement with PostgreSQL's parameters: a bare `?` is the next one, `?2` the second. Question marks in
/// quotes stay.
std::string numbered(std::string_view sql);

}  // namespace sauda::sql::postgres
