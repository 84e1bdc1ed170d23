#include "sql/connection.h"

#include <utility>

#include "base/assert.h"

namespace sauda::sql {

using base::Unexpected;

Result<std::int64_t> Connection::number(std::string_view sql) {
    refresh();
    Statement statement(*this, sql);
    const std::int64_t value = statement.step() ? statement.integer(0) : 0;
    if (statement.failed()) return Unexpected{statement.error()};
    return value;
}

Statement& Connection::prepared(std::string_view sql, Rows rows) {
    refresh();
    const auto found = statements_.find(sql);
    if (found == statements_.end())
        return statements_.emplace(std::string(sql), Statement(*this, sql, rows)).first->second;
    found->second.reset();
    return found->second;
}

void Connection::reset_all() {
    for (auto& [sql, statement] : statements_) statement.reset();
}

void Connection::refresh() {
    if (is_in_transaction_) return;
    if (!session_->refresh()) statements_.clear();
}

Result<Transaction> Transaction::begin(Connection& connection, Access access) {
    ASSERT(!connection.is_in_transaction_);
    connection.refresh();
    if (Done begun = connection.session_->begin(access); !begun) return Unexpected{begun.error()};
    connection.is_in_transaction_ = true;
    return Transaction(connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
    if (connection_ == nullptr) return;
    // A failure to roll back leaves nothing to do: the database rolls back by itself where it must.
    static_cast<void>(connection_->execute("ROLLBACK"));
    connection_->is_in_transaction_ = false;
}

Done Transaction::commit() {
    ASSERT(connection_ != nullptr);
    if (Done committed = connection_->execute("COMMIT"); !committed) return committed;
    connection_->is_in_transaction_ = false;
    connection_ = nullptr;
    return {};
}

}  // namespace sauda::sql
