/// SQLite behind sql::Session.
#pragma once

#include <memory>
#include <string>

#include "sql/session.h"

struct sqlite3;

namespace sauda::sql::sqlite {

class SqliteSession : public Session {
public:
    enum class Mode : std::uint8_t { read_only, read_write };
    /// Opens the file `path`, which must exist.
    static Result<std::unique_ptr<SqliteSession>> open(const std::string& path, Mode mode);

    Dialect dialect() const override { return Dialect::sqlite; }
    const std::string& name() const override { return path_; }
    Done execute(const std::string& sql) override;
    Done begin(Access access) override;
    std::unique_ptr<PreparedStatement> prepare(std::string_view sql, Rows rows) override;
    std::unique_ptr<RowSink> insert(const Insertion& insertion) override;
    bool refresh() override { return true; }

    sqlite3* handle() const { return handle_.get(); }
    /// The last failure on this connection as an error of `operation`.
    Error last_error(const std::string& operation) const;

private:
    struct Close {
        void operator()(sqlite3* handle) const;
    };
    SqliteSession(sqlite3* handle, std::string path) : path_(std::move(path)), handle_(handle) {}

    const std::string path_;
    std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace sauda::sql::sqlite
