#include "core/exchange.h"

#include <gtest/gtest.h>

#include "core/event_reader.h"
#include "core/invariants.h"
#include "core/types/order_shard.h"

namespace sauda::core {
namespace {

/// TATA_INR as it is listed by default: fees in quote, maker -0.01 %, taker 0.1 %.
class ExchangeTest : public ::testing::Test {
protected:
    ExchangeTest() {
        apply(ListAsset{{}, AssetName("INR"), 4});
        apply(ListAsset{{}, AssetName("TATA"), 0});
        MarketSpec spec;
        spec.name = MarketName("TATA_INR");
        spec.base = {2};
        spec.quote = {1};
        spec.price_scale = 2;
        spec.tick = 5;
        spec.min_notional = {10'000};
        spec.fees = {-100, 1000};
        apply(ListMarket{{}, spec});
        alice = open(1);
        bob = open(2);
        deposit(alice, {1}, 10'000'000'0000);
        deposit(bob, {2}, 1'000'000);
    }

    std::vector<EventType> apply(CommandBody body) {
        EventBuffer events;
        ++stamp.sequence.raw;
        ++stamp.time.raw;
        exchange.apply(Command{{}, {}, std::move(body)}, stamp, events);
        std::vector<EventType> types;
        for_each_event(events.bytes(), [&]<class E>(const E&) { types.push_back(E::type); });
        for_each_event(events.bytes(), Overloaded{[&](const OrderAccepted& e) { last_order = e.order; },
                                                  [&](const Refused& e) { last_reason = e.reason; },
                                                  [&](const AccountOpened& e) { last_account = e.account; },
                                                  [](const auto&) {}});
        const auto violation = check_invariants(exchange);
        EXPECT_EQ(violation.value_or(""), "");
        return types;
    }
    AccountId open(std::uint8_t user) {
        Uuid uuid;
        uuid.bytes[0] = user;
        apply(OpenAccount{uuid});
        return last_account;
    }
    void deposit(AccountId account, AssetId asset, std::int64_t amount) {
        apply(Deposit{
            {}, account, asset, {amount}, TransferReference("d" + std::to_string(stamp.sequence.raw))});
    }
    PlaceOrder limit(AccountId account, Side side, std::int64_t price, std::int64_t quantity) {
        PlaceOrder order;
        order.account = account;
        order.market = {1};
        order.side = side;
        order.price = {price};
        order.quantity = {quantity};
        return order;
    }

    Exchange exchange;
    Stamp stamp{{0}, {1'000'000'000}};
    AccountId alice, bob, last_account;
    OrderId last_order;
    RejectReason last_reason{};
};

using enum EventType;
using Types = std::vector<EventType>;

TEST_F(ExchangeTest, AShardIsNumberedBeforeItsFirstOrderAndNeverAfter) {
    EXPECT_EQ(apply(NumberShard{7}), std::vector{EventType::shard_numbered});
    apply(limit(alice, Side::buy, 100'00, 1));
    EXPECT_EQ(shard_of(last_order), 7u);
    EXPECT_EQ(apply(CancelOrder{alice, last_order, {}}), std::vector{EventType::order_ended});
    EXPECT_EQ(apply(NumberShard{8}), std::vector{EventType::refused});
    EXPECT_EQ(last_reason, RejectReason::orders_were_taken);
    EXPECT_EQ(apply(NumberShard{7}), std::vector{EventType::shard_numbered});
    EXPECT_EQ(Exchange(exchange.state()).shard(), 7);
}

TEST_F(ExchangeTest, ATradeSettlesToTheLastUnitWithFeeAndRebate) {
    EXPECT_EQ(apply(limit(bob, Side::sell, 10050, 10)), (Types{order_accepted, order_rested}));
    EXPECT_EQ(exchange.balance(bob, {2}).held.raw, 10);
    EXPECT_EQ(apply(limit(alice, Side::buy, 10100, 4)), (Types{order_accepted, trade}));
    // 4 × 100.50 = 402.0000 INR; taker 0.1 % = 0.4020, rebate 0.01 % = 0.0402.
    EXPECT_EQ(exchange.balance(alice, {1}).available.raw, 10'000'000'0000 - 402'0000 - 4020);
    EXPECT_EQ(exchange.balance(alice, {2}).available.raw, 4);
    EXPECT_EQ(exchange.balance(bob, {1}).available.raw, 402'0000 + 402);
    EXPECT_EQ(exchange.balance(fees_account, {1}).available.raw, 4020 - 402);
}

TEST_F(ExchangeTest, RefusalsChangeNothing) {
    const ExchangeState before = exchange.state();
    EXPECT_EQ(apply(limit(alice, Side::buy, 10001, 1)), (Types{refused}));
    EXPECT_EQ(last_reason, RejectReason::price_off_tick);
    EXPECT_EQ(apply(limit(alice, Side::sell, 10000, 1)), (Types{refused}));
    EXPECT_EQ(last_reason, RejectReason::insufficient_funds);
    EXPECT_EQ(apply(limit(alice, Side::buy, order_price_max / 5 * 5, order_quantity_max)), (Types{refused}));
    EXPECT_EQ(last_reason, RejectReason::notional_too_large);
    EXPECT_EQ(exchange.state().last_order_count, before.last_order_count);
}

TEST_F(ExchangeTest, StateSurvivesARoundTrip) {
    PlaceOrder order = limit(bob, Side::sell, 10050, 10);
    order.client_order_id = ClientOrderId("first");
    apply(order);
    apply(limit(bob, Side::sell, 10050, 7));
    apply(limit(alice, Side::buy, 9000, 7));
    exchange = Exchange(exchange.state());
    EXPECT_EQ(check_invariants(exchange).value_or(""), "");
    EXPECT_EQ(apply(order), (Types{repeated}));
    EXPECT_EQ(apply(limit(alice, Side::buy, 10050, 12)), (Types{order_accepted, trade, trade}));
    EXPECT_EQ(apply(CancelAll{bob, {}}), (Types{order_ended}));
    EXPECT_EQ(apply(CancelAll{alice, {}}), (Types{order_ended}));
    EXPECT_EQ(exchange.open_order_count(), 0u);
}

}  // namespace
}  // namespace sauda::core
