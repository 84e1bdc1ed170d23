/// The tables of history: schema.sql and schema_postgres.sql, as they stand in this program.
#pragma once

namespace sauda::history {

/// Statements that make every table and index of an empty database, in SQLite and in PostgreSQL.
extern const char* const schema_sql;
extern const char* const schema_postgres_sql;

/// Brings a file of version 1, which has candles without what takers bought, to schema_version. Only
/// adds, so that it takes no time.
extern const char* const schema_from_1_sql;

/// Rises with every change of the schema or of what is projected into it. A database of a version from which
/// nothing leads here is set aside and projected anew: the event log is the record.
inline constexpr int schema_version = 2;
inline constexpr int schema_application_id = 0x53617548;  // "SauH"

}  // namespace sauda::history
