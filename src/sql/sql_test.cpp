/// Both kinds of database behind one interface: the same questions, the same answers.
#include <algorithm>
#include <string>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "sql/connection.h"
#include "sql/postgres/address.h"
#include "sql/postgres/big_endian.h"
#include "sql/postgres/database.h"
#include "sql/postgres/numbered.h"
#include "sql/sqlite/database.h"
#include "sql/testing/postgres_server.h"
#include "sql/testing/test_database.h"

namespace sauda::sql {
namespace {

class Database : public ::testing::TestWithParam<Dialect> {
protected:
    Connection open(const postgres::Options& options = {}) const {
        auto opened = place.is_postgres() ? postgres::open(place.name(), options)
                                          : sqlite::open(place.name(), sqlite::Mode::read_write);
        EXPECT_TRUE(opened) << opened.error().message();
        return std::move(*opened);
    }
    void make_table() {
        const char* const bytes = place.is_postgres() ? "BYTEA" : "BLOB";
        ASSERT_TRUE(connection.execute(std::string("CREATE TABLE t (k BIGINT PRIMARY KEY, a TEXT, b ") +
                                       bytes + ")"));
    }
    std::int64_t count() { return connection.number("SELECT count(*) FROM t").value(); }
    bool insert(std::int64_t key) {
        return connection.prepared("INSERT INTO t (k) VALUES (?)").bind(key).run();
    }

    testing::TestDatabase place{GetParam()};
    Connection connection = open();
};
INSTANTIATE_TEST_SUITE_P(Both, Database, ::testing::ValuesIn(testing::dialects),
                         [](const auto& test) { return testing::name_of(test.param); });

TEST_P(Database, ValuesComeBackAsTheyWere) {
    make_table();
    const std::vector<std::uint8_t> bytes{0, 255, 7, 0};
    for (const std::int64_t key : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, INT64_MAX}) {
        Statement& insert = connection.prepared("INSERT INTO t VALUES (?, ?, ?)");
        insert.bind(key).bind(std::string_view("o'neil? \"x\" ü")).bind(std::span(bytes));
        ASSERT_TRUE(insert.run()) << insert.error().message();
        Statement& query = connection.prepared("SELECT k, a, b FROM t WHERE k = ?");
        ASSERT_TRUE(query.bind(key).step());
        EXPECT_EQ(query.integer(0), key);
        EXPECT_EQ(query.text(1), "o'neil? \"x\" ü");
        EXPECT_TRUE(std::ranges::equal(query.blob(2), bytes));
        EXPECT_EQ(query.columns(), 3);
        EXPECT_FALSE(query.step());
        EXPECT_FALSE(query.failed());
    }
}

TEST_P(Database, NullAndEmptyAreTwoThings) {
    make_table();
    Statement& insert = connection.prepared("INSERT INTO t VALUES (?, ?, ?)");
    ASSERT_TRUE(insert.bind(1).bind_null().bind_null().run());
    ASSERT_TRUE(connection.prepared("INSERT INTO t VALUES (?, ?, ?)")
                    .bind(2)
                    .bind(std::string_view())
                    .bind_null()
                    .run());
    Statement& query = connection.prepared("SELECT a FROM t ORDER BY k");
    ASSERT_TRUE(query.step());
    EXPECT_TRUE(query.is_null(0));
    EXPECT_EQ(query.optional_text(0), std::nullopt);
    EXPECT_EQ(query.text(0), "");
    EXPECT_EQ(query.integer(0), 0);
    ASSERT_TRUE(query.step());
    EXPECT_FALSE(query.is_null(0));
    EXPECT_EQ(query.optional_text(0), "");
}

TEST_P(Database, AParameterMayBeUsedTwice) {
    make_table();
    ASSERT_TRUE(insert(5) && insert(7));
    Statement& query = connection.prepared("SELECT k FROM t WHERE k > ?1 - 2 AND k < ?2 AND k <> ?1");
    ASSERT_TRUE(query.bind(6).bind(8).step()) << query.error().message();
    EXPECT_EQ(query.integer(0), 5);
    ASSERT_TRUE(query.step());
    EXPECT_EQ(query.integer(0), 7);
}

TEST_P(Database, TellsADuplicateFromOtherFailures) {
    make_table();
    ASSERT_TRUE(insert(1));
    EXPECT_FALSE(insert(1));
    EXPECT_EQ(connection.prepared("INSERT INTO t (k) VALUES (?)").error().kind, Error::Kind::duplicate);
    Statement wrong(connection, "SELECT nonsense FROM t");
    EXPECT_FALSE(wrong.step());
    ASSERT_TRUE(wrong.failed());
    EXPECT_EQ(wrong.error().kind, Error::Kind::other);
    EXPECT_TRUE(insert(2));  // nothing is left over of what failed
}

TEST_P(Database, CountsWhatAStatementChanged) {
    make_table();
    for (std::int64_t key = 0; key < 5; ++key) ASSERT_TRUE(insert(key));
    Statement& update = connection.prepared("UPDATE t SET a = ? WHERE k >= ?");
    ASSERT_TRUE(update.bind(std::string_view("x")).bind(2).run());
    EXPECT_EQ(update.changes(), 3);
    Statement& none = connection.prepared("UPDATE t SET a = ? WHERE k >= ?");
    ASSERT_TRUE(none.bind(std::string_view("x")).bind(20).run());
    EXPECT_EQ(none.changes(), 0);
}

TEST_P(Database, ATransactionHappensWholeOrNotAtAll) {
    make_table();
    {
        const auto transaction = Transaction::begin(connection);
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(insert(1));
    }
    EXPECT_EQ(count(), 0);
    auto transaction = Transaction::begin(connection);
    ASSERT_TRUE(insert(2));
    ASSERT_TRUE(transaction->commit());
    EXPECT_EQ(count(), 1);
}

TEST_P(Database, OneThatReadsSeesOneState) {
    if (!place.is_postgres()) {
        ASSERT_TRUE(connection.execute("PRAGMA journal_mode = WAL"));
    }
    make_table();
    Connection reader = open();
    const auto transaction = Transaction::begin(reader, Access::read);
    ASSERT_EQ(reader.number("SELECT count(*) FROM t").value(), 0);
    ASSERT_TRUE(insert(1));
    EXPECT_EQ(reader.number("SELECT count(*) FROM t").value(), 0);
}

TEST_P(Database, ManyRowsAreSteppedThroughSeveralTimesAtOnce) {
    make_table();
    auto writing = Transaction::begin(connection);
    Inserter to = connection.insert({"t", 3});
    for (std::int64_t key = 0; key < 10'000; ++key) to.add(key).add_null().add_null().end_row();
    ASSERT_TRUE(to.finish());
    ASSERT_TRUE(writing->commit());
    const auto reading = Transaction::begin(connection, Access::read);
    constexpr const char* sql = "SELECT k FROM t WHERE k >= ? ORDER BY k";
    Statement one(connection, sql, Rows::many);
    Statement other(connection, sql, Rows::many);
    one.bind(0);
    other.bind(9'500);
    std::int64_t last_of_other = 0;
    for (std::int64_t expected = 0; expected < 10'000; ++expected) {
        ASSERT_TRUE(one.step());
        ASSERT_EQ(one.integer(0), expected);
        if (expected % 20 == 0 && other.step()) last_of_other = other.integer(0);
    }
    EXPECT_FALSE(one.step());
    EXPECT_FALSE(one.failed());
    EXPECT_EQ(last_of_other, 9'999);
    one.reset();
    ASSERT_TRUE(one.bind(9'999).step());
    EXPECT_FALSE(one.step());
}

TEST_P(Database, RowsAreInsertedOrPutInThePlaceOfOthers) {
    make_table();
    ASSERT_TRUE(insert(1));
    const auto write = [&](const Insertion& insertion, std::int64_t first) -> Done {
        auto transaction = Transaction::begin(connection);
        Inserter to = connection.insert(insertion);
        for (std::int64_t key = first; key < first + 3; ++key)
            to.add(key).add(std::string_view("new")).add_null().end_row();
        if (Done done = to.finish(); !done) return done;
        return transaction->commit();
    };
    const Done refused = write({"t", 3}, 0);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Error::Kind::duplicate);
    EXPECT_EQ(count(), 1);
    for (int i = 0; i < 2; ++i) {
        const Done written = write({"t", 3, "k", "a"}, 0);
        ASSERT_TRUE(written) << written.error().message();
    }
    EXPECT_EQ(count(), 3);
    EXPECT_EQ(connection.number("SELECT count(*) FROM t WHERE a = 'new'").value(), 3);
}

TEST_P(Database, AnInsertionThatIsNotFinishedLeavesTheConnectionFit) {
    make_table();
    {
        const auto transaction = Transaction::begin(connection);
        Inserter to = connection.insert({"t", 3});
        to.add(1).add_null().add_null().end_row();
    }
    EXPECT_EQ(count(), 0);
    {
        const auto transaction = Transaction::begin(connection);
        Inserter to = connection.insert({"nothing", 1});
        to.add(1).end_row();
        EXPECT_FALSE(to.finish());
    }
    EXPECT_TRUE(insert(1));
}

// --- PostgreSQL alone ---

class Postgres : public ::testing::Test {
protected:
    testing::PostgresServer server;
    const std::string address = server.new_database();
    Connection open(const postgres::Options& options) { return postgres::open(address, options).value(); }
};

TEST_F(Postgres, AConnectionThatIsLostIsToldOrReplaced) {
    Connection lasting = open({});
    Connection renewed = open({.settings = "SET search_path TO other", .reconnects = true});
    Statement& query = renewed.prepared("SELECT count(*) FROM pg_class WHERE relname = ?");
    ASSERT_TRUE(query.bind(std::string_view("t")).step());
    server.kill();
    Statement& lost = lasting.prepared("SELECT 1");
    EXPECT_FALSE(lost.step());
    ASSERT_TRUE(lost.failed());
    EXPECT_EQ(lost.error().kind, Error::Kind::lost);
    EXPECT_FALSE(renewed.number("SELECT 1"));
    server.start();
    EXPECT_EQ(lasting.number("SELECT 1").error().kind, Error::Kind::lost);
    for (int tries = 0; tries < 100 && !renewed.number("SELECT 1"); ++tries) ::usleep(20'000);
    Statement& again = renewed.prepared("SELECT count(*) FROM pg_class WHERE relname = ?");
    EXPECT_TRUE(again.bind(std::string_view("t")).step()) << again.error().message();
    EXPECT_EQ(renewed.prepared("SHOW search_path").step(), true);
    EXPECT_EQ(renewed.prepared("SELECT current_setting('search_path')").run(), true);
}

TEST_F(Postgres, ALostTransactionIsNotContinuedOnANewConnection) {
    Connection connection = open({.reconnects = true});
    ASSERT_TRUE(connection.execute("CREATE TABLE t (k BIGINT)"));
    {
        auto transaction = Transaction::begin(connection);
        ASSERT_TRUE(transaction);
        server.kill();
        server.start();
        EXPECT_FALSE(connection.prepared("INSERT INTO t VALUES (?)").bind(1).run());
        EXPECT_FALSE(transaction->commit());
    }
    for (int tries = 0; tries < 100 && !connection.number("SELECT 1"); ++tries) ::usleep(20'000);
    EXPECT_EQ(connection.number("SELECT count(*) FROM t").value(), 0);
}

TEST_F(Postgres, AServerThatDoesNotAnswerIsGivenUp) {
    Connection patient = open({.answer_timeout = std::chrono::milliseconds(0)});
    Connection hasty = open({.answer_timeout = std::chrono::milliseconds(50)});
    server.freeze(true);
    const auto nothing = hasty.number("SELECT 1");
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().kind, Error::Kind::lost);
    server.freeze(false);
    EXPECT_EQ(patient.number("SELECT 1").value(), 1);
}

TEST_F(Postgres, WhatWaitsIsInterrupted) {
    Interrupt interrupt;
    Connection connection = open({.answer_timeout = std::chrono::milliseconds(0), .interrupt = &interrupt});
    EXPECT_EQ(connection.number("SELECT 1").value(), 1);
    interrupt.raise();
    const auto nothing = connection.number("SELECT count(*) FROM pg_sleep(60)");
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().kind, Error::Kind::lost);
}

TEST_F(Postgres, ALockBelongsToOneSessionUntilItEnds) {
    auto holder = std::make_unique<Connection>(open({}));
    Connection other = open({});
    EXPECT_TRUE(postgres::try_lock(*holder, 7).value());
    EXPECT_FALSE(postgres::try_lock(other, 7).value());
    EXPECT_TRUE(postgres::try_lock(other, 8).value());
    holder.reset();
    bool is_free = false;
    for (int tries = 0; tries < 500 && !is_free; ++tries) {
        is_free = postgres::try_lock(other, 7).value();
        ::usleep(10'000);
    }
    EXPECT_TRUE(is_free);
}

TEST(Address, IsShownWithoutItsPassword) {
    EXPECT_TRUE(postgres::is_address("postgresql://a:secret@host:5433/sauda"));
    EXPECT_FALSE(postgres::is_address("data/identity.sqlite"));
    EXPECT_EQ(postgres::describe("postgresql://a:secret@host:5433/sauda").value(),
              "PostgreSQL database sauda at host:5433");
    for (const char* address :
         {"postgresql://a:secret@host:x:y/sauda?z", "postgresql://a:secret@host/sauda?no=secret",
          "postgresql://a:secret@[::1/sauda"}) {
        const auto described = postgres::describe(address);
        ASSERT_FALSE(described) << address;
        EXPECT_EQ(described.error().message().find("secret"), std::string::npos)
            << described.error().message();
        EXPECT_FALSE(postgres::open(address, {}));
    }
    const auto refused = postgres::open("postgresql://a:secret@127.0.0.1:1/sauda", {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Error::Kind::lost);
    EXPECT_EQ(refused.error().message().find("secret"), std::string::npos) << refused.error().message();
}

TEST(Numbered, ParametersCountFromOne) {
    EXPECT_EQ(postgres::numbered("a = ? AND b = ? OR c = '?'"), "a = $1 AND b = $2 OR c = '?'");
    EXPECT_EQ(postgres::numbered("x = ?1 AND y = ?12 AND z = ?1"), "x = $1 AND y = $12 AND z = $1");
}

TEST(BigEndian, NumbersOfEverySizeAreRead) {
    using namespace std::string_view_literals;
    EXPECT_EQ(postgres::read_big_endian(""sv), 0);
    EXPECT_EQ(postgres::read_big_endian("\x01"sv), 1);
    EXPECT_EQ(postgres::read_big_endian("\xFF\xFE"sv), -2);
    EXPECT_EQ(postgres::read_big_endian("\x80\0\0\0"sv), INT32_MIN);
    std::string text;
    postgres::append_big_endian(text, INT64_MIN);
    EXPECT_EQ(postgres::read_big_endian(text), INT64_MIN);
}

}  // namespace
}  // namespace sauda::sql
