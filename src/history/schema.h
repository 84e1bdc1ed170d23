/// The tables of history: schema.sql and schema_postgres.sql, as they stand in this program.
#pragma once

namespace sauda::history {

/// Statements that make every table and index of an empty database, in SQLite and in PostgreSQL.
extern const char* const schema_sql;
extern const char* const schema_postgres_sql;

/// Bring tables of a version to the next one. They only add, so that it takes no time. Version 1 has candles
/// without what takers bought, and was a file always; version 2 has no transfers between shards.
extern const char* const schema_from_1_sql;
extern const char* const schema_from_2_sql;
extern const char* const schema_postgres_from_2_sql;

/// Rises with every change of the schema or of what is projected into it. A database of a version from which
/// nothing leads here is set aside and projected anew: the event log is the record.
inline constexpr int schema_version = 3;
inline constexpr int schema_application_id = 0x53617548;  // "SauH"

}  // namespace sauda::history
