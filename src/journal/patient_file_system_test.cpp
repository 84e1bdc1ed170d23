#include "journal/patient_file_system.h"

#include <gtest/gtest.h>

#include "journal/testing/forgetful_disk.h"

namespace sauda::journal {
namespace {

constexpr std::size_t piece = PatientFileSystem::piece_size;

class PatientTest : public ::testing::Test {
protected:
    PatientTest() {
        auto disk = std::make_unique<testing::ForgetfulDisk>();
        disk_ = disk.get();
        patient_ = std::make_unique<PatientFileSystem>(std::move(disk), [this] {
            ++rests_;
            synced_at_rest_ = disk_->sync_count();
        });
        EXPECT_TRUE(patient_->make_directory("/d"));
        auto file = patient_->open("/d/a", OpenMode::create);
        EXPECT_TRUE(file);
        file_ = std::move(*file);
    }

    testing::ForgetfulDisk* disk_ = nullptr;
    int rests_ = 0;
    std::uint64_t synced_at_rest_ = 0;
    std::unique_ptr<PatientFileSystem> patient_;
    std::unique_ptr<File> file_;
};

TEST_F(PatientTest, ALargeWriteIsSyncedPieceByPieceWithARestAfterEach) {
    base::Bytes bytes(2 * piece + 5);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7);
    ASSERT_TRUE(file_->write(3, bytes));
    EXPECT_EQ(rests_, 2);
    EXPECT_EQ(disk_->sync_count(), 2u);
    EXPECT_EQ(synced_at_rest_, 2u) << "nothing of it waits for the disk during a rest";
    base::Bytes back(bytes.size());
    ASSERT_EQ(file_->read(3, back).value(), back.size());
    EXPECT_EQ(back, bytes);
}

TEST_F(PatientTest, AWriteOfOnePieceIsOneWrite) {
    ASSERT_TRUE(file_->write(0, base::Bytes(piece)));
    EXPECT_EQ(rests_, 0);
    EXPECT_EQ(disk_->sync_count(), 0u);
}

TEST_F(PatientTest, AFailedSyncFailsTheWrite) {
    disk_->fail_sync_in(2);
    EXPECT_FALSE(file_->write(0, base::Bytes(4 * piece)));
    EXPECT_EQ(rests_, 1);
}

}  // namespace
}  // namespace sauda::journal
