#include "core/memory/index_map.h"

#include <unordered_map>

#include <gtest/gtest.h>

#include "base/random.h"

namespace sauda::core {
namespace {

TEST(IndexMap, AgreesWithAMapThroughGrowthAndShrinking) {
    IndexMap ids;
    std::unordered_map<std::uint64_t, std::uint32_t> expected;
    base::Random random(3);
    for (int step = 0; step < 200'000; ++step) {
        const std::uint64_t id = 1 + random.below(step < 100'000 ? 50'000 : 20'000'000);
        const bool there = expected.contains(id);
        ASSERT_EQ(ids.find(id) != 0, there);
        if (there) {
            ASSERT_TRUE(ids.erase(id));
            expected.erase(id);
        } else {
            ids.insert(id, static_cast<std::uint32_t>(step + 1));
            expected.emplace(id, step + 1);
        }
    }
    const std::size_t full = ids.memory();
    for (const auto& [id, slot] : expected) {
        ASSERT_EQ(ids.find(id), slot);
        ASSERT_TRUE(ids.erase(id));
        ASSERT_FALSE(ids.erase(id));
    }
    EXPECT_EQ(ids.size(), 0u);
    EXPECT_LT(ids.memory(), full / 4);
}

}  // namespace
}  // namespace sauda::core
