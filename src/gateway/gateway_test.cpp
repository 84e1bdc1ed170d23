#include "gateway/gateway.h"

#include <functional>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "bus/in_process.h"
#include "codec/command_codec.h"
#include "core/event_buffer.h"
#include "core/event_reader.h"

namespace sauda::gateway {
namespace {

constexpr std::uint64_t instance = 0xABCD'0123'4567'89EF;

core::TimestampNs at(std::int64_t raw) {
    return {raw};
}

core::PlaceOrder place_of(std::int64_t quantity) {
    core::PlaceOrder place;
    place.quantity = {quantity};
    return place;
}

core::CancelOrder cancel(std::uint64_t order) {
    core::CancelOrder body;
    body.order = {order};
    return body;
}

core::Refused refused_as(core::RejectReason reason) {
    core::Refused refused;
    refused.reason = reason;
    return refused;
}

/// A gateway on a queue, and an engine that answers what the test tells it to.
class GatewayTest : public ::testing::Test {
protected:
    GatewayTest() { reset({}); }

    void reset(GatewayConfig config, bus::CommandQueueLimits limits = {}) {
        config.instance = instance;
        queue_ = std::make_unique<bus::CommandQueue>(limits);
        gateway_ = std::make_unique<Gateway>(config, *queue_);
    }

    Request request(core::CommandBody body, std::int64_t deadline = 1'000) {
        const std::size_t index = replies_.size();
        replies_.emplace_back();
        return {std::move(body), at(deadline), [this, index](const Reply& reply) {
                    replies_[index].push_back(
                        {reply.kind, reply.frame.header,
                         base::Bytes(reply.frame.events.begin(), reply.frame.events.end())});
                }};
    }
    auto submit(core::CommandBody body, std::int64_t deadline = 1'000, std::int64_t now = 0) {
        return gateway_->submit(request(std::move(body), deadline), at(now));
    }

    std::vector<core::Command> sent() {
        bus::FrameBatch frames;
        queue_->take(frames);
        std::vector<core::Command> commands;
        for (std::size_t i = 0; i < frames.size(); ++i)
            commands.push_back(codec::decode_command(frames[i]).value());
        return commands;
    }

    template <class E>
    void answer(core::CommandId id, E event, std::uint64_t epoch = 1) {
        core::EventBuffer events;
        events.append(event);
        deliver(id, events.bytes(), {++sequence_}, epoch);
    }
    void deliver(core::CommandId id, base::ByteView events, core::Sequence sequence,
                 std::uint64_t epoch = 1) {
        codec::EventFrameHeader header;
        header.engine_epoch = epoch;
        header.sequence = sequence;
        header.time = at(static_cast<std::int64_t>(sequence.raw));
        header.command = id;
        base::Bytes frame;
        codec::append_event_frame(header, events, frame);
        gateway_->on_event_frame(codec::parse_event_frame(frame).value());
    }

    struct Got {
        Reply::Kind kind;
        codec::EventFrameHeader header;
        base::Bytes events;
    };
    std::unique_ptr<bus::CommandQueue> queue_;
    std::unique_ptr<Gateway> gateway_;
    std::vector<std::vector<Got>> replies_;  ///< by request
    std::uint64_t sequence_ = 0;
};

TEST_F(GatewayTest, SendsTheCommandAndCompletesItsRequestWithTheEvents) {
    const auto id = submit(place_of(7), 999);
    ASSERT_TRUE(id);
    const auto commands = sent();
    ASSERT_EQ(commands.size(), 1u);
    EXPECT_EQ(commands[0].id, *id);
    EXPECT_EQ(commands[0].id.gateway, instance);
    EXPECT_EQ(commands[0].deadline, at(999));
    EXPECT_EQ(std::get<core::PlaceOrder>(commands[0].body).quantity, core::QuantityLots{7});
    EXPECT_EQ(gateway_->pending_count(), 1u);

    answer(*id, refused_as(core::RejectReason::market_halted));
    ASSERT_EQ(replies_[0].size(), 1u);
    EXPECT_EQ(replies_[0][0].kind, Reply::Kind::applied);
    EXPECT_EQ(replies_[0][0].header.sequence, core::Sequence{1});
    core::RejectReason reason{};
    core::for_each_event(
        replies_[0][0].events,
        core::Overloaded{[&](const core::Refused& e) { reason = e.reason; }, [](const auto&) {}});
    EXPECT_EQ(reason, core::RejectReason::market_halted);
    EXPECT_EQ(gateway_->pending_count(), 0u);
    EXPECT_EQ(gateway_->head(), core::Sequence{1});
}

TEST_F(GatewayTest, GivesCancelsAndOperatorsNoDeadline) {
    ASSERT_TRUE(submit(cancel(3)));
    ASSERT_TRUE(submit(core::SetAccountState{}));
    ASSERT_TRUE(submit(core::AmendOrder{}));
    const auto commands = sent();
    EXPECT_EQ(commands[0].deadline, at(0));
    EXPECT_EQ(commands[1].deadline, at(0));
    EXPECT_EQ(commands[2].deadline, at(1'000));
}

TEST_F(GatewayTest, LeavesRoomForCancelsWhenTheBusRefusesPlacing) {
    reset({}, {.frames_max = 2, .frames_reserved = 1});
    ASSERT_TRUE(submit(core::PlaceOrder{}));
    ASSERT_TRUE(submit(core::PlaceOrder{}));
    EXPECT_EQ(submit(core::PlaceOrder{}).error(), Refusal::overloaded);
    EXPECT_EQ(submit(core::OpenAccount{}).error(), Refusal::overloaded);
    EXPECT_EQ(submit(core::SendTransfer{}).error(), Refusal::overloaded);
    EXPECT_TRUE(submit(core::CancelAll{}));
    EXPECT_EQ(submit(core::CancelAll{}).error(), Refusal::overloaded);
    EXPECT_EQ(gateway_->pending_count(), 3u);
    EXPECT_EQ(gateway_->counters().refused, 4u);
}

TEST_F(GatewayTest, LeavesRoomForCancelsAmongThePending) {
    reset({.pending_max = 8, .pending_reserved = 2});
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(submit(core::PlaceOrder{}));
    EXPECT_EQ(submit(core::PlaceOrder{}).error(), Refusal::overloaded);
    const auto first_cancel = submit(cancel(1));
    ASSERT_TRUE(first_cancel);
    ASSERT_TRUE(submit(cancel(2)));
    EXPECT_EQ(submit(cancel(3)).error(), Refusal::overloaded);
    answer(*first_cancel, core::Refused{});
    EXPECT_EQ(submit(cancel(3)).error(), Refusal::overloaded)
        << "the oldest request still holds its place in the ring";
    answer({instance, 1}, core::Refused{});
    EXPECT_TRUE(submit(cancel(3)));
}

TEST_F(GatewayTest, ARefusedRequestIsNeverCompletedAndTakesNoSequence) {
    reset({}, {.frames_max = 1, .frames_reserved = 0});
    const auto first = submit(core::PlaceOrder{});
    ASSERT_FALSE(submit(core::PlaceOrder{}));
    sent();
    const auto second = submit(core::PlaceOrder{});
    EXPECT_EQ(second->sequence, first->sequence + 1);
    gateway_->fail_all();
    EXPECT_EQ(replies_[0].size(), 1u);
    EXPECT_TRUE(replies_[1].empty());
    EXPECT_EQ(replies_[2].size(), 1u);
}

TEST_F(GatewayTest, GivesUpAfterDeadlineAndGraceAndIgnoresTheLateReply) {
    reset({.grace_ns = 50});
    const auto early = submit(core::PlaceOrder{}, 100);
    const auto late = submit(cancel(1), 300);
    gateway_->on_time(at(149));
    EXPECT_TRUE(replies_[0].empty());
    gateway_->on_time(at(150));
    ASSERT_EQ(replies_[0].size(), 1u);
    EXPECT_EQ(replies_[0][0].kind, Reply::Kind::outcome_unknown);
    EXPECT_TRUE(replies_[1].empty());

    EXPECT_FALSE(gateway_->is_answered(*early)) << "given up, but the engine may still tell";
    answer(*early, core::Refused{});
    EXPECT_TRUE(gateway_->is_answered(*early));
    EXPECT_FALSE(gateway_->is_answered(*late));
    EXPECT_EQ(replies_[0].size(), 1u);
    EXPECT_EQ(gateway_->counters().late, 1u);
    answer(*late, core::Refused{});
    EXPECT_EQ(replies_[1].size(), 1u);
    gateway_->on_time(at(1'000));
    EXPECT_EQ(replies_[1].size(), 1u);
    EXPECT_EQ(gateway_->counters().outcome_unknown, 1u);
    EXPECT_EQ(gateway_->pending_count(), 0u);
}

TEST_F(GatewayTest, ALateReplyDoesNotCompleteTheRequestThatTookItsSlot) {
    reset({.pending_max = 2, .pending_reserved = 0, .grace_ns = 0});
    const auto first = submit(core::PlaceOrder{}, 10);
    gateway_->on_time(at(10));
    ASSERT_TRUE(submit(core::PlaceOrder{}, 1'000, 20));
    const auto third = submit(core::PlaceOrder{}, 1'000, 20);
    ASSERT_EQ(third->sequence, first->sequence + 2) << "it shares the first one's slot";
    answer(*first, core::Refused{});
    EXPECT_TRUE(replies_[2].empty());
    answer(*third, core::Refused{});
    EXPECT_EQ(replies_[2].size(), 1u);
}

TEST_F(GatewayTest, AcceptsABatchWholeOrNotAtAll) {
    reset({}, {.frames_max = 3, .frames_reserved = 1});
    const auto batch = [&](std::size_t count) {
        std::vector<Request> requests;
        for (std::size_t i = 0; i < count; ++i) requests.push_back(request(core::PlaceOrder{}));
        return requests;
    };
    auto four = batch(4);
    EXPECT_EQ(gateway_->submit_all(four, at(0)).error(), Refusal::overloaded);
    EXPECT_EQ(gateway_->pending_count(), 0u);
    auto three = batch(3);
    const auto first = gateway_->submit_all(three, at(0));
    ASSERT_TRUE(first);
    const auto commands = sent();
    ASSERT_EQ(commands.size(), 3u);
    for (std::uint64_t i = 0; i < 3; ++i) {
        EXPECT_EQ(commands[i].id.sequence, first->sequence + i);
        answer(commands[i].id, core::Refused{});
        EXPECT_EQ(replies_[4 + i].size(), 1u);
    }
    std::vector<Request> mixed;
    mixed.push_back(request(cancel(1)));
    mixed.push_back(request(core::PlaceOrder{}));
    gateway_->cancel_only(true);
    EXPECT_EQ(gateway_->submit_all(mixed, at(0)).error(), Refusal::cancel_only);
}

TEST_F(GatewayTest, IgnoresOtherGatewaysFramesTwiceDeliveredOnesAndOlderEngines) {
    const auto id = submit(core::PlaceOrder{});
    answer({instance + 1, id->sequence}, core::Refused{});
    answer({0, 0}, core::Refused{});
    EXPECT_TRUE(replies_[0].empty());
    answer({instance + 1, 77}, core::Refused{}, 5);
    answer(*id, core::Refused{}, 4);
    EXPECT_TRUE(replies_[0].empty()) << "an engine that was replaced";
    EXPECT_EQ(gateway_->head(), core::Sequence{3});
    core::EventBuffer events;
    events.append(core::Refused{});
    deliver(*id, events.bytes(), {3}, 5);
    EXPECT_TRUE(replies_[0].empty()) << "sequence 3 was seen before";
    deliver(*id, events.bytes(), {4}, 5);
    EXPECT_EQ(replies_[0].size(), 1u);
}

TEST_F(GatewayTest, ASecondDeliveryIsNoAnswer) {
    const auto id = submit(core::PlaceOrder{});
    answer(*id, core::Redelivered{});
    EXPECT_TRUE(replies_[0].empty());
    answer(*id, core::Refused{});
    EXPECT_EQ(replies_[0].size(), 1u);
    answer(*id, core::Redelivered{});
    EXPECT_EQ(replies_[0].size(), 1u);
    EXPECT_EQ(gateway_->counters().redelivered, 2u);
    EXPECT_EQ(gateway_->counters().late, 0u);
}

TEST_F(GatewayTest, StopsPlacingWhenTheEngineDoesNotAnswerAndProbesIt) {
    reset({.grace_ns = 0, .breaker = {.failures_to_open = 3, .probe_interval_ns = 100}});
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(submit(core::PlaceOrder{}, 10));
    gateway_->on_time(at(10));
    EXPECT_EQ(gateway_->breaker_state(), base::CircuitBreaker::State::open);
    EXPECT_EQ(submit(core::PlaceOrder{}, 200, 20).error(), Refusal::engine_down);
    EXPECT_TRUE(submit(cancel(1), 200, 20)) << "cancels never expire: they may wait";
    const auto probe = submit(core::PlaceOrder{}, 200, 110);
    ASSERT_TRUE(probe);
    EXPECT_EQ(submit(core::PlaceOrder{}, 200, 111).error(), Refusal::engine_down);
    answer(*probe, core::Refused{});
    EXPECT_TRUE(submit(core::PlaceOrder{}, 200, 112));
}

TEST_F(GatewayTest, WhatWasLostBeforeTheEngineAnsweredAgainDoesNotStopPlacing) {
    reset({.grace_ns = 0, .breaker = {.failures_to_open = 3, .probe_interval_ns = 100}});
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(submit(core::PlaceOrder{}, 10));
    const auto later = submit(core::PlaceOrder{}, 100, 5);
    ASSERT_TRUE(later);
    answer(*later, core::Refused{});
    gateway_->on_time(at(10));
    EXPECT_EQ(gateway_->counters().outcome_unknown, 5u);
    EXPECT_EQ(gateway_->breaker_state(), base::CircuitBreaker::State::closed);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(submit(core::PlaceOrder{}, 20, 15));
    gateway_->on_time(at(20));
    EXPECT_EQ(gateway_->breaker_state(), base::CircuitBreaker::State::open);
}

TEST_F(GatewayTest, RefusesPlacingInCancelOnlyAndAllWhenTheBusIsClosed) {
    gateway_->cancel_only(true);
    EXPECT_EQ(submit(core::PlaceOrder{}).error(), Refusal::cancel_only);
    EXPECT_TRUE(submit(cancel(1)));
    gateway_->cancel_only(false);
    EXPECT_TRUE(submit(core::PlaceOrder{}));
    queue_->close();
    EXPECT_EQ(submit(cancel(1)).error(), Refusal::engine_down);
}

TEST_F(GatewayTest, RefusesWhileTheBusIsUnreachableAndWaitsForNothing) {
    struct Broken final : bus::Producer {
        bus::Offer offer(base::ByteView, bus::Lane) override { return bus::Offer::unreachable; }
        bus::Offer offer_all(const bus::FrameBatch&, bus::Lane) override { return bus::Offer::unreachable; }
    };
    Broken broken;
    GatewayConfig config;
    config.instance = instance;
    Gateway gateway(config, broken);
    EXPECT_EQ(gateway.submit(request(core::PlaceOrder{}), at(0)).error(), Refusal::engine_down);
    EXPECT_EQ(gateway.submit(request(cancel(1)), at(0)).error(), Refusal::engine_down);
    EXPECT_EQ(gateway.pending_count(), 0u);
    EXPECT_EQ(gateway.counters().refused, 2u);
}

TEST_F(GatewayTest, FailsEverythingPendingOnceWhenTheEngineDies) {
    ASSERT_TRUE(submit(core::PlaceOrder{}));
    ASSERT_TRUE(submit(cancel(1)));
    gateway_->fail_all();
    gateway_->fail_all();
    for (std::size_t i = 0; i < 2; ++i) {
        ASSERT_EQ(replies_[i].size(), 1u);
        EXPECT_EQ(replies_[i][0].kind, Reply::Kind::outcome_unknown);
    }
    EXPECT_EQ(submit(cancel(1)).error(), Refusal::engine_down);
}

TEST_F(GatewayTest, ACompletionMaySubmitAgain) {
    reset({.pending_max = 1, .pending_reserved = 0, .grace_ns = 0});
    int submitted = 0;
    std::function<void(const Reply&)> again = [&](const Reply&) {
        ++submitted;
        ASSERT_TRUE(gateway_->submit({core::PlaceOrder{}, at(10), again}, at(0)));
    };
    ASSERT_TRUE(gateway_->submit({core::PlaceOrder{}, at(10), again}, at(0)));
    answer({instance, 1}, core::Refused{});
    EXPECT_EQ(submitted, 1);
    gateway_->on_time(at(10));
    EXPECT_EQ(submitted, 2);
    gateway_->on_time(at(10));
    EXPECT_EQ(submitted, 3);
    EXPECT_EQ(gateway_->pending_count(), 1u);
}

TEST_F(GatewayTest, SetsDeadlinesInTheEnginesTimeWhenThatRunsAhead) {
    EXPECT_EQ(gateway_->deadline_after(at(100), 5), at(105));
    core::EventBuffer events;
    deliver({0, 0}, events.bytes(), {5'000});
    EXPECT_EQ(gateway_->deadline_after(at(100), 5), at(5'005));
    EXPECT_EQ(gateway_->deadline_after(at(9'000), 5), at(9'005));
}

TEST_F(GatewayTest, KeepsPaceOverManyTimesItsRing) {
    reset({.pending_max = 16, .pending_reserved = 2});
    for (int round = 0; round < 500; ++round) {
        for (int i = 0; i < 10; ++i) ASSERT_TRUE(submit(core::PlaceOrder{}));
        for (const core::Command& command : sent()) answer(command.id, core::Refused{});
    }
    for (const auto& replies : replies_) ASSERT_EQ(replies.size(), 1u);
    EXPECT_EQ(gateway_->counters().applied, 5'000u);
    EXPECT_EQ(gateway_->pending_count(), 0u);
}

}  // namespace
}  // namespace sauda::gateway
