#include "redis_streams/testing/event_bus.h"

namespace sauda::bus::redis {
namespace {

using EventReaderTest = EventBus;

TEST_F(EventReaderTest, DropsWhatItHasAndCutsWhatOverlaps) {
    released_ = 20;
    put(1, 8);
    put(5, 10);  // written again by a restarted engine
    put(9, 14);  // behind it, with other limits
    put(12, 20);
    start_reader(6);
    ASSERT_TRUE(wait_received(20));
    EXPECT_EQ(reader_->counters().cut, 4u);
    EXPECT_TRUE(fetched_.empty());
}

TEST_F(EventReaderTest, FetchesGapsInOrderAndThenGoesOn) {
    released_ = 500;
    put(201, 300);
    put(401, 402);
    start_reader();
    ASSERT_TRUE(wait_received(402));
    EXPECT_EQ(fetched_, (std::vector<std::uint64_t>{1, 101, 303 - 2}))
        << "a hundred at a time, as the log gives";
}

TEST_F(EventReaderTest, ReadsNothingBehindAGapBeforeItIsClosed) {
    released_ = 3;  // the engine's log is behind for a moment
    put(6, 8);
    start_reader();
    ASSERT_TRUE(wait_received(3));
    ASSERT_TRUE(run_until(io_, [&] { return reader_->counters().failed_fetches > 0; }));
    EXPECT_EQ(received_last_, 3u);
    EXPECT_EQ(problems_.size(), 1u) << "told once, not at every attempt";
    released_ = 8;
    ASSERT_TRUE(wait_received(8));
}

TEST_F(EventReaderTest, FetchesWhatIsDamaged) {
    released_ = 9;
    put(1, 3);
    put(4, 6, "1");
    start_reader();
    ASSERT_TRUE(wait_received(9));
    EXPECT_GE(reader_->counters().malformed, 1u);
}

TEST_F(EventReaderTest, AsksTheEngineWhenSomebodyWaitsAndNothingComes) {
    start_reader(0, {.quiet_max = Milliseconds(50)});
    ASSERT_TRUE(run_until(io_, [&] { return reader_->is_connected(); }));
    released_ = 5;
    run_for(io_, std::chrono::milliseconds(150));
    EXPECT_EQ(received_last_, 0u) << "nobody waits";
    is_waiting_ = true;
    ASSERT_TRUE(wait_received(5));
    server_.kill();
    released_ = 7;
    ASSERT_TRUE(wait_received(7)) << "without Redis too";
    server_.restart();
    put(8, 9);
    ASSERT_TRUE(wait_received(9));
}

TEST_F(EventReaderTest, ReadsNothingWhileConsumersHaveTooMuch) {
    put(1, 3);
    waiting_bytes_ = 100;
    start_reader(0, {.waiting_bytes_max = 99});
    ASSERT_TRUE(run_until(io_, [&] { return reader_->is_connected(); }));
    run_for(io_, std::chrono::milliseconds(50));
    EXPECT_EQ(received_last_, 0u);
    waiting_bytes_ = 99;
    ASSERT_TRUE(wait_received(3));
}

TEST_F(EventReaderTest, ReadsNothingOfAnotherJournal) {
    server_.command({"SET", "sauda:{main}:journal", "another"});
    put(1, 3);
    start_reader(0, {.journal_id = journal_});
    ASSERT_TRUE(run_until(io_, [&] { return !fatal_.empty(); }));
    EXPECT_NE(fatal_[0].find("another"), std::string::npos) << fatal_[0];
    run_for(io_, std::chrono::milliseconds(50));
    EXPECT_EQ(received_last_, 0u);
    server_.command({"SET", "sauda:{main}:journal", journal_});
    start_reader(0, {.journal_id = journal_});
    ASSERT_TRUE(wait_received(3));
}

}  // namespace
}  // namespace sauda::bus::redis
