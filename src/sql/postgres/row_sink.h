/// Rows into a table of PostgreSQL: COPY in binary. Rows that may stand there already are copied into a
/// temporary table first, and from there inserted or put in the place of the others.
#pragma once

#include <string>

#include "sql/postgres/session.h"
#include "sql/session.h"

namespace sauda::sql::postgres {

/// The stream is that of the manual's "COPY, Binary Format":
///
///     PGCOPY\n\377\r\n\0   flags: 4 bytes   size of an extension: 4 bytes
///     per row: count of columns: 2 bytes; per column: size: 4 bytes (-1: NULL), value
///     -1: 2 bytes
class PostgresRowSink final : public RowSink {
public:
    PostgresRowSink(PostgresSession& session, const Insertion& insertion);
    /// Gives up what was not finished.
    ~PostgresRowSink() override;

    void add(std::int64_t value) override;
    void add(std::string_view text) override;
    void add(std::span<const std::uint8_t> bytes) override;
    void add_null() override;
    Done end_row() override;
    Done finish() override;

private:
    void begin_row();
    Done flush();

    PostgresSession& session_;
    const Insertion insertion_;
    const std::string target_;  ///< what is copied into
    std::string buffer_;
    bool is_in_row_ = false;
    bool is_copying_ = false;
    Done begun_;
};

}  // namespace sauda::sql::postgres
