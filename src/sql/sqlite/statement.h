/// A statement prepared by SQLite.
#pragma once

#include <memory>
#include <optional>

#include "sql/session.h"
#include "sql/sqlite/session.h"

struct sqlite3_stmt;

namespace sauda::sql::sqlite {

class SqliteStatement final : public PreparedStatement {
public:
    SqliteStatement(const SqliteSession& session, std::string_view sql);

    void bind(int parameter, std::int64_t value) override;
    void bind(int parameter, std::string_view text) override;
    void bind(int parameter, std::span<const std::uint8_t> bytes) override;
    void bind_null(int parameter) override;

    Step step() override;
    Error error() const override { return *error_; }
    void reset() override;
    std::int64_t changes() const override;

    int columns() const override;
    bool is_null(int column) const override;
    std::int64_t integer(int column) const override;
    std::string_view text(int column) const override;
    std::span<const std::uint8_t> bytes(int column) const override;

private:
    struct Finalize {
        void operator()(sqlite3_stmt* handle) const;
    };
    const SqliteSession& session_;
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
    std::optional<Error> error_;
};

}  // namespace sauda::sql::sqlite
