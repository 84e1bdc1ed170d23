#include "base/sparse_block.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/random.h"

namespace sauda::base {
namespace {

constexpr std::array ways{SpreadingWay::portable, SpreadingWay::sse, SpreadingWay::avx512};

Block some_block(Random& random) {
    Block block{};
    const std::uint64_t percent = random.below(101);
    for (auto& byte : block.bytes) {
        if (random.below(100) < percent) byte = static_cast<std::byte>(random.next());
    }
    return block;
}

/// Eight bytes that may be read, then the stored ones to the very end of the memory.
struct Stored {
    Bytes bytes = Bytes(8, std::byte{0xAB});
    std::uint64_t mask = 0;

    explicit Stored(const Block& block) {
        mask = append_nonzero(block, bytes);
        bytes.shrink_to_fit();
    }
    const std::byte* begin() const { return bytes.data() + 8; }
};

TEST(SparseBlock, EveryWaySpreadsWhatWasStored) {
    Random random(1);
    for (int i = 0; i < 20'000; ++i) {
        const Block block = some_block(random);
        const Stored stored(block);
        for (const SpreadingWay way : ways) {
            if (!is_available(way)) continue;
            Block spread;
            std::ranges::fill(spread.bytes, std::byte{0xCD});
            EXPECT_TRUE(spread_nonzero(way, stored.mask, stored.begin(), spread));
            EXPECT_EQ(spread.bytes, block.bytes);
        }
        Block spread;
        EXPECT_TRUE(spread_nonzero(stored.mask, stored.begin(), spread));
        EXPECT_EQ(spread.bytes, block.bytes);
    }
}

TEST(SparseBlock, EveryWayRefusesAStoredZero) {
    Random random(2);
    for (int i = 0; i < 20'000; ++i) {
        Stored stored(some_block(random));
        const std::size_t count = stored.bytes.size() - 8;
        if (count == 0) continue;
        stored.bytes[8 + random.below(count)] = std::byte{0};
        for (const SpreadingWay way : ways) {
            Block spread;
            if (!is_available(way)) continue;
            EXPECT_FALSE(spread_nonzero(way, stored.mask, stored.begin(), spread));
        }
    }
}

}  // namespace
}  // namespace sauda::base
