#include "sql/sqlite/statement.h"

#include <sqlite3.h>

namespace sauda::sql::sqlite {

void SqliteStatement::Finalize::operator()(sqlite3_stmt* handle) const {
    sqlite3_finalize(handle);
}

SqliteStatement::SqliteStatement(const SqliteSession& session, std::string_view sql) : session_(session) {
    sqlite3_stmt* handle = nullptr;
    const int prepared = sqlite3_prepare_v3(session.handle(), sql.data(), static_cast<int>(sql.size()),
                                            SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    handle_.reset(handle);
    if (prepared != SQLITE_OK) error_ = session.last_error("prepare");
}

// A bind fails only where there is no statement or no such parameter, and the step after it then tells.
void SqliteStatement::bind(int parameter, std::int64_t value) {
    sqlite3_bind_int64(handle_.get(), parameter, value);
}

void SqliteStatement::bind(int parameter, std::string_view text) {
    const char* const data = text.empty() ? "" : text.data();  // a null pointer would be NULL
    sqlite3_bind_text64(handle_.get(), parameter, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void SqliteStatement::bind(int parameter, std::span<const std::uint8_t> bytes) {
    sqlite3_bind_blob64(handle_.get(), parameter, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
}

void SqliteStatement::bind_null(int parameter) {
    sqlite3_bind_null(handle_.get(), parameter);
}

PreparedStatement::Step SqliteStatement::step() {
    if (!handle_) return Step::failed;
    const int outcome = sqlite3_step(handle_.get());
    if (outcome == SQLITE_ROW) return Step::row;
    if (outcome == SQLITE_DONE) return Step::end;
    error_ = session_.last_error("query");
    return Step::failed;
}

void SqliteStatement::reset() {
    sqlite3_reset(handle_.get());
}

std::int64_t SqliteStatement::changes() const {
    return sqlite3_changes64(session_.handle());
}

int SqliteStatement::columns() const {
    return sqlite3_column_count(handle_.get());
}

bool SqliteStatement::is_null(int column) const {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::int64_t SqliteStatement::integer(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
}

std::string_view SqliteStatement::text(int column) const {
    const unsigned char* const found = sqlite3_column_text(handle_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
    return found == nullptr ? std::string_view()
                            : std::string_view(reinterpret_cast<const char*>(found), size);
}

std::span<const std::uint8_t> SqliteStatement::bytes(int column) const {
    const void* const found = sqlite3_column_blob(handle_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
    return {static_cast<const std::uint8_t*>(found), size};
}

}  // namespace sauda::sql::sqlite
