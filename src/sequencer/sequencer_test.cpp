#include "sequencer/sequencer.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "codec/command_codec.h"
#include "codec/event_frame.h"
#include "core/event_reader.h"
#include "journal/batch.h"
#include "sequencer/testing/traffic.h"

namespace sauda::sequencer {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t start = 1'000'000 * second;
constexpr std::uint64_t gateway = 77;
constexpr SequencerConfig config{.engine_epoch = 9, .rules_version = 3, .batch_max = 64};

ClockReading at(std::int64_t after_start) {
    return {{start + after_start}, after_start};
}

std::vector<journal::BatchHeader> batches_of(base::Bytes bytes) {
    std::vector<journal::BatchHeader> headers;
    for (std::span<std::byte> rest = bytes; !rest.empty();) {
        headers.push_back(journal::encoded_header(rest));
        rest = rest.subspan(journal::encoded_length(rest));
    }
    return headers;
}

std::vector<codec::EventFrameView> frames_of(const bus::Chunk& chunk) {
    std::vector<codec::EventFrameView> frames;
    const auto done = codec::for_each_event_frame(
        *chunk.bytes, [&](const codec::EventFrameView& frame) { frames.push_back(frame); });
    EXPECT_TRUE(done.has_value());
    return frames;
}

bool is_redelivered(const codec::EventFrameView& frame) {
    bool found = false;
    core::for_each_event(
        frame.events, core::Overloaded{[&](const core::Redelivered&) { found = true; }, [](const auto&) {}});
    return found;
}

bus::FrameBatch traffic(std::size_t count, std::uint64_t seed = 1, std::uint64_t redelivery = 0) {
    bus::FrameBatch frames;
    testing::Traffic(seed, gateway).append_frames(count, frames, redelivery);
    return frames;
}

TEST(Sequencer, TurnsFramesIntoOneBatchAndHoldsTheirEventsBack) {
    Sequencer sequencer(core::Exchange{}, config);
    base::Bytes journal;
    const StepResult result = sequencer.step(traffic(40), 0, at(5), journal);
    EXPECT_EQ(result.frames_taken, 40u);
    EXPECT_EQ(result.first, core::Sequence{1});
    EXPECT_EQ(result.last, core::Sequence{40});

    const auto batches = batches_of(journal);
    ASSERT_EQ(batches.size(), 1u);
    EXPECT_EQ(batches[0].first_sequence, 1u);
    EXPECT_EQ(batches[0].record_count, 40u);
    EXPECT_EQ(batches[0].timestamp_ns, start + 5);
    EXPECT_EQ(batches[0].source, config.engine_epoch);
    EXPECT_EQ(batches[0].rules_version, config.rules_version);

    EXPECT_GT(sequencer.held_back().bytes(), 0u);
    EXPECT_TRUE(sequencer.held_back().release({39}).empty()) << "a batch is durable whole or not at all";
    const auto released = sequencer.held_back().release({40});
    ASSERT_EQ(released.size(), 1u);
    EXPECT_EQ(sequencer.held_back().bytes(), 0u);
    const auto frames = frames_of(released[0]);
    ASSERT_EQ(frames.size(), 40u);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        EXPECT_EQ(frames[i].header.sequence.raw, i + 1);
        EXPECT_EQ(frames[i].header.time.raw, start + 5);
        EXPECT_EQ(frames[i].header.engine_epoch, config.engine_epoch);
        EXPECT_EQ(frames[i].header.command, (core::CommandId{gateway, i + 1}));
        EXPECT_FALSE(frames[i].events.empty());
    }
}

TEST(Sequencer, CutsALongQueueIntoBatchesThatShareAJournalWrite) {
    Sequencer sequencer(core::Exchange{}, config);
    const bus::FrameBatch frames = traffic(150);
    base::Bytes journal;
    for (std::size_t from = 0; from < frames.size();) {
        from += sequencer.step(frames, from, at(static_cast<std::int64_t>(from)), journal).frames_taken;
    }
    const auto batches = batches_of(journal);
    ASSERT_EQ(batches.size(), 3u);
    EXPECT_EQ(batches[1].first_sequence, 65u);
    EXPECT_EQ(batches[2].record_count, 22u);
    const auto released = sequencer.held_back().release({128});
    ASSERT_EQ(released.size(), 2u);
    EXPECT_EQ(released[1].first, 65u);
    EXPECT_EQ(released[1].last, 128u);
    EXPECT_EQ(sequencer.held_back().release({150}).size(), 1u);
    EXPECT_EQ(sequencer.counters().commands, 150u);
}

TEST(Sequencer, DropsWhatIsNoCommandOrClaimsToBeItsOwn) {
    std::map<Dropped, int> dropped;
    Sequencer sequencer(core::Exchange{}, config,
                        {.on_dropped = [&](Dropped why, base::ByteView) { ++dropped[why]; }});
    bus::FrameBatch frames;
    frames.append(base::as_bytes("no command at all"));
    frames.append({});
    base::Bytes forged;
    codec::encode_command({{0, 5}, {}, core::OpenAccount{}}, forged);
    frames.append(forged);
    forged.clear();
    codec::encode_command({{gateway, 5}, {}, core::AdvanceTime{}}, forged);
    frames.append(forged);
    base::Bytes journal;
    EXPECT_EQ(sequencer.step(frames, 0, at(0), journal).frames_taken, 4u);
    EXPECT_TRUE(journal.empty());
    EXPECT_EQ(sequencer.last(), core::Sequence{0});
    EXPECT_EQ(dropped[Dropped::undecodable], 2);
    EXPECT_EQ(dropped[Dropped::forged], 2);

    frames.append_all(traffic(1));
    const StepResult result = sequencer.step(frames, 0, at(1), journal);
    EXPECT_EQ(result.frames_taken, 5u);
    EXPECT_EQ(result.last, core::Sequence{1});
    EXPECT_EQ(sequencer.counters().dropped, 8u);
}

TEST(Sequencer, SurvivesEveryDamagedFrame) {
    Sequencer sequencer(core::Exchange{}, config);
    base::Random random(4);
    const bus::FrameBatch good = traffic(300);
    bus::FrameBatch bad;
    for (std::size_t i = 0; i < good.size(); ++i) {
        base::Bytes frame(good[i].begin(), good[i].end());
        frame[random.below(frame.size())] = static_cast<std::byte>(random.below(256));
        if (random.chance(1, 3)) frame.resize(random.below(frame.size() + 1));
        bad.append(frame);
    }
    base::Bytes journal;
    for (std::size_t from = 0; from < bad.size();) {
        from += sequencer.step(bad, from, at(1), journal).frames_taken;
    }
    EXPECT_GT(sequencer.counters().dropped, 0u);
    EXPECT_EQ(sequencer.counters().dropped + sequencer.last().raw, bad.size());
}

TEST(Sequencer, ReleasesNothingAfterTheJournalFailed) {
    Sequencer sequencer(core::Exchange{}, config);
    base::Bytes journal;
    sequencer.step(traffic(10), 0, at(0), journal);
    EXPECT_EQ(sequencer.held_back().release({10}).size(), 1u);
    testing::Traffic more(2, gateway + 1);
    bus::FrameBatch frames;
    more.append_frames(10, frames);
    sequencer.step(frames, 0, at(1), journal);
    sequencer.held_back().fail();
    EXPECT_TRUE(sequencer.held_back().release({20}).empty());
    EXPECT_TRUE(sequencer.stopped());
    EXPECT_FALSE(sequencer.can_step());
    journal.clear();
    const StepResult result = sequencer.step(frames, 0, at(2), journal);
    EXPECT_TRUE(result.empty());
    EXPECT_EQ(result.frames_taken, 0u);
    EXPECT_TRUE(journal.empty());
    EXPECT_EQ(sequencer.held_back().released(), core::Sequence{10});
}

TEST(Sequencer, TakesNoMoreWhileTooMuchWaitsForTheDisk) {
    SequencerConfig small = config;
    small.held_back_bytes_max = 1;
    Sequencer sequencer(core::Exchange{}, small);
    base::Bytes journal;
    const bus::FrameBatch frames = traffic(100);
    EXPECT_EQ(sequencer.step(frames, 0, at(0), journal).frames_taken, 64u);
    EXPECT_FALSE(sequencer.can_step());
    EXPECT_EQ(sequencer.step(frames, 64, at(0), journal).frames_taken, 0u);
    sequencer.held_back().release({64});
    EXPECT_EQ(sequencer.step(frames, 64, at(0), journal).frames_taken, 36u);
}

TEST(Sequencer, StampsRiseHoweverTheWallClockJumpsAndStepsAreReported) {
    std::vector<ClockStep> steps;
    Sequencer sequencer(core::Exchange{}, config,
                        {.on_clock_step = [&](const ClockStep& step) { steps.push_back(step); }});
    const bus::FrameBatch frames = traffic(60);
    const std::int64_t walls[] = {
        0, 1, -3'600 * second, -3'600 * second + 5, 7'200 * second, 7'200 * second + 9};
    base::Bytes journal;
    std::int64_t last = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        bus::FrameBatch ten;
        for (std::size_t j = 0; j < 10; ++j) ten.append(frames[i * 10 + j]);
        journal.clear();
        sequencer.step(ten, 0, {{start + walls[i]}, static_cast<std::int64_t>(i)}, journal);
        const std::int64_t stamped = batches_of(journal)[0].timestamp_ns;
        EXPECT_GE(stamped, last);
        EXPECT_LT(stamped, start + second) << "a jump is not followed at once";
        last = stamped;
    }
    ASSERT_EQ(steps.size(), 2u);
    EXPECT_LT(steps[0].step_ns, 0);
    EXPECT_GT(steps[1].step_ns, 0);
}

TEST(Sequencer, AppliesARedeliveredFrameOnce) {
    const bus::FrameBatch once = traffic(400, 5);
    const bus::FrameBatch twice = traffic(400, 5, 4);
    ASSERT_GT(twice.size(), once.size());
    Sequencer sequencer(core::Exchange{}, config);
    base::Bytes journal;
    for (std::size_t from = 0; from < twice.size();) {
        from += sequencer.step(twice, from, at(0), journal).frames_taken;
    }
    std::map<std::uint64_t, int> applied;  // by gateway sequence
    std::size_t redelivered = 0;
    for (const bus::Chunk& chunk : sequencer.held_back().release(sequencer.last())) {
        for (const codec::EventFrameView& frame : frames_of(chunk)) {
            if (is_redelivered(frame)) {
                ++redelivered;
            } else {
                ++applied[frame.header.command.sequence];
            }
        }
    }
    std::map<std::uint64_t, int> sent;
    for (std::size_t i = 0; i < twice.size(); ++i) ++sent[codec::decode_command(twice[i])->id.sequence];
    EXPECT_EQ(applied.size(), sent.size());
    for (const auto& [sequence, count] : applied) EXPECT_EQ(count, 1) << "of command " << sequence;
    EXPECT_EQ(redelivered + applied.size(), twice.size());
}

TEST(Sequencer, StampsNothingBeforeATimeThatItToldOf) {
    Sequencer sequencer(core::Exchange{}, config);
    base::Bytes journal;
    sequencer.step(traffic(3), 0, at(0), journal);
    const core::Stamp told = sequencer.tell_time(at(10));
    EXPECT_EQ(told.sequence, core::Sequence{3});
    EXPECT_EQ(told.time, core::TimestampNs{start + 10});
    journal.clear();
    sequencer.step(traffic(3, 2), 0, at(4), journal);  // the wall clock was set back
    const auto batches = batches_of(journal);
    ASSERT_EQ(batches.size(), 1u);
    EXPECT_EQ(batches[0].first_sequence, 4u);
    EXPECT_EQ(batches[0].timestamp_ns, start + 10);
}

TEST(Sequencer, DoesNothingWhenIdleAndNothingIsDue) {
    Sequencer sequencer(core::Exchange{}, config);
    base::Bytes journal;
    const StepResult result = sequencer.step({}, 0, at(0), journal);
    EXPECT_TRUE(result.empty());
    EXPECT_TRUE(journal.empty());
    EXPECT_EQ(sequencer.counters().lease_lapses, 0u);
}

TEST(Sequencer, RefusesAPlaceStampedAfterItsDeadline) {
    Sequencer sequencer(core::Exchange{}, config);
    base::Bytes journal;
    sequencer.step(traffic(30), 0, at(0), journal);
    sequencer.held_back().release({30});
    core::PlaceOrder place;
    place.account = core::first_user_account;
    place.market = {1};
    place.price = {10'000};
    place.quantity = {1};
    bus::FrameBatch frames;
    for (const std::int64_t deadline : {start + 100, start + 99}) {
        base::Bytes frame;
        codec::encode_command(
            {{gateway + 1, static_cast<std::uint64_t>(start + 101 - deadline)}, {deadline}, place}, frame);
        frames.append(frame);
    }
    sequencer.step(frames, 0, at(100), journal);
    const auto released = sequencer.held_back().release({32});
    ASSERT_EQ(released.size(), 1u);
    std::vector<bool> expired;
    for (const codec::EventFrameView& frame : frames_of(released[0])) {
        expired.push_back(false);
        const auto look = core::Overloaded{[&](const core::Refused& refused) {
                                               expired.back() = refused.reason ==
                                                                core::RejectReason::expired_before_sequencing;
                                           },
                                           [](const auto&) {}};
        core::for_each_event(frame.events, look);
    }
    EXPECT_EQ(expired, (std::vector<bool>{false, true}));
}

}  // namespace
}  // namespace sauda::sequencer
