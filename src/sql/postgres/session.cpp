#include "sql/postgres/session.h"

#include "sql/postgres/address.h"
#include "sql/postgres/row_sink.h"
#include "sql/postgres/statement.h"

namespace sauda::sql::postgres {

using base::Unexpected;

namespace {

/// A server that is not there is not asked more often than this, so that its users fail fast.
constexpr auto reconnect_interval = std::chrono::milliseconds(250);

}  // namespace

Result<std::unique_ptr<PostgresSession>> PostgresSession::open(const std::string& address,
                                                               const Options& options) {
    const auto name = describe(address);
    if (!name) return Unexpected{name.error()};
    auto session = std::unique_ptr<PostgresSession>(new PostgresSession(address, *name, options));
    if (Done connected = session->connect(); !connected) return Unexpected{connected.error()};
    return session;
}

Done PostgresSession::connect() {
    tried_at_ = Clock::now();
    auto link = Link::open(address_, name_, options_.answer_timeout, options_.interrupt);
    if (!link) return Unexpected{link.error()};
    if (!options_.settings.empty()) {
        if (Done set = (*link)->execute(options_.settings); !set) return set;
    }
    link_ = std::move(*link);
    return {};
}

bool PostgresSession::refresh() {
    if (!options_.reconnects || !link_->is_lost()) return true;
    if (Clock::now() - tried_at_ < reconnect_interval) return true;
    return !connect();
}

Done PostgresSession::begin(Access access) {
    return execute(access == Access::write ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

std::unique_ptr<PreparedStatement> PostgresSession::prepare(std::string_view sql, Rows rows) {
    return std::make_unique<PostgresStatement>(*this, sql, rows);
}

std::unique_ptr<RowSink> PostgresSession::insert(const Insertion& insertion) {
    return std::make_unique<PostgresRowSink>(*this, insertion);
}

}  // namespace sauda::sql::postgres
