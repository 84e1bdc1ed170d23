#include <map>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"
#include "core/event_reader.h"
#include "core/exchange.h"
#include "core/limits.h"
#include "core/requests/client_order_ids.h"
#include "core/requests/gateway_windows.h"

namespace sauda::core {
namespace {

ClientOrderRecord record(AccountId account, const std::string& id, bool open) {
    ClientOrderRecord out;
    out.account = account;
    out.client_order_id = ClientOrderId(id);
    out.open = open;
    return out;
}

TEST(ClientOrderIds, LiveWhileOpenAndTenMinutesAfter) {
    ClientOrderIds ids;
    const AccountId alice{16};
    const auto entry = ids.remember(record(alice, "a", true), {0});
    ids.forget_due({client_order_id_memory_ns * 5});
    EXPECT_EQ(ids.find(alice, ClientOrderId("a")), entry) << "an open order's id is never forgotten";
    ids.close(entry, {1000});
    ids.forget_due({1000 + client_order_id_memory_ns - 1});
    EXPECT_NE(ids.find(alice, ClientOrderId("a")), 0u);
    EXPECT_EQ(ids.count(alice), 1u);
    ids.forget_due({1000 + client_order_id_memory_ns});
    EXPECT_EQ(ids.find(alice, ClientOrderId("a")), 0u);
    EXPECT_EQ(ids.count(alice), 0u);
}

TEST(ClientOrderIds, AnIdTakenAnewIsNotForgottenInTheOldOnesTime) {
    ClientOrderIds ids;
    const AccountId alice{16};
    ids.remember(record(alice, "a", false), {0});
    ids.remember(record(alice, "a", true), {500});
    ids.forget_due({client_order_id_memory_ns});
    EXPECT_NE(ids.find(alice, ClientOrderId("a")), 0u);
    EXPECT_EQ(ids.find({17}, ClientOrderId("a")), 0u) << "another account's id is another";
    EXPECT_EQ(ids.sorted_records().size(), 1u);
}

/// An exchange with one funded account and one market.
struct Bench {
    Bench() {
        apply(ListAsset{{}, AssetName("Q"), 2});
        apply(ListAsset{{}, AssetName("B"), 0});
        MarketSpec spec;
        spec.name = MarketName("B_Q");
        spec.base = {2};
        spec.quote = {1};
        apply(ListMarket{{}, spec});
        apply(OpenAccount{Uuid{{1}}});
        apply(Deposit{{}, {16}, {1}, {asset_supply_max}, TransferReference("d")});
    }
    RejectReason apply(CommandBody body) {
        EventBuffer events;
        ++stamp.sequence.raw;
        exchange.apply({{}, {}, std::move(body)}, stamp, events);
        RejectReason reason = RejectReason::none;
        for_each_event(events.bytes(), Overloaded{[&](const Refused& refused) { reason = refused.reason; },
                                                  [](const auto&) {}});
        return reason;
    }
    RejectReason place(std::uint64_t id, TimeInForce time_in_force) {
        PlaceOrder order;
        order.account = {16};
        order.market = {1};
        order.time_in_force = time_in_force;
        order.price = {1};
        order.quantity = {1};
        if (id != 0) order.client_order_id = ClientOrderId(std::to_string(id));
        return apply(order);
    }
    Exchange exchange;
    Stamp stamp{{0}, {1}};
};

TEST(ClientOrderIds, OneTooManyIsRefusedNotForgotten) {
    Bench bench;
    for (std::uint64_t id = 1; id <= client_order_ids_per_account_max; ++id) {
        ASSERT_EQ(bench.place(id, TimeInForce::ioc), RejectReason::none);
    }
    EXPECT_EQ(bench.place(client_order_ids_per_account_max + 1, TimeInForce::ioc),
              RejectReason::idempotency_window_full);
    EXPECT_EQ(bench.place(0, TimeInForce::ioc), RejectReason::none)
        << "without an id there is nothing to remember";
    bench.stamp.time.raw += client_order_id_memory_ns;
    EXPECT_EQ(bench.place(client_order_ids_per_account_max + 1, TimeInForce::ioc), RejectReason::none);
}

TEST(OpenOrders, OneTooManyIsRefused) {
    Bench bench;
    for (std::uint32_t i = 0; i < open_orders_per_account_max; ++i) {
        ASSERT_EQ(bench.place(0, TimeInForce::gtc), RejectReason::none);
    }
    EXPECT_EQ(bench.place(0, TimeInForce::gtc), RejectReason::too_many_open_orders);
}

TEST(GatewayWindows, EachCommandIsFirstOnceInAnyOrder) {
    base::Random random(11);
    GatewayWindows windows;
    std::map<std::uint64_t, std::set<std::uint64_t>> seen;
    std::uint64_t newest[3] = {};
    for (std::uint64_t at = 1; at <= 20'000; ++at) {
        const std::uint64_t gateway = 1 + random.below(3);
        std::uint64_t& head = newest[gateway - 1];
        const std::uint64_t back = random.below(std::min<std::uint64_t>(head + 1, 100));
        const std::uint64_t sequence =
            random.chance(1, 2) ? head + 1 + random.below(3) : std::max<std::uint64_t>(head - back, 1);
        head = std::max(head, sequence);
        EXPECT_EQ(windows.is_first({gateway, sequence}, {at}), seen[gateway].insert(sequence).second);
    }
}

TEST(GatewayWindows, WhatIsTooOldToTellIsNotAppliedAgain) {
    GatewayWindows windows;
    EXPECT_TRUE(windows.is_first({1, 1}, {1}));
    EXPECT_TRUE(windows.is_first({1, 10'000'000}, {2})) << "a jump wider than the window";
    EXPECT_FALSE(windows.is_first({1, 10'000'000 - gateway_window}, {3}));
    EXPECT_TRUE(windows.is_first({1, 10'000'000 - gateway_window + 1}, {4}));
    EXPECT_TRUE(windows.is_first({0, 5}, {5}));
    EXPECT_TRUE(windows.is_first({0, 5}, {6})) << "the sequencer's own are never compared";
}

TEST(GatewayWindows, TheLargestSequencesAreToldApartToo) {
    GatewayWindows windows;
    EXPECT_TRUE(windows.is_first({1, UINT64_MAX}, {1}));
    EXPECT_FALSE(windows.is_first({1, UINT64_MAX}, {2}));
    EXPECT_TRUE(windows.is_first({1, UINT64_MAX - 1}, {3})) << "passed over, not delivered before";
    EXPECT_FALSE(windows.is_first({1, UINT64_MAX - gateway_window}, {4}));
}

TEST(FeeSchedules, OneTooManyIsRefused) {
    Bench bench;
    for (int schedules = 1; schedules < UINT16_MAX; ++schedules) {
        ASSERT_EQ(bench.apply(SetFees{{}, {1}, {0, schedules}}), RejectReason::none);
    }
    EXPECT_EQ(bench.apply(SetFees{{}, {1}, {0, 0}}), RejectReason::too_many);
    EXPECT_EQ(bench.exchange.find_market(MarketId{1})->spec.fees.taker_ppm, UINT16_MAX - 1);
}

TEST(GatewayWindows, ForgetsTheGatewayThatSpokeLongestAgo) {
    GatewayWindows windows;
    for (std::uint64_t gateway = 1; gateway <= gateways_max + 1; ++gateway)
        windows.is_first({gateway, 1}, {gateway});
    const auto records = windows.sorted_records();
    EXPECT_EQ(records.size(), gateways_max);
    EXPECT_EQ(records.front().gateway, 2u);
}

}  // namespace
}  // namespace sauda::core
