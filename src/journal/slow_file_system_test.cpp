#include "journal/slow_file_system.h"

#include <gtest/gtest.h>

#include "journal/testing/forgetful_disk.h"

namespace sauda::journal {
namespace {

using testing::ForgetfulDisk;

class SlowTest : public ::testing::Test {
protected:
    SlowTest() {
        auto disk = std::make_unique<ForgetfulDisk>();
        disk_ = disk.get();
        slow_ = std::make_unique<SlowFileSystem>(std::move(disk), [this] {
            ++waits_;
            synced_before_ = disk_->sync_count();
        });
        EXPECT_TRUE(slow_->make_directory("/d"));
    }

    ForgetfulDisk* disk_ = nullptr;
    int waits_ = 0;
    std::uint64_t synced_before_ = 0;
    std::unique_ptr<SlowFileSystem> slow_;
};

TEST_F(SlowTest, WaitsBeforeEachSyncAndNothingElse) {
    auto file = slow_->open("/d/a", OpenMode::create);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->write(0, base::as_bytes("hello")));
    ASSERT_TRUE((*file)->resize(4));
    EXPECT_EQ((*file)->size().value(), 4u);
    EXPECT_EQ((*file)->path(), "/d/a");
    std::vector<std::byte> bytes(8);
    EXPECT_EQ((*file)->read(0, bytes).value(), 4u);
    EXPECT_EQ(waits_, 0);
    ASSERT_TRUE((*file)->sync());
    EXPECT_EQ(waits_, 1);
    EXPECT_EQ(synced_before_ + 1, disk_->sync_count()) << "the wait comes first";
    EXPECT_EQ((*file)->read_past_cache(0, bytes).value(), 4u);
    ASSERT_TRUE(slow_->sync_directory("/d"));
    EXPECT_EQ(waits_, 2);
}

TEST_F(SlowTest, IsOtherwiseTheDiskItStandsFor) {
    ASSERT_TRUE(slow_->open("/d/a", OpenMode::create));
    EXPECT_FALSE(slow_->open("/d/none", OpenMode::read));
    ASSERT_TRUE(slow_->rename("/d/a", "/d/b"));
    EXPECT_TRUE(slow_->exists("/d/b"));
    EXPECT_EQ(slow_->list("/d").value(), std::vector<std::string>{"b"});
    ASSERT_TRUE(slow_->remove("/d/b"));
    EXPECT_FALSE(disk_->exists("/d/b"));
    const auto lock = slow_->lock("/d/lock");
    EXPECT_TRUE(lock);
    EXPECT_FALSE(disk_->lock("/d/lock"));
    EXPECT_EQ(slow_->free_bytes("/d").value(), disk_->free_bytes("/d").value());
    disk_->fail_sync_in(1);
    auto file = slow_->open("/d/c", OpenMode::create);
    ASSERT_TRUE(file);
    EXPECT_FALSE((*file)->sync()) << "a failure is handed up";
}

}  // namespace
}  // namespace sauda::journal
