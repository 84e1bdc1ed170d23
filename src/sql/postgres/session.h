/// PostgreSQL behind sql::Session.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "sql/postgres/link.h"
#include "sql/session.h"

namespace sauda::sql::postgres {

struct Options {
    /// Run on every connection that is opened: SET statements.
    std::string settings{};
    /// A server that is silent for so long is taken for lost; zero: never.
    std::chrono::milliseconds answer_timeout{5'000};
    /// Whether a connection that was lost is replaced at the next use. What a session holds, such as a lock,
    /// goes with the connection.
    bool reconnects = false;
    /// Outlives the session.
    const Interrupt* interrupt = nullptr;
};

class PostgresSession : public Session {
public:
    static Result<std::unique_ptr<PostgresSession>> open(const std::string& address, const Options& options);

    Dialect dialect() const override { return Dialect::postgres; }
    const std::string& name() const override { return name_; }
    Done execute(const std::string& sql) override { return link_->execute(sql); }
    Done begin(Access access) override;
    std::unique_ptr<PreparedStatement> prepare(std::string_view sql, Rows rows) override;
    std::unique_ptr<RowSink> insert(const Insertion& insertion) override;
    bool refresh() override;

    Link& link() { return *link_; }
    /// A name that no prepared statement or cursor of this session has had.
    std::string new_name() { return "s" + std::to_string(++names_); }

private:
    using Clock = std::chrono::steady_clock;

    PostgresSession(std::string address, std::string name, Options options)
        : address_(std::move(address)), name_(std::move(name)), options_(std::move(options)) {}
    Done connect();

    const std::string address_;
    const std::string name_;
    const Options options_;
    std::unique_ptr<Link> link_;
    Clock::time_point tried_at_{};
    std::uint64_t names_ = 0;
};

}  // namespace sauda::sql::postgres
