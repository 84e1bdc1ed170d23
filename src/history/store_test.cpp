/// The store and the projector where things go wrong: killed, torn, of another version, fed twice or not at
/// all.
#include "history/store.h"

#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "history/columns.h"
#include "history/reader.h"
#include "history/schema.h"
#include "history/testing/recorded_world.h"

namespace sauda::history {
namespace {

using testing::project;
using testing::RecordedWorld;
using testing::TemporaryDirectory;

class StoreTest : public ::testing::Test {
protected:
    static const RecordedWorld& world() {
        static const RecordedWorld one(11, 400, 50);
        return one;
    }
    std::int64_t count(const char* sql) const {
        return Connection::open(path, Connection::Mode::read_only).value().number(sql).value();
    }
    /// Every row of every table, as one text.
    std::string content() const {
        std::string all;
        auto connection = Connection::open(path, Connection::Mode::read_only).value();
        for (const char* table :
             {"progress", "times", "assets", "markets", "accounts", "orders", "amendments", "trades", "fills",
              "ledger", "transfers", "actions", "candles"}) {
            const std::string sql = std::string("SELECT * FROM ") + table;
            all += table;
            Statement rows(connection, sql);
            while (rows.step()) {
                for (int column = 0; column < rows.columns(); ++column)
                    all += " " + std::string(rows.text(column));
                all += "\n";
            }
        }
        return all;
    }

    TemporaryDirectory directory;
    const std::string path = directory.file("history.sqlite");
};

TEST_F(StoreTest, HistoryIsTheSameHoweverItWasCutIntoBatches) {
    ASSERT_EQ(project(path, world(), world().last(), world().last()), "");
    const std::string whole = content();
    EXPECT_GT(whole.size(), 10'000u);
    for (const std::uint64_t per_batch : {1, 7, 90}) {
        std::filesystem::remove(path);
        std::filesystem::remove(path + "-wal");
        std::filesystem::remove(path + "-shm");
        ASSERT_EQ(project(path, world(), world().last(), per_batch), "");
        EXPECT_EQ(content(), whole) << per_batch;
    }
}

TEST_F(StoreTest, WhatWasFoldedAndNotWrittenIsProjectedAfterTheRestart) {
    ASSERT_EQ(project(path, world(), 100, 100), "");
    {
        auto store = Store::open(path).value();
        Projector projector(*store, store->progress().value(), store->listings().value());
        for (std::uint64_t next = 101; next <= 200; ++next)
            ASSERT_TRUE(projector.apply(world().frame(next)).has_value());
    }  // as a kill would leave it
    EXPECT_EQ(Store::open(path).value()->progress().value().sequence.raw, 100u);
    ASSERT_EQ(project(path, world(), world().last(), 50), "");
    const std::string resumed = content();
    const TemporaryDirectory other;
    ASSERT_EQ(project(other.file("h"), world(), world().last(), 60), "");
    std::filesystem::rename(other.file("h"), path);
    std::filesystem::remove(path + "-wal");
    EXPECT_EQ(content(), resumed);
}

TEST_F(StoreTest, AFailedWriteLeavesNothingAndMayBeRepeated) {
    auto store = Store::open(path).value();
    Projector projector(*store, {}, {});
    for (std::uint64_t next = 1; next <= 200; ++next)
        ASSERT_TRUE(projector.apply(world().frame(next)).has_value());
    Batch spoiled = projector.batch();
    ASSERT_FALSE(spoiled.trades.empty());
    spoiled.trades.push_back(spoiled.trades.back());  // the last table but a few: the rest is in by then
    EXPECT_FALSE(store->write(spoiled).has_value());
    EXPECT_EQ(count("SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM progress)"), 0);
    ASSERT_TRUE(store->write(projector.batch()).has_value());
    EXPECT_EQ(store->progress().value().sequence.raw, 200u);
    EXPECT_GT(count("SELECT count(*) FROM orders"), 0);
}

TEST_F(StoreTest, FramesThatComeTwiceChangeNothing) {
    auto store = Store::open(path).value();
    Projector projector(*store, {}, {});
    for (std::uint64_t next = 1; next <= 200; ++next) {
        ASSERT_TRUE(projector.apply(world().frame(next)).has_value());
        ASSERT_TRUE(projector.apply(world().frame((next + 1) / 2)).has_value());
    }
    ASSERT_TRUE(store->write(projector.batch()).has_value());
    projector.written();
    const std::string twice = content();
    store.reset();
    const TemporaryDirectory other;
    ASSERT_EQ(project(other.file("h"), world(), 200, 200), "");
    std::filesystem::rename(other.file("h"), path);
    EXPECT_EQ(content(), twice);
}

TEST_F(StoreTest, ASequenceLeftOutIsRefusedForGood) {
    auto store = Store::open(path).value();
    Projector projector(*store, {}, {});
    ASSERT_TRUE(projector.apply(world().frame(1)).has_value());
    const auto refused = projector.apply(world().frame(3));
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error().find("sequence 3 does not follow 1"), std::string::npos) << refused.error();
    EXPECT_FALSE(projector.apply(world().frame(2)).has_value());
}

TEST_F(StoreTest, EventsThatContradictHistoryAreRefused) {
    auto store = Store::open(path).value();
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

TEST_F(StoreTest, AFileThatIsNoHistoryIsSetAsideAndKept) {
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
        Connection::open(path, Connection::Mode::read_write).value().execute("PRAGMA user_version = 999"));
    EXPECT_TRUE(is_set_aside());
    EXPECT_EQ(Connection::open(path + ".old", Connection::Mode::read_only)
                  .value()
                  .number("PRAGMA user_version")
                  .value(),
              999);
    EXPECT_TRUE(Store::open(path).value()->set_aside().empty());
}

TEST_F(StoreTest, WhatTheDiskRefusesIsAnErrorAndNothingIsSetAside) {
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

TEST_F(StoreTest, DamageThatShowsWhenItIsOpenedSetsItAside) {
    ASSERT_EQ(project(path, world(), 200, 200), "");
    damage(path, 4096);  // the first page says what the file is, the next ones what its tables are
    auto store = Store::open(path).value();
    EXPECT_FALSE(store->set_aside().empty());
    EXPECT_EQ(store->progress().value(), Progress{});
}

TEST_F(StoreTest, DamageThatShowsWhenItIsWrittenToIsTold) {
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

TEST_F(StoreTest, DamagedValuesAreAnErrorOfWhoReadsThem) {
    ASSERT_EQ(project(path, world(), world().last(), world().last()), "");
    const auto transfer = [&](const char* column) {
        return count((std::string("SELECT ") + column + " FROM transfers LIMIT 1").c_str());
    };
    const core::AccountId account{static_cast<std::uint32_t>(transfer("account"))};
    const core::AssetId asset{static_cast<std::uint32_t>(transfer("asset"))};
    const auto damaged = [&](const std::string& sql, auto ask) {
        auto connection = Connection::open(path, Connection::Mode::read_write).value();
        EXPECT_TRUE(connection.execute(sql.c_str()).has_value());
        auto reader = Reader::open(path).value();
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
    EXPECT_NE(damaged("UPDATE transfers SET asset = " + number + ", reference = hex(zeroblob(60))", transfers)
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

TEST_F(StoreTest, AValueThatIsNeverWrittenIsToldAsDamageWhereverItStands) {
    ASSERT_EQ(project(path, world(), world().last(), world().last()), "");
    static_cast<void>(Connection::open(path, Connection::Mode::read_write).value().checkpoint());
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
                    auto connection = Connection::open(path, Connection::Mode::read_write).value();
                    ASSERT_TRUE(connection.execute(sql.c_str()));
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

TEST_F(StoreTest, TheFileIsItsOwnersAlone) {
    static_cast<void>(Store::open(path).value());
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(StoreTest, AFramesChecksumTellsItFromOthersButNotByItsEpoch) {
    const codec::EventFrameView frame = world().frame(200);
    codec::EventFrameView same = frame;
    same.header.engine_epoch += 5;
    EXPECT_EQ(frame_checksum(same), frame_checksum(frame));
    same.header.time.raw += 1;
    EXPECT_NE(frame_checksum(same), frame_checksum(frame));
    ASSERT_EQ(project(path, world(), 200, 50), "");
    EXPECT_EQ(Store::open(path).value()->progress().value().frame_crc, frame_checksum(frame));
}

TEST_F(StoreTest, BytesPerCommandStayCompact) {
    ASSERT_EQ(project(path, world(), world().last(), 100), "");
    static_cast<void>(Connection::open(path, Connection::Mode::read_write).value().checkpoint());
    // A bound against rows that grow by accident; `sauda bench history` measures.
    EXPECT_LT(std::filesystem::file_size(path), 1'000 * world().last());
}

TEST_F(StoreTest, ADatabaseOfSchema1GoesOnAndKnowsWhatTakersBoughtFromThen) {
    ASSERT_EQ(project(path, world(), world().last() / 2, 50), "");
    {
        auto connection = Connection::open(path, Connection::Mode::read_write).value();
        for (const char* column : {"bought_high", "bought", "bought_quote_high", "bought_quote"})
            ASSERT_TRUE(
                connection.execute((std::string("ALTER TABLE candles DROP COLUMN ") + column).c_str()));
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
