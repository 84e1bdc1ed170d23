/// What only a server has.
#pragma once

#include <string>

#include "sql/connection.h"
#include "sql/postgres/session.h"

namespace sauda::sql::postgres {

/// Connects to the server and database of `address`, a connection URI of libpq. A password comes from the
/// address, PGPASSWORD or PGPASSFILE, and never shows.
Result<Connection> open(const std::string& address, const Options& options);

/// Whether this session holds the lock `key` now: until it ends, no other session of the database gets it.
Result<bool> try_lock(Connection& connection, std::int64_t key);

}  // namespace sauda::sql::postgres
