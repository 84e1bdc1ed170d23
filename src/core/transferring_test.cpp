/// Deposits, withdrawals and transfers between shards: every refusal, every retry, and where the money is.
#include "core/transferring.h"

#include <gtest/gtest.h>

#include "core/event_reader.h"
#include "core/testing/describe.h"
#include "core/testing/test_exchange.h"

namespace sauda::core::testing {
namespace {

constexpr AssetId inr{1};

/// A shard with two accounts, the first of which has 1000 of the first asset.
class Transferring : public ::testing::Test {
protected:
    Transferring() {
        alice = shard.open(1);
        bob = shard.open(2);
        shard.deposit(alice, inr, 1000);
    }

    SendTransfer send(std::int64_t amount, const char* reference, const char* to = "north") const {
        return {{}, alice, inr, {amount}, TransferReference(reference), ShardName(to)};
    }
    ReceiveTransfer receive(std::int64_t amount, const char* reference, const char* from = "north") const {
        return {bob, inr, {amount}, TransferReference(reference), ShardName(from)};
    }
    static ConfirmTransfer confirm(const char* reference, const char* to = "north") {
        return {TransferReference(reference), ShardName(to)};
    }
    RejectReason refusal(CommandBody body) { return shard.apply(std::move(body)).reason; }
    /// The sequence that a retry is answered with.
    Sequence repeated(CommandBody body) {
        const Outcome outcome = shard.apply(std::move(body));
        EXPECT_EQ(outcome.types, std::vector{EventType::repeated});
        return outcome.first;
    }
    EventType event(CommandBody body) {
        const Outcome outcome = shard.apply(std::move(body));
        EXPECT_EQ(outcome.types.size(), 1u);
        return outcome.types.front();
    }
    std::int64_t in_transit() const { return shard.available(in_transit_account, inr); }
    std::int64_t external() const { return shard.available(external_account, inr); }
    std::string state() const { return describe(shard.exchange.state()); }

    TestExchange shard;
    AccountId alice, bob;
};

TEST_F(Transferring, WhatIsSentIsInTransitAndPendingUntilItIsConfirmed) {
    EXPECT_EQ(event(send(300, "s1")), EventType::transfer_sent);
    const Sequence sent = shard.stamp.sequence;
    EXPECT_EQ(shard.available(alice, inr), 700);
    EXPECT_EQ(in_transit(), 300);
    EXPECT_EQ(external(), -1000);
    const auto record = [&] {
        for (const TransferRecord& transfer : shard.exchange.state().transfers) {
            if (transfer.is_sent()) return transfer;
        }
        return TransferRecord{};
    };
    EXPECT_TRUE(record().is_pending());
    EXPECT_EQ(record().first, sent);
    EXPECT_EQ(event(confirm("s1")), EventType::transfer_confirmed);
    EXPECT_FALSE(record().is_pending());
    EXPECT_EQ(record().confirmed, shard.stamp.sequence);
    EXPECT_EQ(in_transit(), 300) << "a confirmation moves nothing";
}

TEST_F(Transferring, EventsTellAllThatACourierAndAnOwnerNeed) {
    EventBuffer events;
    const auto apply = [&](CommandBody body) {
        ++shard.stamp.sequence.raw;
        shard.exchange.apply({{}, {}, std::move(body)}, shard.stamp, events);
    };
    SendTransfer by_operator = send(300, "s1");
    by_operator.operator_id.bytes[3] = 7;
    apply(by_operator);
    const Sequence sent = shard.stamp.sequence;
    apply(receive(40, "s1", "south"));
    apply(confirm("s1"));
    int told = 0;
    for_each_event(events.bytes(), Overloaded{[&](const TransferSent& e) {
                                                  ++told;
                                                  EXPECT_EQ(e.account, alice);
                                                  EXPECT_EQ(e.account_sequence.raw, 2u);
                                                  EXPECT_EQ(e.asset, inr);
                                                  EXPECT_EQ(e.amount.raw, 300);
                                                  EXPECT_EQ(e.operator_id, by_operator.operator_id);
                                                  EXPECT_EQ(e.reference.view(), "s1");
                                                  EXPECT_EQ(e.to.view(), "north");
                                              },
                                              [&](const TransferReceived& e) {
                                                  ++told;
                                                  EXPECT_EQ(e.account, bob);
                                                  EXPECT_EQ(e.account_sequence.raw, 1u);
                                                  EXPECT_EQ(e.asset, inr);
                                                  EXPECT_EQ(e.amount.raw, 40);
                                                  EXPECT_EQ(e.reference.view(), "s1");
                                                  EXPECT_EQ(e.from.view(), "south");
                                              },
                                              [&](const TransferConfirmed& e) {
                                                  ++told;
                                                  EXPECT_EQ(e.account, alice);
                                                  EXPECT_EQ(e.sent, sent);
                                                  EXPECT_EQ(e.asset, inr);
                                                  EXPECT_EQ(e.amount.raw, 300);
                                                  EXPECT_EQ(e.reference.view(), "s1");
                                                  EXPECT_EQ(e.to.view(), "north");
                                              },
                                              [](const auto&) { FAIL(); }});
    EXPECT_EQ(told, 3);
}

TEST_F(Transferring, WhatIsReceivedIsOwedByTheOtherShards) {
    EXPECT_EQ(event(receive(300, "r1")), EventType::transfer_received);
    EXPECT_EQ(shard.available(bob, inr), 300);
    EXPECT_EQ(in_transit(), -300);
    EXPECT_EQ(external(), -1000) << "nothing came from outside";
    EXPECT_EQ(event(Withdraw{{}, bob, inr, {300}, TransferReference("w")}), EventType::transferred);
    EXPECT_EQ(external(), -700);
    EXPECT_EQ(in_transit(), -300);
}

TEST_F(Transferring, AWholeDepositOfAnotherShardMayBeWithdrawnHere) {
    event(receive(5000, "r1"));
    EXPECT_EQ(event(Withdraw{{}, bob, inr, {5000}, TransferReference("w")}), EventType::transferred);
    EXPECT_EQ(external(), 4000) << "more went out here than ever came in";
    EXPECT_EQ(in_transit(), -5000);
}

TEST_F(Transferring, ASendIsRefusedAsAWithdrawalIs) {
    const std::string before = state();
    EXPECT_EQ(refusal(send(0, "s")), RejectReason::invalid_amount);
    EXPECT_EQ(refusal(send(-5, "s")), RejectReason::invalid_amount);
    EXPECT_EQ(refusal(send(asset_supply_max + 1, "s")), RejectReason::invalid_amount);
    EXPECT_EQ(refusal(send(INT64_MIN, "s")), RejectReason::invalid_amount);
    EXPECT_EQ(refusal(send(5, "")), RejectReason::invalid_reference);
    EXPECT_EQ(refusal(send(5, "a b")), RejectReason::invalid_reference);
    for (const char* name : {"", "North", "no_rth", "a b", "nörth"})
        EXPECT_EQ(refusal(send(5, "s", name)), RejectReason::invalid_shard) << name;
    SendTransfer other = send(5, "s");
    other.account = {999};
    EXPECT_EQ(refusal(other), RejectReason::unknown_account);
    other.account = fees_account;
    EXPECT_EQ(refusal(other), RejectReason::unknown_account);
    other = send(5, "s");
    other.asset = {999};
    EXPECT_EQ(refusal(other), RejectReason::unknown_asset);
    EXPECT_EQ(refusal(send(1001, "s")), RejectReason::insufficient_funds);
    EXPECT_EQ(in_transit(), 0);
    shard.apply(SetAccountState{{}, alice, true});
    EXPECT_EQ(refusal(send(5, "s")), RejectReason::account_frozen);
    shard.apply(SetAccountState{{}, alice, false});
    shard.apply(SetAssetState{{}, inr, true});
    EXPECT_EQ(refusal(send(5, "s")), RejectReason::asset_halted);
    shard.apply(SetAssetState{{}, inr, false});
    EXPECT_EQ(event(send(1000, "s")), EventType::transfer_sent) << "no refusal used its reference";
}

TEST_F(Transferring, WhatAnOrderHoldsCannotBeSent) {
    const MarketId market = shard.exchange.find_market("TATA_INR")->id;
    shard.deposit(alice, inr, 100'0000);
    ASSERT_EQ(shard.apply(limit(alice, market, Side::buy, 1000, 1)).reason, RejectReason::none);
    const std::int64_t free = shard.available(alice, inr);
    ASSERT_GT(shard.held(alice, inr), 0);
    EXPECT_EQ(refusal(send(free + 1, "s")), RejectReason::insufficient_funds);
    EXPECT_EQ(event(send(free, "s")), EventType::transfer_sent);
}

TEST_F(Transferring, AnEqualSendIsARetryWhoeverAsks) {
    event(send(300, "s1"));
    const Sequence first = shard.stamp.sequence;
    SendTransfer again = send(300, "s1");
    again.operator_id.bytes[0] = 9;
    EXPECT_EQ(repeated(again), first);
    event(confirm("s1"));
    EXPECT_EQ(repeated(again), first) << "also after it arrived";
    EXPECT_EQ(in_transit(), 300);
    shard.apply(SetAccountState{{}, alice, true});
    EXPECT_EQ(repeated(again), first) << "whatever would refuse it now";
}

TEST_F(Transferring, ASendThatDiffersInAnythingIsAConflict) {
    event(send(300, "s1"));
    SendTransfer other = send(300, "s1");
    other.account = bob;
    EXPECT_EQ(refusal(other), RejectReason::reference_conflict);
    other = send(300, "s1");
    other.asset = {2};
    EXPECT_EQ(refusal(other), RejectReason::reference_conflict);
    EXPECT_EQ(refusal(send(301, "s1")), RejectReason::reference_conflict);
    EXPECT_EQ(refusal(send(300, "s1", "south")), RejectReason::reference_conflict);
    EXPECT_EQ(in_transit(), 300);
}

TEST_F(Transferring, SendsDepositsAndWithdrawalsShareTheirReferences) {
    event(Deposit{{}, alice, inr, {300}, TransferReference("d")});
    event(Withdraw{{}, alice, inr, {300}, TransferReference("w")});
    event(send(300, "s"));
    EXPECT_EQ(refusal(send(300, "d")), RejectReason::reference_conflict);
    EXPECT_EQ(refusal(send(300, "w")), RejectReason::reference_conflict);
    EXPECT_EQ(refusal(Deposit{{}, alice, inr, {300}, TransferReference("s")}),
              RejectReason::reference_conflict);
    EXPECT_EQ(refusal(Withdraw{{}, alice, inr, {300}, TransferReference("s")}),
              RejectReason::reference_conflict);
}

TEST_F(Transferring, ReferencesOfOtherShardsAreOthers) {
    event(send(300, "x"));
    EXPECT_EQ(event(receive(10, "x", "north")), EventType::transfer_received);
    EXPECT_EQ(event(receive(20, "x", "south")), EventType::transfer_received);
    EXPECT_EQ(refusal(Deposit{{}, alice, inr, {1}, TransferReference("x")}),
              RejectReason::reference_conflict);
    EXPECT_EQ(shard.available(bob, inr), 30);
    EXPECT_EQ(in_transit(), 270);
    EXPECT_EQ(event(receive(40, "y", "north")), EventType::transfer_received);
    EXPECT_EQ(event(Deposit{{}, bob, inr, {1}, TransferReference("y")}), EventType::transferred);
}

TEST_F(Transferring, AReceiveIsCreditedOnce) {
    event(receive(300, "r"));
    const Sequence first = shard.stamp.sequence;
    EXPECT_EQ(repeated(receive(300, "r")), first);
    EXPECT_EQ(refusal(receive(301, "r")), RejectReason::reference_conflict);
    ReceiveTransfer other = receive(300, "r");
    other.account = alice;
    EXPECT_EQ(refusal(other), RejectReason::reference_conflict);
    other = receive(300, "r");
    other.asset = {2};
    EXPECT_EQ(refusal(other), RejectReason::reference_conflict);
    EXPECT_EQ(shard.available(bob, inr), 300);
}

TEST_F(Transferring, AReceiveIsRefusedForWhatIsWrongWithItAlone) {
    EXPECT_EQ(refusal(receive(0, "r")), RejectReason::invalid_amount);
    EXPECT_EQ(refusal(receive(asset_supply_max + 1, "r")), RejectReason::invalid_amount);
    EXPECT_EQ(refusal(receive(5, "a\"b")), RejectReason::invalid_reference);
    EXPECT_EQ(refusal(receive(5, "r", "")), RejectReason::invalid_shard);
    ReceiveTransfer other = receive(5, "r");
    other.account = in_transit_account;
    EXPECT_EQ(refusal(other), RejectReason::unknown_account);
    other = receive(5, "r");
    other.asset = {};
    EXPECT_EQ(refusal(other), RejectReason::unknown_asset);
    EXPECT_EQ(event(receive(5, "r")), EventType::transfer_received);
}

TEST_F(Transferring, AFrozenAccountAndAHaltedAssetStillReceive) {
    shard.apply(SetAccountState{{}, bob, true});
    shard.apply(SetAssetState{{}, inr, true});
    EXPECT_EQ(event(receive(5, "r")), EventType::transfer_received);
    EXPECT_EQ(shard.available(bob, inr), 5);
    EXPECT_EQ(refusal(Deposit{{}, bob, inr, {5}, TransferReference("d")}), RejectReason::asset_halted);
}

TEST_F(Transferring, OnlyWhatWasSentToThatShardIsConfirmed) {
    EXPECT_EQ(refusal(confirm("s1")), RejectReason::unknown_transfer);
    event(send(300, "s1"));
    EXPECT_EQ(refusal(confirm("s1", "south")), RejectReason::unknown_transfer);
    EXPECT_EQ(refusal(confirm("s1", "")), RejectReason::unknown_transfer);
    EXPECT_EQ(refusal(confirm("")), RejectReason::unknown_transfer);
    event(Withdraw{{}, alice, inr, {1}, TransferReference("w")});
    EXPECT_EQ(refusal(confirm("w")), RejectReason::unknown_transfer);
    EXPECT_EQ(refusal(confirm("w", "")), RejectReason::unknown_transfer) << "a withdrawal is to no shard";
    event(receive(5, "r"));
    EXPECT_EQ(refusal(confirm("r")), RejectReason::unknown_transfer) << "it came from there";
    EXPECT_EQ(event(confirm("s1")), EventType::transfer_confirmed);
}

TEST_F(Transferring, AConfirmationMayComeAgain) {
    event(send(300, "s1"));
    event(confirm("s1"));
    const Sequence first = shard.stamp.sequence;
    const auto transfers = [&] {
        std::string text;
        for (const TransferRecord& record : shard.exchange.state().transfers)
            text += std::string(record.reference.view()) + std::to_string(record.confirmed.raw) + ";";
        return text;
    };
    const std::string before = transfers();
    EXPECT_EQ(repeated(confirm("s1")), first);
    EXPECT_EQ(repeated(confirm("s1")), first);
    EXPECT_EQ(transfers(), before);
}

TEST_F(Transferring, AConfirmationTakesNoAccountSequence) {
    event(send(300, "s1"));
    event(confirm("s1"));
    event(Deposit{{}, alice, inr, {1}, TransferReference("d")});
    EXPECT_EQ(shard.exchange.state().accounts[0].last_sequence.raw, 3u);
}

/// What users have came from outside or from other shards: both count.
TEST_F(Transferring, TheSupplyCountsWhatCameFromOtherShards) {
    const std::int64_t room = asset_supply_max - 1000;
    EXPECT_EQ(refusal(receive(room + 1, "r")), RejectReason::supply_exceeded);
    EXPECT_EQ(event(receive(room - 1, "r")), EventType::transfer_received);
    const auto deposit = [&](std::int64_t amount) {
        return Deposit{{}, bob, inr, {amount}, TransferReference("d")};
    };
    EXPECT_EQ(refusal(deposit(2)), RejectReason::supply_exceeded);
    EXPECT_EQ(event(deposit(1)), EventType::transferred);
    EXPECT_EQ(refusal(receive(1, "r2")), RejectReason::supply_exceeded);
    event(send(1, "s"));
    EXPECT_EQ(event(receive(1, "r2")), EventType::transfer_received) << "what was sent makes room";
}

/// The accounts through which money comes and goes keep within what sums can hold, however often it does.
TEST_F(Transferring, WhatIsOwedStaysWithinTheLargestSupply) {
    event(send(1000, "all"));
    const auto text = [](const char* prefix, int i) { return std::string(prefix) + std::to_string(i); };
    const auto deposit = [&](std::int64_t amount, const std::string& reference) {
        return refusal(Deposit{{}, alice, inr, {amount}, TransferReference(reference)});
    };
    const auto send_on = [&](std::int64_t amount, const std::string& reference) {
        return refusal(send(amount, reference.c_str()));
    };
    std::int64_t room = asset_supply_max - 1000;
    const std::int64_t quarter = asset_supply_max / 4;
    for (int i = 0; room >= quarter; ++i, room -= quarter) {
        ASSERT_EQ(deposit(quarter, text("d", i)), RejectReason::none);
        ASSERT_EQ(send_on(quarter, text("s", i)), RejectReason::none);
    }
    EXPECT_EQ(shard.available(alice, inr), 0);
    EXPECT_EQ(deposit(room + 1, "one-too-many"), RejectReason::supply_exceeded)
        << "nobody has any of it, but the ledger could not tell what came in";
    EXPECT_EQ(deposit(room, "last"), RejectReason::none);
    EXPECT_EQ(send_on(room, "last-sent"), RejectReason::none);
    EXPECT_EQ(in_transit(), asset_supply_max);
    EXPECT_EQ(external(), -asset_supply_max);
    EXPECT_EQ(event(receive(5, "back")), EventType::transfer_received);
    EXPECT_EQ(refusal(Withdraw{{}, bob, inr, {5}, TransferReference("out")}), RejectReason::none);
}

TEST_F(Transferring, AnExchangeMadeAnewFromItsStateKnowsEveryReference) {
    event(send(300, "pending"));
    event(send(200, "arrived"));
    event(confirm("arrived"));
    event(receive(10, "pending", "south"));
    const std::string before = state();
    shard.exchange = Exchange(shard.exchange.state());
    EXPECT_EQ(state(), before);
    repeated(send(300, "pending"));
    repeated(send(200, "arrived"));
    repeated(confirm("arrived"));
    repeated(receive(10, "pending", "south"));
    EXPECT_EQ(refusal(receive(11, "pending", "south")), RejectReason::reference_conflict);
    EXPECT_EQ(event(confirm("pending")), EventType::transfer_confirmed);
}

TEST_F(Transferring, NamesOfShardsAreShortAndPlain) {
    EXPECT_TRUE(is_valid_shard_name("a"));
    EXPECT_TRUE(is_valid_shard_name("in-mumbai-2"));
    EXPECT_TRUE(is_valid_shard_name("abcdefghijklmno"));
    for (const char* name : {"", "abcdefghijklmnop", "A", "a_b", "a b", "a.b"})
        EXPECT_FALSE(is_valid_shard_name(name)) << name;
}

}  // namespace
}  // namespace sauda::core::testing
