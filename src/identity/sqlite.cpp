#include "identity/sqlite.h"

#include <cerrno>
#include <utility>

#include <sqlite3.h>

#include "identity/private_file.h"

namespace sauda::identity {
namespace {

using base::IoError;
using base::Unexpected;
using Done = base::Result<void, IoError>;

constexpr int busy_timeout_ms = 5000;

/// What a person can do about a primary result code.
const char* fix_for(int code) {
    switch (code & 0xFF) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return "; stop sauda and restore the file from a backup, or rescue its rows with "
                   "`sqlite3 FILE .recover`";
        case SQLITE_FULL:
            return "; free some disk space";
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
            return "; check that the user who runs sauda owns the file and its directory and may write to "
                   "both";
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return "; another process holds the file: stop it, or try again";
        case SQLITE_IOERR:
            return "; check the disk and its file system";
        default:
            return "";
    }
}

/// SQLite would create the file with the mode that the umask leaves, so it is created here.
Done ensure_database_file(const std::string& path) {
    const Done created = create_private_file(path, {});
    if (!created && created.error().error_number != EEXIST) return created;
    return check_private_file(path);
}

}  // namespace

void Database::CloseConnection::operator()(sqlite3* connection) const {
    sqlite3_close_v2(connection);
}
void Database::FinalizeStatement::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

Database::Database(sqlite3* connection, std::string path) : path_(std::move(path)), connection_(connection) {}
Database::~Database() = default;
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;

base::Result<Database, IoError> Database::open(const std::string& path) {
    if (Done file = ensure_database_file(path); !file) return Unexpected{file.error()};
    sqlite3* connection = nullptr;
    const int opened =
        sqlite3_open_v2(path.c_str(), &connection,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    Database database(connection, path);
    if (connection == nullptr) return Unexpected{IoError{"open", path, ENOMEM, {}}};
    if (opened != SQLITE_OK) return Unexpected{database.last_error("open")};
    if (Done configured = database.configure(); !configured) return Unexpected{configured.error()};
    if (Done checked = database.check_integrity(); !checked) return Unexpected{checked.error()};
    return database;
}

Done Database::configure() {
    sqlite3_busy_timeout(connection_.get(), busy_timeout_ms);
    return execute(
        "PRAGMA journal_mode = WAL;"
        "PRAGMA synchronous = FULL;"
        "PRAGMA foreign_keys = ON;"
        "PRAGMA trusted_schema = OFF;"
        "PRAGMA secure_delete = ON;");
}

Done Database::check_integrity() {
    // A table of users is small: the check takes milliseconds, once per start.
    Query check(*this, "PRAGMA quick_check(1)");
    const std::string answer = check.next() ? check.text(0) : "";
    if (answer == "ok") return {};
    if (Done finished = check.finished(); !finished) return finished;
    return Unexpected{IoError{"check", path_, 0, answer + fix_for(SQLITE_CORRUPT)}};
}

Done Database::execute(const std::string& sql) {
    if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return Unexpected{last_error("execute")};
}

IoError Database::last_error(const std::string& operation) const {
    const int code = sqlite3_extended_errcode(connection_.get());
    return IoError{operation, path_, 0,
                   std::string(sqlite3_errmsg(connection_.get())) + " (SQLite " + std::to_string(code) + ")" +
                       fix_for(code)};
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(connection_.get());
}

sqlite3_stmt* Database::prepared(const char* sql) {
    const auto [at, is_new] = statements_.try_emplace(sql);
    if (is_new) {
        sqlite3_stmt* statement = nullptr;
        sqlite3_prepare_v3(connection_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        at->second.reset(statement);
    }
    if (at->second) return at->second.get();
    statements_.erase(at);
    return nullptr;
}

Query::Query(Database& database, const char* sql) : database_(database), statement_(database.prepared(sql)) {
    if (statement_ == nullptr) {
        error_ = database_.last_error("prepare");
        return;
    }
    ASSERT(!sqlite3_stmt_busy(statement_));
}

Query::~Query() {
    if (statement_ == nullptr) return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

Query& Query::bind(std::int64_t value) {
    if (statement_ != nullptr) {
        const int bound = sqlite3_bind_int64(statement_, ++bound_, value);
        ASSERT(bound == SQLITE_OK);
    }
    return *this;
}

Query& Query::bind(std::string_view value) {
    if (statement_ != nullptr) {
        // An empty view may point nowhere, which SQLite would take for NULL.
        const char* const data = value.empty() ? "" : value.data();
        const int bound =
            sqlite3_bind_text64(statement_, ++bound_, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
        ASSERT(bound == SQLITE_OK);
    }
    return *this;
}

Query& Query::bind(const std::optional<std::string>& value) {
    return value ? bind(std::string_view(*value)) : bind_null();
}

Query& Query::bind(const std::optional<std::int64_t>& value) {
    return value ? bind(*value) : bind_null();
}

Query& Query::bind_null() {
    ++bound_;  // an unbound parameter is NULL
    return *this;
}

Done Query::run() {
    while (next()) {
    }
    return finished();
}

bool Query::next() {
    if (statement_ == nullptr || error_) return false;
    ASSERT(bound_ == sqlite3_bind_parameter_count(statement_));
    outcome_ = sqlite3_step(statement_);
    if (outcome_ != SQLITE_ROW && outcome_ != SQLITE_DONE) error_ = database_.last_error("query");
    return outcome_ == SQLITE_ROW;
}

Done Query::finished() const {
    if (error_) return Unexpected{*error_};
    return {};
}

bool Query::failed_as_duplicate() const {
    return outcome_ == SQLITE_CONSTRAINT_UNIQUE || outcome_ == SQLITE_CONSTRAINT_PRIMARYKEY;
}

bool Query::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Query::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

std::string Query::text(int column) const {
    const unsigned char* const bytes = sqlite3_column_text(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    return bytes == nullptr
               ? std::string()
               : std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

std::optional<std::int64_t> Query::optional_integer(int column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
}

std::optional<std::string> Query::optional_text(int column) const {
    return is_null(column) ? std::nullopt : std::optional(text(column));
}

base::Result<Transaction, IoError> Transaction::begin(Database& database) {
    if (Done begun = database.execute("BEGIN IMMEDIATE"); !begun) return Unexpected{begun.error()};
    return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
    if (database_ == nullptr) return;
    // A failure to roll back leaves nothing to do: SQLite rolls back by itself where it must.
    static_cast<void>(database_->execute("ROLLBACK"));
}

Done Transaction::commit() {
    ASSERT(database_ != nullptr);
    if (Done committed = database_->execute("COMMIT"); !committed) return committed;
    database_ = nullptr;
    return {};
}

}  // namespace sauda::identity
