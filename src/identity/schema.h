/// The tables of the identity database, and how an older one becomes a newer one.
#pragma once

#include "sql/connection.h"

namespace sauda::identity {

/// The schema this program reads and writes: `PRAGMA user_version` of a file, and the row of
/// identity.schema_version in PostgreSQL.
inline constexpr int schema_version = 1;

/// Marks a file as ours: "SAUI" as `PRAGMA application_id`.
inline constexpr int schema_application_id = 0x53415549;

/// Brings `database` to schema_version in one transaction; an empty one gets the whole schema. Refuses one
/// that another program made, or that a newer sauda wrote. Of several processes that begin at once one does
/// it.
sql::Done migrate(sql::Connection& database);

}  // namespace sauda::identity
