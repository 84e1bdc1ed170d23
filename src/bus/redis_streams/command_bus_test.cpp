#include <gtest/gtest.h>

#include "redis_streams/command_producer.h"
#include "redis_streams/command_reader.h"
#include "redis_streams/testing/bus_fixture.h"

namespace sauda::bus::redis {
namespace {

/// A producer and a reader over one server; the engine is a list of what it took.
class CommandBusTest : public ::testing::Test {
protected:
    void start_producer(const CommandProducerLimits& limits = {}) {
        producer_ = std::make_unique<CommandProducer>(io_, config_of(server_), limits);
        producer_->start();
        ASSERT_TRUE(run_until(io_, [this] { return producer_->guard().is_reachable(); }));
    }
    void start_reader() {
        reader_ = std::make_unique<CommandReader>(
            io_, config_of(server_),
            CommandReaderHooks{
                .offer =
                    [this](const FrameBatch& frames, Lane lane) {
                        if (verdict_ != Offer::accepted) return verdict_;
                        for (std::size_t i = 0; i < frames.size(); ++i) {
                            taken_.emplace_back(base::as_text(frames[i]));
                            lanes_.push_back(lane);
                        }
                        return Offer::accepted;
                    },
                .settled = [this] { return settled_; },
                .on_problem = [this](const std::string& problem) { problems_.push_back(problem); }});
        reader_->start();
    }
    Offer offer(const std::string& text, Lane lane = Lane::placing) {
        return producer_->offer(base::as_bytes(text), lane);
    }
    bool wait_taken(std::size_t count) {
        return run_until(io_, [&] { return taken_.size() >= count; });
    }
    std::string entries_in_stream() { return server_.command({"XLEN", "sauda:{main}:commands"}); }

    RedisServer server_;
    boost::asio::io_context io_;
    Offer verdict_ = Offer::accepted;
    std::uint64_t settled_ = 0;
    std::vector<std::string> taken_;
    std::vector<Lane> lanes_;
    std::vector<std::string> problems_;
    std::unique_ptr<CommandProducer> producer_;
    std::unique_ptr<CommandReader> reader_;
};

TEST_F(CommandBusTest, CarriesFramesInOrderAndATurnInOneEntry) {
    start_producer();
    start_reader();
    std::vector<std::string> sent;
    for (int i = 0; i < 200; ++i) {
        sent.push_back("frame " + std::to_string(i));
        ASSERT_EQ(offer(sent.back(), i % 3 == 0 ? Lane::reserved : Lane::placing), Offer::accepted);
    }
    EXPECT_EQ(producer_->outstanding_frames(), 200u);
    ASSERT_TRUE(wait_taken(200));
    EXPECT_EQ(taken_, sent);
    EXPECT_EQ(lanes_[3], Lane::reserved);
    EXPECT_EQ(lanes_[4], Lane::placing);
    EXPECT_EQ(producer_->counters().entries, 1u);
    EXPECT_EQ(entries_in_stream(), "1") << "not settled yet";
    settled_ = 200;
    ASSERT_TRUE(run_until(io_, [&] { return reader_->counters().trims == 1; }));
    EXPECT_EQ(entries_in_stream(), "0");
    EXPECT_EQ(producer_->outstanding_frames(), 0u);
    EXPECT_EQ(producer_->outstanding_bytes(), 0u);
    EXPECT_TRUE(problems_.empty());
}

}  // namespace
}  // namespace sauda::bus::redis
