#include "sql/sqlite/row_sink.h"

#include "sql/insertion.h"

namespace sauda::sql::sqlite {

namespace {

std::string insert_sql(const Insertion& insertion) {
    std::string sql = "INSERT INTO " + insertion.table + " VALUES (?";
    for (int i = 1; i < insertion.columns; ++i) sql += ", ?";
    return sql + ")" + on_conflict(insertion);
}

}  // namespace

SqliteRowSink::SqliteRowSink(const SqliteSession& session, const Insertion& insertion)
    : statement_(session, insert_sql(insertion)) {}

Done SqliteRowSink::end_row() {
    bound_ = 0;
    const auto step = statement_.step();
    statement_.reset();
    if (step == PreparedStatement::Step::failed) return base::Unexpected{statement_.error()};
    return {};
}

}  // namespace sauda::sql::sqlite
