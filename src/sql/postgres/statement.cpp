#include "sql/postgres/statement.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <libpq-fe.h>

#include "sql/postgres/big_endian.h"
#include "sql/postgres/numbered.h"
#include "sql/postgres/session.h"

namespace sauda::sql::postgres {

namespace {

// Object ids of the server's types, which never change (pg_type.dat).
constexpr Oid bytea_type = 17;
constexpr Oid int8_type = 20;
constexpr Oid text_type = 25;

constexpr int binary = 1;

/// A cursor fetches a page first, and more at a time the longer it goes on.
constexpr int fetched_first = 128;
constexpr int fetched_most = 4'096;

}  // namespace

PostgresStatement::PostgresStatement(PostgresSession& session, std::string_view sql, Rows rows)
    : session_(session), sql_(numbered(sql)), rows_(rows) {}

// --- Parameters ---

PostgresStatement::Parameter& PostgresStatement::parameter(int number) {
    bound_ = std::max(bound_, static_cast<std::size_t>(number));
    if (parameters_.size() < bound_) parameters_.resize(bound_);
    Parameter& out = parameters_[static_cast<std::size_t>(number) - 1];
    out.is_null = false;
    out.value.clear();
    return out;
}

void PostgresStatement::bind(int number, std::int64_t value) {
    Parameter& to = parameter(number);
    to.type = int8_type;
    append_big_endian(to.value, value);
}

void PostgresStatement::bind(int number, std::string_view text) {
    Parameter& to = parameter(number);
    to.type = text_type;
    to.value = text;
}

void PostgresStatement::bind(int number, std::span<const std::uint8_t> bytes) {
    Parameter& to = parameter(number);
    to.type = bytea_type;
    to.value.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void PostgresStatement::bind_null(int number) {
    parameter(number).is_null = true;
}

// --- Running ---

int PostgresStatement::send(const std::string& sql, bool is_prepared) {
    std::vector<Oid> types;
    std::vector<const char*> values;
    std::vector<int> sizes;
    for (std::size_t i = 0; i < bound_; ++i) {
        const Parameter& each = parameters_[i];
        types.push_back(each.type);
        values.push_back(each.is_null ? nullptr : each.value.data());
        sizes.push_back(static_cast<int>(each.value.size()));
    }
    const std::vector<int> formats(bound_, binary);
    const int count = static_cast<int>(bound_);
    PGconn* const to = session_.link().handle();
    return is_prepared ? PQsendQueryPrepared(to, prepared_.c_str(), count, values.data(), sizes.data(),
                                             formats.data(), binary)
                       : PQsendQueryParams(to, sql.c_str(), count, types.data(), values.data(), sizes.data(),
                                           formats.data(), binary);
}

bool PostgresStatement::take(Result<ResultPointer> answer) {
    result_.reset();
    row_ = -1;
    if (!answer) {
        error_ = answer.error();
        return false;
    }
    result_ = std::move(*answer);
    return true;
}

bool PostgresStatement::prepare() {
    std::vector<Oid> types;
    for (std::size_t i = 0; i < bound_; ++i) types.push_back(parameters_[i].type);
    const std::string name = session_.new_name();
    const int sent = PQsendPrepare(session_.link().handle(), name.c_str(), sql_.c_str(),
                                   static_cast<int>(bound_), types.data());
    if (!take(session_.link().answer(sent))) return false;
    prepared_ = name;
    return true;
}

bool PostgresStatement::start() {
    if (session_.link().is_lost()) {
        error_ = session_.link().last_error("query");
        return false;
    }
    if (rows_ == Rows::many) return declare() && fetch();
    if (was_run_ && prepared_.empty() && !prepare()) return false;
    was_run_ = true;
    return take(session_.link().answer(send(sql_, !prepared_.empty())));
}

bool PostgresStatement::declare() {
    cursor_ = session_.new_name();
    fetched_max_ = 0;
    return take(session_.link().answer(send("DECLARE " + cursor_ + " NO SCROLL CURSOR FOR " + sql_, false)));
}

bool PostgresStatement::fetch() {
    fetched_max_ = std::clamp(fetched_max_ * 4, fetched_first, fetched_most);
    const std::string sql = "FETCH FORWARD " + std::to_string(fetched_max_) + " FROM " + cursor_;
    const int sent = PQsendQueryParams(session_.link().handle(), sql.c_str(), 0, nullptr, nullptr, nullptr,
                                       nullptr, binary);
    return take(session_.link().answer(sent));
}

PreparedStatement::Step PostgresStatement::step() {
    error_.reset();
    if (!is_running_ && !start()) return Step::failed;
    is_running_ = true;
    if (!result_) return Step::end;
    ++row_;
    const bool may_have_more = rows_ == Rows::many && PQntuples(result_.get()) == fetched_max_;
    if (row_ == PQntuples(result_.get()) && may_have_more) {
        if (!fetch()) return Step::failed;
        ++row_;
    }
    return row_ < PQntuples(result_.get()) ? Step::row : Step::end;
}

void PostgresStatement::reset() {
    is_running_ = false;
    result_.reset();
    cursor_.clear();
    bound_ = 0;
}

std::int64_t PostgresStatement::changes() const {
    const std::string_view count = result_ ? PQcmdTuples(result_.get()) : "";
    std::int64_t changed = 0;
    std::from_chars(count.data(), count.data() + count.size(), changed);
    return changed;
}

// --- Columns ---

int PostgresStatement::columns() const {
    return PQnfields(result_.get());
}

bool PostgresStatement::is_null(int column) const {
    return PQgetisnull(result_.get(), row_, column) == 1;
}

std::span<const std::uint8_t> PostgresStatement::bytes(int column) const {
    const char* const found = PQgetvalue(result_.get(), row_, column);
    const auto size = static_cast<std::size_t>(PQgetlength(result_.get(), row_, column));
    return {reinterpret_cast<const std::uint8_t*>(found), size};
}

std::string_view PostgresStatement::text(int column) const {
    const auto found = bytes(column);
    return {reinterpret_cast<const char*>(found.data()), found.size()};
}

std::int64_t PostgresStatement::integer(int column) const {
    return read_big_endian(text(column));
}

}  // namespace sauda::sql::postgres
