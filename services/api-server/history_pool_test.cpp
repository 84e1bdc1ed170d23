#include "api-server/history_pool.h"

#include <filesystem>
#include <list>
#include <stdexcept>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "api-server/waiting_room.h"
#include "history/store.h"

namespace sauda::api_server {
namespace {

TEST(WaitingRoom, NobodyTakesMoreThanAShareAndAllTogetherNoMoreThanThereIs) {
    WaitingRoom room(5, 2);
    std::list<WaitingRoom::Place> places;
    const auto enter = [&](const char* asker) -> std::string {
        auto place = room.enter(asker);
        if (!place) return place.error() == WaitingRoom::Full::share ? "share" : "room";
        places.push_back(std::move(*place));
        return "in";
    };
    EXPECT_EQ(enter("a"), "in");
    EXPECT_EQ(enter("a"), "in");
    EXPECT_EQ(enter("a"), "share");
    EXPECT_EQ(enter("b"), "in");
    EXPECT_EQ(enter("c"), "in");
    EXPECT_EQ(enter("c"), "in");
    EXPECT_EQ(enter("b"), "room");
    EXPECT_EQ(room.taken(), 5u);
    places.pop_front();  // of a
    EXPECT_EQ(enter("a"), "in");
    places.clear();
    EXPECT_EQ(room.taken(), 0u);
    EXPECT_EQ(enter("a"), "in");
}

TEST(WaitingRoom, PlacesOutliveIt) {
    auto room = std::make_unique<WaitingRoom>(1, 1);
    auto place = room->enter("a");
    room.reset();
    EXPECT_TRUE(place);
}

class HistoryPoolTest : public ::testing::Test {
protected:
    void SetUp() override {
        std::filesystem::create_directories(folder_);
        path_ = folder_ / "history.sqlite";
        ASSERT_TRUE(history::Store::open(path_.string()).has_value());
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    HistoryPool make(std::size_t waiting_max, std::size_t share_max) {
        return HistoryPool({path_.string(), 1, waiting_max, share_max},
                           {[this] { return projected_; }, [](core::Sequence) {}});
    }
    /// Asks; what comes of it stands in `statuses`: zero for an exception.
    template <class Work>
    void ask(HistoryPool& pool, std::string asker, core::Sequence needed, Work work) {
        boost::asio::co_spawn(io_, pool.run(std::move(asker), needed, std::move(work)),
                              [this](const std::exception_ptr& error, const net::Response& response) {
                                  statuses_.push_back(error ? 0 : response.status);
                              });
    }

    boost::asio::io_context io_;
    core::Sequence projected_;
    std::vector<int> statuses_;

private:
    std::filesystem::path folder_ =
        std::filesystem::path(::testing::TempDir()) / ("sauda-history-pool-" + std::to_string(::getpid()));
    std::filesystem::path path_;
};

history::Read<net::Response> fine(history::Reader&) {
    return net::Response{};
}

TEST_F(HistoryPoolTest, OneAskerIsTurnedAwayWhileOthersAreAnswered) {
    auto pool = make(8, 2);
    // Nobody is resumed before all have asked: history is behind, until it is told not to be.
    for (int i = 0; i < 4; ++i) ask(pool, "account 1", {1}, fine);
    ask(pool, "account 2", {1}, fine);
    while (statuses_.size() < 2) io_.run_one();
    EXPECT_EQ(statuses_, (std::vector{429, 429}));
    projected_ = {1};
    pool.on_projected();
    io_.run();
    EXPECT_EQ(statuses_, (std::vector{429, 429, 200, 200, 200}));
    EXPECT_EQ(pool.waiting(), 0u);
}

TEST_F(HistoryPoolTest, WhereAReaderOfBeforeFailsANewOneAnswers) {
    auto pool = make(8, 8);
    int failures = 0;
    const auto failing = [&failures](int times) {
        return [&failures, times](history::Reader& reader) -> history::Read<net::Response> {
            if (failures >= times) return fine(reader);
            ++failures;
            return base::Unexpected{base::IoError{"query", "history", 0, "the server closed the connection"}};
        };
    };
    ask(pool, "account 1", {}, failing(1));
    io_.run();
    EXPECT_EQ(statuses_, std::vector{503}) << "a new one fails once: there is nothing else to try";
    for (const int times : {0, 1, 2}) {
        failures = 0;
        io_.restart();
        ask(pool, "account 1", {}, failing(times));
        io_.run();
        EXPECT_EQ(failures, times);
    }
    EXPECT_EQ(statuses_, (std::vector{503, 200, 200, 503}));
}

TEST_F(HistoryPoolTest, WorkThatThrowsGivesItsPlaceBack) {
    auto pool = make(2, 2);
    for (int round = 0; round < 5; ++round) {
        ask(pool, "account 1", {}, [](history::Reader&) -> history::Read<net::Response> {
            throw std::runtime_error("as a vector without memory would");
        });
        io_.run();
        io_.restart();
        EXPECT_EQ(pool.waiting(), 0u);
    }
    EXPECT_EQ(statuses_, std::vector<int>(5, 0));
    ask(pool, "account 1", {}, fine);
    io_.run();
    EXPECT_EQ(statuses_.back(), 200);
}

}  // namespace
}  // namespace sauda::api_server
