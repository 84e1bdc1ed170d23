#include "journal/patient_file_system.h"

#include <map>

#include <gtest/gtest.h>

#include "journal/testing/forgetful_disk.h"

namespace sauda::journal {
namespace {

constexpr std::size_t piece = PatientFileSystem::piece_size;

/// What a file was asked to do, and when it shall fail.
struct Asked {
    std::map<std::uint64_t, std::uint64_t> written_out;  ///< sizes by offset
    std::size_t fails_after = 100;
};

/// Keeps the bytes of another file, and notes what is written out.
class NotingFile final : public File {
public:
    NotingFile(std::unique_ptr<File> file, Asked& asked) : file_(std::move(file)), asked_(asked) {}
    IoResult<std::size_t> read(std::uint64_t offset, std::span<std::byte> out) const override {
        return file_->read(offset, out);
    }
    IoResult<std::size_t> read_past_cache(std::uint64_t offset, std::span<std::byte> out) const override {
        return file_->read_past_cache(offset, out);
    }
    IoResult<void> write(std::uint64_t offset, base::ByteView bytes) override {
        return file_->write(offset, bytes);
    }
    IoResult<void> sync() override { return file_->sync(); }
    IoResult<void> write_out(std::uint64_t offset, std::uint64_t size) override {
        if (asked_.written_out.size() == asked_.fails_after)
            return base::Unexpected{base::IoError{"write_out", path(), 5, {}}};
        asked_.written_out[offset] = size;
        return {};
    }
    IoResult<void> resize(std::uint64_t size) override { return file_->resize(size); }
    IoResult<std::uint64_t> size() const override { return file_->size(); }
    const std::string& path() const override { return file_->path(); }

private:
    const std::unique_ptr<File> file_;
    Asked& asked_;
};

class PatientTest : public ::testing::Test {
protected:
    PatientTest() {
        EXPECT_TRUE(disk_.make_directory("/d"));
        auto file = disk_.open("/d/a", OpenMode::create);
        EXPECT_TRUE(file);
        file_ = patient_file(std::make_unique<NotingFile>(std::move(*file), asked_), rest_);
    }

    testing::ForgetfulDisk disk_;
    Asked asked_;
    std::size_t rests_ = 0;
    const std::function<void()> rest_ = [this] {
        ++rests_;
        EXPECT_EQ(asked_.written_out.size(), rests_) << "nothing of it waits for the disk during a rest";
    };
    std::unique_ptr<File> file_;
};

TEST_F(PatientTest, ALargeWriteIsBroughtToTheDevicePieceByPieceWithARestAfterEach) {
    base::Bytes bytes(2 * piece + 5);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7);
    ASSERT_TRUE(file_->write(3, bytes));
    EXPECT_EQ(rests_, 2u);
    EXPECT_EQ(asked_.written_out, (std::map<std::uint64_t, std::uint64_t>{{3, piece}, {3 + piece, piece}}));
    base::Bytes back(bytes.size());
    ASSERT_EQ(file_->read(3, back).value(), back.size());
    EXPECT_EQ(back, bytes);
}

TEST_F(PatientTest, AWriteOfOnePieceIsOneWrite) {
    ASSERT_TRUE(file_->write(0, base::Bytes(piece)));
    EXPECT_EQ(rests_, 0u);
}

TEST_F(PatientTest, APieceThatCannotBeWrittenOutFailsTheWrite) {
    asked_.fails_after = 1;
    EXPECT_FALSE(file_->write(0, base::Bytes(4 * piece)));
    EXPECT_EQ(rests_, 1u);
}

TEST_F(PatientTest, FilesOfThePatientDiskAreSuchFiles) {
    std::size_t rests = 0;
    auto disk = std::make_unique<testing::ForgetfulDisk>();
    ASSERT_TRUE(disk->make_directory("/d"));
    PatientFileSystem patient(std::move(disk), [&rests] { ++rests; });
    auto file = patient.open("/d/b", OpenMode::create);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->write(0, base::Bytes(2 * piece)));
    EXPECT_EQ(rests, 1u);
    ASSERT_TRUE((*file)->sync());
}

}  // namespace
}  // namespace sauda::journal
