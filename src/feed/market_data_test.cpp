#include <gtest/gtest.h>

#include "feed/hub.h"
#include "feed/testing/client.h"
#include "feed/testing/recording_subscriber.h"
#include "feed/testing/world.h"

namespace sauda::feed {
namespace {

using core::Side;

/// One connection with a client behind it.
struct Reader {
    explicit Reader(World& world) : hub(world.hub.get()), id(hub->open(subscriber)) {}
    ~Reader() { hub->close(id); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    void read() {
        for (const std::string& message : subscriber.take()) book.take(message);
    }

    RecordingSubscriber subscriber;
    ClientBook book;
    Hub* hub;
    SessionId id;
};

std::string with(std::string text, char from, char to) {
    std::replace(text.begin(), text.end(), from, to);
    return text;
}

TEST(ClientTest, TheChecksumOfTheClientIsTheCommonCrc32) {
    EXPECT_EQ(crc32_bitwise("123456789"), 0xCBF43926u);
}

TEST(MarketDataTest, ASnapshotThenOneUpdateForAllThatHappenedInOneTick) {
    World world;
    Reader reader(world);
    world.place(world.traders[0], Side::sell, 10'050, 10);
    world.hub->flush();
    world.hub->subscribe(reader.id, Channel::orderbook, "TATA_INR");
    EXPECT_EQ(with(reader.subscriber.take()[1], '"', '\''),
              "{'channel':'orderbook','market':'TATA_INR','sequence':1,'bids':[],'asks':[['100.50','10']],"
              "'checksum':" +
                  std::to_string(crc32_bitwise("100.50:10")) + "}");

    world.place(world.traders[1], Side::buy, 10'050, 4);
    world.place(world.traders[1], Side::buy, 10'000, 7);
    world.place(world.traders[1], Side::buy, 10'050, 6);
    EXPECT_TRUE(reader.subscriber.messages.empty()) << "nothing before the flush";
    world.hub->flush();
    EXPECT_EQ(reader.subscriber.buffers.size(), 1u);
    const auto messages = reader.subscriber.take();
    ASSERT_EQ(messages.size(), 3u);
    EXPECT_EQ(with(messages[0], '"', '\''),
              "{'channel':'orderbook','market':'TATA_INR','first_sequence':2,'last_sequence':4,"
              "'bids':[['100.00','7']],'asks':[['100.50','0']],'checksum':" +
                  std::to_string(crc32_bitwise("100.00:7")) + "}");
    EXPECT_EQ(with(messages[1], '"', '\''),
              "{'channel':'trades','market':'TATA_INR','event_type':'Trade','trade_id':1,'price':'100.50',"
              "'quantity':'4','taker_side':'Buy','sequence':2,'time':" +
                  field(messages[1], "time") + "}");
    EXPECT_EQ(number(messages[2], "trade_id"), 2u);
}

TEST(MarketDataTest, SubscribersWhoJoinAtAnyMomentFollowRandomTrafficWithoutAGap) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        base::Random random(seed);
        World world;
        std::vector<std::unique_ptr<Reader>> readers;
        for (int step = 0; step < 1'500; ++step) {
            world.random_command(random);
            if (random.chance(1, 100)) {
                readers.push_back(std::make_unique<Reader>(world));
                world.hub->subscribe(readers.back()->id, Channel::orderbook, "TATA_INR");
            }
            if (!readers.empty() && random.chance(1, 200)) {
                world.hub->subscribe(readers[random.below(readers.size())]->id, Channel::orderbook,
                                     "TATA_INR");
            }
            if (readers.size() > 3 && random.chance(1, 200)) {
                readers.erase(readers.begin() + static_cast<std::ptrdiff_t>(random.below(readers.size())));
            }
            if (random.chance(1, 4)) world.hub->flush();
            for (const auto& reader : readers) reader->read();
            if (::testing::Test::HasFailure()) FAIL() << "seed " << seed << " step " << step;
        }
        world.hub->flush();
        ASSERT_FALSE(readers.empty());
        std::size_t updates = 0;
        for (const auto& reader : readers) {
            reader->read();
            updates += reader->book.updates;
            EXPECT_EQ(reader->book.bids(), world.resting(World::tata_inr, Side::buy)) << "seed " << seed;
            EXPECT_EQ(reader->book.asks(), world.resting(World::tata_inr, Side::sell)) << "seed " << seed;
        }
        EXPECT_GT(updates, 100u);
    }
}

TEST(MarketDataTest, AStalledReaderIsConflatedAndRecoversAndNobodyElseNotices) {
    Limits limits;
    limits.conflate_above_bytes = 2'000;
    limits.recover_below_bytes = 500;
    World world(limits);
    base::Random random(11);
    Reader slow(world), quick(world);
    for (Reader* const reader : {&slow, &quick}) {
        world.hub->subscribe(reader->id, Channel::orderbook, "TATA_INR");
    }
    for (int step = 0; step < 3'000; ++step) {
        world.random_command(random);
        world.hub->flush();
        if (random.chance(1, 200)) slow.subscriber.is_stalled = true;
        if (random.chance(1, 200)) {
            slow.subscriber.drain();
            world.hub->flush();
        }
        EXPECT_LT(slow.subscriber.queued, limits.conflate_above_bytes + 20'000) << "one message beyond it";
        slow.read();
        quick.read();
        if (::testing::Test::HasFailure()) FAIL() << "step " << step;
    }
    EXPECT_EQ(quick.book.conflated_snapshots, 0u);
    EXPECT_EQ(quick.book.snapshots, 1u);
    EXPECT_GT(slow.book.conflated_snapshots, 2u);
    EXPECT_GT(slow.book.trade_gaps, 0u);

    slow.subscriber.drain();
    world.hub->flush();
    slow.read();
    EXPECT_EQ(slow.book.bids(), world.resting(World::tata_inr, Side::buy));
    EXPECT_EQ(slow.book.asks(), world.resting(World::tata_inr, Side::sell));
    EXPECT_EQ(slow.book.last_trade, quick.book.last_trade);
    const Counters& counters = world.hub->counters();
    EXPECT_EQ(counters.conflations, counters.recoveries);
    EXPECT_EQ(counters.recoveries, slow.book.conflated_snapshots);
    EXPECT_EQ(world.hub->behind_count(), 0u);
    EXPECT_EQ(counters.slow_closes, 0u);
}

TEST(MarketDataTest, AReaderOfTradesAloneGetsNoBookAndIsToldWhatItMissed) {
    Limits limits;
    limits.conflate_above_bytes = 2'000;
    limits.recover_below_bytes = 500;
    World world(limits);
    Reader reader(world);
    world.hub->subscribe(reader.id, Channel::trades, "TATA_INR");
    world.place(world.traders[0], Side::sell, 10'000, 100);
    world.hub->flush();
    ASSERT_EQ(reader.subscriber.take().size(), 1u) << "the acknowledgement alone: nothing traded";

    world.place(world.traders[1], Side::buy, 10'000, 1);
    world.hub->flush();
    reader.subscriber.queued = 3'000;
    for (int i = 0; i < 3; ++i) {
        world.place(world.traders[1], Side::buy, 10'000, 1);
        world.hub->flush();
    }
    reader.subscriber.drain();
    world.hub->flush();
    world.place(world.traders[1], Side::buy, 10'000, 1);
    world.hub->flush();
    const auto messages = reader.subscriber.take();
    ASSERT_EQ(messages.size(), 3u);
    EXPECT_EQ(number(messages[0], "trade_id"), 1u);
    EXPECT_EQ(with(messages[1], '"', '\''),
              "{'channel':'trades','market':'TATA_INR','event_type':'Gap','first_trade_id':2,"
              "'last_trade_id':4}");
    EXPECT_EQ(number(messages[2], "trade_id"), 5u);
}

TEST(MarketDataTest, TradesComeOnceToWhoSubscribedToBothAndStayWhenTheBookIsLeft) {
    World world;
    Reader reader(world);
    world.hub->subscribe(reader.id, Channel::trades, "TATA_INR");
    world.hub->subscribe(reader.id, Channel::orderbook, "TATA_INR");
    world.place(world.traders[0], Side::sell, 10'000, 100);
    world.place(world.traders[1], Side::buy, 10'000, 1);
    world.hub->flush();
    reader.read();
    EXPECT_EQ(reader.book.trades, 1u);
    EXPECT_EQ(reader.book.updates, 1u);
    world.hub->unsubscribe(reader.id, Channel::orderbook, "TATA_INR");
    world.place(world.traders[1], Side::buy, 10'000, 1);
    world.hub->flush();
    reader.read();
    EXPECT_EQ(reader.book.trades, 2u);
    EXPECT_EQ(reader.book.updates, 1u);
    world.hub->unsubscribe(reader.id, Channel::trades, "TATA_INR");
    world.place(world.traders[1], Side::buy, 10'000, 1);
    world.hub->flush();
    EXPECT_EQ(reader.subscriber.take().size(), 1u) << "the acknowledgement alone";
    EXPECT_EQ(world.hub->counters().orderbook_subscribers, 0u);
    EXPECT_EQ(world.hub->counters().trades_subscribers, 0u);
}

TEST(MarketDataTest, RequestsAreAcknowledgedOrRefusedAndTheConnectionStays) {
    Limits limits;
    limits.subscriptions_per_session_max = 2;
    World world(limits);
    Reader reader(world);
    const auto answer = [&] {
        const auto messages = reader.subscriber.take();
        return with(messages.empty() ? "" : messages[0], '"', '\'');
    };
    Hub& hub = *world.hub;
    hub.subscribe(reader.id, Channel::trades, "TATA_INR");
    EXPECT_EQ(answer(), "{'status':'Success','action':'subscribed','channel':'trades','market':'TATA_INR'}");
    hub.subscribe(reader.id, Channel::trades, "TATA_INR");
    EXPECT_EQ(answer(), "{'status':'Success','action':'subscribed','channel':'trades','market':'TATA_INR'}");
    EXPECT_EQ(hub.counters().trades_subscribers, 1u);
    hub.subscribe(reader.id, Channel::orderbook, "NONE_INR");
    std::string refusal = reader.subscriber.take()[0];
    EXPECT_EQ(field(refusal, "code"), "unknown_market");
    EXPECT_EQ(field(refusal, "market"), "NONE_INR");
    hub.subscribe(reader.id, Channel::orderbook, "NONE_INR", "\"a\"");
    EXPECT_EQ(field(reader.subscriber.take()[0], "request_id"), "a");
    hub.subscribe(reader.id, Channel::trades, "TATA_INR", "7");
    EXPECT_EQ(
        answer(),
        "{'status':'Success','action':'subscribed','channel':'trades','market':'TATA_INR','request_id':7}");
    hub.subscribe(reader.id, Channel::orderbook, "no\"market\\");
    refusal = reader.subscriber.take()[0];
    EXPECT_EQ(field(refusal, "code"), "unknown_market");
    EXPECT_EQ(field(refusal, "market"), "") << "unsafe text is not repeated";
    hub.subscribe(reader.id, Channel::trades, "JIO_INR");
    reader.subscriber.take();
    hub.subscribe(reader.id, Channel::orderbook, "JIO_INR");
    EXPECT_EQ(field(reader.subscriber.take()[0], "code"), "too_many_subscriptions");
    hub.unsubscribe(reader.id, Channel::trades, "NONE_INR", "8");
    EXPECT_EQ(field(reader.subscriber.take()[0], "request_id"), "8");
    hub.unsubscribe(reader.id, Channel::orderbook, "TATA_INR");
    EXPECT_EQ(answer(),
              "{'status':'Success','action':'unsubscribed','channel':'orderbook','market':'TATA_INR'}");
    hub.unsubscribe(reader.id, Channel::trades, "TATA_INR");
    reader.subscriber.take();
    hub.subscribe(reader.id, Channel::orderbook, "JIO_INR");
    EXPECT_EQ(field(reader.subscriber.take()[0], "status"), "Success") << "room again";
    EXPECT_FALSE(reader.subscriber.is_closed);
    EXPECT_EQ(hub.counters().refusals, 5u);
}

TEST(MarketDataTest, AMessageIsEncodedOnceForTenThousandAndNeverForNobody) {
    World world;
    world.place(world.traders[0], Side::sell, 10'000, 100);
    world.place(world.traders[1], Side::buy, 10'000, 1);
    world.hub->flush();
    EXPECT_EQ(world.hub->counters().messages_encoded, 0u) << "nobody listens";

    std::vector<std::unique_ptr<Reader>> readers;
    for (int i = 0; i < 10'000; ++i) {
        readers.push_back(std::make_unique<Reader>(world));
        world.hub->subscribe(readers.back()->id, Channel::orderbook, "TATA_INR");
    }
    const std::uint64_t joined = world.hub->counters().messages_encoded;
    EXPECT_EQ(joined, 10'001u) << "an acknowledgement each, one snapshot for all";
    world.place(world.traders[1], Side::buy, 10'000, 1);
    world.hub->flush();
    EXPECT_EQ(world.hub->counters().messages_encoded, joined + 2) << "one update, one trade";
    EXPECT_EQ(readers.front()->subscriber.buffers.back(), readers.back()->subscriber.buffers.back())
        << "the same bytes";
    EXPECT_EQ(world.hub->counters().orderbook_subscribers, 10'000u);
    readers.clear();
    EXPECT_EQ(world.hub->counters().orderbook_subscribers, 0u);
    EXPECT_EQ(world.hub->counters().sessions, 0u);
}

TEST(MarketDataTest, ASnapshotOfADeepBookSaysThatItIsCutShort) {
    Limits limits;
    limits.snapshot_levels_max = 12;
    World world(limits);
    for (int i = 0; i < 13; ++i) world.place(world.traders[0], Side::sell, 10'000 + 5 * i, 1);
    Reader reader(world);
    world.hub->subscribe(reader.id, Channel::orderbook, "TATA_INR");
    EXPECT_EQ(field(reader.subscriber.messages[1], "truncated"), "true");
    reader.read();
    EXPECT_EQ(reader.book.asks().size(), 12u);
    world.place(world.traders[0], Side::sell, 10'060, 4);
    world.hub->flush();
    reader.read();
    EXPECT_EQ(reader.book.asks(), world.resting(World::tata_inr, Side::sell));
}

TEST(MarketDataTest, AMarketListedLaterIsAMarketLikeAnyOther) {
    World world;
    Reader reader(world);
    world.hub->subscribe(reader.id, Channel::orderbook, "TATA_INR");
    core::MarketSpec spec = world.views.catalog.find_market("TATA_INR")->spec;
    spec.name = core::MarketName("TATA_JIO");
    spec.quote = World::jio;
    spec.price_scale = 0;
    spec.tick = 1;
    world.apply(core::ListMarket{{}, spec});
    Reader other(world);
    world.hub->subscribe(other.id, Channel::trades, "TATA_JIO");
    EXPECT_EQ(field(other.subscriber.take()[0], "status"), "Success");
    world.place(world.traders[0], Side::sell, 10'000, 1);
    world.hub->flush();
    reader.read();
    EXPECT_EQ(reader.book.asks().size(), 1u);
}

TEST(MarketDataTest, ASnapshotIsFreshThoughNobodyListenedWhenTheBookChanged) {
    World world;
    {
        Reader first(world);
        world.hub->subscribe(first.id, Channel::orderbook, "TATA_INR");
    }
    world.place(world.traders[0], Side::sell, 10'000, 1);
    Reader second(world);
    world.hub->subscribe(second.id, Channel::orderbook, "TATA_INR");
    second.read();
    EXPECT_EQ(second.book.asks(), world.resting(World::tata_inr, Side::sell));
    EXPECT_EQ(second.book.sequence(), 1u);
}

TEST(MarketDataTest, FramesThatComeTwiceAreToldOnce) {
    World world;
    Reader reader(world);
    world.hub->subscribe(reader.id, Channel::orderbook, "TATA_INR");
    world.place(world.traders[0], Side::sell, 10'000, 1);
    const auto frame = codec::parse_event_frame(world.frames.back());
    EXPECT_TRUE(world.hub->apply(*frame));
    world.hub->flush();
    EXPECT_TRUE(world.hub->apply(*frame));
    world.hub->flush();
    reader.read();
    EXPECT_EQ(reader.book.updates, 1u);
    EXPECT_EQ(world.hub->last(), world.stamp.sequence);
}

}  // namespace
}  // namespace sauda::feed
