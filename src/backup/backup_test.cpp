#include "backup/backup.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "backup/restore.h"
#include "codec/state_codec.h"
#include "identity/store.h"
#include "journal/posix_file_system.h"
#include "journal/segment.h"
#include "sequencer/testing/engine.h"
#include "sequencer/testing/traffic.h"
#include "sequencer/verify.h"

namespace sauda::backup {
namespace {

namespace fs = std::filesystem;
using sequencer::testing::Engine;
using sequencer::testing::Traffic;

constexpr std::int64_t second = 1'000'000'000;

/// A folder of its own, and an engine that works in it.
class Backups : public testing::Test {
protected:
    Backups() {
        std::string name = (fs::temp_directory_path() / "sauda-backup-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    ~Backups() override { fs::remove_all(folder_); }

    std::string path(const std::string& name) const { return (folder_ / name).string(); }

    void start() {
        auto engine = Engine::start(disk_, path("data"), sequencer::testing::small_segments());
        ASSERT_TRUE(engine.has_value()) << engine.error().message();
        engine_ = std::move(*engine);
    }
    void step(std::size_t count) {
        bus::FrameBatch frames;
        traffic_.append_frames(count, frames);
        ++tick_;
        engine_->step(frames, {{1'000'000 * second + tick_}, tick_});
    }
    void trade(int batches) {
        for (int i = 0; i < batches; ++i) {
            step(50);
            ASSERT_TRUE(engine_->commit());
        }
    }
    Outcome<BackupReport> back_up(const std::string& to) {
        BackupOptions options;
        options.data_dir = path("data");
        options.to = path(to);
        options.rules_version = sequencer::testing::rules_version;
        return make_backup(options);
    }
    Outcome<RestoreReport> restore(const std::string& from, const std::string& to,
                                   std::uint32_t rules = sequencer::testing::rules_version) {
        RestoreOptions options;
        options.backup = path(from);
        options.data_dir = path(to);
        options.rules_version = rules;
        return restore_backup(options);
    }
    std::uint64_t hash() const { return codec::hash_state(engine_->sequencer().exchange().state()); }
    std::uint64_t last() const { return engine_->sequencer().last().raw; }

    fs::path folder_;
    journal::PosixFileSystem disk_;
    Traffic traffic_{7, 1};
    std::unique_ptr<Engine> engine_;
    std::int64_t tick_ = 0;
};

TEST_F(Backups, BesideARunningEngineHoldWhatWasReleasedAndNoMore) {
    start();
    trade(40);
    const std::uint64_t released = last();
    const std::uint64_t state = hash();
    step(50);  // applied, not yet durable
    const auto made = back_up("copy");
    ASSERT_TRUE(made.has_value()) << made.error();
    EXPECT_TRUE(made->was_running);
    EXPECT_EQ(made->manifest.last_sequence, released);
    EXPECT_EQ(made->manifest.state_hash, state);
    EXPECT_TRUE(engine_->commit());

    const auto restored = restore("copy", "again");
    ASSERT_TRUE(restored.has_value()) << restored.error();
    EXPECT_EQ(restored->manifest, made->manifest);
    EXPECT_EQ(restored->replayed, released);
    const auto verified = sequencer::verify(disk_, path("again"), {sequencer::testing::rules_version, 0});
    ASSERT_TRUE(verified.has_value()) << verified.error().message();
    EXPECT_EQ(verified->state_hash, state);
    EXPECT_EQ(verified->event_frames_compared, released);
    EXPECT_EQ(verified->snapshots_compared, 1u);
    EXPECT_FALSE(fs::exists(path("again.restoring")));
}

TEST_F(Backups, OfAStoppedEngineBeginFromItsSnapshot) {
    start();
    trade(40);
    const std::uint64_t state = hash();
    ASSERT_TRUE(engine_->stop_cleanly());
    engine_.reset();
    const auto made = back_up("copy");
    ASSERT_TRUE(made.has_value()) << made.error();
    EXPECT_FALSE(made->was_running);
    EXPECT_EQ(made->replayed, 0u);
    EXPECT_EQ(made->manifest.state_hash, state);
    const auto restored = restore("copy", "again");
    ASSERT_TRUE(restored.has_value()) << restored.error();
    EXPECT_EQ(restored->replayed, made->manifest.last_sequence);
}

TEST_F(Backups, OfAFreshEngineAreEmptyAndWhole) {
    start();
    ASSERT_TRUE(back_up("copy").has_value());
    const auto restored = restore("copy", "again");
    ASSERT_TRUE(restored.has_value()) << restored.error();
    EXPECT_EQ(restored->manifest.last_sequence, 0u);
}

TEST_F(Backups, OverwriteNothing) {
    start();
    trade(2);
    fs::create_directory(path("full"));
    std::ofstream(path("full/precious")) << "x";
    EXPECT_NE(back_up("full").error().find("nothing is overwritten"), std::string::npos);
    ASSERT_TRUE(back_up("copy").has_value());
    EXPECT_NE(restore("copy", "full").error().find("nothing is overwritten"), std::string::npos);
    EXPECT_NE(restore("copy", "data").error().find("nothing is overwritten"), std::string::npos);
    EXPECT_EQ(fs::file_size(path("full/precious")), 1u);
}

TEST_F(Backups, WithADamagedOrMissingFileAreRefused) {
    start();
    trade(40);
    ASSERT_TRUE(back_up("copy").has_value());
    int tries = 0;
    for (const auto& entry : fs::recursive_directory_iterator(path("copy"))) {
        if (!entry.is_regular_file()) continue;
        const std::string to = "try" + std::to_string(++tries);
        const std::string file = entry.path().string();
        fs::rename(file, file + ".away");
        EXPECT_FALSE(restore("copy", to).has_value()) << file;
        fs::copy_file(file + ".away", file);
        std::fstream(file, std::ios::in | std::ios::out).seekp(fs::file_size(file) / 2).put('\x7f');
        EXPECT_FALSE(restore("copy", to + "-again").has_value()) << file;
        const fs::path none = path(to + "-again");
        EXPECT_TRUE(!fs::exists(none) || fs::is_empty(none)) << file;
        fs::rename(file + ".away", file);
    }
    EXPECT_GT(tries, 3);
    const auto restored = restore("copy", "good");
    EXPECT_TRUE(restored.has_value()) << restored.error();
}

TEST_F(Backups, OfAnExchangeThatDoesNotServeYetAreRefused) {
    start();
    trade(2);
    BackupOptions options;
    options.data_dir = path("data");
    options.to = path("copy");
    options.rules_version = sequencer::testing::rules_version;
    options.is_serving = [] { return false; };
    EXPECT_NE(make_backup(options).error().find("starting or stopping"), std::string::npos);
    EXPECT_FALSE(fs::exists(options.to));
    options.is_serving = [] { return true; };
    EXPECT_TRUE(make_backup(options).has_value());
}

TEST_F(Backups, OfOtherRulesAreRefused) {
    start();
    trade(2);
    ASSERT_TRUE(back_up("copy").has_value());
    EXPECT_NE(restore("copy", "again", sequencer::testing::rules_version + 1).error().find("rules version"),
              std::string::npos);
}

TEST_F(Backups, OfATornJournalAreRefusedUntilItHasRecovered) {
    start();
    trade(3);
    engine_.reset();  // as if killed
    std::string newest;
    for (const auto& entry : fs::directory_iterator(path("data/journal")))
        if (entry.path().extension() == ".seg") newest = std::max(newest, entry.path().string());
    std::fstream(newest, std::ios::in | std::ios::out).seekp(fs::file_size(newest) - 100).put('\x7f');
    EXPECT_NE(back_up("copy").error().find("torn at its end"), std::string::npos);
    start();
    engine_.reset();
    const auto made = back_up("later");
    EXPECT_TRUE(made.has_value()) << made.error();
}

/// A user of identity's store who has an account there, as after a registration.
void register_user(const std::string& path, const identity::Uuid& id, std::uint32_t account) {
    auto store = identity::Store::open(path);
    ASSERT_TRUE(store.has_value());
    identity::User user;
    user.user_id = id;
    user.email = id.text() + "@example.com";
    user.account_id = account;
    ASSERT_TRUE(store->create_user(user).has_value());
}

TEST_F(Backups, WhoRegisteredAfterTheJournalEndedForTheCopyIsCopiedWithoutTheAccount) {
    start();
    trade(10);
    const core::ExchangeState state = engine_->sequencer().exchange().state();
    ASSERT_FALSE(state.accounts.empty());
    const identity::Uuid known{state.accounts[0].user.bytes};
    const identity::Uuid later = identity::random_uuid();
    register_user(path("data/identity.sqlite"), known, core::first_user_account.raw);
    register_user(path("data/identity.sqlite"), later, 9'999);
    const auto made = back_up("copy");
    ASSERT_TRUE(made.has_value()) << made.error();
    ASSERT_TRUE(restore("copy", "again").has_value());
    auto store = identity::Store::open(path("again/identity.sqlite"));
    ASSERT_TRUE(store.has_value());
    const auto with = store->list_user_accounts();
    ASSERT_TRUE(with.has_value());
    ASSERT_EQ(with->size(), 1u);
    EXPECT_EQ(with->front().user_id, known);
    EXPECT_EQ(store->list_users_without_account().value(), std::vector{later});
}

TEST_F(Backups, HoldTheArchiveOfTheJournal) {
    start();
    trade(40);
    const std::uint64_t end = last();
    ASSERT_TRUE(engine_->stop_cleanly());
    engine_.reset();
    const auto moved =
        journal::archive_segments_below(disk_, path("data/journal"), journal::SegmentKind::journal, end);
    ASSERT_TRUE(moved.has_value());
    ASSERT_GT(*moved, 0u);
    ASSERT_TRUE(back_up("copy").has_value());
    const auto restored = restore("copy", "again");
    ASSERT_TRUE(restored.has_value()) << restored.error();
    for (const auto& entry : fs::directory_iterator(path("data/journal/archive"))) {
        const std::string name = entry.path().filename().string();
        EXPECT_EQ(fs::file_size(path("again/journal/archive/" + name)), entry.file_size()) << name;
    }
}

}  // namespace
}  // namespace sauda::backup
