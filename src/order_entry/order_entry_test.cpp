#include "order_entry/order_entry.h"

#include <map>

#include <gtest/gtest.h>

#include "bus/in_process.h"
#include "codec/command_codec.h"
#include "core/default_listings.h"
#include "core/exchange.h"

namespace sauda::order_entry {
namespace {

using codec::JsonValue;

/// An engine without disk behind a real bus and gateway: commands are applied when `run` is called.
class OrderEntryTest : public ::testing::Test {
protected:
    OrderEntryTest() {
        for (const core::CommandBody& listing : core::default_listings({})) apply({{}, {}, listing});
        alice = open(1);
        bob = open(2);
        deposit(alice, "INR", 1'000'000'0000);
        deposit(bob, "TATA", 1'000);
    }

    void apply(const core::Command& command) {
        core::EventBuffer events;
        stamp.sequence.raw += 1;
        stamp.time = now;
        exchange.apply(command, stamp, events);
        base::Bytes bytes;
        codec::append_event_frame({0, 1, 1, stamp.sequence, stamp.time, command.id}, events.bytes(), bytes);
        frames[stamp.sequence.raw] = bytes;
        const auto frame = codec::parse_event_frame(bytes);
        views.apply(stamp.sequence, stamp.time, frame->events);
        gateway.on_event_frame(*frame);
    }
    void run() {
        bus::FrameBatch taken;
        while (queue.take(taken) > 0) {
            for (std::size_t i = 0; i < taken.size(); ++i) apply(*codec::decode_command(taken[i]));
        }
    }
    core::AccountId open(std::uint8_t user) {
        core::Uuid uuid;
        uuid.bytes[0] = user;
        apply({{}, {}, core::OpenAccount{uuid}});
        return exchange.find_account(uuid);
    }
    void deposit(core::AccountId account, std::string_view asset, std::int64_t amount) {
        const std::string reference = "d" + std::to_string(stamp.sequence.raw);
        apply(
            {{},
             {},
             core::Deposit{
                 {}, account, exchange.find_asset(asset)->id, {amount}, core::TransferReference(reference)}});
    }

    static JsonValue json(std::string_view text) { return *codec::parse_json_object(text); }
    static std::string limit(std::string_view side, std::string_view price, int quantity,
                             std::string_view more = "") {
        return R"({"order_type":")" + std::string(side) +
               R"(","order_kind":"Limit","market":"TATA_INR","price":)" + std::string(price) +
               R"(,"quantity":)" + std::to_string(quantity) + std::string(more) + "}";
    }
    /// Places and runs the engine; the answer.
    Answer place(core::AccountId account, const std::string& order) {
        Answer answer;
        entry.place(account, json(order), [&](Answer given) { answer = std::move(given); });
        run();
        return answer;
    }
    static bool has(const Answer& answer, std::string_view part) {
        return answer.body.find(part) != std::string::npos;
    }

    core::TimestampNs now{1'700'000'000'000'000'000};
    core::Exchange exchange;
    core::Stamp stamp{{0}, now};
    std::map<std::uint64_t, base::Bytes> frames;
    bus::CommandQueue queue{bus::CommandQueueLimits{}};
    gateway::Gateway gateway{{.instance = 7}, queue};
    views::ReadModel views;
    OrderEntry entry{gateway,
                     views,
                     {.now = [this] { return now; },
                      .frame_at = [this](core::Sequence at) { return std::optional(frames.at(at.raw)); },
                      .on_answered = {}}};
    core::AccountId alice, bob;
};

TEST_F(OrderEntryTest, ATradeIsReportedToItsTaker) {
    EXPECT_TRUE(has(place(bob, limit("Sell", "100.50", 10)),
                    R"("order_status":"New","quantity":"10","filled":"0","leaves":"10")"));
    const Answer answer = place(alice, limit("Buy", "101.00", 4));
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(has(answer, R"("order_status":"Filled")")) << answer.body;
    EXPECT_TRUE(has(
        answer,
        R"("average_price":"100.50","fills":[{"trade_id":1,"price":"100.50","quantity":"4","fee":"0.4020","fee_asset":"INR")"))
        << answer.body;
}

TEST_F(OrderEntryTest, ARetryIsAnsweredWithTheFirstReport) {
    place(bob, limit("Sell", "100.50", 10));
    const std::string order = limit("Buy", "101.00", 4, R"(,"client_order_id":"k1")");
    const Answer first = place(alice, order);
    const Answer again = place(alice, order);
    EXPECT_EQ(again.status, 200);
    EXPECT_TRUE(has(again, R"("duplicate":true)"));
    std::string undone = again.body;
    undone.erase(undone.find(R"(,"duplicate":true)"), std::string_view(R"(,"duplicate":true)").size());
    EXPECT_EQ(undone, first.body);
    EXPECT_EQ(place(alice, limit("Buy", "101.00", 5, R"(,"client_order_id":"k1")")).status, 409);
}

TEST_F(OrderEntryTest, RefusalsHaveTheirStatusAndCode) {
    EXPECT_TRUE(has(place(alice, limit("Buy", "100.51", 1)), R"("code":"price_off_tick")"));
    EXPECT_EQ(place(alice, limit("Buy", "100.51", 1)).status, 422);
    EXPECT_TRUE(has(place(alice, limit("Sell", "100.50", 1)), R"("code":"insufficient_funds")"));
    EXPECT_TRUE(
        has(place(alice, R"({"order_type":"Buy","order_kind":"Limit","market":"NO","price":1,"quantity":1})"),
            R"("code":"unknown_market")"));
    EXPECT_EQ(place(alice, "{}").status, 400);
    EXPECT_EQ(entry.counters().refused_by_rule, 3u)
        << "what never reached the engine is not counted as its refusal";
}

TEST_F(OrderEntryTest, AnothersOrderIsUnknown) {
    place(bob, limit("Sell", "100.50", 10));
    const core::OrderId order = views.accounts.open_orders(bob, {}, 1).front()->id;
    Answer answer;
    const auto done = [&](Answer given) { answer = std::move(given); };
    entry.cancel(alice, order, done);
    run();
    EXPECT_EQ(answer.status, 404);
    entry.amend(alice, order, json(R"({"quantity":5})"), done);
    run();
    EXPECT_EQ(answer.status, 404);
    entry.cancel(bob, order, done);
    run();
    EXPECT_TRUE(has(answer, R"("order_status":"Canceled","quantity":"10","filled":"0","leaves":"0")"))
        << answer.body;
}

TEST_F(OrderEntryTest, ABatchGivesEachOrderItsOutcomeAndIsSafeToRetry) {
    const std::string batch = R"({"client_order_id":"b","orders":[)" + limit("Buy", "100.00", 1) + "," +
                              limit("Buy", "100.01", 1) + ",7]}";
    Answer answer;
    const auto send = [&] {
        entry.place_batch(alice, json(batch), [&](Answer given) { answer = std::move(given); });
        run();
    };
    send();
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(has(answer, R"({"http_status":200,"status":"Success")"));
    EXPECT_TRUE(has(answer, R"("client_order_id":"b:0")"));
    EXPECT_TRUE(has(answer, R"({"http_status":422,"status":"Error")"));
    EXPECT_TRUE(has(answer, R"({"http_status":400,"status":"Error")"));
    send();
    EXPECT_TRUE(has(answer, R"("duplicate":true)"));
    EXPECT_EQ(views.accounts.open_order_count(), 1u);
    EXPECT_EQ(place(alice, limit("Buy", "1", 1)).status, 200);
    entry.place_batch(alice, json(R"({"orders":[]})"), [&](Answer given) { answer = std::move(given); });
    EXPECT_EQ(answer.status, 400);
}

TEST_F(OrderEntryTest, AnUnansweredOrderIsPendingUntilItsDeadline) {
    const core::ClientOrderId id("p");
    Answer answer;
    entry.place(alice, json(limit("Buy", "100.00", 1, R"(,"client_order_id":"p")")),
                [&](Answer given) { answer = std::move(given); });
    EXPECT_TRUE(entry.is_pending(alice, id, now));
    EXPECT_FALSE(entry.is_pending(bob, id, now));
    now.raw += 7'000'000'000;
    gateway.on_time(now);
    EXPECT_EQ(answer.status, 504);
    EXPECT_TRUE(has(answer, "outcome_unknown"));
    EXPECT_FALSE(entry.is_pending(alice, id, now));
    run();
    EXPECT_EQ(views.accounts.open_order_count(), 0u) << "sequenced after its deadline, it was not placed";
}

TEST_F(OrderEntryTest, AClosedBusRefusesBeforeAcceptance) {
    queue.close();
    const Answer answer = place(alice, limit("Buy", "100.00", 1, R"(,"client_order_id":"c")"));
    EXPECT_EQ(answer.status, 503);
    EXPECT_FALSE(entry.is_pending(alice, core::ClientOrderId("c"), now));
}

}  // namespace
}  // namespace sauda::order_entry
