#include <string>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/io_error.h"
#include "base/random.h"
#include "base/result.h"

namespace sauda::base {
namespace {

TEST(Crc32c, MatchesTheVectorsOfRfc3720) {
    EXPECT_EQ(crc32c(Bytes(32, std::byte{0})), 0x8A9136AAu);
    EXPECT_EQ(crc32c(Bytes(32, std::byte{0xFF})), 0x62A8AB43u);
    EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283u);
}

TEST(Crc32c, HardwareAndTableAgreeOnEveryLengthAndWhenContinued) {
    Random random(7);
    Bytes bytes(3500);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random.below(256));
    for (std::size_t length = 0; length <= bytes.size(); ++length) {
        const ByteView view = ByteView(bytes).first(length);
        EXPECT_EQ(crc32c(view), crc32c_portable(view));
        EXPECT_EQ(crc32c(view.subspan(length / 2), crc32c(view.first(length / 2))), crc32c(view));
    }
}

TEST(ByteReader, ReadsWhatWasWrittenAndStopsAtTheEnd) {
    Bytes bytes;
    ByteWriter writer(bytes);
    writer.put(std::uint32_t{7});
    writer.put_text("abc");
    ByteReader reader(bytes);
    EXPECT_EQ(reader.get<std::uint32_t>(), 7u);
    EXPECT_EQ(reader.get_text(3), "abc");
    EXPECT_TRUE(reader.ok());
    EXPECT_TRUE(reader.at_end());
    EXPECT_EQ(reader.get<std::uint64_t>(), 0u);
    EXPECT_FALSE(reader.ok());
}

TEST(Result, HoldsAValueOrAReason) {
    const Result<int, std::string> good = 3;
    const Result<int, std::string> bad = Unexpected{std::string("no")};
    EXPECT_EQ(*good, 3);
    EXPECT_EQ(bad.error(), "no");
    EXPECT_EQ(bad.value_or(5), 5);
    const Result<void, int> done;
    EXPECT_TRUE(done);
}

TEST(IoError, SaysWhatOnWhatAndWhy) {
    EXPECT_EQ((IoError{"open", "a/b", 2, ""}.message()), "open a/b: No such file or directory");
}

TEST(Random, IsTheSameEverywhere) {
    Random random(1);
    EXPECT_EQ(random.next(), 0x910A2DEC89025CC1ull);
    for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below(10), 10u);
}

}  // namespace
}  // namespace sauda::base
