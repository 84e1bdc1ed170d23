// An upgrade to other trading rules: the exchange is stopped in order, which saves a
// snapshot at the journal's end; the new program starts from it and writes a segment of its own.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "backup/backup.h"
#include "backup/restore.h"
#include "codec/state_codec.h"
#include "journal/posix_file_system.h"
#include "journal/segment.h"
#include "journal/snapshot_store.h"
#include "sequencer/testing/engine.h"
#include "sequencer/testing/traffic.h"
#include "sequencer/verify.h"

namespace sauda::backup {
namespace {

namespace fs = std::filesystem;
using journal::JournalFault;
using sequencer::testing::Engine;

constexpr std::int64_t second = 1'000'000'000;
constexpr std::uint32_t old_rules = sequencer::testing::rules_version;
constexpr std::uint32_t new_rules = old_rules + 1;

class RulesChange : public testing::Test {
protected:
    RulesChange() {
        std::string name = (fs::temp_directory_path() / "sauda-rules-XXXXXX").string();
        folder_ = mkdtemp(name.data());
        data_ = (folder_ / "data").string();
        auto engine = Engine::start(disk_, data_, sequencer::testing::small_segments());
        EXPECT_TRUE(engine.has_value());
        if (engine) engine_ = std::move(*engine);
        for (std::int64_t tick = 1; tick <= 20; ++tick) {
            bus::FrameBatch frames;
            traffic_.append_frames(20, frames);
            engine_->step(frames, {{1'000'000 * second + tick}, tick});
            EXPECT_TRUE(engine_->commit());
        }
    }
    ~RulesChange() override { fs::remove_all(folder_); }

    sequencer::JournalResult<sequencer::Recovered> start_under_new_rules() {
        sequencer::RecoverOptions options = sequencer::testing::small_segments();
        options.rules_version = new_rules;
        return sequencer::recover(disk_, data_, options);
    }

    /// So many batches of 20 commands, and a stop in order.
    void trade_under_new_rules(int batches) {
        sequencer::RecoverOptions options = sequencer::testing::small_segments();
        options.rules_version = new_rules;
        auto engine = Engine::start(disk_, data_, options);
        ASSERT_TRUE(engine.has_value()) << engine.error().message();
        for (int i = 0; i < batches; ++i, ++tick_) {
            bus::FrameBatch frames;
            traffic_.append_frames(20, frames);
            (*engine)->step(frames, {{1'000'000 * second + tick_}, tick_});
            ASSERT_TRUE((*engine)->commit());
        }
        ASSERT_TRUE((*engine)->stop_cleanly());
    }

    sequencer::testing::Traffic traffic_{3, 1};
    std::int64_t tick_ = 21;
    fs::path folder_;
    std::string data_;
    journal::PosixFileSystem disk_;
    std::unique_ptr<Engine> engine_;
};

TEST_F(RulesChange, AfterAStopInOrderTheNewProgramStartsWhereTheOldOneEnded) {
    const std::uint64_t state = codec::hash_state(engine_->sequencer().exchange().state());
    ASSERT_TRUE(engine_->stop_cleanly());
    engine_.reset();
    const auto recovered = start_under_new_rules();
    ASSERT_TRUE(recovered.has_value()) << recovered.error().message();
    EXPECT_EQ(recovered->report.replayed, 0u);
    EXPECT_EQ(codec::hash_state(recovered->exchange.state()), state);
}

TEST_F(RulesChange, AfterAKillTheNewProgramRefusesAndTheOldOneMustRecoverFirst) {
    engine_.reset();
    const auto recovered = start_under_new_rules();
    ASSERT_FALSE(recovered.has_value());
    EXPECT_EQ(recovered.error().fault, JournalFault::other_rules_version) << recovered.error().message();
}

TEST_F(RulesChange, VerifyReplaysWhatIsOfTodaysRulesAndChecksTheRest) {
    ASSERT_TRUE(engine_->stop_cleanly());
    engine_.reset();
    const auto before = sequencer::verify(disk_, data_, {new_rules, 0});
    ASSERT_TRUE(before.has_value()) << before.error().message();
    EXPECT_EQ(before->other_rules_through.raw, 400u);
    EXPECT_EQ(before->commands_checked, 400u);
    EXPECT_EQ(before->event_frames_read, 400u);
    EXPECT_EQ(before->replayed, 0u);
    // As many stops as would prune the snapshot at which the rules changed.
    for (int run = 1; run <= 4; ++run) {
        trade_under_new_rules(10);
        const auto verified = sequencer::verify(disk_, data_, {new_rules, 0});
        ASSERT_TRUE(verified.has_value()) << verified.error().message();
        EXPECT_EQ(verified->other_rules_through.raw, 400u);
        EXPECT_EQ(verified->from.raw, 400u);
        EXPECT_EQ(verified->commands_checked, 400u);
        EXPECT_EQ(verified->replayed, 200u * static_cast<unsigned>(run));
        EXPECT_EQ(verified->event_frames_compared, verified->replayed);
        EXPECT_EQ(verified->last.raw, 400u + verified->replayed);
    }
    const journal::SnapshotStore snapshots(disk_, data_ + "/snapshots");
    EXPECT_EQ(snapshots.list().value(), (std::vector<std::uint64_t>{1200, 1000, 400}));
    // The program of before is told what it lacks.
    const auto old = sequencer::verify(disk_, data_, {old_rules, 0});
    ASSERT_TRUE(old.has_value()) << old.error().message();
    EXPECT_EQ(old->other_rules_through.raw, 1200u);
}

TEST_F(RulesChange, DamageBeforeTheChangeIsFoundThoughNothingOfItIsReplayed) {
    ASSERT_TRUE(engine_->stop_cleanly());
    engine_.reset();
    trade_under_new_rules(1);
    const std::string oldest = data_ + "/journal/" + journal::segment_name(1, journal::SegmentKind::journal);
    std::fstream file(oldest, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(journal::segment_header_size + 200);
    file.put('x');
    file.close();
    const auto verified = sequencer::verify(disk_, data_, {new_rules, 0});
    ASSERT_FALSE(verified.has_value());
    EXPECT_EQ(verified.error().fault, JournalFault::damaged) << verified.error().message();
}

TEST_F(RulesChange, WithoutASnapshotThatLeadsOnVerifyRefuses) {
    ASSERT_TRUE(engine_->stop_cleanly());
    engine_.reset();
    fs::remove_all(data_ + "/snapshots");
    fs::create_directory(data_ + "/snapshots");
    const auto verified = sequencer::verify(disk_, data_, {new_rules, 0});
    ASSERT_FALSE(verified.has_value());
    EXPECT_EQ(verified.error().fault, JournalFault::missing) << verified.error().message();
}

TEST_F(RulesChange, BackupsOfAJournalOfBothRulesHoldEventsAndAreRestored) {
    const std::uint64_t state = codec::hash_state(engine_->sequencer().exchange().state());
    ASSERT_TRUE(engine_->stop_cleanly());
    engine_.reset();
    const auto running = start_under_new_rules();
    ASSERT_TRUE(running.has_value());
    BackupOptions options;
    options.data_dir = data_;
    options.to = data_ + "-backup";
    options.rules_version = new_rules;
    const auto made = make_backup(options);
    ASSERT_TRUE(made.has_value()) << made.error();
    EXPECT_TRUE(made->was_running);
    EXPECT_TRUE(fs::exists(options.to + "/events"));
    const auto restored = restore_backup({options.to, data_ + "-restored", new_rules, 0, {}});
    ASSERT_TRUE(restored.has_value()) << restored.error();
    EXPECT_EQ(restored->manifest.state_hash, state);
    EXPECT_EQ(restored->replayed, 0u);
}

}  // namespace
}  // namespace sauda::backup
