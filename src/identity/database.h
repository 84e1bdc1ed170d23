/// The database in which identity keeps users and sessions.
#pragma once

#include <string>

#include "base/io_error.h"
#include "sql/connection.h"

namespace sauda::identity {

/// Opens the database `name`; the tables are schema.h's.
///
/// A path: opens or creates the file with mode 0600 (its directory with 0700), in WAL mode, with
/// synchronous=FULL (a commit is on disk when it returns) and foreign keys enforced. Refuses a file that
/// others may read, that is damaged, or is no database.
///
/// A connection URI of PostgreSQL: connects, and again whenever the connection was lost.
sql::Result<sql::Connection> open_database(const std::string& name);

/// The failure with what a person can do about it, where that is known.
base::IoError with_advice(const sql::Error& error);

}  // namespace sauda::identity
