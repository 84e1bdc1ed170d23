#include "history/months.h"

#include <algorithm>
#include <chrono>
#include <string>

namespace sauda::history {

using base::Unexpected;
using sql::Done;

namespace {

constexpr int parts_by_account = 8;

struct Table {
    const char* name;
    bool is_by_order = false;  ///< by order ids rather than sequences
    bool has_account = true;
};
constexpr Table tables[] = {{"orders", true}, {"fills"}, {"ledger"}, {"trades", false, false}};

/// `fills_2026_10`.
std::string partition(const Table& table, std::int64_t month) {
    const std::string number = std::to_string(month % 12 + 1);
    return std::string(table.name) + "_" + std::to_string(month / 12) + (number.size() == 1 ? "_0" : "_") +
           number;
}

std::string make_partition(const Table& table, std::int64_t month, std::uint64_t from) {
    const std::string name = partition(table, month);
    std::string sql = "CREATE TABLE " + name + " PARTITION OF " + table.name + " FOR VALUES FROM (" +
                      std::to_string(from) + ") TO (MAXVALUE)";
    if (!table.has_account) return sql + ";";
    sql += " PARTITION BY HASH (account);";
    for (int part = 0; part < parts_by_account; ++part)
        sql += "CREATE TABLE " + name + "_" + std::to_string(part) + " PARTITION OF " + name +
               " FOR VALUES WITH (MODULUS " + std::to_string(parts_by_account) + ", REMAINDER " +
               std::to_string(part) + ");";
    return sql;
}

/// A range of one table's month that ends.
struct Range {
    const Table& table;
    std::string name;
    std::string from;
    std::string to;

    std::string key() const { return table.is_by_order ? "order_id" : "sequence"; }
    /// Says without looking at rows what the partition will say; rows are looked at by validate().
    std::string constrain() const {
        return "ALTER TABLE " + name + " DROP CONSTRAINT IF EXISTS closing;" + "ALTER TABLE " + name +
               " ADD CONSTRAINT closing CHECK (" + key() + " >= " + from + " AND " + key() + " < " + to +
               ") NOT VALID;";
    }
    std::string validate() const { return "ALTER TABLE " + name + " VALIDATE CONSTRAINT closing"; }
    /// Takes no time, since what was validated says all that is to be known of the rows.
    std::string close() const {
        return std::string("ALTER TABLE ") + table.name + " DETACH PARTITION " + name + ";" + "ALTER TABLE " +
               table.name + " ATTACH PARTITION " + name + " FOR VALUES FROM (" + from + ") TO (" + to + ");" +
               "ALTER TABLE " + name + " DROP CONSTRAINT closing;";
    }
};

}  // namespace

std::int64_t month_of(core::TimestampNs time) {
    using namespace std::chrono;
    const sys_time<nanoseconds> at{nanoseconds(time.raw)};
    const year_month_day day(floor<days>(at));
    return int{day.year()} * std::int64_t{12} + unsigned{day.month()} - 1;
}

sql::Result<Months> Months::read(sql::Connection& connection) {
    sql::Statement& row = connection.prepared(
        "SELECT month, first_sequence, first_order FROM months ORDER BY month DESC LIMIT 1");
    Months months;
    if (row.step()) months.open_ = {row.integer(0), row.id<core::Sequence>(1), row.id<core::OrderId>(2)};
    row.reset();
    if (row.failed()) return Unexpected{row.error()};
    return months;
}

Done Months::prepare(sql::Connection& connection, const Batch& batch) {
    for (const TimeRow& row : batch.times) {
        Month next{month_of(row.time), row.sequence, {}};
        if (next.month <= open_.month) continue;  // it was begun before what failed then
        const auto newest = connection.number("SELECT max(order_id) FROM orders");
        if (!newest) return Unexpected{newest.error()};
        // Above every order of the months before, and above where the last one began: no range is empty.
        next.first_order.raw = std::max(static_cast<std::uint64_t>(*newest), open_.first_order.raw) + 1;
        for (const OrderRow& order : batch.new_orders) {
            if (order.created < next.first_sequence)
                next.first_order.raw = std::max(next.first_order.raw, order.order.id.raw + 1);
        }
        if (Done begun = begin(connection, next); !begun) return begun;
        open_ = next;
    }
    return {};
}

Done Months::begin(sql::Connection& connection, const Month& next) {
    std::string change = "INSERT INTO months VALUES (" + std::to_string(next.month) + ", " +
                         std::to_string(next.first_sequence.raw) + ", " +
                         std::to_string(next.first_order.raw) + ");";
    for (const Table& table : tables) {
        const auto place = [&](const Month& month) {
            return table.is_by_order ? month.first_order.raw : month.first_sequence.raw;
        };
        if (open_.month != 0) {
            const Range range{table, partition(table, open_.month), std::to_string(place(open_)),
                              std::to_string(place(next))};
            if (Done done = connection.execute(range.constrain()); !done) return done;
            if (Done done = connection.execute(range.validate()); !done) return done;
            change += range.close();
        }
        change += make_partition(table, next.month, place(next));
    }
    return connection.execute(change);  // all of it, or nothing
}

}  // namespace sauda::history
