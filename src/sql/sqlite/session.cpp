#include "sql/sqlite/session.h"

#include <cerrno>

#include <sqlite3.h>

#include "sql/sqlite/row_sink.h"
#include "sql/sqlite/statement.h"

namespace sauda::sql::sqlite {

using base::Unexpected;

namespace {

constexpr int busy_timeout_ms = 5'000;

Error::Kind kind_of(int code) {
    switch (code) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID:
            return Error::Kind::duplicate;
        default:
            break;
    }
    const int primary = code & 0xFF;
    return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB ? Error::Kind::damaged : Error::Kind::other;
}

}  // namespace

void SqliteSession::Close::operator()(sqlite3* handle) const {
    sqlite3_close_v2(handle);
}

Result<std::unique_ptr<SqliteSession>> SqliteSession::open(const std::string& path, Mode mode) {
    sqlite3* handle = nullptr;
    const int flags = (mode == Mode::read_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int opened = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    if (handle == nullptr) return Unexpected{make_error({"open", path, ENOMEM, {}})};
    auto session = std::unique_ptr<SqliteSession>(new SqliteSession(handle, path));
    if (opened != SQLITE_OK) return Unexpected{session->last_error("open")};
    sqlite3_busy_timeout(handle, busy_timeout_ms);
    return session;
}

Error SqliteSession::last_error(const std::string& operation) const {
    const int code = sqlite3_extended_errcode(handle_.get());
    const std::string what =
        std::string(sqlite3_errmsg(handle_.get())) + " (SQLite " + std::to_string(code) + ")";
    return {{operation, path_, 0, what}, kind_of(code), code};
}

Done SqliteSession::execute(const std::string& sql) {
    if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return Unexpected{last_error("execute")};
}

Done SqliteSession::begin(Access access) {
    return execute(access == Access::write ? "BEGIN IMMEDIATE" : "BEGIN");
}

std::unique_ptr<PreparedStatement> SqliteSession::prepare(std::string_view sql, Rows) {
    return std::make_unique<SqliteStatement>(*this, sql);
}

std::unique_ptr<RowSink> SqliteSession::insert(const Insertion& insertion) {
    return std::make_unique<SqliteRowSink>(*this, insertion);
}

}  // namespace sauda::sql::sqlite
