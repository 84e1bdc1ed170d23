#include <algorithm>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "feed/hub.h"
#include "feed/testing/client.h"
#include "feed/testing/recording_subscriber.h"
#include "feed/testing/world.h"
#include "views_json/candle_json.h"

namespace sauda::feed {
namespace {

using core::Side;
using core::TimestampNs;
using views::CandleInterval;

constexpr std::int64_t second = 1'000'000'000;
/// 2023-11-14 22:14:00 UTC: a whole minute.
constexpr TimestampNs minute{1'700'000'040 * second};

/// A world at a whole minute, whose clock is the reader's too.
struct Scene {
    Scene() {
        at(0);
        id = world.hub->open(subscriber);
    }
    ~Scene() { world.hub->close(id); }
    Scene(const Scene&) = delete;
    Scene& operator=(const Scene&) = delete;

    /// Passes time to `milliseconds` after the minute; what is told then.
    std::vector<std::string> at(std::int64_t milliseconds) {
        world.stamp.time.raw = std::max(world.stamp.time.raw, minute.raw + milliseconds * 1'000'000);
        world.hub->on_time({minute.raw + milliseconds * 1'000'000});
        return subscriber.take();
    }
    void trade(std::int64_t price, std::int64_t quantity) {
        world.place(world.traders[0], Side::sell, price, quantity);
        world.place(world.traders[1], Side::buy, price, quantity);
    }
    void subscribe_ticker() { world.hub->subscribe_summary(id, "TATA_INR", {}, "7"); }
    void subscribe_minutes() { world.hub->subscribe_summary(id, "TATA_INR", CandleInterval::minute_1, "8"); }

    World world;
    RecordingSubscriber subscriber;
    SessionId id;
};

/// The value of a member anywhere in the message.
std::string member(const std::string& message, const std::string& name) {
    const std::string key = '"' + name + "\":";
    const std::size_t begin = message.find(key);
    if (begin == std::string::npos) return {};
    const std::size_t from = begin + key.size();
    std::string value = message.substr(from, message.find_first_of(",}", from) - from);
    std::erase(value, '"');
    return value;
}

TEST(TickerFeed, tells_how_it_stands_and_then_what_changed_once_a_tick) {
    Scene scene;
    scene.subscribe_ticker();
    auto told = scene.subscriber.take();
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(
        told[0],
        R"({"status":"Success","action":"subscribed","channel":"ticker","market":"TATA_INR","request_id":7})");
    EXPECT_EQ(member(told[1], "channel"), "ticker");
    EXPECT_EQ(member(told[1], "last_price"), "null");
    EXPECT_TRUE(scene.at(500).empty()) << "nothing changed";
    scene.trade(10'050, 4);
    scene.trade(10'100, 6);
    EXPECT_TRUE(scene.at(900).empty()) << "too early";
    told = scene.at(1'000);
    ASSERT_EQ(told.size(), 1u) << "one message for all of it";
    EXPECT_EQ(member(told[0], "open"), "100.50");
    EXPECT_EQ(member(told[0], "last_price"), "101.00");
    EXPECT_EQ(member(told[0], "volume"), "10");
    EXPECT_EQ(member(told[0], "trades"), "2");
    EXPECT_EQ(member(told[0], "time"), std::to_string(minute.milliseconds() + 1'000));
    EXPECT_TRUE(scene.at(1'500).empty());
    scene.world.place(scene.world.traders[0], Side::buy, 9'000, 3);
    told = scene.at(2'000);
    ASSERT_EQ(told.size(), 1u) << "the best bid is part of it";
    EXPECT_EQ(member(told[0], "best_bid"), "90.00");
}

TEST(TickerFeed, what_rolls_out_of_the_window_is_told_by_time_alone) {
    Scene scene;
    scene.trade(10'050, 4);
    scene.subscribe_ticker();
    EXPECT_EQ(member(scene.subscriber.take()[1], "trades"), "1");
    constexpr std::int64_t day = 86'400'000;
    EXPECT_TRUE(scene.at(day + 59'999).empty());
    const auto told = scene.at(day + 60'500);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(member(told[0], "trades"), "0");
    EXPECT_EQ(member(told[0], "last_price"), "100.50");
}

TEST(TickerFeed, a_slow_reader_gets_the_newest_when_it_has_drained) {
    Scene scene;
    scene.subscribe_ticker();
    scene.subscriber.take();
    scene.subscriber.is_stalled = true;
    scene.subscriber.queued = scene.world.limits.conflate_above_bytes + 1;
    for (int i = 0; i < 5; ++i) {
        scene.trade(10'050 + 5 * i, 1);
        EXPECT_TRUE(scene.at(1'000 * (i + 1)).empty());
    }
    scene.subscriber.drain();
    const auto told = scene.at(10'000);
    ASSERT_EQ(told.size(), 1u) << "although nothing changed since";
    EXPECT_EQ(member(told[0], "trades"), "5");
    EXPECT_TRUE(scene.at(11'000).empty());
}

TEST(CandleFeed, closes_by_time_alone) {
    Scene scene;
    scene.subscribe_minutes();
    EXPECT_EQ(scene.subscriber.take().size(), 1u) << "the acknowledgement; nothing was ever traded";
    EXPECT_TRUE(scene.at(1'000).empty());
    scene.trade(10'050, 4);
    auto told = scene.at(2'000);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(member(told[0], "interval"), "1m");
    EXPECT_EQ(member(told[0], "closed"), "false");
    EXPECT_EQ(member(told[0], "start"), std::to_string(minute.milliseconds()));
    EXPECT_TRUE(scene.at(60'100).empty()) << "a trade of before may still be on its way";
    told = scene.at(60'600);
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(member(told[0], "closed"), "true");
    EXPECT_EQ(member(told[0], "trades"), "1");
    EXPECT_EQ(member(told[1], "closed"), "false");
    EXPECT_EQ(member(told[1], "trades"), "0") << "flat";
    EXPECT_EQ(member(told[1], "open"), "100.50");
    EXPECT_EQ(member(told[1], "start"), std::to_string(minute.milliseconds() + 60'000));
    EXPECT_TRUE(scene.at(62'000).empty());
    told = scene.at(240'600);
    ASSERT_EQ(told.size(), 4u) << "three flat ones closed meanwhile";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(member(told[static_cast<std::size_t>(i)], "closed"), "true");
}

TEST(CandleFeed, a_later_trade_closes_before_the_clock_does) {
    Scene scene;
    scene.trade(10'050, 4);
    scene.subscribe_minutes();
    EXPECT_EQ(member(scene.subscriber.take()[1], "volume"), "4");
    scene.world.stamp.time.raw = minute.raw + 60 * second;
    scene.trade(10'060, 1);
    const auto told = scene.at(60'100);
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(member(told[0], "volume"), "4");
    EXPECT_EQ(member(told[0], "closed"), "true");
    EXPECT_EQ(member(told[1], "volume"), "1");
}

TEST(CandleFeed, a_trade_that_comes_after_the_close_has_the_candle_told_again) {
    Scene scene;
    scene.trade(10'050, 4);
    scene.subscribe_minutes();
    scene.subscriber.take();
    scene.world.hub->on_time({minute.raw + 61 * second});
    EXPECT_EQ(scene.subscriber.take().size(), 2u);
    scene.trade(10'055, 3);  // stamped in the first minute, durable only now
    const auto told = scene.at(61'600);
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(member(told[0], "volume"), "7");
    EXPECT_EQ(member(told[0], "closed"), "true");
    EXPECT_EQ(member(told[1], "open"), "100.55") << "the flat one stands at the new price";
    EXPECT_TRUE(scene.at(63'000).empty());
}

TEST(CandleFeed, a_slow_reader_is_told_that_it_missed_some) {
    Scene scene;
    scene.trade(10'050, 4);
    scene.subscribe_minutes();
    scene.subscriber.take();
    scene.subscriber.is_stalled = true;
    scene.subscriber.queued = scene.world.limits.conflate_above_bytes + 1;
    EXPECT_TRUE(scene.at(61'000).empty());
    scene.subscriber.drain();
    const auto told = scene.at(62'000);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(member(told[0], "conflated"), "true");
    EXPECT_EQ(member(told[0], "start"), std::to_string(minute.milliseconds() + 60'000));
}

TEST(CandleFeed, tells_no_more_closed_candles_than_its_limit) {
    Scene scene;
    scene.trade(10'050, 4);
    scene.world.hub->subscribe_summary(scene.id, "TATA_INR", CandleInterval::second_1, {});
    scene.subscriber.take();
    EXPECT_EQ(scene.at(3'600'000).size(), scene.world.limits.closed_candles_max + 1);
}

TEST(SummaryFeed, ends_with_unsubscribing_and_with_the_connection) {
    Scene scene;
    scene.subscribe_ticker();
    scene.subscribe_minutes();
    RecordingSubscriber other;
    const SessionId id = scene.world.hub->open(other);
    scene.world.hub->subscribe_summary(id, "TATA_INR", {}, {});
    EXPECT_EQ(scene.world.hub->counters().summary_subscribers, 3u);
    scene.world.hub->close(id);
    scene.subscriber.take();
    scene.world.hub->unsubscribe_summary(scene.id, "TATA_INR", {}, "1");
    scene.world.hub->unsubscribe_summary(scene.id, "TATA_INR", CandleInterval::minute_1, {});
    scene.world.hub->unsubscribe_summary(scene.id, "TATA_INR", CandleInterval::minute_3, {});
    const auto told = scene.subscriber.take();
    ASSERT_EQ(told.size(), 3u);
    EXPECT_EQ(
        told[0],
        R"({"status":"Success","action":"unsubscribed","channel":"ticker","market":"TATA_INR","request_id":1})");
    EXPECT_EQ(
        told[1],
        R"({"status":"Success","action":"unsubscribed","channel":"candles","market":"TATA_INR","interval":"1m"})");
    EXPECT_EQ(scene.world.hub->counters().summary_subscribers, 0u);
    scene.trade(10'050, 4);
    EXPECT_TRUE(scene.at(5'000).empty());
    EXPECT_EQ(other.messages.size(), 2u);
}

TEST(SummaryFeed, refuses_unknown_markets_and_too_many_subscriptions) {
    Scene scene;
    scene.world.hub->subscribe_summary(scene.id, "NO_SUCH", {}, "1");
    EXPECT_EQ(field(scene.subscriber.take().at(0), "code"), "unknown_market");
    Limits limits;
    limits.subscriptions_per_session_max = 2;
    World world(limits);
    RecordingSubscriber subscriber;
    const SessionId id = world.hub->open(subscriber);
    world.hub->subscribe(id, Channel::trades, "TATA_INR");
    world.hub->subscribe_summary(id, "TATA_INR", {});
    world.hub->subscribe_summary(id, "TATA_INR", {});
    world.hub->subscribe_summary(id, "TATA_INR", CandleInterval::day_1);
    EXPECT_EQ(field(subscriber.messages.back(), "code"), "too_many_subscriptions");
    world.hub->unsubscribe_summary(id, "TATA_INR", {});
    world.hub->subscribe_summary(id, "TATA_INR", CandleInterval::day_1);
    EXPECT_EQ(field(subscriber.messages.back(), "action"), "subscribed");
    world.hub->close(id);
}

/// Follows one interval's candles and the ticker, as a chart does.
struct Chart {
    explicit Chart(World& its_world) : world(its_world), id(world.hub->open(subscriber)) {
        world.hub->subscribe_summary(id, "TATA_INR", CandleInterval::second_1);
        world.hub->subscribe_summary(id, "TATA_INR", {});
    }
    ~Chart() { world.hub->close(id); }
    Chart(const Chart&) = delete;
    Chart& operator=(const Chart&) = delete;

    void read() {
        for (const std::string& message : subscriber.take()) {
            if (!field(message, "status").empty()) continue;
            if (member(message, "channel") == "ticker") {
                ticker = message.substr(0, message.find(",\"window_start\""));
                continue;
            }
            const std::size_t begin = message.find("\"candle\":") + 9;
            const std::string candle = message.substr(begin, message.find('}', begin) + 1 - begin);
            candles[std::stoll(member(message, "start"))] = candle;
            misses += member(message, "conflated") == "true" ? 1 : 0;
        }
    }

    World& world;
    RecordingSubscriber subscriber;
    SessionId id;
    std::map<std::int64_t, std::string> candles;  // the newest told of each, by its start
    std::string ticker;                           // but for when it was told
    int misses = 0;
};

TEST(SummaryFeed, what_charts_draw_is_what_was_traded) {
    std::uint64_t closed = 0;
    int misses = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        World world;
        base::Random random(seed);
        core::TimestampNs clock = world.stamp.time;
        world.hub->on_time(clock);
        while (world.views.candles.newest({1}, CandleInterval::second_1) == nullptr)
            world.random_command(random);
        Chart steady(world);
        Chart slow(world);
        for (int step = 0; step < 1'500; ++step) {
            // The clock runs ahead of what has become durable, by up to four seconds.
            clock.raw += random.between(0, 200'000'000);
            if (random.chance(1, 100)) clock.raw += random.between(0, 4 * second);
            if (random.chance(1, 2)) {
                world.stamp.time.raw =
                    std::max(world.stamp.time.raw, clock.raw - random.between(1'000'000, 4 * second));
                world.random_command(random);
                world.hub->flush();
            }
            world.hub->on_time(clock);
            steady.read();
            if (random.chance(1, 30)) {
                slow.subscriber.is_stalled = true;
                slow.subscriber.queued = world.limits.conflate_above_bytes + 1;
            }
            if (random.chance(1, 60)) slow.subscriber.drain();
            slow.read();
        }
        slow.subscriber.drain();
        world.hub->on_time({clock.raw + second});
        steady.read();
        slow.read();

        const views_json::Scales scales{2, 0, 4};
        for (const auto& [start, told] : steady.candles) {
            const auto wanted =
                world.views.candles.candle_at({1}, CandleInterval::second_1, {start * 1'000'000});
            const bool is_last = start == steady.candles.rbegin()->first;
            EXPECT_EQ(told, views_json::candle_json(*wanted, CandleInterval::second_1, scales, !is_last));
            ++closed;
        }
        const std::int64_t first = steady.candles.begin()->first;
        EXPECT_EQ(static_cast<std::int64_t>(steady.candles.size()),
                  (steady.candles.rbegin()->first - first) / 1000 + 1)
            << "none was left out";
        EXPECT_EQ(slow.candles.rbegin()->second, steady.candles.rbegin()->second);
        EXPECT_EQ(slow.ticker, steady.ticker);
        misses += slow.misses;
        if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
    }
    EXPECT_GT(closed, 1'000u);
    EXPECT_GT(misses, 20);
}

}  // namespace
}  // namespace sauda::feed
