/// Leases in the engine's loop: they fire while nobody asks for anything, and begin anew after it was away.
#include <algorithm>

#include <gtest/gtest.h>

#include "base/random.h"
#include "codec/command_codec.h"
#include "codec/event_frame.h"
#include "codec/state_codec.h"
#include "core/event_reader.h"
#include "core/invariants.h"
#include "journal/reader.h"
#include "journal/testing/forgetful_disk.h"
#include "sequencer/testing/engine.h"
#include "sequencer/testing/traffic.h"
#include "sequencer/verify.h"

namespace sauda::sequencer {
namespace {

using journal::testing::ForgetfulDisk;
using testing::Engine;
using testing::Traffic;

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t start_time = 1'000'000 * second;
constexpr std::uint64_t gateway = 77;
constexpr std::uint64_t leases_gateway = 88;
constexpr core::AccountId alice = core::first_user_account;
const std::string root = "data";

ClockReading at(std::int64_t after_start) {
    return {{start_time + after_start}, after_start};
}

bus::FrameBatch frames_of(const std::vector<core::CommandBody>& bodies) {
    static std::uint64_t sequence = 0;
    bus::FrameBatch frames;
    for (const core::CommandBody& body : bodies) {
        base::Bytes frame;
        codec::encode_command({{leases_gateway, ++sequence}, {}, body}, frame);
        frames.append(frame);
    }
    return frames;
}

core::GrantLease grant(std::uint64_t number, std::int64_t span) {
    return {alice, {leases_gateway, number}, {span}};
}

/// A sell of alice's, far from everything.
core::PlaceOrder far_order() {
    core::PlaceOrder place;
    place.account = alice;
    place.market = {1};
    place.side = core::Side::sell;
    place.price = {20'000};
    place.quantity = {1};
    return place;
}

std::size_t open_orders_of_alice(const core::Exchange& exchange) {
    std::size_t count = 0;
    for (const core::OrderRecord& order : exchange.state().orders) count += order.account == alice ? 1 : 0;
    return count;
}

/// What the journal holds, a word for each command.
std::vector<std::string> journal_words(journal::FileSystem& disk) {
    std::vector<std::string> words;
    journal::ReaderConfig config;
    config.rules_version = testing::rules_version;
    auto reader = journal::Reader::open(disk, root + "/journal", config);
    EXPECT_TRUE(reader.has_value());
    while (true) {
        const auto batch = reader->next();
        if (!batch || !*batch) return words;
        for (journal::RecordCursor record(**batch); !record.at_end(); record.next()) {
            const auto command = codec::decode_command(record.bytes());
            if (std::holds_alternative<core::LapseLeases>(command->body)) words.emplace_back("lapse");
            if (std::holds_alternative<core::RestartLeases>(command->body)) words.emplace_back("restart");
            if (std::holds_alternative<core::GrantLease>(command->body)) words.emplace_back("grant");
            if (std::holds_alternative<core::RenewLeases>(command->body)) words.emplace_back("renew");
        }
    }
}

/// An exchange with accounts and one order of alice's, journaled.
class SequencerLeases : public ::testing::Test {
protected:
    void SetUp() override {
        begin();
        bus::FrameBatch frames;
        Traffic(1, gateway).append_frames(3 + 3 * 6, frames);
        engine_->step(frames, at(0));
        send({far_order()}, 0);
        ASSERT_EQ(open_orders(), 1u);
    }
    void begin() {
        auto engine = Engine::start(disk_, root, testing::small_segments());
        ASSERT_TRUE(engine) << engine.error().message();
        engine_ = std::move(*engine);
    }
    void send(const std::vector<core::CommandBody>& bodies, std::int64_t time) {
        engine_->step(frames_of(bodies), at(time));
        ASSERT_TRUE(engine_->commit());
    }
    void idle(std::int64_t time) {
        engine_->idle(at(time));
        ASSERT_TRUE(engine_->commit());
    }
    void kill_and_restart() {
        engine_.reset();
        disk_.crash(1);
        begin();
    }
    std::size_t open_orders() const { return open_orders_of_alice(engine_->sequencer().exchange()); }
    /// The journal gives the events that were released, and the state that there is.
    void expect_replay_is_equal() {
        base::Bytes live, replayed;
        codec::encode_state(engine_->sequencer().exchange().state(), live);
        ASSERT_TRUE(engine_->stop_cleanly());
        engine_.reset();
        const auto verified = verify(disk_, root, {.rules_version = testing::rules_version});
        ASSERT_TRUE(verified) << verified.error().message();
        core::Exchange exchange;
        ASSERT_TRUE(replay_into(exchange, disk_, root + "/journal", {testing::rules_version, {}, {}}, {}));
        codec::encode_state(exchange.state(), replayed);
        EXPECT_EQ(live, replayed);
    }

    ForgetfulDisk disk_;
    std::unique_ptr<Engine> engine_;
};

TEST_F(SequencerLeases, ALeaseFiresWhileNobodyAsksForAnything) {
    EXPECT_FALSE(engine_->sequencer().due_in_ns(at(1)).has_value());
    send({grant(1, 10 * second)}, second);
    EXPECT_EQ(engine_->sequencer().due_in_ns(at(2 * second)), 9 * second);
    idle(11 * second - 1);
    EXPECT_EQ(open_orders(), 1u);
    EXPECT_EQ(engine_->sequencer().counters().lease_lapses, 0u);
    idle(11 * second);
    EXPECT_EQ(open_orders(), 0u);
    EXPECT_EQ(engine_->sequencer().counters().lease_lapses, 1u);
    EXPECT_FALSE(engine_->sequencer().due_in_ns(at(12 * second)).has_value());
    idle(20 * second);
    EXPECT_EQ(engine_->sequencer().counters().lease_lapses, 1u);
    expect_replay_is_equal();
    EXPECT_EQ(journal_words(disk_), (std::vector<std::string>{"grant", "lapse"}));
}

TEST_F(SequencerLeases, WhatFallsDueIsNeverPartOfAnotherCommandsReport) {
    send({grant(1, second)}, 0);
    const core::Sequence before = engine_->sequencer().last();
    send({far_order(), far_order()}, second);
    const auto& published = engine_->published();
    const auto types_of = [&](std::uint64_t sequence) {
        std::vector<core::EventType> types;
        core::for_each_event(codec::parse_event_frame(published.at(sequence))->events,
                             [&]<class E>(const E&) { types.push_back(E::type); });
        return types;
    };
    using core::EventType;
    EXPECT_EQ(types_of(before.raw + 1), (std::vector{EventType::lease_ended, EventType::order_ended}));
    EXPECT_EQ(types_of(before.raw + 2), (std::vector{EventType::order_accepted, EventType::order_rested}));
    EXPECT_EQ(open_orders(), 2u) << "orders that come after it stand";
    expect_replay_is_equal();
}

TEST_F(SequencerLeases, ManyThatLapseAtOnceLetOthersComeBetween) {
    constexpr std::size_t orders_each = lapse_events_max * 3 / 4;
    for (std::uint32_t i = 0; i < 3; ++i) {
        core::PlaceOrder place = far_order();
        place.account.raw += i;
        send(std::vector<core::CommandBody>(orders_each, place), 0);
        send({core::GrantLease{place.account, {leases_gateway, i}, {second}}}, 0);
    }
    core::PlaceOrder another = far_order();
    another.account.raw += 3;
    EXPECT_EQ(open_orders(), orders_each + 1);
    const auto open = [&] { return engine_->sequencer().exchange().open_order_count(); };
    const std::size_t all = open();
    send({another}, second);
    EXPECT_EQ(open(), all - 2 * orders_each - 1 + 1) << "two of them, and the order that came meanwhile";
    EXPECT_EQ(engine_->sequencer().due_in_ns(at(second)), lapse_pause.raw);
    idle(second + lapse_pause.raw - 1);
    EXPECT_EQ(open(), all - 2 * orders_each - 1 + 1);
    idle(second + lapse_pause.raw);
    EXPECT_EQ(open(), all - 3 * orders_each - 1 + 1);
    EXPECT_FALSE(engine_->sequencer().due_in_ns(at(2 * second)).has_value());
    expect_replay_is_equal();
    const auto words = journal_words(disk_);
    EXPECT_EQ(std::ranges::count(words, "lapse"), 2);
    EXPECT_EQ(std::ranges::count(words, "restart"), 0);
}

TEST_F(SequencerLeases, RenewedLeasesLiveOn) {
    send({grant(1, 3 * second)}, 0);
    for (std::int64_t time = 1; time < 30; ++time) {
        send({core::RenewLeases{leases_gateway}}, time * second);
        EXPECT_EQ(engine_->sequencer().due_in_ns(at(time * second)), 3 * second);
    }
    EXPECT_EQ(open_orders(), 1u);
    EXPECT_EQ(engine_->sequencer().counters().lease_lapses, 0u);
    expect_replay_is_equal();
}

TEST_F(SequencerLeases, AfterARestartLeasesBeginAnewHoweverLongItTook) {
    send({grant(1, 10 * second)}, 0);
    for (const std::int64_t restart : {5 * second, 500 * second, 9'000 * second}) {
        kill_and_restart();
        EXPECT_EQ(engine_->sequencer().due_in_ns(at(restart)), 0) << "it has to say so first";
        idle(restart);
        EXPECT_EQ(engine_->sequencer().counters().lease_restarts, 1u);
        EXPECT_EQ(open_orders(), 1u);
        EXPECT_EQ(engine_->sequencer().due_in_ns(at(restart)), 10 * second);
    }
    idle(9'010 * second - 1);
    EXPECT_EQ(open_orders(), 1u);
    idle(9'010 * second);
    EXPECT_EQ(open_orders(), 0u);
    expect_replay_is_equal();
    EXPECT_EQ(journal_words(disk_),
              (std::vector<std::string>{"grant", "restart", "restart", "restart", "lapse"}));
}

TEST_F(SequencerLeases, ARestartAfterACleanStopIsNoDisconnectEither) {
    send({grant(1, 10 * second)}, 0);
    ASSERT_TRUE(engine_->stop_cleanly());
    engine_.reset();
    begin();
    EXPECT_TRUE(engine_->sequencer().exchange().has_leases());
    send({core::RenewLeases{leases_gateway}}, 100 * second);
    EXPECT_EQ(open_orders(), 1u) << "the first command after it finds the leases begun anew";
    expect_replay_is_equal();
    EXPECT_EQ(journal_words(disk_), (std::vector<std::string>{"grant", "restart", "renew"}));
}

TEST_F(SequencerLeases, ARestartWithoutLeasesJournalsNothing) {
    kill_and_restart();
    EXPECT_FALSE(engine_->sequencer().due_in_ns(at(100 * second)).has_value());
    const core::Sequence last = engine_->sequencer().last();
    idle(100 * second);
    EXPECT_EQ(engine_->sequencer().last(), last);
}

TEST_F(SequencerLeases, AnEngineThatWasAwayLetsThemBeginAnew) {
    send({grant(1, 10 * second)}, 0);
    // The machine slept: renewals may wait in the queue behind this.
    idle(10 * second + away_ns_min + 1);
    EXPECT_EQ(open_orders(), 1u);
    idle(20 * second + away_ns_min);
    EXPECT_EQ(open_orders(), 1u);
    idle(20 * second + 2 * away_ns_min);
    EXPECT_EQ(open_orders(), 0u);
    expect_replay_is_equal();
    EXPECT_EQ(journal_words(disk_), (std::vector<std::string>{"grant", "restart", "lapse"}));
}

TEST_F(SequencerLeases, AFullBatchHasRoomForWhatIsDue) {
    send({grant(1, second)}, 0);
    bus::FrameBatch frames;
    Traffic(2, gateway + 5).append_frames(100, frames);
    engine_->step(frames, at(second));
    ASSERT_TRUE(engine_->commit());
    EXPECT_EQ(engine_->sequencer().counters().lease_lapses, 1u);
    EXPECT_EQ(core::check_invariants(engine_->sequencer().exchange()).value_or(""), "");
    expect_replay_is_equal();
}

/// What clients, servers and time may do, from a seed.
core::CommandBody some_body(base::Random& random) {
    const core::AccountId account{core::first_user_account.raw + static_cast<std::uint32_t>(random.below(6))};
    const core::LeaseId lease{random.below(3), random.below(4)};
    switch (random.below(8)) {
        case 0:
            return core::EndLease{account, lease, random.chance(1, 2)};
        case 1:
        case 2:
            return core::RenewLeases{1 + random.below(2)};
        case 3:
        case 4:
            return core::GrantLease{account, lease, {random.between(1, 9) * second}};
        default: {
            core::PlaceOrder place = far_order();
            place.account = account;
            return place;
        }
    }
}

TEST_F(SequencerLeases, WhateverComesAndWhateverDiesReplayIsEqual) {
    base::Random random(11);
    std::int64_t time = 0;
    std::uint64_t restarts = 0;
    for (int round = 0; round < 600; ++round) {
        time += random.chance(1, 3) ? random.between(0, 4 * second) : random.between(0, second / 10);
        std::vector<core::CommandBody> bodies;
        for (std::uint64_t i = random.below(6); i > 0; --i) bodies.push_back(some_body(random));
        if (bodies.empty()) engine_->idle(at(time));
        engine_->step(frames_of(bodies), at(time));
        const bool is_durable = !random.chance(4, 5) || engine_->commit();
        ASSERT_TRUE(is_durable);
        ASSERT_EQ(core::check_invariants(engine_->sequencer().exchange()).value_or(""), "");
        if (!random.chance(1, 15)) continue;
        engine_.reset();
        disk_.crash(random.next());
        begin();
        ++restarts;
    }
    EXPECT_GT(restarts, 20u);
    ASSERT_TRUE(engine_->commit());
    expect_replay_is_equal();
    const auto words = journal_words(disk_);
    EXPECT_GT(std::ranges::count(words, "lapse"), 10);
    EXPECT_GT(std::ranges::count(words, "restart"), 20);
}

}  // namespace
}  // namespace sauda::sequencer
