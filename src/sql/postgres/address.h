/// Names of databases: a path is SQLite's, a URL `postgresql://...` PostgreSQL's.
#pragma once

#include <string>
#include <string_view>

#include "sql/error.h"

namespace sauda::sql::postgres {

/// Whether `name` is a connection URI of libpq.
bool is_address(std::string_view name);

/// The database of a connection URI, for people: without user, password and options. The error does not
/// repeat the URI either.
Result<std::string> describe(const std::string& address);

}  // namespace sauda::sql::postgres
