// What stands today of an upgrade to other trading rules: the exchange is stopped in order, which saves a
// snapshot at the journal's end; the new program starts from it and writes a segment of its own.
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "backup/backup.h"
#include "backup/restore.h"
#include "codec/state_codec.h"
#include "journal/posix_file_system.h"
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
        sequencer::testing::Traffic traffic(3, 1);
        for (std::int64_t tick = 1; tick <= 20; ++tick) {
            bus::FrameBatch frames;
            traffic.append_frames(20, frames);
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

/// The limit that docs/operating.md tells of: what replays from the journal's beginning needs the rules of
/// the beginning.
TEST_F(RulesChange, NeitherProgramVerifiesAJournalOfBothRules) {
    ASSERT_TRUE(engine_->stop_cleanly());
    engine_.reset();
    ASSERT_TRUE(start_under_new_rules().has_value());
    const auto verified = sequencer::verify(disk_, data_, {new_rules, 0});
    ASSERT_FALSE(verified.has_value());
    EXPECT_EQ(verified.error().fault, JournalFault::other_rules_version);
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
