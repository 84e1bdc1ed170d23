#include "sequencer/recover.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "codec/command_codec.h"
#include "codec/event_frame.h"
#include "codec/state_codec.h"
#include "core/event_reader.h"
#include "journal/testing/forgetful_disk.h"
#include "sequencer/snapshots.h"
#include "sequencer/testing/dying_disk.h"
#include "sequencer/testing/engine.h"
#include "sequencer/testing/traffic.h"
#include "sequencer/verify.h"

namespace sauda::sequencer {
namespace {

using journal::testing::ForgetfulDisk;
using testing::DyingDisk;
using testing::Engine;
using testing::Traffic;
using Frames = std::map<std::uint64_t, base::Bytes>;

constexpr std::int64_t second = 1'000'000'000;
const std::string root = "data";

ClockReading at(std::int64_t tick) {
    return {{1'000'000 * second + tick}, tick};
}

std::unique_ptr<Engine> start(journal::FileSystem& disk,
                              const RecoverOptions& options = testing::small_segments()) {
    auto engine = Engine::start(disk, root, options);
    if (engine) return std::move(*engine);
    ADD_FAILURE() << engine.error().message();
    return nullptr;
}

void run(Engine& engine, Traffic& traffic, std::size_t count, std::int64_t& tick) {
    bus::FrameBatch frames;
    traffic.append_frames(count, frames);
    engine.step(frames, at(++tick));
}

bool is_redelivered(base::ByteView bytes) {
    bool found = false;
    core::for_each_event(
        codec::parse_event_frame(bytes)->events,
        core::Overloaded{[&](const core::Redelivered&) { found = true; }, [](const auto&) {}});
    return found;
}

base::Bytes state_bytes(const core::Exchange& exchange) {
    base::Bytes bytes;
    codec::encode_state(exchange.state(), bytes);
    return bytes;
}

/// The journal replayed from nothing.
core::Exchange replayed(journal::FileSystem& disk) {
    core::Exchange exchange;
    const auto totals = replay_into(exchange, disk, root + "/journal", {testing::rules_version, {}, {}}, {});
    EXPECT_TRUE(totals.has_value()) << totals.error().message();
    return exchange;
}

TEST(Recover, AFreshDirectoryIsAnEngineAtSequenceZero) {
    ForgetfulDisk disk;
    const auto engine = start(disk);
    EXPECT_TRUE(engine->report().fresh);
    EXPECT_EQ(engine->sequencer().last(), core::Sequence{0});
    EXPECT_EQ(engine->parts().engine_epoch, 1u);
}

TEST(Recover, NobodyElseOpensTheDirectoryOfARunningEngine) {
    ForgetfulDisk disk;
    const auto engine = start(disk);
    const auto second_engine = Engine::start(disk, root, testing::small_segments());
    ASSERT_FALSE(second_engine);
    EXPECT_EQ(second_engine.error().cause.operation, "flock");
}

TEST(Recover, RebuildsTheEventLogsTailByteForByte) {
    RecoverOptions options = testing::small_segments();
    options.event_segment_size = 64u << 20;  // a rollover would sync
    std::uint64_t rebuilt = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        ForgetfulDisk disk;
        std::int64_t tick = 0;
        Frames published;
        {
            const auto engine = start(disk, options);
            Traffic traffic(seed, 7);
            run(*engine, traffic, 300, tick);
            ASSERT_TRUE(engine->commit());
            published = engine->published();
        }
        disk.crash(seed);
        const auto engine = start(disk, options);
        const RecoveryReport& report = engine->report();
        EXPECT_EQ(report.last, core::Sequence{300});
        EXPECT_EQ(report.replayed, 300u);
        EXPECT_EQ(report.event_frames_rebuilt + report.event_frames_compared, 300u);
        EXPECT_TRUE(testing::frames_of(*engine->parts().event_log) == published)
            << "the first epoch included";
        EXPECT_EQ(engine->parts().engine_epoch, 2u);
        rebuilt += report.event_frames_rebuilt;
    }
    EXPECT_GT(rebuilt, 0u) << "nobody synced the event log";
}

void send(Engine& engine, core::CommandBody body, std::uint64_t number, std::int64_t& tick) {
    base::Bytes frame;
    codec::encode_command({{99, number}, {}, std::move(body)}, frame);
    bus::FrameBatch frames;
    frames.append(frame);
    engine.step(frames, at(++tick));
}

/// References of what was sent to other shards and is not confirmed.
std::vector<std::string> pending_of(const Engine& engine) {
    std::vector<std::string> pending;
    for (const core::TransferRecord& record : engine.sequencer().exchange().state().transfers) {
        if (record.is_pending()) pending.emplace_back(record.reference.view());
    }
    return pending;
}

TEST(Recover, WhatIsUnderWayToOtherShardsIsPendingAcrossASnapshotAndAReplay) {
    ForgetfulDisk disk;
    std::int64_t tick = 0;
    const core::ShardName north("north");
    const auto reference = [](const char* text) { return core::TransferReference(text); };
    using Pending = std::vector<std::string>;
    {
        const auto engine = start(disk);
        Traffic traffic(1, 7);
        run(*engine, traffic, 21, tick);  // what is listed, opened and deposited
        for (const char* name : {"a", "b", "c"})
            send(*engine, core::SendTransfer{{}, {16}, {1}, {5}, reference(name), north},
                 static_cast<std::uint64_t>(*name), tick);
        send(*engine, core::ConfirmTransfer{reference("b"), north}, 200, tick);
        ASSERT_EQ(pending_of(*engine), (Pending{"a", "c"}));
        ASSERT_TRUE(engine->stop_cleanly());  // with a snapshot
    }
    disk.kill();
    {
        const auto engine = start(disk);
        EXPECT_EQ(engine->report().replayed, 0u);
        EXPECT_EQ(pending_of(*engine), (Pending{"a", "c"}));
        send(*engine, core::ConfirmTransfer{reference("a"), north}, 201, tick);
        send(*engine, core::ConfirmTransfer{reference("b"), north}, 202, tick);  // once more
        send(*engine, core::SendTransfer{{}, {17}, {1}, {7}, reference("d"), north}, 203, tick);
        ASSERT_TRUE(engine->commit());
    }
    disk.crash(5);
    const auto engine = start(disk);
    EXPECT_EQ(engine->report().replayed, 3u);
    EXPECT_EQ(pending_of(*engine), (Pending{"c", "d"}));
    EXPECT_EQ(engine->sequencer().exchange().balance(core::in_transit_account, {1}).available.raw, 22);
    EXPECT_EQ(state_bytes(replayed(disk)), state_bytes(engine->sequencer().exchange()));
}

TEST(Recover, RebuildsAnEventLogThatIsGone) {
    ForgetfulDisk disk;
    std::int64_t tick = 0;
    Frames published;
    {
        const auto engine = start(disk);
        Traffic traffic(1, 7);
        run(*engine, traffic, 200, tick);
        ASSERT_TRUE(engine->stop_cleanly());
        published = engine->published();
    }
    const auto names = disk.list(root + "/events");
    for (const std::string& name : *names) ASSERT_TRUE(disk.remove(root + "/events/" + name));
    disk.kill();
    const auto engine = start(disk);
    EXPECT_EQ(engine->report().snapshot, core::Sequence{0})
        << "the snapshot is above what the event log lacks";
    EXPECT_TRUE(testing::frames_of(*engine->parts().event_log) == published);
}

TEST(Recover, StartsFromTheSnapshotOfACleanStop) {
    ForgetfulDisk disk;
    std::int64_t tick = 0;
    Traffic traffic(1, 7);
    base::Bytes before;
    {
        const auto engine = start(disk);
        run(*engine, traffic, 250, tick);
        ASSERT_TRUE(engine->stop_cleanly());
        before = state_bytes(engine->sequencer().exchange());
    }
    disk.crash(1);
    const auto engine = start(disk);
    EXPECT_TRUE(engine->report().stopped_cleanly);
    EXPECT_EQ(engine->report().snapshot, core::Sequence{250});
    EXPECT_EQ(engine->report().replayed, 0u);
    EXPECT_EQ(state_bytes(engine->sequencer().exchange()), before);
    run(*engine, traffic, 50, tick);
    ASSERT_TRUE(engine->commit());
    EXPECT_EQ(engine->published().begin()->first, 251u);
    EXPECT_EQ(state_bytes(replayed(disk)), state_bytes(engine->sequencer().exchange()));
}

TEST(Recover, PassesOverADamagedSnapshot) {
    ForgetfulDisk disk;
    std::int64_t tick = 0;
    Traffic traffic(1, 7);
    for (int stops = 0; stops < 2; ++stops) {
        const auto engine = start(disk);
        run(*engine, traffic, 100, tick);
        ASSERT_TRUE(engine->stop_cleanly());
    }
    const std::string newest = journal::SnapshotStore(disk, root + "/snapshots").path_of(200);
    base::Bytes bytes = disk.content(newest);
    bytes[bytes.size() / 2] ^= std::byte{1};
    disk.set_content(newest, bytes);
    disk.kill();
    const auto engine = start(disk);
    EXPECT_EQ(engine->report().damaged_snapshots.size(), 1u);
    EXPECT_EQ(engine->report().snapshot, core::Sequence{100});
    EXPECT_EQ(engine->report().replayed, 100u);
    EXPECT_EQ(engine->report().event_frames_compared, 100u);
}

TEST(Recover, RefusesEventsThatReplayDoesNotGive) {
    ForgetfulDisk disk;
    std::int64_t tick = 0;
    journal::JournalId id{};
    {
        const auto engine = start(disk);
        Traffic traffic(1, 7);
        run(*engine, traffic, 100, tick);
        ASSERT_TRUE(engine->commit());
        id = engine->parts().journal;
    }
    disk.kill();
    {
        // An event log of the same journal, well-formed, in which one frame says something else.
        journal::EventLogConfig config;
        config.journal = id;
        auto log = journal::EventLog::open(disk, root + "/events", config);
        ASSERT_TRUE(log);
        Frames frames = testing::frames_of(**log);
        frames[60].back() ^= std::byte{1};
        ASSERT_TRUE((*log)->start_over(1));
        for (const auto& [sequence, frame] : frames) {
            ASSERT_TRUE((*log)->append({sequence, sequence, frame}));
        }
    }
    const auto refused = Engine::start(disk, root, testing::small_segments());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, journal::JournalFault::damaged);
    EXPECT_EQ(refused.error().sequence, 60u);
}

TEST(Recover, RefusesAJournalThatIsGoneWhileItsEventLogIsThere) {
    ForgetfulDisk disk;
    std::int64_t tick = 0;
    {
        const auto engine = start(disk);
        Traffic traffic(1, 7);
        run(*engine, traffic, 10, tick);
        ASSERT_TRUE(engine->stop_cleanly());
    }
    const auto names = disk.list(root + "/journal");
    for (const std::string& name : *names) ASSERT_TRUE(disk.remove(root + "/journal/" + name));
    disk.kill();
    const auto refused = Engine::start(disk, root, testing::small_segments());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, journal::JournalFault::missing);
}

TEST(Recover, PublishesNothingOfABatchWhoseSyncFailed) {
    ForgetfulDisk disk;
    std::int64_t tick = 0;
    Traffic traffic(1, 7);
    Frames published;
    {
        const auto engine = start(disk);
        run(*engine, traffic, 50, tick);
        ASSERT_TRUE(engine->commit());
        run(*engine, traffic, 50, tick);
        disk.fail_sync_in(1);
        EXPECT_FALSE(engine->commit());
        EXPECT_TRUE(engine->sequencer().stopped());
        disk.fail_sync_in(0);
        run(*engine, traffic, 50, tick);
        EXPECT_FALSE(engine->commit()) << "a second sync may lie";
        published = engine->published();
        EXPECT_EQ(published.size(), 50u);
    }
    disk.kill();  // the page cache still shows what the device never got
    const auto engine = start(disk);
    // Part of the failed batches may have reached the device all the same; none was released.
    EXPECT_GE(engine->report().last, core::Sequence{50});
    EXPECT_LE(engine->report().last, core::Sequence{100}) << "nothing was written after the failure";
    const Frames logged = testing::frames_of(*engine->parts().event_log);
    EXPECT_TRUE(std::ranges::includes(logged, published));
}

TEST(Recover, WithoutSyncsAPowerCutLosesATailAndWhatIsLeftAgrees) {
    RecoverOptions options = testing::small_segments();
    options.durability = journal::Durability::os;
    options.journal_segment_size = 64u << 10;
    std::uint64_t forgotten = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        ForgetfulDisk disk;
        std::int64_t tick = 0;
        Traffic traffic(seed, 7);
        Frames published;
        {
            const auto engine = start(disk, options);
            for (int i = 0; i < 20; ++i) {
                run(*engine, traffic, 25, tick);
                ASSERT_TRUE(engine->commit());
            }
            // As a snapshot of another process would: it is synced, the journal is not.
            ASSERT_TRUE(save_snapshot(disk, root, engine->sequencer().exchange(), engine->parts().journal,
                                      testing::rules_version));
            published = engine->published();
        }
        disk.crash(seed);
        for (int starts = 0; starts < 2; ++starts) {
            const auto engine = start(disk, options);
            const Frames logged = testing::frames_of(*engine->parts().event_log);
            EXPECT_EQ(logged.size(), engine->report().last.raw);
            EXPECT_EQ(state_bytes(replayed(disk)), state_bytes(engine->sequencer().exchange()));
            if (starts == 0) {
                EXPECT_TRUE(std::ranges::includes(published, logged));
                forgotten += engine->report().forgotten;
                run(*engine, traffic, 100, tick);  // sequences given anew
                ASSERT_TRUE(engine->stop_cleanly());
            }
            disk.kill();
        }
    }
    EXPECT_GT(forgotten, 0u);
}

TEST(RollSnapshotForward, ReplaysClosedSegmentsOverTheLastSnapshotBesideARunningEngine) {
    ForgetfulDisk disk;
    std::int64_t tick = 0;
    Traffic traffic(3, 7);
    const auto engine = start(disk);
    const RollOptions options{.rules_version = testing::rules_version};
    const auto nothing = roll_snapshot_forward(disk, root, options);
    ASSERT_TRUE(nothing);
    EXPECT_FALSE(nothing->has_value());
    core::Sequence last;
    for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 20; ++j) {
            run(*engine, traffic, 30, tick);
            ASSERT_TRUE(engine->commit());
        }
        const auto rolled = roll_snapshot_forward(disk, root, options);
        ASSERT_TRUE(rolled) << rolled.error().message();
        ASSERT_TRUE(rolled->has_value());
        EXPECT_EQ((*rolled)->from, last);
        EXPECT_GT((*rolled)->to, last);
        EXPECT_EQ((*rolled)->replayed, (*rolled)->to.raw - last.raw);
        last = (*rolled)->to;
    }
    const auto limited =
        roll_snapshot_forward(disk, root, {.rules_version = testing::rules_version, .through_max = last});
    ASSERT_TRUE(limited);
    EXPECT_FALSE(limited->has_value());
    const auto kept = journal::SnapshotStore(disk, root + "/snapshots").list();
    EXPECT_EQ(kept->size(), 2u);
    ASSERT_TRUE(engine->parts().event_log->sync());
    const base::Bytes state = state_bytes(engine->sequencer().exchange());
    disk.crash(9);
    const auto restarted = start(disk);
    EXPECT_EQ(restarted->report().snapshot, last);
    EXPECT_EQ(state_bytes(restarted->sequencer().exchange()), state);
}

TEST(Verify, ComparesEventsAndSnapshotsWithReplay) {
    ForgetfulDisk disk;
    std::int64_t tick = 0;
    Traffic traffic(3, 7);
    for (int runs = 0; runs < 3; ++runs) {
        const auto engine = start(disk);
        for (int j = 0; j < 10; ++j) run(*engine, traffic, 30, tick);
        ASSERT_TRUE(engine->stop_cleanly());
    }
    disk.kill();
    const auto report = verify(disk, root, {.rules_version = testing::rules_version});
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_EQ(report->last, core::Sequence{900});
    EXPECT_EQ(report->replayed, 900u);
    EXPECT_EQ(report->event_frames_compared, 900u);
    EXPECT_EQ(report->snapshots_compared, 2u) << "two are kept";
}

/// Runs of one engine on one disk, each ended by some disaster; every promise is checked after each.
class Campaign {
public:
    explicit Campaign(std::uint64_t seed) : random_(seed), traffic_(seed, 1'000 + seed) {}

    void run(int rounds) {
        for (int i = 0; i < rounds && !::testing::Test::HasFailure(); ++i) round();
        dying_.live();
        const auto engine = start(disk_);
        if (engine == nullptr) return;
        check_kept(*engine);
        check_applied_once();
        EXPECT_EQ(state_bytes(replayed(disk_)), state_bytes(engine->sequencer().exchange()));
    }
    std::size_t released() const { return released_.size(); }

private:
    void round() {
        if (random_.chance(1, 4)) dying_.die_after(random_.below(80));
        auto engine = Engine::start(dying_, root, testing::small_segments());
        if (!engine) {
            EXPECT_TRUE(dying_.dead()) << engine.error().message();
            return end(nullptr);
        }
        check_kept(**engine);
        choose_disaster();
        trade(**engine);
        end(engine->get());
    }

    void choose_disaster() {
        const std::uint64_t dice = random_.below(4);
        dying_.live();
        if (dice == 0) dying_.die_after(random_.below(300));
        if (dice == 1) disk_.fail_sync_in(1 + random_.below(30));
    }

    void trade(Engine& engine) {
        engine.step(unanswered_, at(++tick_));  // what gateways send again
        for (std::uint64_t steps = random_.below(60); steps > 0; --steps) {
            bus::FrameBatch frames;
            traffic_.append_frames(1 + random_.below(50), frames, 20);
            unanswered_.append_all(frames);
            engine.step(frames, at(tick_ += random_.between(-second / 4, second)));
            if (random_.chance(1, 3) && !engine.commit()) return;
            if (random_.chance(1, 20)) {
                const auto rolled =
                    roll_snapshot_forward(dying_, root, {.rules_version = testing::rules_version});
                if (!rolled) return;
            }
            if (random_.chance(1, 10) && !engine.parts().event_log->sync()) return;
        }
        if (random_.chance(1, 3) && engine.stop_cleanly()) unanswered_.clear();
    }

    void end(Engine* engine) {
        if (engine != nullptr) {
            for (const auto& [sequence, frame] : engine->published()) {
                EXPECT_TRUE(released_.emplace(sequence, frame).second) << "released twice: " << sequence;
            }
        }
        disk_.fail_sync_in(0);
        dying_.live();
        if (random_.chance(1, 3)) {
            disk_.kill();
        } else {
            disk_.crash(random_.next());
        }
    }

    /// Whatever was released stands in the event log as it was; whatever stands there may be released.
    void check_kept(Engine& engine) {
        const Frames logged = testing::frames_of(*engine.parts().event_log);
        EXPECT_EQ(logged.size(), engine.report().last.raw);
        for (const auto& [sequence, frame] : released_) {
            const auto found = logged.find(sequence);
            ASSERT_NE(found, logged.end()) << "lost: " << sequence;
            ASSERT_EQ(found->second, frame) << "changed: " << sequence;
        }
        EXPECT_GT(engine.parts().engine_epoch, epoch_);
        epoch_ = engine.parts().engine_epoch;
        released_ = logged;
    }

    void check_applied_once() const {
        std::map<core::CommandId, int> applied;
        for (const auto& [sequence, frame] : released_) {
            if (!is_redelivered(frame)) ++applied[codec::parse_event_frame(frame)->header.command];
        }
        for (const auto& [id, count] : applied) EXPECT_EQ(count, 1) << "command " << id.sequence;
    }

    base::Random random_;
    Traffic traffic_;
    ForgetfulDisk disk_;
    DyingDisk dying_{disk_};
    Frames released_;
    bus::FrameBatch unanswered_;
    std::int64_t tick_ = 0;
    std::uint64_t epoch_ = 0;
};

TEST(Recover, KeepsEveryPromiseThroughCrashesAtRandomInstants) {
    std::size_t released = 0;
    for (std::uint64_t seed = 1; seed <= 24 && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Campaign campaign(seed);
        campaign.run(8);
        released += campaign.released();
    }
    EXPECT_GT(released, 10'000u) << "the campaign must have done something";
}

}  // namespace
}  // namespace sauda::sequencer
