/// The store and the projector where things go wrong: killed, torn, of another version, fed twice or not at
/// all.
#include "history/store.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "history/columns.h"
#include "history/database.h"
#include "history/reader.h"
#include "history/schema.h"
#include "history/testing/recorded_world.h"
#include "sql/postgres/address.h"
#include "sql/postgres/database.h"
#include "sql/sqlite/database.h"
#include "sql/testing/postgres_server.h"
#include "sql/testing/test_database.h"

namespace sauda::history {
namespace {

using testing::project;
using testing::RecordedWorld;
using testing::TemporaryDirectory;

std::int64_t count(const std::string& name, const char* sql) {
    return open_to_read(name, Reading::everything).value().number(sql).value();
}

/// Every row of every table, as one text.
std::string content(const std::string& name) {
    std::string all;
    auto connection = open_to_read(name, Reading::everything).value();
    for (const char* table :
         {"progress", "times", "assets", "markets", "accounts", "orders", "amendments", "trades", "fills",
          "ledger", "transfers", "shard_transfers", "confirmations", "actions", "candles"}) {
        // PostgreSQL has no order of its own, and tells a whole row as one text.
        const std::string sql = connection.is_postgres()
                                    ? std::string("SELECT CAST(t AS TEXT) FROM ") + table + " t ORDER BY 1"
                                    : std::string("SELECT * FROM ") + table;
        all += table;
        sql::Statement rows(connection, sql);
        while (rows.step()) {
            for (int column = 0; column < rows.columns(); ++column)
                all += " " + std::string(rows.text(column));
            all += "\n";
        }
        EXPECT_FALSE(rows.failed()) << rows.error().message();
    }
    return all;
}

/// What a stranger does to the database.
void change(const std::string& name, const std::string& sql) {
    auto connection = sql::postgres::is_address(name)
                          ? sql::postgres::open(name, {.settings = "SET search_path TO history"}).value()
                          : sql::sqlite::open(name, sql::sqlite::Mode::read_write).value();
    const sql::Done done = connection.execute(sql);
    EXPECT_TRUE(done) << done.error().message();
}

/// The first in which something of everything happened: a transfer to another shard that arrived is rare.
const RecordedWorld& world() {
    static const std::unique_ptr<const RecordedWorld> one = [] {
        for (std::uint64_t seed = 11;; ++seed) {
            auto made = std::make_unique<const RecordedWorld>(seed, 1'000, 50);
            const auto has_arrived = [](const auto& transfer) { return transfer.confirmed.raw != 0; };
            if (std::ranges::any_of(made->shard_transfers(), has_arrived)) return made;
        }
    }();
    return *one;
}

class StoreTest : public ::testing::TestWithParam<sql::Dialect> {
protected:
    const sql::testing::TestDatabase place{GetParam()};
    const std::string& name = place.name();
};
INSTANTIATE_TEST_SUITE_P(Both, StoreTest, ::testing::ValuesIn(sql::testing::dialects),
                         [](const auto& test) { return sql::testing::name_of(test.param); });

TEST_P(StoreTest, HistoryIsTheSameHoweverItWasCutIntoBatches) {
    ASSERT_EQ(project(name, world(), world().last(), world().last()), "");
    const std::string whole = content(name);
    EXPECT_GT(whole.size(), 10'000u);
    for (const std::uint64_t per_batch : {1, 7, 90}) {
        const sql::testing::TestDatabase other(GetParam());
        ASSERT_EQ(project(other.name(), world(), world().last(), per_batch), "");
        EXPECT_EQ(content(other.name()), whole) << per_batch;
    }
}

TEST_P(StoreTest, WhatWasFoldedAndNotWrittenIsProjectedAfterTheRestart) {
    ASSERT_EQ(project(name, world(), 100, 100), "");
    {
        auto store = Store::open(name).value();
        Projector projector(*store, store->progress().value(), store->listings().value());
        for (std::uint64_t next = 101; next <= 200; ++next)
            ASSERT_TRUE(projector.apply(world().frame(next)).has_value());
    }  // as a kill would leave it
    EXPECT_EQ(Store::open(name).value()->progress().value().sequence.raw, 100u);
    ASSERT_EQ(project(name, world(), world().last(), 50), "");
    const sql::testing::TestDatabase other(GetParam());
    ASSERT_EQ(project(other.name(), world(), world().last(), 60), "");
    EXPECT_EQ(content(other.name()), content(name));
}

TEST_P(StoreTest, AFailedWriteLeavesNothingAndMayBeRepeated) {
    auto store = Store::open(name).value();
    Projector projector(*store, {}, {});
    for (std::uint64_t next = 1; next <= 200; ++next)
        ASSERT_TRUE(projector.apply(world().frame(next)).has_value());
    Batch spoiled = projector.batch();
    ASSERT_FALSE(spoiled.trades.empty());
    spoiled.trades.push_back(spoiled.trades.back());  // the last table but a few: the rest is in by then
    const sql::Done refused = store->write(spoiled);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, sql::Error::Kind::duplicate);
    EXPECT_EQ(count(name, "SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM progress)"), 0);
    const sql::Done written = store->write(projector.batch());
    ASSERT_TRUE(written.has_value()) << written.error().message();
    EXPECT_EQ(store->progress().value().sequence.raw, 200u);
    EXPECT_GT(count(name, "SELECT count(*) FROM orders"), 0);
}

TEST_P(StoreTest, FramesThatComeTwiceChangeNothing) {
    auto store = Store::open(name).value();
    Projector projector(*store, {}, {});
    for (std::uint64_t next = 1; next <= 200; ++next) {
        ASSERT_TRUE(projector.apply(world().frame(next)).has_value());
        ASSERT_TRUE(projector.apply(world().frame((next + 1) / 2)).has_value());
    }
    ASSERT_TRUE(store->write(projector.batch()).has_value());
    projector.written();
    const sql::testing::TestDatabase other(GetParam());
    ASSERT_EQ(project(other.name(), world(), 200, 200), "");
    EXPECT_EQ(content(other.name()), content(name));
}

TEST_P(StoreTest, ASequenceLeftOutIsRefusedForGood) {
    auto store = Store::open(name).value();
    Projector projector(*store, {}, {});
    ASSERT_TRUE(projector.apply(world().frame(1)).has_value());
    const auto refused = projector.apply(world().frame(3));
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error().find("sequence 3 does not follow 1"), std::string::npos) << refused.error();
    EXPECT_FALSE(projector.apply(world().frame(2)).has_value());
}

TEST_P(StoreTest, EventsThatContradictHistoryAreRefused) {
    auto store = Store::open(name).value();
    Projector projector(*store, {}, {});
    core::EventBuffer events;
    core::OrderEnded ended;
    ended.market = {1};
    ended.order = {77};
    events.append(ended);
    base::Bytes bytes;
    codec::EventFrameHeader header;
    header.sequence = {1};
    codec::append_event_frame(header, events.bytes(), bytes);
    const auto refused = projector.apply(codec::parse_event_frame(bytes).value());
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error().find("order 77 is not known"), std::string::npos) << refused.error();
}

// --- A file of SQLite ---

class StoreFileTest : public ::testing::Test {
protected:
    TemporaryDirectory directory;
    const std::string path = directory.file("history.sqlite");
};

TEST_F(StoreFileTest, AFileThatIsNoHistoryIsSetAsideAndKept) {
    const auto is_set_aside = [&] {
        auto store = Store::open(path).value();
        return !store->set_aside().empty() && store->progress().value() == Progress{};
    };
    std::ofstream(path)
        << "this is no database at all, but long enough to be taken for the header of one......"
           "..................................................";
    EXPECT_TRUE(is_set_aside());
    EXPECT_TRUE(std::filesystem::exists(path + ".old"));
    ASSERT_TRUE(
        sql::sqlite::open(path, sql::sqlite::Mode::read_write).value().execute("PRAGMA user_version = 999"));
    EXPECT_TRUE(is_set_aside());
    EXPECT_EQ(sql::sqlite::open(path + ".old", sql::sqlite::Mode::read_only)
                  .value()
                  .number("PRAGMA user_version")
                  .value(),
              999);
    EXPECT_TRUE(Store::open(path).value()->set_aside().empty());
}

TEST_F(StoreFileTest, WhatTheDiskRefusesIsAnErrorAndNothingIsSetAside) {
    std::filesystem::create_directory(path);
    EXPECT_FALSE(Store::open(path).has_value());
    EXPECT_TRUE(std::filesystem::is_directory(path));
    EXPECT_FALSE(std::filesystem::exists(path + ".old"));
}

/// Overwrites all of `path` from `offset` on.
void damage(const std::string& path, std::uint64_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    ASSERT_GT(std::filesystem::file_size(path), offset);
    file.seekp(static_cast<std::streamoff>(offset));
    file << std::string(std::filesystem::file_size(path) - offset, '\x7F');
}

TEST_F(StoreFileTest, DamageThatShowsWhenItIsOpenedSetsItAside) {
    ASSERT_EQ(project(path, world(), 200, 200), "");
    damage(path, 4096);  // the first page says what the file is, the next ones what its tables are
    auto store = Store::open(path).value();
    EXPECT_FALSE(store->set_aside().empty());
    EXPECT_EQ(store->progress().value(), Progress{});
}

TEST_F(StoreFileTest, DamageThatShowsWhenItIsWrittenToIsTold) {
    ASSERT_EQ(project(path, world(), 300, 300), "");
    damage(path, std::uint64_t{4096} * 25);  // behind what its tables are
    auto store = Store::open(path).value();
    ASSERT_TRUE(store->set_aside().empty());
    Projector projector(*store, store->progress().value(), store->listings().value());
    for (std::uint64_t next = 301; next <= world().last(); ++next)
        static_cast<void>(projector.apply(world().frame(next)));
    EXPECT_FALSE(store->write(projector.batch()).has_value());
    EXPECT_TRUE(store->is_damaged());
}

TEST_P(StoreTest, DamagedValuesAreAnErrorOfWhoReadsThem) {
    ASSERT_EQ(project(name, world(), world().last(), world().last()), "");
    const auto transfer = [&](const char* column) {
        return count(name, (std::string("SELECT ") + column + " FROM transfers LIMIT 1").c_str());
    };
    const core::AccountId account{static_cast<std::uint32_t>(transfer("account"))};
    const core::AssetId asset{static_cast<std::uint32_t>(transfer("asset"))};
    const auto damaged = [&](const std::string& sql, auto ask) {
        change(name, sql);
        auto reader = Reader::open(name).value();
        const auto answer = ask(*reader);
        return answer ? std::string("an answer") : answer.error().message();
    };
    const auto transfers = [&](Reader& reader) { return reader.transfers(account, {}); };
    const auto ledger = [&](Reader& reader) { return reader.ledger(account, {}, {}); };
    const auto fills = [&](Reader& reader) { return reader.fills(account, {}, {}, {}); };
    const auto listings = [&](Reader& reader) { return reader.listings(); };
    const std::string number = std::to_string(asset.raw);
    EXPECT_EQ(damaged("SELECT 1", transfers), "an answer");
    EXPECT_EQ(damaged("SELECT 1", ledger), "an answer");
    EXPECT_NE(damaged("UPDATE transfers SET asset = 9999", transfers).find("9999"), std::string::npos);
    EXPECT_NE(
        damaged("UPDATE transfers SET asset = " + number + ", reference = '" + std::string(120, '0') + "'",
                transfers)
            .find("damaged"),
        std::string::npos);
    EXPECT_NE(damaged("UPDATE ledger SET asset = 9999 WHERE asset = " + number, ledger).find("damaged"),
              std::string::npos);
    EXPECT_NE(damaged("UPDATE fills SET market = 77; UPDATE trades SET market = 77 WHERE market = 1;"
                      "INSERT INTO markets VALUES (77, 'NONE', 9999, 1, 0, 0, 0)",
                      fills)
                  .find("damaged"),
              std::string::npos);
    EXPECT_NE(damaged("UPDATE assets SET scale = 200", listings).find("damaged"), std::string::npos);
}

/// Every question of a reader about everything that the world had. Errors, told once each.
std::set<std::string> ask_everything(Reader& reader, const RecordedWorld& world) {
    std::set<std::string> errors;
    const auto note = [&](const auto& answer) {
        if (!answer) errors.insert(answer.error().message());
    };
    Range range;
    range.limit = 10'000;
    for (const core::AccountId account : world.all_accounts()) {
        note(reader.ledger(account, {}, range));
        note(reader.balances_after(account, {world.last()}));
        note(reader.fills(account, {}, {}, range));
        note(reader.transfers(account, range));
        note(reader.shard_transfers(account, range));
        note(reader.closed_orders(account, {}, 10'000, {}));
    }
    for (const auto& [id, account] : world.orders()) {
        note(reader.find_order(account, id));
        note(reader.order_events(account, id, {}, 1'000));
    }
    for (const core::Market& market : world.listings().markets()) {
        note(reader.trades(market, 10'000, {}));
        for (const std::int64_t interval_s : {1, 60, 300})
            note(reader.candles(market, interval_s, 0, INT64_MAX, 10'000));
        note(reader.candles_before(market, 60, INT64_MAX / 2'000'000'000, 10'000));
    }
    note(reader.actions(range));
    note(reader.listings());
    return errors;
}

TEST_F(StoreFileTest, AValueThatIsNeverWrittenIsToldAsDamageWhereverItStands) {
    ASSERT_EQ(project(path, world(), world().last(), world().last()), "");
    {
        auto connection = sql::sqlite::open(path, sql::sqlite::Mode::read_write).value();
        ASSERT_TRUE(sql::sqlite::checkpoint(connection));
    }
    const std::string whole = directory.file("whole");
    std::filesystem::copy_file(path, whole);
    EXPECT_EQ(ask_everything(*Reader::open(path).value(), world()), std::set<std::string>());
    const std::pair<const char*, std::vector<const char*>> tables[] = {
        {"orders",
         {"flags", "status", "price", "quantity", "filled", "leaves", "filled_quote", "filled_quote_high",
          "quote_quantity", "quote_used"}},
        {"amendments", {"price_before", "price", "leaves_before", "leaves", "quantity"}},
        {"trades",
         {"price", "quantity", "taker_side", "maker_leaves", "taker_leaves", "maker_fee", "taker_fee"}},
        {"ledger", {"cause", "fee", "available", "held"}},
        {"transfers", {"amount"}},
        {"shard_transfers", {"amount"}},
        {"confirmations", {"confirmed"}},
        {"actions", {"kind", "value"}},
        {"candles",
         {"open", "high", "low", "close", "volume", "quote_volume", "trade_count", "first_trade",
          "last_trade", "bought", "bought_quote"}},
    };
    // One more than everything, one less than nothing, and what looks small where only a byte is looked at.
    for (const char* value : {"9223372036854775807", "-9223372036854775807 - 1", "4611686018427387905"}) {
        for (const auto& [table, columns] : tables) {
            for (const char* column : columns) {
                const std::string sql = std::string("UPDATE ") + table + " SET " + column + " = " + value;
                {
                    auto connection = sql::sqlite::open(path, sql::sqlite::Mode::read_write).value();
                    ASSERT_TRUE(connection.execute(sql));
                }
                const auto errors = ask_everything(*Reader::open(path).value(), world());
                EXPECT_FALSE(errors.empty()) << sql;
                for (const std::string& error : errors)
                    EXPECT_NE(error.find("the database is damaged"), std::string::npos)
                        << sql << ": " << error;
                std::filesystem::remove(path + "-wal");
                std::filesystem::remove(path + "-shm");
                std::filesystem::copy_file(whole, path, std::filesystem::copy_options::overwrite_existing);
            }
        }
    }
}

TEST_F(StoreFileTest, TheFileIsItsOwnersAlone) {
    static_cast<void>(Store::open(path).value());
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_P(StoreTest, AFramesChecksumTellsItFromOthersButNotByItsEpoch) {
    const codec::EventFrameView frame = world().frame(200);
    codec::EventFrameView same = frame;
    same.header.engine_epoch += 5;
    EXPECT_EQ(frame_checksum(same), frame_checksum(frame));
    same.header.time.raw += 1;
    EXPECT_NE(frame_checksum(same), frame_checksum(frame));
    ASSERT_EQ(project(name, world(), 200, 50), "");
    EXPECT_EQ(Store::open(name).value()->progress().value().frame_crc, frame_checksum(frame));
}

TEST_F(StoreFileTest, BytesPerCommandStayCompact) {
    ASSERT_EQ(project(path, world(), world().last(), 100), "");
    auto connection = sql::sqlite::open(path, sql::sqlite::Mode::read_write).value();
    ASSERT_TRUE(sql::sqlite::checkpoint(connection).has_value());
    // A bound against rows that grow by accident; `sauda bench history` measures.
    EXPECT_LT(std::filesystem::file_size(path), 1'000 * world().last());
}

TEST_F(StoreFileTest, ADatabaseOfSchema1GoesOnAndKnowsWhatTakersBoughtFromThen) {
    ASSERT_EQ(project(path, world(), world().last() / 2, 50), "");
    {
        auto connection = sql::sqlite::open(path, sql::sqlite::Mode::read_write).value();
        for (const char* column : {"bought_high", "bought", "bought_quote_high", "bought_quote"})
            ASSERT_TRUE(connection.execute((std::string("ALTER TABLE candles DROP COLUMN ") + column)));
        ASSERT_TRUE(connection.execute("DROP TABLE shard_transfers; DROP TABLE confirmations"));
        ASSERT_TRUE(connection.execute("PRAGMA user_version = 1"));
    }
    EXPECT_FALSE(Reader::open(path).has_value());
    ASSERT_EQ(Store::open(path).value()->set_aside(), "");
    ASSERT_EQ(project(path, world(), world().last(), 50), "");
    const TemporaryDirectory other;
    ASSERT_EQ(project(other.file("h"), world(), world().last(), 50), "");
    auto upgraded = Reader::open(path).value();
    auto anew = Reader::open(other.file("h")).value();
    std::size_t known = 0, unknown = 0;
    for (const core::Market& market : world().listings().markets()) {
        auto expected = anew->candles(market, 60, 0, INT64_MAX, SIZE_MAX).value();
        const auto got = upgraded->candles(market, 60, 0, INT64_MAX, SIZE_MAX).value();
        ASSERT_EQ(got.size(), expected.size());
        for (std::size_t i = 0; i < got.size(); ++i) {
            ++(got[i].taker_bought ? known : unknown);
            if (!got[i].taker_bought) expected[i].taker_bought.reset();
            EXPECT_EQ(got[i], expected[i]);
        }
    }
    EXPECT_GT(known, 0u);
    EXPECT_GT(unknown, 0u);
}

/// The sequence before the first transfer between shards, of which a database of schema 2 knows nothing.
std::uint64_t last_without_shards() {
    return world().shard_transfers().front().stamp.sequence.raw - 1;
}

TEST_P(StoreTest, ADatabaseOfSchema2GoesOnWithTransfersBetweenShards) {
    ASSERT_EQ(project(name, world(), last_without_shards(), 50), "");
    const bool is_file = GetParam() == sql::Dialect::sqlite;
    const std::string version = is_file ? "PRAGMA user_version = 2" : "UPDATE schema_version SET version = 2";
    change(name, "DROP TABLE shard_transfers; DROP TABLE confirmations;" + version);
    EXPECT_FALSE(Reader::open(name).has_value());
    ASSERT_EQ(Store::open(name).value()->set_aside(), "");
    ASSERT_EQ(project(name, world(), world().last(), 50), "");
    const sql::testing::TestDatabase other(GetParam());
    ASSERT_EQ(project(other.name(), world(), world().last(), 50), "");
    EXPECT_EQ(content(name), content(other.name()));
}

TEST_F(StoreFileTest, ADatabaseBroughtToTodaysSchemaHasTheTablesOfANewOne) {
    const auto tables = [](const std::string& file) {
        std::string text;
        auto connection = sql::sqlite::open(file, sql::sqlite::Mode::read_only).value();
        for (const char* sql : {"SELECT type, name, tbl_name FROM sqlite_schema ORDER BY 2",
                                "SELECT m.name, c.name, c.type, c.\"notnull\", c.pk FROM sqlite_schema m, "
                                "pragma_table_xinfo(m.name) c ORDER BY m.name, c.cid",
                                "SELECT m.name, i.name FROM sqlite_schema m, pragma_index_xinfo(m.name) i "
                                "ORDER BY m.name, i.seqno"}) {
            sql::Statement rows(connection, sql);
            while (rows.step()) {
                for (int column = 0; column < rows.columns(); ++column)
                    text += std::string(rows.text(column)) + " ";
                text += "\n";
            }
            EXPECT_FALSE(rows.failed()) << rows.error().message();
        }
        return text;
    };
    static_cast<void>(Store::open(path).value());
    const std::string whole = tables(path);
    EXPECT_NE(whole.find("shard_transfers_by_reference"), std::string::npos) << whole;
    change(path, "DROP TABLE shard_transfers; DROP TABLE confirmations; PRAGMA user_version = 2");
    static_cast<void>(Store::open(path).value());
    EXPECT_EQ(tables(path), whole);
}

// --- A database of PostgreSQL ---

class StoreServerTest : public ::testing::Test {
protected:
    const std::string address = sql::testing::PostgresServer::shared().new_database();
};

TEST_F(StoreServerTest, AHistoryOfAnotherVersionIsSetAsideAndKept) {
    ASSERT_EQ(project(address, world(), 100, 100), "");
    change(address, "UPDATE schema_version SET version = 999");
    EXPECT_FALSE(Reader::open(address).has_value());
    auto store = Store::open(address).value();
    EXPECT_FALSE(store->set_aside().empty());
    EXPECT_EQ(store->progress().value(), Progress{});
    store.reset();
    EXPECT_EQ(count(address, "SELECT sequence FROM history_old.progress"), 100);
    ASSERT_TRUE(Store::set_aside(address));
    EXPECT_EQ(Store::open(address).value()->progress().value(), Progress{});
}

TEST_F(StoreServerTest, ThereIsOneWriter) {
    auto store = Store::open(address).value();
    const auto second = Store::open(address);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message().find("another history writer"), std::string::npos)
        << second.error().message();
    store.reset();
    EXPECT_TRUE(Store::open(address));
}

TEST(StoreServer, ThatIsKilledInABatchHasAllOfItOrNothing) {
    sql::testing::PostgresServer server;
    const std::string address = server.new_database();
    std::uint64_t written = 0;
    for (int round = 0; round < 6; ++round) {
        std::thread killer;
        {
            auto store = Store::open(address).value();
            const Progress stands = store->progress().value();
            EXPECT_TRUE(stands.sequence.raw == written || stands.sequence.raw == written + 50);
            written = stands.sequence.raw;
            Projector projector(*store, stands, store->listings().value());
            for (std::uint64_t next = written + 1; next <= written + 50; ++next)
                ASSERT_TRUE(projector.apply(world().frame(next)).has_value());
            Batch& batch = projector.batch();
            killer = std::thread([&, round] {
                std::this_thread::sleep_for(std::chrono::milliseconds(round * 4));
                server.kill();
            });
            const sql::Done done = store->write(batch);
            if (!done) {
                EXPECT_EQ(done.error().kind, sql::Error::Kind::lost) << done.error().message();
            }
            killer.join();
        }
        server.start();
    }
    ASSERT_EQ(project(address, world(), world().last(), 50), "");
    const sql::testing::TestDatabase other(sql::Dialect::postgres);
    ASSERT_EQ(project(other.name(), world(), world().last(), 60), "");
    EXPECT_EQ(content(other.name()), content(address));
}

TEST(Wide, HoldsSumsOfMoreThan64Bits) {
    const core::Int128 one = 1;
    for (const core::Int128 value :
         {one * 0, one, (one << 62) - 1, one << 62, (one << 62) + 1, (one << 100) + 12'345}) {
        const Wide wide = to_wide(value);
        EXPECT_TRUE(from_wide(wide) == value);
        EXPECT_GE(wide.low, 0);
    }
    EXPECT_EQ(to_wide((one << 62) - 1).high, 0);
    EXPECT_EQ(to_wide(one << 62).high, 1);
}

TEST(CursorText, IsReadBackAndNothingElseIs) {
    const Cursor cursor{{123'456'789'012}, UINT32_MAX, 2};
    EXPECT_EQ(parse_cursor(to_text(cursor)), cursor);
    for (const char* text : {"", "1", "1-2", "1-2-", "1-2-3-", "1-2-3x", " 1-2-3", "-1-2-3", "a-b-c", "1--3",
                             "9007199254740992-0-0", "1-4294967296-0", "99999999999999999999-0-0"}) {
        EXPECT_FALSE(parse_cursor(text).has_value()) << text;
    }
}

TEST(Entries, OfATradeAreReleaseTradeAndFee) {
    // A maker that buys: 500 held come back, 400 are paid, 3 is the fee.
    Posting posting;
    posting.account = {17};
    posting.cause = Cause::trade;
    posting.counter = {18};
    posting.fee = {3};
    posting.available = {1'097};
    posting.held = {0};
    const std::vector<LedgerEntry> entries = entries_of(posting, {{1'000}, {500}});
    ASSERT_EQ(entries.size(), 3u);
    const auto is = [&](std::size_t i, Cause cause, std::int64_t available, std::int64_t held,
                        std::int64_t after) {
        const LedgerEntry& entry = entries[i];
        return entry.cause == cause && entry.available_change.raw == available &&
               entry.held_change.raw == held && entry.available.raw == after && entry.place.part == i;
    };
    EXPECT_TRUE(is(0, Cause::release, 500, -500, 1'500));
    EXPECT_TRUE(is(1, Cause::trade, -400, 0, 1'100));
    EXPECT_TRUE(is(2, Cause::fee, -3, 0, 1'097));
    EXPECT_EQ(entries[0].counter, posting.account);
    EXPECT_EQ(entries[1].counter, posting.counter);
    EXPECT_EQ(entries[2].counter, core::fees_account);
}

}  // namespace
}  // namespace sauda::history
