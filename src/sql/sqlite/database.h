/// What only a database in a file has: the file, its write-ahead log, and copies of it.
#pragma once

#include <cstdint>
#include <string>

#include "sql/connection.h"
#include "sql/sqlite/session.h"

namespace sauda::sql::sqlite {

using Mode = SqliteSession::Mode;

/// Opens the file `path`; read_write makes it, mode 0600, when it is missing.
Result<Connection> open(const std::string& path, Mode mode);

/// Copies what the write-ahead log holds into the database as far as readers allow, without waiting for
/// them. Returns the pages that stay in the log. Requires: the connection is one to SQLite.
Result<std::int64_t> checkpoint(Connection& connection);

/// Copies all of `from`, as it stands at one moment, into `to`, which is empty. Other processes may read and
/// write `from` meanwhile; what they commit after the copy began may be in it or not. The copy is one file,
/// with nothing beside it, and durable. Requires: connections to SQLite.
Done copy(Connection& from, Connection& to);

}  // namespace sauda::sql::sqlite
