/// The leases of connections before an engine without disk: what is renewed, ended and granted again, and
/// what becomes of it where the way to the engine is broken.
#include "event-broadcaster/connection_leases.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bus/in_process.h"
#include "codec/command_codec.h"
#include "codec/command_text.h"
#include "core/default_listings.h"
#include "core/event_buffer.h"
#include "core/exchange.h"

namespace sauda::event_broadcaster {
namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t second = 1'000 * ms;
constexpr std::uint64_t holder = 7;
constexpr order_entry::SwitchSetting ten_seconds{{10 * second}};

/// A way to the engine that can be broken, and can lose what it took.
class Way final : public bus::Producer {
public:
    bus::Offer offer(base::ByteView frame, bus::Lane lane) override {
        bus::FrameBatch one;
        one.append(frame);
        return offer_all(one, lane);
    }
    bus::Offer offer_all(const bus::FrameBatch& frames, bus::Lane) override {
        if (is_broken) return bus::Offer::unreachable;
        if (!loses) taken.append_all(frames);
        return bus::Offer::accepted;
    }

    bool is_broken = false;
    bool loses = false;
    bus::FrameBatch taken;
};

class ConnectionLeasesTest : public ::testing::Test {
protected:
    ConnectionLeasesTest() {
        for (const core::CommandBody& listing : core::default_listings({})) apply({{}, {}, listing});
        for (std::uint8_t user = 1; user <= 2; ++user) {
            core::Uuid uuid;
            uuid.bytes[0] = user;
            apply({{}, {}, core::OpenAccount{uuid}});
            const core::AccountId account = exchange.find_account(uuid);
            apply({{}, {}, core::Deposit{{}, account, {1}, {1'000'000'0000}, reference()}});
            (user == 1 ? alice : bob) = account;
        }
        leases.on_time();
    }
    core::TransferReference reference() {
        return core::TransferReference("d" + std::to_string(stamp.sequence.raw));
    }
    void apply(const core::Command& command) {
        core::EventBuffer events;
        stamp.sequence.raw += 1;
        stamp.time = now;
        exchange.apply(command, stamp, events);
        base::Bytes bytes;
        codec::append_event_frame({0, 3, 1, stamp.sequence, stamp.time, command.id}, events.bytes(), bytes);
        const auto frame = codec::parse_event_frame(bytes);
        gateway.on_event_frame(*frame);
        if (command.id.gateway == 0) leases.on_event_frame(*frame);
    }
    /// The engine takes what is there, and lets happen what is due, as the sequencer does.
    void run() {
        if (const auto due = exchange.next_deadline(); due && *due <= now)
            apply({{}, {}, core::AdvanceTime{}});
        bus::FrameBatch frames;
        frames.swap(way.taken);
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const auto command = codec::decode_command(frames[i]);
            const std::string text = codec::command_text(*command);
            journal.push_back(text.substr(0, text.find(' ')));
            apply(*command);
        }
    }
    /// Time passes, with the ticks of a server and the turns of an engine.
    void pass(std::int64_t nanoseconds, bool engine_runs = true) {
        for (const core::TimestampNs end{now.raw + nanoseconds}; now < end;) {
            now.raw = std::min(now.raw + 20 * ms, end.raw);
            leases.on_time();
            gateway.on_time(now);
            if (engine_runs) run();
        }
    }
    order_entry::Answer set(std::uint64_t connection, core::AccountId account,
                            order_entry::SwitchSetting setting,
                            std::optional<core::LeaseId> taken_over = {}) {
        order_entry::Answer answer;
        answer.status = 0;
        leases.set(connection, {account, setting, taken_over},
                   [&answer](const order_entry::Answer& given) { answer = given; });
        while (!way.taken.empty()) run();
        return answer;
    }
    core::OrderId rest(core::AccountId account) {
        core::PlaceOrder place;
        place.account = account;
        place.market = {1};
        place.price = {5'000};
        place.quantity = {3};
        apply({{}, {}, place});
        return {exchange.state().orders.back().id};
    }
    bool is_open(core::OrderId order) const { return exchange.find_order(order).has_value(); }
    std::size_t count(std::string_view command) const {
        return static_cast<std::size_t>(std::ranges::count(journal, command));
    }

    core::TimestampNs now{1'700'000'000'000'000'000};
    core::Exchange exchange;
    core::Stamp stamp{{0}, now};
    std::vector<std::string> journal;  // a word for each command that came by the way
    Way way;
    gateway::Gateway gateway{{.instance = 99}, way};
    std::vector<std::uint64_t> lost;
    ConnectionLeases leases{gateway, holder, [this] { return now; },
                            [this](std::uint64_t connection) { lost.push_back(connection); }};
    core::AccountId alice, bob;
};

TEST_F(ConnectionLeasesTest, OneCommandRenewsAllConnectionsThreeTimesWithinTheShortestSpan) {
    const core::OrderId order = rest(alice);
    EXPECT_EQ(set(1, alice, ten_seconds).status, 200);
    EXPECT_EQ(set(2, bob, {{60 * second}}).status, 200);
    EXPECT_EQ(leases.count(), 2u);
    pass(60 * second);
    EXPECT_EQ(count("RenewLeases"), 17u);
    EXPECT_TRUE(is_open(order));
    set(1, alice, {});
    pass(60 * second);
    EXPECT_EQ(count("RenewLeases"), 20u) << "what is left is renewed at its own pace";
    set(2, bob, {});
    pass(60 * second);
    EXPECT_EQ(count("RenewLeases"), 20u);
    EXPECT_FALSE(exchange.has_leases());
}

TEST_F(ConnectionLeasesTest, TheEndOfAConnectionCancelsAtOnce) {
    const core::OrderId order = rest(alice);
    set(1, alice, ten_seconds);
    leases.close(1);
    leases.close(2);  // its switch was never on
    run();
    EXPECT_FALSE(is_open(order));
    EXPECT_EQ(leases.count() + leases.ending_count(), 0u);
    EXPECT_EQ(count("EndLease"), 1u);
}

TEST_F(ConnectionLeasesTest, AnswersTellWhatIsSet) {
    EXPECT_EQ(set(1, alice, {}).body, R"({"status":"Success","timeout_ms":0})") << "it was off";
    EXPECT_TRUE(
        set(1, alice, ten_seconds)
            .body.starts_with(
                R"({"status":"Success","timeout_ms":10000,"lease":"0000000000000007-1","sequence":)"));
    EXPECT_TRUE(set(1, alice, {{3 * second}}).body.find(R"("timeout_ms":3000)") != std::string::npos);
    EXPECT_TRUE(set(1, alice, {}).body.starts_with(R"({"status":"Success","timeout_ms":0,"sequence":)"));
    EXPECT_EQ(set(1, {999}, ten_seconds).code, "unknown_account");
    EXPECT_EQ(leases.count(), 0u);
}

TEST_F(ConnectionLeasesTest, WhatCouldNotBeSentIsAnsweredSoAndChangesNothing) {
    way.is_broken = true;
    EXPECT_EQ(set(1, alice, ten_seconds).code, "engine_down");
    EXPECT_EQ(leases.count(), 0u);
    way.is_broken = false;
    set(1, alice, ten_seconds);
    way.is_broken = true;
    EXPECT_EQ(set(1, alice, {{60 * second}}).code, "engine_down");
    EXPECT_EQ(set(1, alice, {}).code, "engine_down");
    way.is_broken = false;
    pass(10 * second + 100 * ms);
    EXPECT_EQ(count("RenewLeases"), 3u) << "as before";
}

TEST_F(ConnectionLeasesTest, AnEndThatCouldNotBeSentIsSentAgainAndNothingIsRenewedBefore) {
    const core::OrderId order = rest(alice);
    set(1, alice, ten_seconds);
    set(2, bob, ten_seconds);
    pass(3 * second);
    way.is_broken = true;
    leases.close(1);
    pass(4 * second);
    EXPECT_TRUE(is_open(order));
    way.is_broken = false;
    journal.clear();
    pass(second);
    EXPECT_FALSE(is_open(order));
    ASSERT_GE(journal.size(), 2u);
    EXPECT_EQ(journal[0], "EndLease");
    EXPECT_EQ(journal[1], "RenewLeases");
    EXPECT_EQ(leases.ending_count(), 0u);
}

TEST_F(ConnectionLeasesTest, AnEndThatWasLostOnTheWayIsSentAgain) {
    const core::OrderId order = rest(alice);
    set(1, alice, ten_seconds);
    set(2, bob, ten_seconds);
    way.loses = true;
    leases.close(1);
    way.loses = false;
    pass(4 * second);
    EXPECT_TRUE(is_open(order)) << "renewed by what came behind";
    pass(3 * second);
    EXPECT_FALSE(is_open(order));
    EXPECT_EQ(leases.ending_count(), 0u);
}

TEST_F(ConnectionLeasesTest, AGrantThatWasLostOnTheWayIsUnknownAndGrantedAgain) {
    way.loses = true;
    order_entry::Answer answer;
    leases.set(1, {alice, ten_seconds, {}}, [&](const order_entry::Answer& given) { answer = given; });
    way.loses = false;
    EXPECT_FALSE(exchange.has_leases());
    pass(7 * second);
    EXPECT_EQ(answer.code, "outcome_unknown");
    EXPECT_TRUE(exchange.has_leases());
    EXPECT_EQ(leases.count(), 1u);
}

TEST_F(ConnectionLeasesTest, AConnectionThatEndsBeforeItsGrantIsAnsweredStillCancels) {
    const core::OrderId order = rest(alice);
    leases.set(1, {alice, ten_seconds, {}}, [](const order_entry::Answer&) {});
    leases.close(1);
    run();
    EXPECT_FALSE(is_open(order));
    EXPECT_FALSE(exchange.has_leases());
    EXPECT_EQ(leases.count() + leases.ending_count(), 0u);
}

TEST_F(ConnectionLeasesTest, AConnectionThatEndsWhileItIsTurnedOffCancelsNothing) {
    const core::OrderId order = rest(alice);
    set(1, alice, ten_seconds);
    leases.set(1, {alice, {}, {}}, [](const order_entry::Answer&) {});
    leases.close(1);
    run();
    pass(20 * second);
    EXPECT_TRUE(is_open(order));
    EXPECT_FALSE(exchange.has_leases());
}

TEST_F(ConnectionLeasesTest, WhatIsAskedOneBehindTheOtherEndsAsTheLastSays) {
    leases.set(1, {alice, ten_seconds, {}}, [](const order_entry::Answer&) {});
    leases.set(1, {alice, {}, {}}, [](const order_entry::Answer&) {});
    leases.set(1, {alice, {{20 * second}}, {}}, [](const order_entry::Answer&) {});
    run();
    EXPECT_EQ(leases.count(), 1u);
    ASSERT_EQ(exchange.state().leases.size(), 1u);
    EXPECT_EQ(exchange.state().leases[0].span.raw, 20 * second);
    const core::OrderId order = rest(alice);
    pass(60 * second);
    EXPECT_TRUE(is_open(order));
}

TEST_F(ConnectionLeasesTest, LeasesThatLapsedAreGrantedAgainForConnectionsThatLast) {
    const core::OrderId order = rest(alice);
    set(1, alice, ten_seconds);
    set(2, bob, {{60 * second}});
    way.is_broken = true;
    pass(15 * second);
    EXPECT_FALSE(is_open(order)) << "the engine heard nothing of it";
    way.is_broken = false;
    pass(second);
    const core::OrderId later = rest(alice);
    pass(60 * second);
    EXPECT_TRUE(is_open(later));
    leases.close(1);
    run();
    EXPECT_FALSE(is_open(later)) << "the switch had stayed on";
    EXPECT_TRUE(lost.empty());
}

TEST_F(ConnectionLeasesTest, ALeaseThatCannotBeGrantedAgainIsTold) {
    set(1, alice, ten_seconds);
    way.is_broken = true;
    pass(11 * second);
    for (std::uint64_t i = 0; i < core::leases_per_account_max; ++i)
        apply({{}, {}, core::GrantLease{alice, {55, i}, {600 * second}}});
    way.is_broken = false;
    pass(second);
    EXPECT_EQ(lost, std::vector<std::uint64_t>{1});
    EXPECT_EQ(leases.count(), 0u);
}

TEST_F(ConnectionLeasesTest, AConnectionStandsInForAnother) {
    const core::OrderId order = rest(alice);
    apply({{}, {}, core::GrantLease{alice, {55, 5}, {4 * second}}});  // of a server that died
    const auto took = set(1, alice, ten_seconds, core::LeaseId{55, 5});
    EXPECT_NE(took.body.find(R"("took_over":true)"), std::string::npos);
    pass(20 * second);
    EXPECT_TRUE(is_open(order));
    const auto late = set(1, alice, ten_seconds, core::LeaseId{55, 5});
    EXPECT_NE(late.body.find(R"("took_over":false)"), std::string::npos);
    set(2, bob, ten_seconds);
    const auto others = set(1, alice, ten_seconds, core::LeaseId{holder, 2});
    EXPECT_NE(others.body.find(R"("took_over":false)"), std::string::npos) << "it is another account's";
    EXPECT_EQ(leases.count(), 2u);
    // Its own is no other.
    EXPECT_EQ(set(1, alice, ten_seconds, core::LeaseId{holder, 1}).body.find("took_over"), std::string::npos);
    EXPECT_EQ(exchange.state().leases.size(), 2u);
}

TEST_F(ConnectionLeasesTest, AConnectionOfThisServerThatWasTakenOverCancelsNothing) {
    const core::OrderId order = rest(alice);
    set(1, alice, ten_seconds);
    set(2, alice, ten_seconds, core::LeaseId{holder, 1});
    EXPECT_EQ(leases.count(), 1u);
    leases.close(1);
    run();
    EXPECT_TRUE(is_open(order));
    leases.close(2);
    run();
    EXPECT_FALSE(is_open(order));
}

TEST_F(ConnectionLeasesTest, AServerThatStopsEndsThemAll) {
    const core::OrderId first = rest(alice);
    const core::OrderId other = rest(bob);
    set(1, alice, ten_seconds);
    set(2, bob, ten_seconds);
    leases.close_all();
    EXPECT_EQ(leases.ending_count(), 2u);
    run();
    EXPECT_EQ(leases.ending_count(), 0u);
    EXPECT_FALSE(is_open(first) || is_open(other));
}

TEST_F(ConnectionLeasesTest, ManyLapsedLeasesAreGrantedAgainInTurns) {
    constexpr std::uint64_t connections = 600;
    std::vector<core::AccountId> accounts;
    for (std::uint64_t i = 0; i < connections; ++i) {
        if (i % 50 == 0) {
            core::Uuid uuid;
            uuid.bytes[1] = static_cast<std::uint8_t>(1 + i / 50);
            apply({{}, {}, core::OpenAccount{uuid}});
            accounts.push_back(exchange.find_account(uuid));
        }
        ASSERT_EQ(set(100 + i, accounts.back(), ten_seconds).status, 200);
    }
    way.is_broken = true;
    pass(11 * second);
    EXPECT_FALSE(exchange.has_leases());
    way.is_broken = false;
    now.raw += 100 * ms;
    leases.on_time();
    EXPECT_EQ(way.taken.size(), 256u + 1u) << "and a renewal";
    pass(second);
    EXPECT_EQ(exchange.state().leases.size(), connections);
}

}  // namespace
}  // namespace sauda::event_broadcaster
