#include "sql/postgres/row_sink.h"

#include "sql/insertion.h"
#include "sql/postgres/big_endian.h"

namespace sauda::sql::postgres {

using base::Unexpected;

namespace {

constexpr std::size_t piece_size = 64 * 1024;

}  // namespace

PostgresRowSink::PostgresRowSink(PostgresSession& session, const Insertion& insertion)
    : session_(session),
      insertion_(insertion),
      target_(insertion.key.empty() ? insertion.table : "pg_temp.staged_" + insertion.table) {
    Link& link = session_.link();
    if (target_ != insertion_.table)
        begun_ = link.execute("CREATE TEMPORARY TABLE IF NOT EXISTS staged_" + insertion_.table + " (LIKE " +
                              insertion_.table + ") ON COMMIT DELETE ROWS");
    if (begun_) begun_ = link.begin_copy("COPY " + target_ + " FROM STDIN (FORMAT binary)");
    is_copying_ = begun_.has_value();
    constexpr std::string_view signature("PGCOPY\n\377\r\n\0", 11);
    buffer_ = signature;
    append_big_endian(buffer_, std::int32_t{0});
    append_big_endian(buffer_, std::int32_t{0});
}

PostgresRowSink::~PostgresRowSink() {
    if (is_copying_) session_.link().give_up_copy();
}

void PostgresRowSink::begin_row() {
    if (is_in_row_) return;
    is_in_row_ = true;
    append_big_endian(buffer_, static_cast<std::int16_t>(insertion_.columns));
}

void PostgresRowSink::add(std::int64_t value) {
    begin_row();
    append_big_endian(buffer_, static_cast<std::int32_t>(sizeof value));
    append_big_endian(buffer_, value);
}

void PostgresRowSink::add(std::string_view text) {
    begin_row();
    append_big_endian(buffer_, static_cast<std::int32_t>(text.size()));
    buffer_ += text;
}

void PostgresRowSink::add(std::span<const std::uint8_t> bytes) {
    add(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void PostgresRowSink::add_null() {
    begin_row();
    append_big_endian(buffer_, std::int32_t{-1});
}

Done PostgresRowSink::end_row() {
    is_in_row_ = false;
    if (!begun_) return begun_;
    return buffer_.size() < piece_size ? Done() : flush();
}

Done PostgresRowSink::flush() {
    Done done = session_.link().put(buffer_);
    buffer_.clear();
    return done;
}

Done PostgresRowSink::finish() {
    if (!begun_) return begun_;
    append_big_endian(buffer_, std::int16_t{-1});
    if (Done done = flush(); !done) return done;
    is_copying_ = false;
    if (Done done = session_.link().end_copy(); !done) return done;
    if (target_ == insertion_.table) return {};
    return session_.execute("INSERT INTO " + insertion_.table + " SELECT * FROM " + target_ +
                            on_conflict(insertion_));
}

}  // namespace sauda::sql::postgres
