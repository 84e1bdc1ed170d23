/// The writer beside a server that goes away and comes back.
#include "history-writer/history_writer.h"

#include <atomic>
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "history/reader.h"
#include "history/testing/recorded_world.h"
#include "sql/testing/postgres_server.h"
#include "sql/testing/test_database.h"

namespace sauda::history_writer {
namespace {

using history::testing::RecordedWorld;

/// Frames of a world, of which a part is published.
class WorldLog : public journal::EventSource {
public:
    explicit WorldLog(const RecordedWorld& world) : world_(world) {}
    void publish(std::uint64_t through) { published_ = through; }

    std::uint64_t first_sequence() const override { return 1; }
    std::uint64_t published_sequence() const override { return published_; }
    base::Result<std::uint64_t, journal::JournalError> read(std::uint64_t from, std::size_t,
                                                            const Visitor& visit) const override {
        for (; from <= published_; ++from) {
            const codec::EventFrameView frame = world_.frame(from);
            base::Bytes bytes;
            codec::append_event_frame(frame.header, frame.events, bytes);
            if (!visit(from, bytes)) return from + 1;
        }
        return from;
    }

private:
    const RecordedWorld& world_;
    std::atomic<std::uint64_t> published_{0};
};

const RecordedWorld& world() {
    static const RecordedWorld one(3, 600, 1'000);
    return one;
}

template <class Condition>
bool comes_true(Condition condition) {
    for (int tries = 0; tries < 3'000; ++tries) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

class WriterTest : public ::testing::Test {
protected:
    std::unique_ptr<HistoryWriter> start() {
        HistoryWriterHooks hooks;
        hooks.has_room = [] { return true; };
        hooks.on_projected = [](core::Sequence) {};
        return HistoryWriter::start({address}, log, metrics, std::move(hooks));
    }
    bool reaches(const HistoryWriter& writer, std::uint64_t sequence) {
        return comes_true([&] { return writer.projected().raw == sequence; });
    }
    /// What stands in the database, beside what one would write at once.
    void expect_whole() {
        const sql::testing::TestDatabase other(sql::Dialect::sqlite);
        ASSERT_EQ(history::testing::project(other.name(), world(), log.published_sequence(), 1'000), "");
        auto expected = history::Reader::open(other.name()).value();
        auto got = history::Reader::open(address).value();
        EXPECT_EQ(got->progress().value(), expected->progress().value());
        std::size_t rows = 0;
        for (const core::AccountId account : world().all_accounts()) {
            history::Range range;
            range.limit = 100'000;
            const auto entries = got->ledger(account, {}, range).value();
            const auto expected_entries = expected->ledger(account, {}, range).value();
            ASSERT_EQ(entries.rows.size(), expected_entries.rows.size());
            for (std::size_t i = 0; i < entries.rows.size(); ++i)
                ASSERT_EQ(entries.rows[i].available, expected_entries.rows[i].available);
            rows += entries.rows.size();
        }
        EXPECT_GT(rows, 100u);
    }

    sql::testing::PostgresServer server;
    const std::string address = server.new_database();
    WorldLog log{world()};
    telemetry::Metrics metrics;
};

TEST_F(WriterTest, GoesOnByItselfWhenTheServerComesBack) {
    log.publish(100);
    auto writer = start();
    ASSERT_TRUE(reaches(*writer, 100));
    EXPECT_EQ(writer->problem(), "");
    server.kill();
    log.publish(300);
    ASSERT_TRUE(comes_true([&] { return !writer->problem().empty(); }));
    EXPECT_EQ(writer->lag(), 200u);
    server.start();
    ASSERT_TRUE(reaches(*writer, 300));
    EXPECT_EQ(writer->problem(), "");
    expect_whole();
}

TEST_F(WriterTest, BeginsWhenTheServerThatWasAwayAtTheStartIsThere) {
    log.publish(200);
    server.kill();
    auto writer = start();
    EXPECT_NE(writer->problem(), "");
    EXPECT_EQ(writer->problem().find("SQLSTATE"), std::string::npos);
    server.start();
    ASSERT_TRUE(reaches(*writer, 200));
    expect_whole();
}

TEST_F(WriterTest, IsKilledWithItsServerAgainAndAgainAndLeavesNeitherGapsNorDoubles) {
    auto writer = start();
    for (std::uint64_t through = 40; through <= 600; through += 40) {
        log.publish(through);
        writer->demand({through});
        if (through % 120 != 0) continue;
        server.kill();
        server.start();
    }
    ASSERT_TRUE(reaches(*writer, 600));
    expect_whole();
}

TEST_F(WriterTest, WaitsForASecondWriterToEnd) {
    log.publish(100);
    auto first = start();
    ASSERT_TRUE(reaches(*first, 100));
    telemetry::Metrics other_metrics;
    auto second =
        HistoryWriter::start({address}, log, other_metrics, {[] { return true; }, [](core::Sequence) {}});
    EXPECT_NE(second->problem().find("another history writer"), std::string::npos) << second->problem();
    first.reset();
    log.publish(150);
    EXPECT_TRUE(reaches(*second, 150));
    EXPECT_EQ(second->problem(), "");
}

TEST_F(WriterTest, StopsThoughTheServerDoesNotAnswer) {
    log.publish(100);
    auto writer = start();
    ASSERT_TRUE(reaches(*writer, 100));
    server.freeze(true);
    log.publish(200);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    writer->stop();
    EXPECT_EQ(writer->projected().raw, 100u);
    server.freeze(false);
    writer = start();
    EXPECT_TRUE(reaches(*writer, 200));
    expect_whole();
}

}  // namespace
}  // namespace sauda::history_writer
