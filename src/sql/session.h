/// What stands behind a Connection: implemented once per database system, in sqlite/ and postgres/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sql/error.h"

namespace sauda::sql {

enum class Dialect : std::uint8_t { sqlite, postgres };

/// What a transaction is for. One that reads sees one state of the database from its beginning to its end.
enum class Access : std::uint8_t { read, write };

/// How many rows are expected of a statement.
enum class Rows : std::uint8_t {
    few,   ///< may be fetched at once
    many,  ///< fetched as they are stepped through. Requires: a transaction, of which none outlives the end
};

/// Rows to be added to one table.
struct Insertion {
    std::string table;
    int columns = 0;
    /// The table's key, comma-separated, where rows may stand there already; empty: they must not.
    std::string key{};
    /// What changes of a row that does, comma-separated.
    std::string changing{};
};

/// A prepared statement. Parameters count from 1, columns from 0.
class PreparedStatement {
public:
    enum class Step : std::uint8_t { row, end, failed };
    virtual ~PreparedStatement() = default;

    virtual void bind(int parameter, std::int64_t value) = 0;
    virtual void bind(int parameter, std::string_view text) = 0;
    virtual void bind(int parameter, std::span<const std::uint8_t> bytes) = 0;
    virtual void bind_null(int parameter) = 0;

    virtual Step step() = 0;
    virtual Error error() const = 0;  ///< of the last step that failed
    virtual void reset() = 0;         ///< back to before the first step, with nothing bound
    virtual std::int64_t changes() const = 0;

    virtual int columns() const = 0;
    virtual bool is_null(int column) const = 0;
    virtual std::int64_t integer(int column) const = 0;
    virtual std::string_view text(int column) const = 0;
    virtual std::span<const std::uint8_t> bytes(int column) const = 0;
};

/// Rows on their way into a table.
class RowSink {
public:
    virtual ~RowSink() = default;
    virtual void add(std::int64_t value) = 0;
    virtual void add(std::string_view text) = 0;
    virtual void add(std::span<const std::uint8_t> bytes) = 0;
    virtual void add_null() = 0;
    virtual Done end_row() = 0;
    virtual Done finish() = 0;
};

class Session {
public:
    virtual ~Session() = default;
    virtual Dialect dialect() const = 0;
    /// The database, for people: never with a password.
    virtual const std::string& name() const = 0;
    virtual Done execute(const std::string& sql) = 0;
    virtual Done begin(Access access) = 0;
    virtual std::unique_ptr<PreparedStatement> prepare(std::string_view sql, Rows rows) = 0;
    virtual std::unique_ptr<RowSink> insert(const Insertion& insertion) = 0;
    /// Ready to be used, as far as can be told without asking. False: what was prepared is gone with a
    /// connection that was lost, and the session is a new one.
    virtual bool refresh() = 0;
};

}  // namespace sauda::sql
