/// Rows into a table of SQLite: one INSERT each, prepared once.
#pragma once

#include "sql/session.h"
#include "sql/sqlite/statement.h"

namespace sauda::sql::sqlite {

class SqliteRowSink final : public RowSink {
public:
    SqliteRowSink(const SqliteSession& session, const Insertion& insertion);

    void add(std::int64_t value) override { statement_.bind(++bound_, value); }
    void add(std::string_view text) override { statement_.bind(++bound_, text); }
    void add(std::span<const std::uint8_t> bytes) override { statement_.bind(++bound_, bytes); }
    void add_null() override { statement_.bind_null(++bound_); }
    Done end_row() override;
    Done finish() override { return {}; }

private:
    SqliteStatement statement_;
    int bound_ = 0;
};

}  // namespace sauda::sql::sqlite
