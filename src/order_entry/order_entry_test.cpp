#include "order_entry/order_entry.h"

#include <map>

#include <gtest/gtest.h>

#include "bus/in_process.h"
#include "codec/command_codec.h"
#include "core/default_listings.h"
#include "core/event_buffer.h"
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
        gateway.on_event_frame(*codec::parse_event_frame(fold(command)));
    }
    const base::Bytes& fold(const core::Command& command) {
        core::EventBuffer events;
        stamp.sequence.raw += 1;
        stamp.time = now;
        exchange.apply(command, stamp, events);
        base::Bytes& bytes = frames[stamp.sequence.raw];
        codec::append_event_frame({0, 2, 1, stamp.sequence, stamp.time, command.id}, events.bytes(), bytes);
        views.apply(stamp.sequence, stamp.time, codec::parse_event_frame(bytes)->events);
        return bytes;
    }
    void run() {
        bus::FrameBatch taken;
        while (queue.take(taken) > 0) {
            for (std::size_t i = 0; i < taken.size(); ++i) apply(*codec::decode_command(taken[i]));
        }
    }
    /// As an event pump may: every view folds all of it before the first answer.
    void run_at_once() {
        bus::FrameBatch taken;
        queue.take(taken);
        std::vector<base::Bytes> released;
        for (std::size_t i = 0; i < taken.size(); ++i)
            released.push_back(fold(*codec::decode_command(taken[i])));
        for (const base::Bytes& bytes : released) gateway.on_event_frame(*codec::parse_event_frame(bytes));
    }
    FoundFrame find_frame(core::Sequence at) const {
        if (is_log_away) return base::Unexpected{std::string("the log is away")};
        const auto found = frames.find(at.raw);
        return found == frames.end() ? std::nullopt : std::optional(found->second);
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
    bool is_log_away = false;
    bus::CommandQueue queue{bus::CommandQueueLimits{}};
    gateway::Gateway gateway{{.instance = 7}, queue};
    views::ReadModel views;
    OrderEntry entry{
        gateway,
        views,
        {.now = [this] { return now; },
         .find_frame = [this](core::Sequence at, const FrameFound& found) { found(find_frame(at)); },
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
    entry.cancel(bob, core::OrderId{}, done);
    EXPECT_EQ(answer.status, 404) << "at once: it is nothing for the engine";
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

TEST_F(OrderEntryTest, ARepetitionIsNotAnsweredByHalfWhileTheReportCannotBeRead) {
    const std::string order = limit("Buy", "100.00", 1, R"(,"client_order_id":"r")");
    const Answer first = place(alice, order);
    is_log_away = true;
    const Answer away = place(alice, order);
    EXPECT_EQ(away.status, 503);
    EXPECT_EQ(away.code, "report_unavailable");
    is_log_away = false;
    EXPECT_TRUE(has(place(alice, order), R"("order_status":"New")")) << "and is once it can";
    frames.clear();
    const Answer gone = place(alice, order);
    EXPECT_EQ(gone.status, 200);
    EXPECT_EQ(gone.body, R"({"status":"Success","duplicate":true,"sequence":)" +
                             std::to_string(first.sequence.raw) + "}")
        << "for good: that it was done is all that is known";
}

TEST_F(OrderEntryTest, AnUnansweredOrderIsPendingUntilTheEngineHasPassedItsDeadline) {
    const core::ClientOrderId id("p");
    Answer answer;
    entry.place(alice, json(limit("Buy", "100.00", 1, R"(,"client_order_id":"p")")),
                [&](Answer given) { answer = std::move(given); });
    EXPECT_TRUE(entry.is_pending(alice, id));
    EXPECT_FALSE(entry.is_pending(bob, id));
    now.raw += 7'000'000'000;
    gateway.on_time(now);
    EXPECT_EQ(answer.status, 504);
    EXPECT_TRUE(has(answer, "outcome_unknown"));
    entry.sweep();
    EXPECT_TRUE(entry.is_pending(alice, id)) << "it may have been sequenced in time and be told of late";
    deposit(bob, "INR", 1);
    EXPECT_FALSE(entry.is_pending(alice, id)) << "the engine tells of what came after its deadline";
    run();
    EXPECT_EQ(views.accounts.open_order_count(), 0u) << "sequenced after its deadline, it was not placed";
}

TEST_F(OrderEntryTest, AnOrderThatWasLostIsPendingUntilTheEnginesClockHasPassedItsDeadline) {
    const core::ClientOrderId id("p");
    entry.place(alice, json(limit("Buy", "100.00", 1, R"(,"client_order_id":"p")")), [](const Answer&) {});
    const core::TimestampNs deadline{now.raw + OrderEntry::patience_ns};
    EXPECT_TRUE(entry.is_pending(alice, id, deadline)) << "stamped then it is still taken";
    EXPECT_FALSE(entry.is_pending(alice, id, {deadline.raw + 1}));
    EXPECT_TRUE(entry.is_pending(alice, id)) << "another engine's clock is not remembered";
}

TEST_F(OrderEntryTest, ALateAnswerEndsThePending) {
    const core::ClientOrderId id("l");
    entry.place(alice, json(limit("Buy", "100.01", 1, R"(,"client_order_id":"l")")), [](const Answer&) {});
    entry.place(alice, json(limit("Buy", "100.00", 1, R"(,"client_order_id":"l")")), [](const Answer&) {});
    gateway.on_time({now.raw + 7'000'000'000});
    EXPECT_TRUE(entry.is_pending(alice, id));
    run();  // in time by the engine's clock: nothing is past the deadline
    EXPECT_FALSE(entry.is_pending(alice, id));
    EXPECT_NE(views.accounts.find_order(alice, id), nullptr);
}

TEST_F(OrderEntryTest, ARefusedRequestDoesNotEndThePendingOfAnotherUnderItsId) {
    const core::ClientOrderId id("two");
    const auto send = [&](const char* price) {
        entry.place(alice, json(limit("Buy", price, 100'000, R"(,"client_order_id":"two")")),
                    [](const Answer&) {});
    };
    send("100.00");  // more than she has: refused, and not remembered
    send("100.05");
    bus::FrameBatch taken;
    queue.take(taken);
    apply(*codec::decode_command(taken[0]));
    EXPECT_TRUE(entry.is_pending(alice, id));
    apply(*codec::decode_command(taken[1]));
    EXPECT_FALSE(entry.is_pending(alice, id));
}

TEST_F(OrderEntryTest, TheAverageOfAnAmendedOrderIsOverAllItsFills) {
    place(bob, limit("Sell", "100.00", 2));
    place(bob, limit("Sell", "101.00", 2));
    place(alice, limit("Buy", "100.00", 6, R"(,"client_order_id":"a")"));
    const core::OrderId order = views.accounts.find_order(alice, core::ClientOrderId("a"))->id;
    Answer answer;
    const auto amend = [&](const char* request) {
        entry.amend(alice, order, json(request), [&](Answer given) { answer = std::move(given); });
        run();
        return answer;
    };
    const Answer first = amend(R"({"price":101,"client_order_id":"up"})");
    EXPECT_TRUE(has(first, R"("client_order_id":"a")")) << first.body;
    EXPECT_TRUE(has(first, R"("filled":"4","leaves":"2","average_price":"100.50","fills":[{)")) << first.body;
    place(bob, limit("Sell", "90.00", 1));
    const Answer again = amend(R"({"price":101,"client_order_id":"up"})");
    EXPECT_TRUE(has(again, R"("filled":"4","leaves":"2","average_price":"100.50")"))
        << "as it was then: " << again.body;
    EXPECT_TRUE(has(again, R"("duplicate":true)"));
    EXPECT_TRUE(has(amend(R"({"quantity":6,"requeue":true})"),
                    R"("filled":"5","leaves":"1","average_price":"100.60","fills":[])"))
        << answer.body;
    entry.cancel(alice, order, [&](Answer given) { answer = std::move(given); });
    run();
    EXPECT_TRUE(
        has(answer,
            R"("order_status":"Canceled","quantity":"6","filled":"5","leaves":"0","average_price":"100.60")"))
        << answer.body;
}

/// The views may have folded later commands when an answer is made: they take what was released at once.
TEST_F(OrderEntryTest, AReportKnowsNothingOfWhatCameAfterItsCommand) {
    place(bob, limit("Sell", "100.00", 1));
    place(alice, limit("Buy", "100.00", 6, R"(,"client_order_id":"a")"));
    const core::OrderId order = views.accounts.find_order(alice, core::ClientOrderId("a"))->id;
    Answer amended;
    entry.amend(alice, order, json(R"({"price":99})"), [&](Answer given) { amended = std::move(given); });
    entry.place(bob, json(limit("Sell", "98.00", 2)), [](const Answer&) {});
    run_at_once();
    EXPECT_EQ(views.accounts.find_order(alice, order)->filled.raw, 3);
    EXPECT_TRUE(has(amended, R"("filled":"1","leaves":"5","average_price":"100.00")")) << amended.body;
}

TEST_F(OrderEntryTest, AnswersTellTheLogTheirCodeAndSequence) {
    const Answer placed = place(alice, limit("Buy", "100.00", 1, R"(,"client_order_id":"s")"));
    EXPECT_EQ(placed.sequence, stamp.sequence);
    EXPECT_EQ(placed.code, "");
    const Answer again = place(alice, limit("Buy", "100.00", 1, R"(,"client_order_id":"s")"));
    EXPECT_EQ(again.sequence, stamp.sequence) << "its own, where the body has the first one's";
    const Answer refused = place(alice, limit("Sell", "100.00", 1));
    EXPECT_EQ(refused.sequence, stamp.sequence);
    EXPECT_EQ(refused.code, "insufficient_funds");
    EXPECT_FALSE(place(alice, limit("Buy", "0", 1)).sequence) << "never sent";
    Answer batch;
    entry.place_batch(alice,
                      json(R"({"orders":[7,)" + limit("Buy", "1", 1) + "," + limit("Buy", "1", 1) + "]}"),
                      [&](Answer given) { batch = std::move(given); });
    run();
    EXPECT_EQ(batch.last_sequence, stamp.sequence);
    EXPECT_EQ(batch.sequence.raw + 1, batch.last_sequence.raw);
}

TEST_F(OrderEntryTest, AnOrderByQuoteAccountsForEveryUnitOfIt) {
    place(bob, limit("Sell", "100.00", 10));
    const Answer bought = place(
        alice, R"({"order_type":"Buy","order_kind":"Market","market":"TATA_INR","quote_quantity":"301"})");
    // 3 × 100.00 and a fee of 0.1 %: 0.30 in quote.
    EXPECT_TRUE(has(bought,
                    R"("order_status":"Expired","quantity":null,"filled":"3","leaves":"0",)"
                    R"("quote_quantity":"301.0000","quote_filled":"300.3000","quote_leaves":"0.7000",)"
                    R"("average_price":"100.00")"))
        << bought.body;
    place(bob, limit("Buy", "90.00", 3));
    const Answer sold = place(
        alice, R"({"order_type":"Sell","order_kind":"Market","market":"TATA_INR","quote_quantity":"200"})");
    EXPECT_TRUE(has(sold,
                    R"("quantity":null,"filled":"2","leaves":"0",)"
                    R"("quote_quantity":"200.0000","quote_filled":"180.0000","quote_leaves":"20.0000")"))
        << "a seller earns before the fee: " << sold.body;
}

TEST_F(OrderEntryTest, AClosedBusRefusesBeforeAcceptance) {
    queue.close();
    const Answer answer = place(alice, limit("Buy", "100.00", 1, R"(,"client_order_id":"c")"));
    EXPECT_EQ(answer.status, 503);
    EXPECT_FALSE(entry.is_pending(alice, core::ClientOrderId("c")));
}

}  // namespace
}  // namespace sauda::order_entry
