#include "history/sqlite.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include <sqlite3.h>

namespace sauda::history {

using base::IoError;
using base::Result;
using base::Unexpected;

namespace {

constexpr int busy_timeout_ms = 5'000;

IoError sqlite_error(sqlite3* handle, const std::string& path, const std::string& operation) {
    const int code = sqlite3_extended_errcode(handle);
    return {operation, path, 0,
            std::string(sqlite3_errmsg(handle)) + " (SQLite " + std::to_string(code) + ")"};
}

/// SQLite would make the file with the mode that the umask leaves.
Done make_file(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return Unexpected{IoError{"open", path, errno, {}}};
    ::close(descriptor);
    return {};
}

}  // namespace

IoError damage(const std::string& path, const std::string& what) {
    return {"read", path, 0, "the database is damaged: " + what};
}

void Connection::Close::operator()(sqlite3* handle) const {
    sqlite3_close_v2(handle);
}

Connection::Connection(sqlite3* handle, std::string path) : path_(std::move(path)), handle_(handle) {}
Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

Result<Connection, IoError> Connection::open(const std::string& path, Mode mode) {
    const bool writes = mode == Mode::read_write;
    if (writes) {
        if (Done made = make_file(path); !made) return Unexpected{made.error()};
    }
    sqlite3* handle = nullptr;
    const int flags =
        (writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int opened = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    if (handle == nullptr) return Unexpected{IoError{"open", path, ENOMEM, {}}};
    Connection connection(handle, path);
    if (opened != SQLITE_OK) return Unexpected{connection.last_error("open")};
    sqlite3_busy_timeout(handle, busy_timeout_ms);
    return connection;
}

Done Connection::execute(const char* sql) {
    if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return Unexpected{last_error("execute")};
}

Result<std::int64_t, IoError> Connection::number(const char* sql) {
    Statement statement(*this, sql);
    const std::int64_t value = statement.step() ? statement.integer(0) : 0;
    if (statement.failed()) return Unexpected{statement.error()};
    return value;
}

bool Connection::is_damaged() const {
    const int code = sqlite3_errcode(handle_.get()) & 0xFF;
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

IoError Connection::last_error(const std::string& operation) const {
    return sqlite_error(handle_.get(), path_, operation);
}

Result<std::int64_t, IoError> Connection::checkpoint() {
    int in_log = 0;
    int copied = 0;
    const int outcome =
        sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
    if (outcome != SQLITE_OK && outcome != SQLITE_BUSY) return Unexpected{last_error("checkpoint")};
    return std::int64_t{in_log} - copied;
}

void Statement::Finalize::operator()(sqlite3_stmt* handle) const {
    sqlite3_finalize(handle);
}

Statement::Statement(Connection& connection, std::string_view sql)
    : connection_(connection.handle_.get()), path_(connection.path_) {
    sqlite3_stmt* handle = nullptr;
    const int prepared = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()),
                                            SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    handle_.reset(handle);
    if (prepared != SQLITE_OK) error_ = connection.last_error("prepare");
}

// A bind fails only where there is no statement or no such parameter, and the step after it then tells.
Statement& Statement::bind(std::int64_t value) {
    sqlite3_bind_int64(handle_.get(), ++bound_, value);
    return *this;
}

Statement& Statement::bind(std::string_view text) {
    const char* const data = text.empty() ? "" : text.data();  // a null pointer would be NULL
    sqlite3_bind_text(handle_.get(), ++bound_, data, static_cast<int>(text.size()), SQLITE_STATIC);
    return *this;
}

Statement& Statement::bind(std::span<const std::uint8_t> blob) {
    sqlite3_bind_blob(handle_.get(), ++bound_, blob.data(), static_cast<int>(blob.size()), SQLITE_STATIC);
    return *this;
}

Statement& Statement::bind_null() {
    sqlite3_bind_null(handle_.get(), ++bound_);
    return *this;
}

bool Statement::step() {
    if (!handle_ || is_over_) return false;
    error_.reset();
    const int outcome = sqlite3_step(handle_.get());
    if (outcome == SQLITE_ROW) return true;
    if (outcome != SQLITE_DONE) error_ = sqlite_error(connection_, path_, "query");
    return false;
}

void Statement::reset() {
    sqlite3_reset(handle_.get());
    bound_ = 0;
    is_over_ = false;
}

void Statement::fail(const std::string& what) {
    error_ = damage(path_, what);
    is_over_ = true;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

int Statement::columns() const {
    return sqlite3_column_count(handle_.get());
}

std::string_view Statement::text(int column) const {
    const unsigned char* const bytes = sqlite3_column_text(handle_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
    return bytes == nullptr ? std::string_view()
                            : std::string_view(reinterpret_cast<const char*>(bytes), size);
}

std::span<const std::uint8_t> Statement::blob(int column) const {
    const void* const bytes = sqlite3_column_blob(handle_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
    return {static_cast<const std::uint8_t*>(bytes), size};
}

}  // namespace sauda::history
