/// The tables of the identity database, and how an older file becomes a newer one.
#pragma once

#include "sql/connection.h"

namespace sauda::identity {

/// The schema this program reads and writes; `PRAGMA user_version` of its files.
inline constexpr int schema_version = 1;

/// Marks the file as ours: "SAUI" as `PRAGMA application_id`.
inline constexpr int schema_application_id = 0x53415549;

/// Brings `database` to schema_version in one transaction; an empty file gets the whole schema. Refuses a
/// file that another program made, or that a newer sauda wrote.
sql::Done migrate(sql::Connection& database);

}  // namespace sauda::identity
