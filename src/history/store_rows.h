/// A batch of rows on its way into the tables.
#pragma once

#include "history/rows.h"
#include "sql/connection.h"

namespace sauda::history {

/// Writes every table of `batch`, and its progress. Requires: a transaction.
sql::Done write_rows(sql::Connection& connection, const Batch& batch);

}  // namespace sauda::history
