#include "core/memory/reserved_memory.h"

#include <gtest/gtest.h>

namespace sauda::core {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

TEST(ReservedMemory, GrowsInPlaceWithZeros) {
    ReservedArray<std::uint64_t> array(8 * mib);
    array.grow_to(10);
    std::uint64_t* const data = array.data();
    EXPECT_GE(array.size(), 10u);
    EXPECT_EQ(array[9], 0u);
    array[9] = 7;
    array.grow_to(4 * mib);
    EXPECT_EQ(array.data(), data);
    EXPECT_EQ(array[9], 7u);
    EXPECT_EQ(array[4 * mib - 1], 0u);
}

TEST(ReservedMemory, WhatIsGivenBackComesAgainAsZeros) {
    ReservedMemory memory(16 * mib);
    memory.populate(8 * mib);
    memory.data()[mib] = std::byte{1};
    memory.data()[5 * mib] = std::byte{2};
    memory.shrink_to(4 * mib);
    EXPECT_EQ(memory.size(), 4 * mib);
    memory.shrink_to(6 * mib);  // no more than there is
    EXPECT_EQ(memory.size(), 4 * mib);
    memory.grow_to(8 * mib);
    EXPECT_EQ(memory.data()[mib], std::byte{1});
    EXPECT_EQ(memory.data()[5 * mib], std::byte{0});
}

}  // namespace
}  // namespace sauda::core
