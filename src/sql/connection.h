/// A connection to a database of either kind, and its transactions.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sql/error.h"
#include "sql/inserter.h"
#include "sql/session.h"
#include "sql/statement.h"

namespace sauda::sql {

/// Threads: one at a time. Every call may block on the disk, on another process that writes to the same
/// database, or on the server.
class Connection {
public:
    explicit Connection(std::unique_ptr<Session> session) : session_(std::move(session)) {}

    Dialect dialect() const { return session_->dialect(); }
    bool is_postgres() const { return dialect() == Dialect::postgres; }
    /// The database, for people: never with a password.
    const std::string& name() const { return session_->name(); }

    /// Runs statements that bind nothing and whose rows nobody wants.
    Done execute(const std::string& sql) { return session_->execute(sql); }
    /// The first column of the first row; zero when there is none.
    Result<std::int64_t> number(std::string_view sql);

    /// The statement of `sql`, prepared at its first use, ready to be bound. Until it is asked for again.
    Statement& prepared(std::string_view sql, Rows rows = Rows::few);
    /// Lets go of what prepared() statements that are not at their ends hold.
    void reset_all();

    /// Rows into a table, many at once: see Inserter.
    Inserter insert(const Insertion& insertion) { return Inserter(session_->insert(insertion)); }

    Session& session() { return *session_; }

private:
    friend class Transaction;
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };

    /// A session that was lost is opened anew where its owner wants that, never within a transaction.
    void refresh();

    std::unique_ptr<Session> session_;
    std::unordered_map<std::string, Statement, TextHash, std::equal_to<>> statements_;
    bool is_in_transaction_ = false;
};

/// Everything between its begin and its commit() happens, or nothing does.
class Transaction {
public:
    /// In SQLite a transaction that writes takes the lock at once: what is read inside is still true at the
    /// commit. In PostgreSQL each statement sees what is committed when it begins, and rows that it changes,
    /// or reads `for share`, stay as they are until the commit.
    static Result<Transaction> begin(Connection& connection, Access access = Access::write);
    /// Rolls back unless committed.
    ~Transaction();
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;

    Done commit();

private:
    explicit Transaction(Connection& connection) : connection_(&connection) {}

    Connection* connection_;
};

}  // namespace sauda::sql
