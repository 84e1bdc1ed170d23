#include "core/leases.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "core/event_reader.h"
#include "core/invariants.h"
#include "core/testing/describe.h"
#include "core/testing/test_exchange.h"

namespace sauda::core::testing {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr MarketId tata_inr{1};
constexpr LeaseId server_lease{0xABCD, 1};
constexpr LeaseId countdown{};

/// Two accounts with orders far from each other, on the default listings.
class LeasesTest : public ::testing::Test {
protected:
    LeasesTest() {
        alice = exchange.open(1);
        bob = exchange.open(2);
        for (const AccountId account : {alice, bob}) {
            exchange.deposit(account, exchange.exchange.find_market(tata_inr)->spec.quote, 1'000'000'0000);
        }
    }
    OrderId rest(AccountId account) {
        const Outcome placed = exchange.apply(limit(account, tata_inr, Side::buy, 5'000, 3));
        EXPECT_EQ(placed.reason, RejectReason::none);
        return placed.order;
    }
    bool is_open(OrderId order) const { return exchange.exchange.find_order(order).has_value(); }
    RejectReason grant(AccountId account, LeaseId lease, std::int64_t span) {
        return exchange.apply(GrantLease{account, lease, {span}}).reason;
    }
    /// What happens when nothing but time passes.
    Outcome wait(std::int64_t nanoseconds) {
        exchange.wait(nanoseconds - 1);  // each command takes one by itself
        return exchange.apply(AdvanceTime{});
    }
    TimestampNs now() const { return exchange.stamp.time; }

    TestExchange exchange;
    AccountId alice;
    AccountId bob;
};

TEST_F(LeasesTest, ALeaseThatLapsesCancelsAllOrdersOfItsAccountAndNoOthers) {
    const OrderId first = rest(alice);
    const OrderId second_order = rest(alice);
    const OrderId other = rest(bob);
    EXPECT_EQ(grant(alice, server_lease, 10 * second), RejectReason::none);
    EXPECT_EQ(exchange.exchange.next_deadline(), TimestampNs{now().raw + 10 * second});
    const Outcome early = wait(10 * second - 1);
    EXPECT_TRUE(early.types.empty());
    const Outcome lapsed = wait(1);
    EXPECT_EQ(lapsed.types,
              (std::vector{EventType::lease_ended, EventType::order_ended, EventType::order_ended}));
    EXPECT_EQ(lapsed.ended[0].order, first);
    EXPECT_EQ(lapsed.ended[1].order, second_order);
    EXPECT_EQ(lapsed.ended[0].cause, EndCause::cancel_on_disconnect);
    EXPECT_TRUE(is_open(other));
    EXPECT_FALSE(exchange.exchange.next_deadline().has_value());
    EXPECT_FALSE(exchange.exchange.has_leases());
}

TEST_F(LeasesTest, WhatFellDueComesBeforeTheCommandItself) {
    const OrderId order = rest(alice);
    grant(alice, server_lease, second);
    exchange.wait(second);
    const Outcome outcome = exchange.apply(CancelOrder{alice, order, {}});
    EXPECT_EQ(outcome.types,
              (std::vector{EventType::lease_ended, EventType::order_ended, EventType::refused}));
    EXPECT_EQ(outcome.reason, RejectReason::unknown_order);
}

TEST_F(LeasesTest, ManyLapseAFewAtATime) {
    const OrderId first = rest(alice);
    const OrderId other = rest(bob);
    for (std::uint64_t number = 1; number <= 3; ++number) grant(alice, {7, number}, second);
    grant(bob, {7, 4}, 2 * second);
    exchange.wait(3 * second);
    // Alice's first lease and her order are two events, one more of her leases is the third.
    const Outcome begun = exchange.apply(LapseLeases{3, {second}});
    EXPECT_EQ(begun.types,
              (std::vector{EventType::lease_ended, EventType::order_ended, EventType::lease_ended}));
    EXPECT_FALSE(is_open(first));
    EXPECT_EQ(exchange.exchange.next_deadline(), TimestampNs{now().raw + second});
    EXPECT_TRUE(exchange.apply(RenewLeases{8}).types.empty())
        << "what comes meanwhile has nothing to do with them";
    exchange.wait(second);
    EXPECT_EQ(exchange.apply(LapseLeases{1, {second}}).types, std::vector{EventType::lease_ended});
    EXPECT_TRUE(is_open(other));
    exchange.wait(second);
    EXPECT_EQ(exchange.apply(LapseLeases{1, {second}}).types,
              (std::vector{EventType::lease_ended, EventType::order_ended}));
    EXPECT_FALSE(is_open(other));
    EXPECT_FALSE(exchange.exchange.has_leases());
}

TEST_F(LeasesTest, ARenewalIsOfAllLeasesOfAHolderEachForItsOwnSpan) {
    const OrderId order = rest(alice);
    const OrderId other = rest(bob);
    grant(alice, {7, 1}, 10 * second);
    grant(bob, {7, 2}, 20 * second);
    for (int i = 0; i < 5; ++i) {
        wait(9 * second);
        exchange.apply(RenewLeases{7});
        exchange.apply(RenewLeases{8});  // another's
    }
    EXPECT_TRUE(is_open(order) && is_open(other));
    wait(10 * second);
    EXPECT_FALSE(is_open(order));
    EXPECT_TRUE(is_open(other));
    wait(10 * second);
    EXPECT_FALSE(is_open(other));
}

TEST_F(LeasesTest, ARenewalThatComesTooLateRenewsNothing) {
    const OrderId order = rest(alice);
    grant(alice, {7, 1}, second);
    exchange.wait(second);
    exchange.apply(RenewLeases{7});
    EXPECT_FALSE(is_open(order));
    EXPECT_FALSE(exchange.exchange.has_leases());
}

TEST_F(LeasesTest, EndedWithoutFiringItLeavesOrdersAloneEndedWithFiringItTakesThemAtOnce) {
    const OrderId kept = rest(alice);
    grant(alice, server_lease, second);
    EXPECT_EQ(exchange.apply(EndLease{alice, server_lease, false}).types,
              std::vector{EventType::lease_ended});
    wait(10 * second);
    EXPECT_TRUE(is_open(kept));
    EXPECT_EQ(exchange.apply(EndLease{alice, server_lease, true}).reason, RejectReason::unknown_lease);
    EXPECT_TRUE(is_open(kept));
    grant(alice, server_lease, second);
    EXPECT_EQ(exchange.apply(EndLease{bob, server_lease, true}).reason, RejectReason::unknown_lease);
    const Outcome fired = exchange.apply(EndLease{alice, server_lease, true});
    ASSERT_EQ(fired.ended.size(), 1u);
    EXPECT_EQ(fired.ended[0].cause, EndCause::cancel_on_disconnect);
    EXPECT_FALSE(is_open(kept));
}

TEST_F(LeasesTest, ACountdownIsTheAccountsOwnAndGrantedAnewBeginsAnew) {
    const OrderId order = rest(alice);
    const OrderId other = rest(bob);
    grant(alice, countdown, 5 * second);
    grant(bob, countdown, 50 * second);
    wait(4 * second);
    grant(alice, countdown, 5 * second);
    wait(4 * second);
    EXPECT_TRUE(is_open(order));
    exchange.apply(RenewLeases{0});  // it has no holder
    const Outcome lapsed = wait(second);
    ASSERT_EQ(lapsed.ended.size(), 1u);
    EXPECT_EQ(lapsed.ended[0].cause, EndCause::cancel_after);
    EXPECT_TRUE(is_open(other));
}

TEST_F(LeasesTest, SeveralThatAreDueActInTheOrderInWhichTheyFellDue) {
    rest(alice);
    rest(bob);
    grant(alice, {9, 1}, 3 * second);
    grant(bob, {9, 2}, 2 * second);
    grant(bob, {9, 3}, 2 * second);
    const Outcome lapsed = wait(3 * second);
    EXPECT_EQ(lapsed.types,
              (std::vector{EventType::lease_ended, EventType::order_ended, EventType::lease_ended,
                           EventType::lease_ended, EventType::order_ended}));
    EXPECT_EQ(lapsed.ended[0].account, bob);
    EXPECT_EQ(lapsed.ended[1].account, alice);
}

TEST_F(LeasesTest, ARestartBeginsEveryLeaseAnewEvenWhatIsOverdue) {
    const OrderId order = rest(alice);
    grant(alice, server_lease, second);
    grant(bob, countdown, 2 * second);
    exchange.wait(60 * second);
    EXPECT_TRUE(exchange.apply(RestartLeases{}).types.empty());
    EXPECT_TRUE(is_open(order));
    EXPECT_EQ(exchange.exchange.next_deadline(), TimestampNs{now().raw + second});
    EXPECT_TRUE(wait(second - 1).types.empty());
    EXPECT_EQ(wait(1).ended.size(), 1u);
}

TEST_F(LeasesTest, AFrozenAccountMayBeUnderALease) {
    const OrderId order = rest(alice);
    exchange.apply(SetAccountState{{}, alice, true});
    EXPECT_EQ(grant(alice, server_lease, second), RejectReason::none);
    wait(second);
    EXPECT_FALSE(is_open(order));
}

TEST_F(LeasesTest, WhatCannotBeALeaseIsRefused) {
    EXPECT_EQ(grant({99}, server_lease, second), RejectReason::unknown_account);
    EXPECT_EQ(grant(alice, server_lease, 0), RejectReason::invalid_lease_span);
    EXPECT_EQ(grant(alice, server_lease, -1), RejectReason::invalid_lease_span);
    EXPECT_EQ(grant(alice, server_lease, lease_span_ns_max + 1), RejectReason::invalid_lease_span);
    EXPECT_EQ(grant(alice, server_lease, lease_span_ns_max), RejectReason::none);
}

TEST_F(LeasesTest, AnAccountAndTheExchangeHaveRoomForSoManyLeases) {
    exchange.check_less();
    for (std::uint64_t i = 0; i < leases_per_account_max; ++i)
        ASSERT_EQ(grant(alice, {5, i}, second), RejectReason::none);
    EXPECT_EQ(grant(alice, {5, 1'000}, second), RejectReason::too_many_leases);
    EXPECT_EQ(grant(alice, {5, 1}, 2 * second), RejectReason::none) << "one that it has may be changed";
    std::size_t count = leases_per_account_max;
    for (std::uint32_t user = 10; count < leases_max; ++user) {
        const AccountId account = exchange.open(user);
        for (std::uint64_t i = 0; i < leases_per_account_max; ++i, ++count)
            ASSERT_EQ(grant(account, {6, count}, 100 * second), RejectReason::none);
    }
    EXPECT_EQ(grant(bob, {5, 1}, second), RejectReason::too_many);
    EXPECT_EQ(exchange.apply(EndLease{alice, {5, 1}, false}).reason, RejectReason::none);
    EXPECT_EQ(grant(bob, {5, 1}, second), RejectReason::none);
    EXPECT_EQ(check_invariants(exchange.exchange).value_or(""), "");
}

TEST_F(LeasesTest, LeasesAreOfTheStateAndSurviveARoundTrip) {
    const OrderId order = rest(alice);
    grant(bob, {7, 2}, 4 * second);
    grant(alice, {7, 1}, 3 * second);
    grant(alice, countdown, 90 * second);
    const ExchangeState state = exchange.exchange.state();
    ASSERT_EQ(state.leases.size(), 3u);
    EXPECT_TRUE(state.leases[0].lease.is_countdown());
    Exchange restored(state);
    EXPECT_EQ(describe(restored.state()), describe(state));
    EXPECT_EQ(restored.next_deadline(), exchange.exchange.next_deadline());
    EXPECT_EQ(check_invariants(restored).value_or(""), "");
    EventBuffer events;
    restored.apply({{}, {}, AdvanceTime{}}, {{state.last.sequence.raw + 1}, {now().raw + 3 * second}},
                   events);
    EXPECT_FALSE(restored.find_order(order).has_value());
}

}  // namespace
}  // namespace sauda::core::testing
