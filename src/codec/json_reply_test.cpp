#include "codec/json_reply.h"

#include <gtest/gtest.h>

#include "core/exchange.h"

namespace sauda::codec {
namespace {

using namespace core;

/// A market between alice and bob, and the answers to what they ask of it.
class Reply : public ::testing::Test {
protected:
    Reply() {
        apply(ListAsset{{}, AssetName("INR"), 4});
        apply(ListAsset{{}, AssetName("TATA"), 0});
        MarketSpec spec;
        spec.name = MarketName("TATA_INR");
        spec.base = {2};
        spec.quote = {1};
        spec.price_scale = 2;
        spec.fees = {100, 1000};
        apply(ListMarket{{}, spec});
        for (std::uint8_t user = 1; user <= 2; ++user) {
            Uuid uuid;
            uuid.bytes[0] = user;
            apply(OpenAccount{uuid});
        }
        apply(Deposit{{}, alice, {1}, {100'000'0000}, TransferReference("a")});
        apply(Deposit{{}, bob, {2}, {1'000}, TransferReference("b")});
    }

    CommandOutcome apply(CommandBody body) {
        ++stamp.sequence.raw;
        EventBuffer events;
        exchange.apply(Command{{}, {}, std::move(body)}, stamp, events);
        return outcome_of(events.bytes());
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
    std::string json(const CommandOutcome& outcome, bool is_duplicate = false) {
        const ReportContext context{*exchange.find_market(MarketId{1}), *exchange.find_asset(AssetId{2}),
                                    *exchange.find_asset(AssetId{1})};
        return report_json(outcome.report.value(), context, {77}, is_duplicate);
    }

    Exchange exchange;
    Stamp stamp{{0}, {1'000'000'000}};
    const AccountId alice{first_user_account.raw}, bob{first_user_account.raw + 1};
};

TEST_F(Reply, WhatFellDueBeforeACommandIsNoneOfItsDoing) {
    const OrderId gone = apply(limit(alice, Side::buy, 10'000, 4)).report->order;
    apply(GrantLease{alice, {7, 1}, {1'000}});
    apply(GrantLease{bob, {7, 2}, {500'000}});
    stamp.time.raw += 1'000;
    const CommandOutcome all = apply(CancelAll{alice, {}});
    EXPECT_FALSE(exchange.find_order(gone));
    EXPECT_TRUE(all.ended.empty());
    apply(limit(bob, Side::sell, 10'100, 1));
    stamp.time.raw += 500'000;
    const CommandOutcome placed = apply(limit(alice, Side::buy, 10'000, 1));
    EXPECT_FALSE(placed.report->replaced);
    EXPECT_TRUE(placed.ended.empty());
}

TEST_F(Reply, ARestingOrderIsNew) {
    PlaceOrder bid = limit(alice, Side::buy, 10'050, 10);
    bid.client_order_id = ClientOrderId("mine");
    EXPECT_EQ(json(apply(bid)),
              R"({"status":"Success","order_id":1,"client_order_id":"mine","market":"TATA_INR",)"
              R"("order_status":"New","quantity":"10","filled":"0","leaves":"10","average_price":null,)"
              R"("fills":[],"sequence":77})");
}

TEST_F(Reply, AFillTellsPriceFeeAndAverage) {
    apply(limit(bob, Side::sell, 10'000, 3));
    apply(limit(bob, Side::sell, 10'001, 3));
    EXPECT_EQ(
        json(apply(limit(alice, Side::buy, 10'050, 10)), true),
        R"({"status":"Success","order_id":3,"client_order_id":null,"market":"TATA_INR",)"
        R"("order_status":"PartiallyFilled","quantity":"10","filled":"6","leaves":"4",)"
        R"("average_price":"100.005","fills":[)"
        R"({"trade_id":1,"price":"100.00","quantity":"3","fee":"0.3000","fee_asset":"INR","liquidity":"taker"},)"
        R"({"trade_id":2,"price":"100.01","quantity":"3","fee":"0.3001","fee_asset":"INR","liquidity":"taker"}],)"
        R"("duplicate":true,"sequence":77})");
}

TEST_F(Reply, EveryEndHasItsStatus) {
    apply(limit(bob, Side::sell, 10'000, 3));
    EXPECT_EQ(apply(limit(alice, Side::buy, 10'000, 1)).report->status, OrderStatus::filled);
    PlaceOrder order = limit(alice, Side::buy, 10'000, 5);
    order.time_in_force = TimeInForce::fok;
    CommandOutcome outcome = apply(order);
    EXPECT_EQ(outcome.report->status, OrderStatus::expired);
    EXPECT_EQ(outcome.report->filled.raw, 0);
    order.time_in_force = TimeInForce::ioc;
    outcome = apply(order);
    EXPECT_EQ(outcome.report->status, OrderStatus::expired);
    EXPECT_EQ(outcome.report->filled.raw, 2);
    EXPECT_EQ(outcome.report->leaves.raw, 0);
}

TEST_F(Reply, AnOrderBoundByQuoteReportsWhatItBought) {
    apply(limit(bob, Side::sell, 10'000, 3));
    PlaceOrder order = limit(alice, Side::buy, 0, 0);
    order.kind = OrderKind::market;
    order.quote_quantity = {3 * 100'1000};  // three shares and their fee, to the last unit
    const CommandOutcome whole = apply(order);
    EXPECT_EQ(whole.report->status, OrderStatus::filled);
    EXPECT_EQ(whole.report->filled.raw, 3);
    EXPECT_EQ(whole.report->leaves.raw, 0);
    const std::string text = json(whole);
    EXPECT_NE(text.find(R"("quantity":null,"filled":"3","leaves":"0","quote_quantity":"300.3000",)"
                        R"("quote_filled":"300.3000","quote_leaves":"0.0000","average_price":"100.00")"),
              std::string::npos)
        << text;
    const CommandOutcome empty_book = apply(order);
    EXPECT_EQ(empty_book.report->status, OrderStatus::expired);
    EXPECT_NE(
        json(empty_book).find(R"("quote_filled":"0.0000","quote_leaves":"300.3000","average_price":null)"),
        std::string::npos);
}

TEST_F(Reply, AnAmendmentsAverageNeedsTheOrdersPast) {
    apply(limit(bob, Side::sell, 10'000, 2));
    apply(limit(bob, Side::sell, 10'100, 1));
    const OrderId order = apply(limit(alice, Side::buy, 10'000, 5)).report->order;
    AmendOrder amend;
    amend.account = alice;
    amend.order = order;
    amend.price = {10'100};
    CommandOutcome amended = apply(amend);
    EXPECT_TRUE(amended.amended);
    EXPECT_NE(json(amended).find(R"("filled":"3","leaves":"2","average_price":null)"), std::string::npos)
        << "rather none than one of some of its fills";
    amended.report->quote_before = 200'0000;
    EXPECT_NE(json(amended).find(R"("average_price":"100.3333333333")"), std::string::npos) << json(amended);
    amended.report->quote_before = Int128{1} << 64;  // money that comes back is paid again
    EXPECT_NE(json(amended).find(R"("average_price":"614891469123685.)"), std::string::npos) << json(amended);
}

TEST_F(Reply, CancelsNameTheOrdersThatEnded) {
    apply(limit(alice, Side::buy, 9'000, 1));
    apply(limit(alice, Side::buy, 9'001, 1));
    CommandOutcome outcome = apply(CancelOrder{alice, {1}, {}});
    EXPECT_FALSE(outcome.report);
    EXPECT_EQ(outcome.ended, std::vector<OrderId>{{1}});
    apply(limit(alice, Side::buy, 9'001, 1));
    outcome = apply(CancelAll{alice, {}});
    EXPECT_EQ(outcome.ended, (std::vector<OrderId>{{2}, {3}}));
    EXPECT_TRUE(apply(CancelAll{alice, {}}).ended.empty());
}

TEST_F(Reply, AmendmentsReportTheWholeOrder) {
    apply(limit(alice, Side::buy, 9'000, 10));
    apply(limit(bob, Side::sell, 9'000, 4));
    AmendOrder amend;
    amend.account = alice;
    amend.order = {1};
    amend.quantity = {8};
    amend.quantity_change = QuantityChange::total;
    CommandOutcome outcome = apply(amend);
    EXPECT_EQ(outcome.report->status, OrderStatus::partially_filled);
    EXPECT_EQ(outcome.report->filled.raw, 4);
    EXPECT_EQ(outcome.report->leaves.raw, 4);

    apply(limit(bob, Side::sell, 9'500, 1));
    amend.quantity_change = QuantityChange::unchanged;
    amend.price = {9'500};
    outcome = apply(amend);
    EXPECT_EQ(outcome.report->status, OrderStatus::partially_filled);
    EXPECT_EQ(outcome.report->filled.raw, 5);
    EXPECT_EQ(outcome.report->leaves.raw, 3);
    EXPECT_EQ(outcome.report->fills.size(), 1u);

    apply(limit(bob, Side::sell, 9'600, 9));
    amend.price = {9'600};
    outcome = apply(amend);
    EXPECT_EQ(outcome.report->status, OrderStatus::filled);
    EXPECT_EQ(outcome.report->leaves.raw, 0);
}

TEST_F(Reply, AReplacementNamesWhatItReplaced) {
    apply(limit(alice, Side::buy, 9'000, 10));
    const CommandOutcome outcome = apply(ReplaceOrder{{1}, limit(alice, Side::buy, 9'100, 5)});
    EXPECT_EQ(outcome.report->order.raw, 2u);
    EXPECT_EQ(outcome.report->status, OrderStatus::accepted);
    EXPECT_NE(json(outcome).find(R"("replaced_order_id":1)"), std::string::npos);
}

TEST_F(Reply, RefusalsAndRetriesAreTold) {
    PlaceOrder order = limit(alice, Side::buy, 9'000, 10);
    order.client_order_id = ClientOrderId("mine");
    apply(order);
    const Sequence first = stamp.sequence;
    EXPECT_EQ(apply(order).repeated, first);
    order.quantity = {11};
    const CommandOutcome conflict = apply(order);
    EXPECT_EQ(conflict.refused, RejectReason::client_order_id_conflict);
    EXPECT_EQ(conflict.refused_order.raw, 1u);
    EXPECT_FALSE(conflict.report);
}

TEST(JsonReply, AveragePricesAreCutNotRounded) {
    EXPECT_EQ(average_price(20'000, {2}, 2), "100.00");
    EXPECT_EQ(average_price(20'001, {2}, 2), "100.005");
    EXPECT_EQ(average_price(20, {3}, 2), "0.0666666666");
    EXPECT_EQ(average_price(7, {1}, 0), "7");
    EXPECT_EQ(average_price(15, {2}, 0), "7.5");
    const Int128 most = Int128{order_price_max} * order_quantity_max;
    EXPECT_EQ(average_price(most, {order_quantity_max}, 0), "1099511627775");
}

TEST(JsonReply, ErrorsAreEscapedAndCarryTheirCode) {
    EXPECT_EQ(error_json("bad", "a \"b\"\n\\"),
              "{\"status\":\"Error\",\"error\":\"a \\\"b\\\"\\u000a\\\\\",\"code\":\"bad\"}");
    const std::string json = error_json(RejectReason::insufficient_funds);
    const auto read = parse_json_object(json);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->find("status")->text, "Error");
    EXPECT_EQ(read->find("code")->text, "insufficient_funds");
    EXPECT_EQ(read->find("error")->text, sentence(RejectReason::insufficient_funds));
}

TEST(JsonReply, RefusalsHaveTheStatusTheContractNames) {
    EXPECT_EQ(http_status(RejectReason::insufficient_funds), 422);
    EXPECT_EQ(http_status(RejectReason::unknown_market), 422);
    EXPECT_EQ(http_status(RejectReason::market_halted), 422);
    EXPECT_EQ(http_status(RejectReason::not_supported), 422);
    EXPECT_EQ(http_status(RejectReason::unknown_order), 404);
    EXPECT_EQ(http_status(RejectReason::account_frozen), 403);
    EXPECT_EQ(http_status(RejectReason::unknown_account), 404);
    EXPECT_EQ(http_status(RejectReason::client_order_id_conflict), 409);
    EXPECT_EQ(http_status(RejectReason::reference_conflict), 409);
    EXPECT_EQ(http_status(RejectReason::expired_before_sequencing), 503);
}

}  // namespace
}  // namespace sauda::codec
