#include "order_entry/cancel_switch.h"

#include <gtest/gtest.h>

#include "bus/in_process.h"
#include "codec/command_codec.h"
#include "core/exchange.h"

namespace sauda::order_entry {
namespace {

constexpr SwitchLimits limits{1'000, 60'000};

codec::JsonValue json(std::string_view text) {
    return *codec::parse_json_object(text);
}

TEST(CancelSwitch, ATimeIsReadWithinItsLimitsAndZeroIsOff) {
    const auto read = [](std::string_view text, std::optional<std::int64_t> otherwise = {}) {
        return read_switch(json(text), limits, otherwise);
    };
    EXPECT_EQ((*read(R"({"timeout_ms":1000})"))->raw, 1'000'000'000);
    EXPECT_EQ((*read(R"({"timeout_ms":"60000"})"))->raw, 60'000'000'000);
    EXPECT_FALSE(read(R"({"timeout_ms":0})")->has_value());
    EXPECT_EQ((*read("{}", 7'000))->raw, 7'000'000'000);
    for (const char* bad : {"{}", R"({"timeout_ms":999})", R"({"timeout_ms":60001})", R"({"timeout_ms":-1})",
                            R"({"timeout_ms":1.5})", R"({"timeout_ms":true})", R"({"timeout_ms":null})"})
        EXPECT_FALSE(read(bad)) << bad;
}

TEST(CancelSwitch, ALeaseIsReadAsItWasToldAndNotOtherwise) {
    const auto read = [](const std::string& lease) {
        return read_taken_over(json(R"({"takes_over":")" + lease + R"("})"));
    };
    for (const core::LeaseId lease :
         {core::LeaseId{1, 0}, core::LeaseId{~0ull, ~0ull}, core::LeaseId{0xABC, 12}})
        EXPECT_EQ(*read(lease_text(lease)), lease);
    EXPECT_EQ(lease_text({0xABC, 12}), "0000000000000abc-12");
    EXPECT_FALSE((*read_taken_over(json("{}"))).has_value());
    for (const char* bad : {"", "-", "abc-12", "0000000000000abc", "0000000000000abc-", "0000000000000ABC-12",
                            "0000000000000abc-012", "0000000000000abc-12 ", "x000000000000abc-12",
                            "00000000000000abc-12", "0000000000000000-1", "0000000000000abc--1"})
        EXPECT_FALSE(read(bad)) << bad;
    EXPECT_FALSE(read_taken_over(json(R"({"takes_over":12})")));
}

/// An engine of one account, without disk.
class CancelAfter : public ::testing::Test {
protected:
    CancelAfter() {
        apply({{}, {}, core::OpenAccount{}});
        account = exchange.find_account({});
    }
    void apply(const core::Command& command) {
        core::EventBuffer events;
        ++stamp.sequence.raw;
        exchange.apply(command, stamp, events);
        base::Bytes bytes;
        codec::append_event_frame({0, 3, 1, stamp.sequence, stamp.time, command.id}, events.bytes(), bytes);
        gateway.on_event_frame(*codec::parse_event_frame(bytes));
    }
    Answer ask(std::string_view body) {
        Answer answer;
        cancel_after(gateway, account, json(body), stamp.time, [&](const Answer& given) { answer = given; });
        bus::FrameBatch taken;
        queue.take(taken);
        for (std::size_t i = 0; i < taken.size(); ++i) apply(*codec::decode_command(taken[i]));
        return answer;
    }

    core::Exchange exchange;
    core::Stamp stamp{{0}, {1'700'000'000'000'000'000}};
    bus::CommandQueue queue{bus::CommandQueueLimits{}};
    gateway::Gateway gateway{{.instance = 7}, queue};
    core::AccountId account;
};

TEST_F(CancelAfter, ItTellsWhenItFiresAndCanBeCalledOff) {
    const Answer set = ask(R"({"timeout_ms":5000})");
    EXPECT_EQ(set.body, R"({"status":"Success","timeout_ms":5000,"cancels_at":1700000005000,"sequence":2})");
    EXPECT_EQ(set.sequence, core::Sequence{2});
    EXPECT_TRUE(exchange.has_leases());
    EXPECT_EQ(ask(R"({"timeout_ms":0})").body,
              R"({"status":"Success","timeout_ms":0,"cancels_at":null,"sequence":3})");
    EXPECT_FALSE(exchange.has_leases());
    EXPECT_EQ(ask(R"({"timeout_ms":0})").body,
              R"({"status":"Success","timeout_ms":0,"cancels_at":null,"sequence":4})")
        << "off is off";
}

TEST_F(CancelAfter, WhatIsNotDoneIsAnErrorWithItsCode) {
    EXPECT_EQ(ask("{}").code, "malformed_request");
    account = {99};
    const Answer unknown = ask(R"({"timeout_ms":5000})");
    EXPECT_EQ(unknown.code, "unknown_account");
    EXPECT_EQ(unknown.status, 404);
    queue.close();
    EXPECT_EQ(ask(R"({"timeout_ms":5000})").code, "engine_down");
}

TEST_F(CancelAfter, ItPassesWhereOrdersDoNot) {
    queue.cancel_only(true);
    gateway.cancel_only(true);
    EXPECT_EQ(ask(R"({"timeout_ms":5000})").status, 200);
}

TEST_F(CancelAfter, WithoutAnAnswerItsOutcomeIsUnknown) {
    Answer answer;
    cancel_after(gateway, account, json(R"({"timeout_ms":5000})"), stamp.time,
                 [&](const Answer& given) { answer = given; });
    gateway.on_time({stamp.time.raw + 10'000'000'000});
    EXPECT_EQ(answer.code, "outcome_unknown");
    EXPECT_EQ(answer.status, 504);
}

}  // namespace
}  // namespace sauda::order_entry
