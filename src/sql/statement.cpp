#include "sql/statement.h"

#include "sql/connection.h"

namespace sauda::sql {

Statement::Statement(Connection& connection, std::string_view sql, Rows rows)
    : database_(&connection.session().name()), held_(connection.session().prepare(sql, rows)) {}

Statement& Statement::bind(std::int64_t value) {
    held_->bind(++bound_, value);
    return *this;
}

Statement& Statement::bind(std::string_view text) {
    held_->bind(++bound_, text);
    return *this;
}

Statement& Statement::bind(std::span<const std::uint8_t> bytes) {
    held_->bind(++bound_, bytes);
    return *this;
}

Statement& Statement::bind(const std::optional<std::string>& text) {
    return text ? bind(std::string_view(*text)) : bind_null();
}

Statement& Statement::bind(const std::optional<std::int64_t>& value) {
    return value ? bind(*value) : bind_null();
}

Statement& Statement::bind_null() {
    held_->bind_null(++bound_);
    return *this;
}

bool Statement::step() {
    if (is_over_) return false;
    error_.reset();
    switch (held_->step()) {
        case PreparedStatement::Step::row:
            return true;
        case PreparedStatement::Step::end:
            changes_ = held_->changes();
            return false;
        case PreparedStatement::Step::failed:
            error_ = held_->error();
            changes_ = 0;
            return false;
    }
    ASSERT(false);
}

void Statement::reset() {
    held_->reset();
    bound_ = 0;
    is_over_ = false;
}

bool Statement::run() {
    while (step()) {
    }
    reset();
    return !failed();
}

void Statement::fail(const std::string& what) {
    error_ = damaged_values(*database_, what);
    is_over_ = true;
}

}  // namespace sauda::sql
