/// A statement of PostgreSQL. Values travel in binary.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/postgres/link.h"
#include "sql/session.h"

namespace sauda::sql::postgres {

class PostgresSession;

/// Its first run is sent as text; from the second on it is prepared, and stays so until the connection ends.
/// One of many rows is a cursor, which goes with the transaction.
class PostgresStatement final : public PreparedStatement {
public:
    PostgresStatement(PostgresSession& session, std::string_view sql, Rows rows);

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
    struct Parameter {
        unsigned int type = 0;  ///< an Oid; zero: the server finds out
        std::string value;
        bool is_null = true;
    };
    Parameter& parameter(int number);
    bool start();
    bool declare();
    bool fetch();
    bool prepare();
    bool take(Result<ResultPointer> answer);
    /// Sends `sql`, or what was prepared as `prepared_`, with what is bound.
    int send(const std::string& sql, bool is_prepared);

    PostgresSession& session_;
    const std::string sql_;
    const Rows rows_;
    std::vector<Parameter> parameters_;
    std::size_t bound_ = 0;
    std::string prepared_;  ///< its name on the server; empty: it is not
    bool was_run_ = false;
    std::string cursor_;
    int fetched_max_ = 0;  ///< rows that the last fetch asked for
    bool is_running_ = false;
    ResultPointer result_;
    int row_ = 0;
    std::optional<Error> error_;
};

}  // namespace sauda::sql::postgres
