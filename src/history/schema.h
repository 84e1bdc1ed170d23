/// The tables of history: schema.sql and schema_postgres.sql, as they stand in this program.
#pragma once

namespace sauda::history {

/// Statements that make every table and index of an empty database, in SQLite and in PostgreSQL.
extern const char* const schema_sql;
extern const char* const schema_postgres_sql;

/// Rises with every change of the schema or of what is projected into it. A database of another version is
/// set aside and projected anew: the event log is the record.
inline constexpr int schema_version = 1;
inline constexpr int schema_application_id = 0x53617548;  // "SauH"

}  // namespace sauda::history
