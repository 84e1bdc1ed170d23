#include "journal/small_file_system.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "journal/testing/forgetful_disk.h"

namespace sauda::journal {
namespace {

class SmallTest : public ::testing::Test {
protected:
    SmallTest() : small_(std::make_unique<testing::ForgetfulDisk>(), 10) {
        EXPECT_TRUE(small_.make_directory("/d"));
    }
    std::unique_ptr<File> file(const std::string& name) {
        auto made = small_.open("/d/" + name, OpenMode::create);
        EXPECT_TRUE(made);
        return std::move(*made);
    }

    SmallFileSystem small_;
};

TEST_F(SmallTest, IsFullWhenAllFilesTogetherHaveGrownSoMuch) {
    const auto a = file("a");
    const auto b = file("b");
    ASSERT_TRUE(a->write(0, base::as_bytes("123456")));
    ASSERT_TRUE(b->write(0, base::as_bytes("1234")));
    EXPECT_EQ(small_.free_bytes("/d").value(), 0u);
    const auto refused = b->write(4, base::as_bytes("5"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().error_number, ENOSPC);
    EXPECT_EQ(refused.error().path, "/d/b");
}

TEST_F(SmallTest, TheWriteThatDoesNotFitIsCutWhereTheRoomEnds) {
    const auto a = file("a");
    ASSERT_FALSE(a->write(2, base::as_bytes("1234567890")));
    EXPECT_EQ(a->size().value(), 10u);
    std::vector<std::byte> bytes(16);
    EXPECT_EQ(a->read(2, bytes).value(), 8u);
    EXPECT_EQ(bytes[7], std::byte{'8'});
}

TEST_F(SmallTest, OverwritingWhatIsThereTakesNoRoom) {
    const auto a = file("a");
    ASSERT_TRUE(a->write(0, base::as_bytes("1234567890")));
    ASSERT_TRUE(a->write(0, base::as_bytes("0987654321")));
    EXPECT_TRUE(a->sync());
    EXPECT_FALSE(a->write(1, base::as_bytes("0987654321")));
}

}  // namespace
}  // namespace sauda::journal
