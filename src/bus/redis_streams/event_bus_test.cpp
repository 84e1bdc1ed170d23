#include "redis_streams/testing/event_bus.h"

#include "base/random.h"

namespace sauda::bus::redis {
namespace {

using EventBusTest = EventBus;

TEST_F(EventBusTest, CarriesChunksFromTheBroadcastToAReader) {
    start_publisher();
    start_reader();
    ASSERT_TRUE(run_until(io_, [&] { return publisher_->is_connected() && reader_->is_connected(); }));
    release(3);
    ASSERT_TRUE(wait_received(3));
    release(4);
    release(1'000);
    ASSERT_TRUE(wait_received(1'000));
    ASSERT_TRUE(run_until(io_, [&] { return publisher_->lag() == 0; }));
    EXPECT_EQ(server_.command({"GET", "sauda:{main}:journal"}), journal_);
    EXPECT_TRUE(fetched_.empty());
    EXPECT_TRUE(problems_.empty());
    EXPECT_TRUE(fatal_.empty());
}

TEST_F(EventBusTest, HasNoGapWhateverHappensToRedis) {
    start_publisher({.kept = 500, .look_every = Milliseconds(50)});
    start_reader(0, {.quiet_max = Milliseconds(100), .retry_after = Milliseconds(20)});
    is_waiting_ = true;
    base::Random random(7);
    for (int step = 0; step < 200; ++step) {
        release(released_ + 1 + random.below(20));
        switch (random.below(40)) {
            case 0:
                server_.command({"FLUSHALL"});
                break;
            case 1:
                server_.command({"CLIENT", "KILL", "TYPE", "normal"});
                break;
            case 2:
                server_.kill();
                release(released_ + 1);
                server_.restart();
                break;
            case 3:
                server_.command({"XTRIM", key, "MAXLEN", "1"});
                break;
            case 4:
                server_.pause();
                run_for(io_, std::chrono::milliseconds(30));
                server_.resume();
                break;
            default:
                break;
        }
        run_for(io_, std::chrono::milliseconds(2));
    }
    ASSERT_TRUE(wait_received(released_));
    ASSERT_TRUE(wait_confirmed(released_));
    EXPECT_TRUE(fatal_.empty());
}

}  // namespace
}  // namespace sauda::bus::redis
