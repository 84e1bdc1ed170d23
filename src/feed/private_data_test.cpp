#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

#include "feed/hub.h"
#include "feed/testing/client.h"
#include "feed/testing/recording_subscriber.h"
#include "feed/testing/world.h"

namespace sauda::feed {
namespace {

using core::Side;

/// A connection of one trader.
struct Owner {
    Owner(World& world, int trader)
        : hub(world.hub.get()), id(hub->open(subscriber)), account(world.traders[trader]) {
        hub->attach(id, account);
    }
    ~Owner() { hub->close(id); }
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;

    /// The private events that came since, as texts; answers are left out.
    std::vector<std::string> events() {
        std::vector<std::string> all = subscriber.take();
        std::erase_if(all, [](const std::string& message) { return !field(message, "status").empty(); });
        return all;
    }
    void resume(std::uint64_t after) { hub->resume(id, {after}); }

    RecordingSubscriber subscriber;
    Hub* hub;
    SessionId id;
    core::AccountId account;
};

std::vector<std::uint64_t> sequences(const std::vector<std::string>& events) {
    std::vector<std::uint64_t> all;
    for (const std::string& event : events) all.push_back(number(event, "account_sequence"));
    return all;
}

std::vector<std::string> names(const std::vector<std::string>& events) {
    std::vector<std::string> all;
    for (const std::string& event : events) all.push_back(field(event, "event_type"));
    return all;
}

std::vector<std::uint64_t> range(std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> all;
    for (std::uint64_t at = first; at <= last; ++at) all.push_back(at);
    return all;
}

std::string quoted(std::string text) {
    std::replace(text.begin(), text.end(), '"', '\'');
    return text;
}

using Names = std::vector<std::string>;

TEST(PrivateDataTest, BothOwnersHearOfTheirFillOnAllTheirConnections) {
    World world;
    Owner maker(world, 0), maker_again(world, 0), taker(world, 1), stranger(world, 2);
    const core::OrderId sell = world.place(world.traders[0], Side::sell, 10'050, 10);
    const core::OrderId buy = world.place(world.traders[1], Side::buy, 10'100, 4);
    world.hub->flush();
    const auto of_maker = maker.events();
    EXPECT_EQ(names(of_maker), (Names{"OrderAccepted", "PartialFill"}));
    EXPECT_EQ(maker_again.events(), of_maker);
    EXPECT_TRUE(stranger.events().empty());
    const auto of_taker = taker.events();
    EXPECT_EQ(names(of_taker), (Names{"OrderAccepted", "FullFill"}));
    const std::string time = std::to_string(world.stamp.time.milliseconds());
    // Three deposits came before: the accounts' sequences go on at 4.
    EXPECT_EQ(
        quoted(of_maker[1]),
        "{'event_type':'PartialFill','order_id':" + std::to_string(sell.raw) +
            ",'matched_with':" + std::to_string(buy.raw) +
            ",'quantity':'4','price':'100.50','order_kind':'Limit','market':'TATA_INR','side':'Sell',"
            "'trade_id':1,'liquidity':'maker','fee':'-0.0402','fee_asset':'INR','leaves':'6','user_id':'" +
            user_text(1) + "','account_sequence':5,'time':" + time + "}");
    EXPECT_EQ(
        quoted(of_taker[1]),
        "{'event_type':'FullFill','order_id':" + std::to_string(buy.raw) +
            ",'matched_with':" + std::to_string(sell.raw) +
            ",'quantity':'4','price':'100.50','order_kind':'Limit','market':'TATA_INR','side':'Buy',"
            "'trade_id':1,'liquidity':'taker','fee':'0.4020','fee_asset':'INR','leaves':'0','user_id':'" +
            user_text(2) + "','account_sequence':5,'time':" + time + "}");
}

TEST(PrivateDataTest, OrdersThatGoWithALeaseSayWhyAndLeasesThemselvesNothing) {
    World world;
    Owner owner(world, 0);
    for (const core::LeaseId lease : {core::LeaseId{7, 1}, core::LeaseId{}}) {
        const core::OrderId id = world.place(owner.account, Side::buy, 10'000, 1);
        world.apply(core::GrantLease{owner.account, lease, {1'000'000'000}});
        world.apply(core::EndLease{owner.account, lease, true});
        world.hub->flush();
        const auto events = owner.events();
        ASSERT_EQ(names(events), (Names{"OrderAccepted", "OrderCanceled"}));
        EXPECT_EQ(number(events[1], "order_id"), id.raw);
        EXPECT_EQ(field(events[1], "reason"), lease.is_countdown() ? "cancel_after" : "cancel_on_disconnect");
        EXPECT_EQ(number(events[1], "account_sequence"), number(events[0], "account_sequence") + 1);
    }
}

TEST(PrivateDataTest, EveryKindOfEventHasItsShape) {
    World world;
    Owner owner(world, 0);
    core::PlaceOrder order;
    order.account = owner.account;
    order.market = World::tata_inr;
    order.side = Side::buy;
    order.price = {10'000};
    order.quantity = {10};
    order.post_only = true;
    order.client_order_id = core::ClientOrderId("my-1");
    const core::OrderId id = world.place(order);
    world.apply(core::AmendOrder{owner.account, id, {}, {4}, core::QuantityChange::leaves, false, {}});
    world.apply(
        core::AmendOrder{owner.account, id, {10'005}, {}, core::QuantityChange::unchanged, false, {}});
    world.apply(core::CancelOrder{owner.account, id, {}});
    world.apply(
        core::Deposit{{}, owner.account, World::inr, {12'345'600}, core::TransferReference("bank/1")});
    world.apply(core::Withdraw{{}, owner.account, World::inr, {345'600}, core::TransferReference("bank/2")});
    world.apply(core::SendTransfer{
        {}, owner.account, World::inr, {45'600}, core::TransferReference("to-1"), core::ShardName("north")});
    world.apply(core::ReceiveTransfer{
        owner.account, World::tata, {12}, core::TransferReference("to-1"), core::ShardName("south")});
    world.apply(core::ConfirmTransfer{core::TransferReference("to-1"), core::ShardName("north")});
    world.apply(core::SetAccountState{{}, owner.account, true});
    world.hub->flush();
    const auto events = owner.events();
    ASSERT_EQ(names(events),
              (Names{"OrderAccepted", "OrderAmended", "OrderAmended", "OrderCanceled", "Deposit",
                     "Withdrawal", "TransferSent", "TransferReceived", "AccountFrozen"}));
    EXPECT_EQ(sequences(events), range(4, 12)) << "a confirmation is no private event";
    const auto body = [&](std::size_t index) {
        const std::string text = quoted(events[index]);
        return text.substr(0, text.find(",'user_id'"));
    };
    const std::string number_text = std::to_string(id.raw);
    EXPECT_EQ(body(0), "{'event_type':'OrderAccepted','order_id':" + number_text +
                           ",'client_order_id':'my-1','market':'TATA_INR','side':'Buy','order_kind':'Limit',"
                           "'time_in_force':'GTC','post_only':true,'price':'100.00','quantity':'10'");
    EXPECT_EQ(body(1), "{'event_type':'OrderAmended','order_id':" + number_text +
                           ",'market':'TATA_INR','side':'Buy','price':'100.00','quantity':'4','leaves':'4',"
                           "'kept_priority':true");
    EXPECT_EQ(body(2), "{'event_type':'OrderAmended','order_id':" + number_text +
                           ",'market':'TATA_INR','side':'Buy','price':'100.05','quantity':'4','leaves':'4',"
                           "'kept_priority':false");
    EXPECT_EQ(body(3), "{'event_type':'OrderCanceled','order_id':" + number_text +
                           ",'market':'TATA_INR','side':'Buy','reason':'canceled_by_owner','unfilled':'4'");
    EXPECT_EQ(body(4), "{'event_type':'Deposit','asset':'INR','amount':'1234.5600','reference':'bank/1'");
    EXPECT_EQ(body(5), "{'event_type':'Withdrawal','asset':'INR','amount':'34.5600','reference':'bank/2'");
    EXPECT_EQ(body(6),
              "{'event_type':'TransferSent','asset':'INR','amount':'4.5600','reference':'to-1',"
              "'to_shard':'north'");
    EXPECT_EQ(body(7),
              "{'event_type':'TransferReceived','asset':'TATA','amount':'12','reference':'to-1',"
              "'from_shard':'south'");
    EXPECT_EQ(body(8), "{'event_type':'AccountFrozen'");
    for (const std::string& event : events) EXPECT_EQ(field(event, "user_id"), user_text(1));
}

TEST(PrivateDataTest, MarketOrdersThatRunOutOfBookSayPartialAndExpire) {
    World world;
    Owner owner(world, 1);
    world.place(world.traders[0], Side::sell, 10'000, 3);
    world.place(world.traders[0], Side::sell, 10'005, 2);
    world.place(world.market_order(owner.account, Side::buy, 10));
    world.hub->flush();
    const auto events = owner.events();
    EXPECT_EQ(names(events),
              (Names{"OrderAccepted", "MarketPartialFill", "MarketPartialFill", "OrderExpired"}));
    EXPECT_EQ(field(events[1], "order_kind"), "Market");
    EXPECT_EQ(field(events[3], "reason"), "market_remainder");
    EXPECT_EQ(field(events[3], "unfilled"), "5");
}

TEST(PrivateDataTest, AMarketOrderThatCountsQuoteIsFullOnlyWhenItsMoneyIsSpent) {
    World world;
    Owner owner(world, 1);
    world.place(world.traders[0], Side::sell, 10'000, 1);
    world.place(world.traders[0], Side::sell, 20'000, 5);
    // 100.00 and 200.00, with 0.1 % fee each: spent to the last minor unit.
    core::PlaceOrder order = world.market_order(owner.account, Side::buy, 0);
    order.quote_quantity = {300'3000};
    world.place(order);
    world.hub->flush();
    const auto spent = owner.events();
    EXPECT_EQ(names(spent), (Names{"OrderAccepted", "MarketPartialFill", "FullFill"}));
    EXPECT_EQ(field(spent[0], "quote_quantity"), "300.3000");
    EXPECT_EQ(field(spent[0], "quantity"), "null") << "it has none";
    order.quote_quantity = {300'0000};
    world.place(order);
    world.hub->flush();
    const auto short_of_a_lot = owner.events();
    EXPECT_EQ(names(short_of_a_lot), (Names{"OrderAccepted", "MarketPartialFill", "OrderExpired"}));
    EXPECT_EQ(field(short_of_a_lot[2], "unfilled"), "null");
}

TEST(PrivateDataTest, ASelfTradeGivesItsOwnerBothEvents) {
    World world;
    Owner owner(world, 0);
    world.place(owner.account, Side::sell, 10'000, 3);
    world.place(owner.account, Side::buy, 10'000, 3);
    world.hub->flush();
    const auto events = owner.events();
    EXPECT_EQ(names(events), (Names{"OrderAccepted", "OrderAccepted", "FullFill", "FullFill"}));
    EXPECT_EQ(sequences(events), range(4, 7));
    EXPECT_EQ(field(events[2], "liquidity"), "maker");
    EXPECT_EQ(field(events[3], "liquidity"), "taker");
    EXPECT_EQ(field(events[2], "matched_with"), field(events[3], "order_id"));
}

TEST(PrivateDataTest, ResumeReplaysWhatWasMissedAndGoesOnLiveWithoutGapOrDouble) {
    World world;
    Owner witness(world, 0);
    base::Random random(3);
    std::vector<std::string> told = witness.events();
    std::vector<std::string> heard = told;
    for (int round = 0; round < 60; ++round) {
        for (int i = 0; i < 15; ++i) world.random_command(random);
        if (random.chance(1, 2)) world.hub->flush();  // else the reconnection comes amid a tick
        // A connection comes, asks for what it missed, listens for a while, and is gone.
        Owner again(world, 0);
        again.resume(heard.size() + 3);  // three deposits before the witness
        for (int i = 0; i < 10; ++i) {
            world.random_command(random);
            if (random.chance(1, 3)) world.hub->flush();
        }
        world.hub->flush();
        for (const std::string& event : again.events()) heard.push_back(event);
        for (const std::string& event : witness.events()) told.push_back(event);
        ASSERT_EQ(heard, told) << "round " << round;
    }
    EXPECT_EQ(sequences(heard), range(4, heard.size() + 3));
    EXPECT_GT(heard.size(), 300u);
    EXPECT_EQ(world.hub->counters().resumes, 60u);
    EXPECT_EQ(world.hub->counters().resumes_too_old, 0u);
}

TEST(PrivateDataTest, ResumeTwiceReplaysOnlyWhatThisConnectionLacks) {
    World world;
    for (int i = 0; i < 6; ++i) world.place(world.traders[0], Side::sell, 10'000, 1);  // 4 to 9
    Owner owner(world, 0);
    owner.resume(7);
    EXPECT_EQ(sequences(owner.events()), range(8, 9));
    owner.resume(7);
    EXPECT_TRUE(owner.events().empty());
    world.place(world.traders[0], Side::sell, 10'000, 1);
    world.hub->flush();
    EXPECT_EQ(sequences(owner.events()), range(10, 10));
    owner.resume(5);
    const auto messages = owner.subscriber.take();
    EXPECT_EQ(quoted(messages[0]),
              "{'status':'Success','action':'resumed','account_sequence':10,'replayed':2}");
    ASSERT_EQ(messages.size(), 3u);
    EXPECT_EQ(number(messages[1], "account_sequence"), 6u);
    EXPECT_EQ(number(messages[2], "account_sequence"), 7u);
}

TEST(PrivateDataTest, AClientThatKnowsMoreThanThisServerIsNotToldAgain) {
    World world;
    Owner owner(world, 0), other(world, 0);
    owner.subscriber.take();
    owner.resume(6);  // the server is at 3 and lags behind the one that told the client 4 to 6
    for (int i = 0; i < 2; ++i) world.place(world.traders[0], Side::sell, 10'000, 1);
    world.hub->flush();
    EXPECT_TRUE(owner.events().empty());
    for (int i = 0; i < 3; ++i) world.place(world.traders[0], Side::sell, 10'000, 1);
    world.hub->flush();
    world.place(world.traders[0], Side::sell, 10'000, 1);
    world.hub->flush();
    EXPECT_EQ(sequences(owner.events()), range(7, 9));
    EXPECT_EQ(sequences(other.events()), range(4, 9));
}

TEST(PrivateDataTest, ResumeTooOldTellsTheAccountAsItStands) {
    Limits limits;
    limits.window.events_per_account_max = 5;
    limits.resume_open_orders_max = 2;
    World world(limits);
    std::vector<core::OrderId> orders;
    for (int i = 0; i < 4; ++i)
        orders.push_back(world.place(world.traders[0], Side::sell, 10'000 + 5 * i, 10));
    world.place(world.traders[1], Side::buy, 10'000, 4);
    Owner owner(world, 0);
    owner.subscriber.take();
    owner.resume(2);  // 3 is the third deposit, 4 to 8 are remembered
    auto messages = owner.subscriber.take();
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(field(messages[0], "event_type"), "resume_too_old");
    EXPECT_EQ(field(messages[0], "user_id"), user_text(1));
    EXPECT_EQ(number(messages[0], "account_sequence"), 8u);
    EXPECT_EQ(quoted(field(messages[0], "balances")),
              "[{'asset':'INR','available':'1000000400.0400','held':'0.0000'},"
              "{'asset':'TATA','available':'99999960','held':'36'},"
              "{'asset':'JIO','available':'100000000','held':'0'}]");
    const std::string open = quoted(field(messages[0], "open_orders"));
    EXPECT_NE(open.find("{'order_id':" + std::to_string(orders[0].raw) +
                        ",'market':'TATA_INR','side':'Sell','order_kind':'Limit','time_in_force':'GTC',"
                        "'price':'100.00','quantity':'10','filled':'4','leaves':'6','time':"),
              std::string::npos)
        << open;
    EXPECT_NE(open.find(std::to_string(orders[1].raw)), std::string::npos);
    EXPECT_EQ(field(messages[0], "open_orders_complete"), "false");

    world.place(world.traders[0], Side::sell, 11'000, 1);
    world.hub->flush();
    EXPECT_EQ(sequences(owner.events()), range(9, 9)) << "live from there";
    Owner in_time(world, 0);
    in_time.subscriber.take();
    in_time.resume(4);
    EXPECT_EQ(sequences(in_time.events()), range(5, 9)) << "exactly the window";
    EXPECT_EQ(world.hub->counters().resumes_too_old, 1u);
}

TEST(PrivateDataTest, ResumeTooOldAmidATickIsFollowedByWhatComesAfterIt) {
    World world;
    world.restart(0);
    Owner owner(world, 0);
    owner.subscriber.take();
    world.place(owner.account, Side::sell, 10'000, 1);
    owner.resume(1);
    world.place(owner.account, Side::sell, 10'000, 1);
    world.hub->flush();
    const auto messages = owner.subscriber.take();
    EXPECT_EQ(names(messages), (Names{"OrderAccepted", "resume_too_old", "OrderAccepted"}));
    EXPECT_EQ(sequences(messages), (std::vector<std::uint64_t>{4, 4, 5}));
}

TEST(PrivateDataTest, WindowsAreRebuiltFromTheEventLogAtStart) {
    World world;
    base::Random random(5);
    for (int i = 0; i < 300; ++i) world.random_command(random);
    std::vector<std::string> before;
    {
        Owner owner(world, 0);
        owner.resume(3);
        before = owner.events();
    }
    ASSERT_GT(before.size(), 50u);
    world.restart(world.frames.size());
    {
        Owner owner(world, 0);
        owner.resume(3);
        EXPECT_EQ(owner.events(), before);
        for (int i = 0; i < 50; ++i) world.random_command(random);
        world.hub->flush();
        const auto live = owner.events();
        ASSERT_FALSE(live.empty());
        EXPECT_EQ(number(live[0], "account_sequence"), number(before.back(), "account_sequence") + 1);
    }
    world.restart(0);
    Owner owner(world, 0);
    owner.subscriber.take();
    owner.resume(3);
    EXPECT_EQ(field(owner.subscriber.take()[0], "event_type"), "resume_too_old");
}

TEST(PrivateDataTest, AHubOnEmptyViewsBeginsWhereASnapshotTakesTheirPlace) {
    World world;
    views::ReadModel views;
    Hub hub(views, frame_line);
    RecordingSubscriber early;
    const SessionId id = hub.open(early);
    hub.subscribe(id, Channel::orderbook, "TATA_INR");
    EXPECT_EQ(field(early.take().at(0), "code"), "unknown_market");

    world.place(world.traders[0], Side::sell, 10'050, 1);
    PrivateWindow past(world.limits.window);
    for (const base::Bytes& bytes : world.frames) ASSERT_TRUE(past.push(*codec::parse_event_frame(bytes)));
    views = world.views;
    hub.remember(std::move(past));
    hub.begin();
    EXPECT_EQ(hub.last(), views.last());
    hub.subscribe(id, Channel::orderbook, "TATA_INR");
    EXPECT_EQ(early.take().size(), 2u) << "an acknowledgement and a snapshot";
    hub.attach(id, world.traders[0]);
    hub.resume(id, {1});
    EXPECT_EQ(field(early.take().back(), "event_type"), "OrderAccepted") << "what was before it began";

    world.place(world.traders[1], Side::buy, 10'050, 1);
    const auto frame = codec::parse_event_frame(world.frames.back());
    ASSERT_TRUE(views.apply(frame->header.sequence, frame->header.time, frame->events));
    ASSERT_TRUE(hub.apply(*frame));
    hub.flush();
    const auto live = early.take();
    ASSERT_FALSE(live.empty());
    EXPECT_EQ(field(live.front(), "event_type"), "FullFill");
    hub.close(id);
}

TEST(PrivateDataTest, AReaderTooSlowForPrivateDataIsClosedAndNobodyElse) {
    Limits limits;
    limits.recover_below_bytes = 500;
    limits.conflate_above_bytes = 2'000;
    limits.queued_bytes_max = 10'000;
    World world(limits);
    Owner slow(world, 0), quick(world, 0);
    world.hub->subscribe(slow.id, Channel::orderbook, "TATA_INR");
    slow.subscriber.is_stalled = true;
    for (int i = 0; i < 60; ++i) {
        world.place(world.traders[0], Side::sell, 10'000, 1);
        world.hub->flush();
        ASSERT_LE(slow.subscriber.queued, limits.queued_bytes_max);
    }
    EXPECT_TRUE(slow.subscriber.is_closed);
    EXPECT_EQ(slow.subscriber.close_code, 1013);
    EXPECT_EQ(slow.subscriber.close_reason, "slow_consumer");
    EXPECT_EQ(sequences(quick.events()), range(4, 63));
    EXPECT_EQ(world.hub->counters().slow_closes, 1u);
    EXPECT_EQ(world.hub->counters().conflations, 1u) << "the book was conflated long before";
    const std::size_t received = slow.subscriber.messages.size();
    world.hub->subscribe(slow.id, Channel::trades, "TATA_INR");
    world.hub->resume(slow.id, {3});
    EXPECT_EQ(slow.subscriber.messages.size(), received) << "a closing connection is told nothing";
}

TEST(PrivateDataTest, AnswersRepeatTheRequestIdAndNothingElseDoes) {
    Limits limits;
    limits.window.events_per_account_max = 2;
    World world(limits);
    RecordingSubscriber subscriber;
    Hub& hub = *world.hub;
    const SessionId id = hub.open(subscriber);
    const auto request_id = [&] { return field(subscriber.take().at(0), "request_id"); };
    hub.resume(id, {0}, "1");
    EXPECT_EQ(request_id(), "1") << "not_authenticated";
    hub.attach(id, world.traders[0], "\"two\"");
    EXPECT_EQ(request_id(), "two");
    hub.attach(id, world.traders[1], "3");
    EXPECT_EQ(request_id(), "3") << "already_authenticated";
    hub.resume(id, {3}, "4");
    EXPECT_EQ(request_id(), "4");
    hub.resume(id, {0}, "5");
    const auto too_old = subscriber.take();
    EXPECT_EQ(field(too_old.at(0), "event_type"), "resume_too_old");
    EXPECT_EQ(field(too_old.at(0), "request_id"), "5");
    world.place(world.traders[0], Side::sell, 10'000, 1);
    hub.flush();
    EXPECT_EQ(request_id(), "") << "an event answers nobody";
}

TEST(PrivateDataTest, CredentialsBindAConnectionToOneAccount) {
    World world;
    RecordingSubscriber subscriber;
    const SessionId id = world.hub->open(subscriber);
    world.hub->resume(id, {0});
    EXPECT_EQ(field(subscriber.take()[0], "code"), "not_authenticated");
    world.hub->attach(id, world.traders[0]);
    world.hub->attach(id, world.traders[0]);
    const auto twice = subscriber.take();
    EXPECT_EQ(quoted(twice[0]), "{'status':'Success','action':'authenticated','user_id':'" + user_text(1) +
                                    "','account_sequence':3}");
    EXPECT_EQ(twice[0], twice[1]);
    EXPECT_EQ(world.hub->counters().private_sessions, 1u);
    world.hub->attach(id, world.traders[1]);
    EXPECT_EQ(field(subscriber.take()[0], "code"), "already_authenticated");
    world.place(world.traders[1], Side::sell, 10'000, 1);
    world.hub->flush();
    EXPECT_TRUE(subscriber.take().empty()) << "another's events";
    world.hub->close(id);
    world.place(world.traders[0], Side::sell, 10'000, 1);
    world.hub->flush();
    EXPECT_TRUE(subscriber.take().empty());
    EXPECT_EQ(world.hub->counters().private_sessions, 0u);
    world.hub->close(id);
    EXPECT_EQ(world.hub->counters().sessions, 0u);
}

TEST(PrivateDataTest, EventsOfAccountsWithoutConnectionsAreNotFormatted) {
    World world;
    base::Random random(9);
    for (int i = 0; i < 200; ++i) world.random_command(random);
    world.hub->flush();
    EXPECT_EQ(world.hub->counters().messages_encoded, 0u);
}

}  // namespace
}  // namespace sauda::feed
