/// A thin hold on SQLite: a connection, and prepared queries whose errors say what to do about them.
///
/// Threads: one at a time per Database. Every call may block on the disk or, up to the busy timeout, on
/// another process that writes to the same file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/io_error.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sauda::identity {

class Database {
public:
    /// Opens or creates the file `path` with mode 0600, in WAL mode, with synchronous=FULL (a commit is on
    /// disk when it returns) and foreign keys enforced. Refuses a file that others may read, that is damaged,
    /// or is no database.
    static base::Result<Database, base::IoError> open(const std::string& path);

    ~Database();
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;

    /// Runs statements that bind nothing and whose rows nobody wants.
    base::Result<void, base::IoError> execute(const std::string& sql);

    /// What the last failure on this connection was, as an error of `operation`, with the fix where one is
    /// known.
    base::IoError last_error(const std::string& operation) const;

    const std::string& path() const { return path_; }

    /// Rows changed by the last INSERT, UPDATE or DELETE.
    std::int64_t changes() const;

private:
    friend class Query;
    struct CloseConnection {
        void operator()(sqlite3* connection) const;
    };
    struct FinalizeStatement {
        void operator()(sqlite3_stmt* statement) const;
    };

    Database(sqlite3* connection, std::string path);
    base::Result<void, base::IoError> configure();
    base::Result<void, base::IoError> check_integrity();
    /// The prepared form of `sql`, made at its first use; null when it does not compile.
    sqlite3_stmt* prepared(const char* sql);

    std::string path_;
    std::unique_ptr<sqlite3, CloseConnection> connection_;
    std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, FinalizeStatement>> statements_;
};

/// One run of a prepared statement. Values are bound in the order of the question marks; then run() or
/// next(). The statement is free for another Query when this one ends. Requires: no two live queries of the
/// same text.
class Query {
public:
    Query(Database& database, const char* sql);
    ~Query();
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    Query& bind(std::int64_t value);
    Query& bind(std::string_view value);
    Query& bind(const std::optional<std::string>& value);
    Query& bind(const std::optional<std::int64_t>& value);
    Query& bind_null();

    /// Runs to the end, dropping rows.
    base::Result<void, base::IoError> run();

    /// Whether there is another row. After false, finished() tells the end from a failure.
    bool next();
    base::Result<void, base::IoError> finished() const;
    /// Whether the failure was a row that would not have been unique.
    bool failed_as_duplicate() const;

    /// Columns of the current row, from 0.
    std::int64_t integer(int column) const;
    std::string text(int column) const;
    std::optional<std::int64_t> optional_integer(int column) const;
    std::optional<std::string> optional_text(int column) const;

private:
    bool is_null(int column) const;

    Database& database_;
    sqlite3_stmt* statement_;
    int bound_ = 0;
    int outcome_ = 0;
    std::optional<base::IoError> error_;
};

/// Everything between its begin and its commit() happens, or nothing does.
class Transaction {
public:
    /// Takes the write lock at once, so that what is read inside is still true at the commit.
    static base::Result<Transaction, base::IoError> begin(Database& database);
    /// Rolls back unless committed.
    ~Transaction();
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;

    base::Result<void, base::IoError> commit();

private:
    explicit Transaction(Database& database) : database_(&database) {}

    Database* database_;
};

}  // namespace sauda::identity
