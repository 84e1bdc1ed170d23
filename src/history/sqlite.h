/// A thin hold on SQLite for history: one connection, and statements prepared once and run often.
///
/// Threads: one at a time per Connection. Calls may block on the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/io_error.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sauda::history {

using Done = base::Result<void, base::IoError>;

class Connection {
public:
    enum class Mode : std::uint8_t { read_only, read_write };
    /// Opens the file `path`; read_write makes it, mode 0600, when it is missing.
    static base::Result<Connection, base::IoError> open(const std::string& path, Mode mode);

    ~Connection();
    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) noexcept;

    /// Runs statements that bind nothing and whose rows nobody wants.
    Done execute(const char* sql);
    /// The first column of the first row; zero when there is none.
    base::Result<std::int64_t, base::IoError> number(const char* sql);

    /// Whether the last failure was the file's: it is damaged, or no database at all.
    bool is_damaged() const;
    /// The last failure on this connection as an error of `operation`.
    base::IoError last_error(const std::string& operation) const;

    /// Copies what the write-ahead log holds into the database as far as readers allow, without waiting for
    /// them. Returns the pages that stay in the log.
    base::Result<std::int64_t, base::IoError> checkpoint();

private:
    friend class Statement;
    struct Close {
        void operator()(sqlite3* handle) const;
    };
    Connection(sqlite3* handle, std::string path);

    std::string path_;
    std::unique_ptr<sqlite3, Close> handle_;
};

/// The error of rows that say what was never written. SQLite finds damage of its structure, not of values.
base::IoError damage(const std::string& path, const std::string& what);

/// A prepared statement. Bind in the order of the question marks, then step(); reset() before the next run.
/// Lives no longer than its connection.
class Statement {
public:
    /// `sql` is a literal of this program: one that does not compile is a bug, or a schema of another
    /// version, and shows as an error of the first step.
    Statement(Connection& connection, std::string_view sql);

    Statement& bind(std::int64_t value);
    template <std::unsigned_integral T>
    Statement& bind(T value) {
        return bind(static_cast<std::int64_t>(value));
    }
    /// Requires: the text lives until reset().
    Statement& bind(std::string_view text);
    Statement& bind(std::span<const std::uint8_t> blob);
    Statement& bind_null();

    /// Whether there is a row. After false, `failed()` tells a failure from the end, until the next step.
    bool step();
    bool failed() const { return error_.has_value(); }
    const base::IoError& error() const { return *error_; }
    void reset();

    /// Runs to the end and resets: for statements that return nothing.
    bool run() {
        step();
        reset();
        return !failed();
    }

    std::int64_t integer(int column) const;
    template <class Id>
    Id id(int column) const {
        return {static_cast<decltype(Id::raw)>(integer(column))};
    }
    bool is_null(int column) const;
    int columns() const;
    std::string_view text(int column) const;  ///< until the next step or reset
    /// As core's text of fixed room. What does not fit is damage: the statement has failed, and ends.
    template <class Text>
    Text text_of(int column) {
        const std::string_view found = text(column);
        if (found.size() <= Text().characters.size()) return Text(found);
        fail("a text is longer than any that was written");
        return {};
    }
    /// The row says what was never written: the statement has failed, and ends.
    void fail(const std::string& what);
    std::span<const std::uint8_t> blob(int column) const;

private:
    struct Finalize {
        void operator()(sqlite3_stmt* handle) const;
    };
    sqlite3* connection_;
    std::string path_;
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
    int bound_ = 0;
    bool is_over_ = false;  ///< by fail(), until reset()
    std::optional<base::IoError> error_;
};

}  // namespace sauda::history
