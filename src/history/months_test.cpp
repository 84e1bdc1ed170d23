/// Partitions of PostgreSQL's large tables, over more than a year of commands.
#include "history/months.h"

#include <chrono>

#include <gtest/gtest.h>

#include "history/database.h"
#include "history/reader.h"
#include "history/store.h"
#include "history/testing/recorded_world.h"
#include "sql/postgres/database.h"
#include "sql/testing/test_database.h"

namespace sauda::history {
namespace {

using testing::RecordedWorld;

constexpr std::int64_t day_ns = 86'400'000'000'000;
constexpr core::TimestampNs begin_of_2026{20'454 * day_ns};

/// A command a day.
codec::EventFrameView on_its_day(const RecordedWorld& world, std::uint64_t sequence) {
    codec::EventFrameView frame = world.frame(sequence);
    frame.header.time.raw = begin_of_2026.raw + static_cast<std::int64_t>(sequence) * day_ns;
    return frame;
}

std::string project_days(const std::string& name, const RecordedWorld& world, std::uint64_t through,
                         std::uint64_t per_batch) {
    auto store = Store::open(name).value();
    Projector projector(*store, store->progress().value(), store->listings().value());
    while (projector.progress().sequence.raw < through) {
        for (std::uint64_t i = 0; i < per_batch && projector.progress().sequence.raw < through; ++i) {
            const auto applied = projector.apply(on_its_day(world, projector.progress().sequence.raw + 1));
            if (!applied) return applied.error();
        }
        if (const sql::Done done = store->write(projector.batch()); !done) return done.error().message();
        projector.written();
    }
    return {};
}

/// What readers are told, as numbers that can be compared.
std::vector<std::int64_t> answers(const std::string& name, const RecordedWorld& world) {
    auto reader = Reader::open(name).value();
    std::vector<std::int64_t> told;
    Range range;
    range.limit = 10'000;
    for (const core::AccountId account : world.all_accounts()) {
        const auto fills = reader->fills(account, {}, {}, range).value();
        for (const Fill& fill : fills.rows) told.insert(told.end(), {fill.time.raw, fill.price.raw});
        const auto ledger = reader->ledger(account, {}, range).value();
        for (const LedgerEntry& entry : ledger.rows)
            told.insert(told.end(), {entry.time.raw, entry.available.raw, entry.held.raw});
        const auto closed = reader->closed_orders(account, {}, 10'000, {}).value();
        for (const auto& order : closed.orders)
            told.insert(told.end(), {order.leaves.raw, order.updated.raw});
    }
    for (const core::Market& market : world.listings().markets()) {
        const auto trades = reader->trades(market, 10'000, {}).value();
        for (const auto& trade : trades) told.insert(told.end(), {trade.price.raw, trade.time.raw});
    }
    for (const auto& [id, account] : world.orders())
        told.push_back(reader->find_order(account, id).value()->leaves.raw);
    return told;
}

class MonthsTest : public ::testing::Test {
protected:
    sql::Connection connect() const {
        // Compiling a plan over a hundred partitions takes seconds, running it milliseconds.
        return sql::postgres::open(place.name(), {.settings = "SET search_path TO history; SET jit TO off",
                                                  .answer_timeout = std::chrono::milliseconds(0)})
            .value();
    }
    std::int64_t number(const std::string& sql) const { return connect().number(sql).value(); }
    /// Rows of every month stand in its partitions and in no others.
    void expect_rows_in_their_months() const {
        for (const char* table : {"fills", "ledger", "trades"}) {
            const std::string wrong = std::string("SELECT count(*) FROM ") + table +
                                      " t WHERE t.tableoid::regclass::text NOT LIKE (SELECT '" + table +
                                      "_' || (month / 12) || '_' || lpad((month % 12 + 1)::text, 2, '0') "
                                      "|| '%' FROM months WHERE first_sequence <= t.sequence "
                                      "ORDER BY month DESC LIMIT 1)";
            EXPECT_EQ(number(wrong), 0) << table;
            EXPECT_GT(number(std::string("SELECT count(*) FROM ") + table), 0) << table;
        }
        EXPECT_EQ(number("SELECT count(*) FROM orders t WHERE t.tableoid::regclass::text NOT LIKE "
                         "(SELECT 'orders_' || (month / 12) || '_' || lpad((month % 12 + 1)::text, 2, '0') "
                         "|| '%' FROM months WHERE first_order <= t.order_id "
                         "ORDER BY month DESC LIMIT 1)"),
                  0);
        // After a month without orders the first one of the next may stand in it.
        EXPECT_EQ(number("SELECT count(*) FROM orders t JOIN months m ON m.first_order <= t.order_id AND "
                         "m.first_sequence > t.created"),
                  0);
    }

    const RecordedWorld world{7, 430, 1'000};
    const sql::testing::TestDatabase place{sql::Dialect::postgres};
};

TEST(Month, IsThatOfTheCalendar) {
    EXPECT_EQ(month_of({0}), 1970 * 12);
    EXPECT_EQ(month_of(begin_of_2026), 2026 * 12);
    EXPECT_EQ(month_of({begin_of_2026.raw - 1}), 2025 * 12 + 11);
    EXPECT_EQ(month_of({begin_of_2026.raw + 31 * day_ns}), 2026 * 12 + 1);
}

TEST_F(MonthsTest, ReadersSeeNoSeamsHoweverBatchesAndMonthsFall) {
    const sql::testing::TestDatabase plain(sql::Dialect::sqlite);
    ASSERT_EQ(project_days(plain.name(), world, world.last(), 100), "");
    const std::vector<std::int64_t> expected = answers(plain.name(), world);
    EXPECT_GT(expected.size(), 1'000u);
    for (const std::uint64_t per_batch : {10u, 430u}) {
        const sql::testing::TestDatabase other(sql::Dialect::postgres);
        ASSERT_EQ(project_days(other.name(), world, world.last(), per_batch), "") << per_batch;
        EXPECT_EQ(answers(other.name(), world), expected) << per_batch;
    }
}

TEST_F(MonthsTest, EachMonthHasItsPartitions) {
    ASSERT_EQ(project_days(place.name(), world, 200, 40), "");
    ASSERT_EQ(project_days(place.name(), world, world.last(), 90), "");  // opened anew in the middle
    EXPECT_EQ(number("SELECT count(*) FROM months"), 15);
    EXPECT_EQ(number("SELECT count(*) FROM pg_inherits WHERE inhparent = 'history.ledger'::regclass"), 15);
    EXPECT_EQ(number("SELECT count(*) FROM pg_inherits WHERE inhparent = 'history.ledger_2026_02'::regclass"),
              8);
    expect_rows_in_their_months();
    EXPECT_EQ(number("SELECT count(*) FROM pg_constraint WHERE conname = 'closing'"), 0);
}

TEST_F(MonthsTest, AMonthThatWasBeingClosedWhenTheWriterDiedIsClosedLater) {
    ASSERT_EQ(project_days(place.name(), world, 20, 20), "");
    // As far as one gets without the last step, and with another end than it will have.
    ASSERT_TRUE(connect().execute(
        "ALTER TABLE fills_2026_01 ADD CONSTRAINT closing CHECK (sequence < 22) NOT VALID;"
        "ALTER TABLE orders_2026_01 ADD CONSTRAINT closing CHECK (order_id < 1000) NOT VALID"));
    ASSERT_EQ(project_days(place.name(), world, world.last(), 100), "");
    expect_rows_in_their_months();
}

TEST_F(MonthsTest, ABatchThatFailedAfterItsMonthsWereMadeIsWrittenLater) {
    {
        auto store = Store::open(place.name()).value();
        Projector projector(*store, {}, {});
        for (std::uint64_t next = 1; next <= 200; ++next)
            ASSERT_TRUE(projector.apply(on_its_day(world, next)).has_value());
        Batch spoiled = projector.batch();
        ASSERT_FALSE(spoiled.trades.empty());
        spoiled.trades.push_back(spoiled.trades.back());
        EXPECT_FALSE(store->write(spoiled));
    }
    EXPECT_EQ(number("SELECT count(*) FROM months"), 7);
    EXPECT_EQ(number("SELECT count(*) FROM fills"), 0);
    ASSERT_EQ(project_days(place.name(), world, world.last(), 90), "");
    expect_rows_in_their_months();
}

TEST_F(MonthsTest, ARangeOfSequencesReadsTheMonthsOfIt) {
    ASSERT_EQ(project_days(place.name(), world, world.last(), 90), "");
    auto connection = connect();
    sql::Statement plan(
        connection, "EXPLAIN SELECT * FROM fills WHERE account = 17 AND sequence >= 35 AND sequence < 40");
    std::string text;
    while (plan.step()) text += std::string(plan.text(0)) + "\n";
    EXPECT_NE(text.find("fills_2026_02"), std::string::npos) << text;
    EXPECT_EQ(text.find("fills_2026_03"), std::string::npos) << text;
    EXPECT_EQ(text.find("Append"), std::string::npos) << text;  // one of eight parts
}

}  // namespace
}  // namespace sauda::history
