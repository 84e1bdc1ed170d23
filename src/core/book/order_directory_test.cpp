#include "core/book/order_directory.h"

#include <deque>
#include <new>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "core/book/order_pool.h"

namespace sauda::core {
namespace {

TEST(OrderDirectory, FindsWhatWasInsertedAndNothingElse) {
    OrderDirectory directory;
    EXPECT_FALSE(directory.find(OrderId{}));
    EXPECT_FALSE(directory.find(OrderId{5}));
    directory.insert(OrderId{5}, SlotIndex{50});
    directory.insert(OrderId{6}, SlotIndex{60});
    EXPECT_EQ(directory.find(OrderId{5}), SlotIndex{50});
    EXPECT_EQ(directory.find(OrderId{6}), SlotIndex{60});
    EXPECT_FALSE(directory.find(OrderId{7}));
    EXPECT_FALSE(directory.find(OrderId{1'000'000'000}));
    directory.erase(OrderId{5});
    EXPECT_FALSE(directory.find(OrderId{5}));
    EXPECT_EQ(directory.size(), 1u);
}

TEST(OrderDirectory, IdsOfAnotherShardAreNotFound) {
    constexpr std::uint64_t shard = 3;
    OrderDirectory directory(shard);
    const OrderId id{(shard << 45) | 77};
    directory.insert(id, SlotIndex{1});
    EXPECT_EQ(directory.find(id), SlotIndex{1});
    EXPECT_FALSE(directory.find(OrderId{77}));
    EXPECT_FALSE(directory.find(OrderId{(std::uint64_t{4} << 45) | 77}));
    EXPECT_DEATH(directory.insert(OrderId{78}, SlotIndex{2}), "shard");
}

TEST(OrderDirectory, IdsMayComeInAnyOrder) {
    OrderDirectory directory;
    base::Random random(1);
    std::unordered_map<std::uint64_t, std::uint32_t> expected;
    for (std::uint32_t slot = 1; slot <= 50'000; ++slot) {
        const std::uint64_t id = 1 + random.below(10'000'000);
        if (expected.emplace(id, slot).second) directory.insert(OrderId{id}, SlotIndex{slot});
    }
    for (const auto& [id, slot] : expected) ASSERT_EQ(directory.find(OrderId{id}), SlotIndex{slot});
    for (const auto& [id, slot] : expected) directory.erase(OrderId{id});
    EXPECT_EQ(directory.size(), 0u);
}

TEST(OrderDirectory, AJumpOfIdsNeitherLosesOrdersNorTakesMemoryForTheGap) {
    OrderDirectory directory;
    std::vector<std::uint64_t> ids;
    for (std::uint64_t start = 1; start < (std::uint64_t{1} << 45); start *= 1000) {
        for (std::uint64_t i = 0; i < 1000; ++i) ids.push_back(start * 1000 + i);
    }
    for (const std::uint64_t id : ids) directory.insert(OrderId{id % (std::uint64_t{1} << 45)}, SlotIndex{7});
    for (const std::uint64_t id : ids) ASSERT_TRUE(directory.find(OrderId{id % (std::uint64_t{1} << 45)}));
    EXPECT_LT(directory.memory(), 2'000'000u);
}

TEST(OrderDirectory, AFewOldOrdersOnEveryOtherPageTakeNoPageEach) {
    OrderDirectory directory;
    for (std::uint32_t i = 1; i <= 10'000; ++i)
        directory.insert(OrderId{std::uint64_t{i} * 2 * 4096 + 1}, SlotIndex{i});
    for (std::uint32_t i = 1; i <= 10'000; ++i)
        ASSERT_EQ(directory.find(OrderId{std::uint64_t{i} * 2 * 4096 + 1}), SlotIndex{i});
    EXPECT_LT(directory.memory(), 5'000'000u);
}

TEST(OrderDirectory, OrdersThatOutliveTheirPageStayFound) {
    OrderDirectory directory;
    for (std::uint32_t id = 1; id <= 20'000; ++id) directory.insert(OrderId{id}, SlotIndex{id});
    for (std::uint32_t id = 1; id <= 20'000; ++id) {
        if (id % 100 != 0) directory.erase(OrderId{id});
    }
    for (std::uint32_t id = 1; id <= 20'000; ++id) {
        ASSERT_EQ(directory.find(OrderId{id}), (id % 100 == 0 ? SlotIndex{id} : SlotIndex{}));
    }
    EXPECT_EQ(directory.size(), 200u);
    for (std::uint32_t id = 100; id <= 20'000; id += 100) directory.erase(OrderId{id});
    EXPECT_EQ(directory.size(), 0u);
}

/// Bytes of the pages that stay whatever is left of their orders.
constexpr std::size_t newest_pages = 64 * 4096 * sizeof(SlotIndex);

// A day of a busy exchange in small: 2 × 10^8 ids pass, of which one in 2000 is placed to stay for long and
// one in 20 for a while; the rest never rests. Memory follows those that are open.
TEST(OrderDirectory, MemoryFollowsOpenOrdersOverManySparseIds) {
    OrderDirectory directory;
    base::Random random(9);
    constexpr std::uint64_t ids = 200'000'000;
    std::deque<std::uint64_t> brief;
    std::deque<std::uint64_t> lasting;
    std::size_t memory_max = 0;
    for (std::uint64_t id = 1; id < ids; id += 1 + random.below(200)) {
        directory.insert(OrderId{id}, SlotIndex{static_cast<std::uint32_t>(id)});
        (random.chance(1, 20) ? lasting : brief).push_back(id);
        for (auto* queue : {&brief, &lasting}) {
            if (queue->size() <= 20'000) continue;
            ASSERT_EQ(directory.find(OrderId{queue->front()}),
                      SlotIndex{static_cast<std::uint32_t>(queue->front())});
            directory.erase(OrderId{queue->front()});
            queue->pop_front();
        }
        memory_max = std::max(memory_max, directory.memory());
    }
    EXPECT_EQ(directory.size(), brief.size() + lasting.size());
    EXPECT_LT(memory_max, 40'000 * 64 + 300'000 + newest_pages);
    for (const auto& queue : {brief, lasting}) {
        for (const std::uint64_t id : queue) directory.erase(OrderId{id});
    }
    EXPECT_EQ(directory.size(), 0u);
}

// Pages fill densely and thin out later, long after newer ones came: they must not keep 16 KiB for a few
// orders each.
TEST(OrderDirectory, MemoryOfPagesThatThinOutIsGivenToNewerOnes) {
    OrderDirectory directory;
    constexpr std::uint32_t block = 100'000;
    std::size_t memory_after_first = 0;
    for (std::uint32_t start = 1; start < 30 * block; start += block) {
        for (std::uint32_t id = start; id < start + block; ++id) directory.insert(OrderId{id}, SlotIndex{id});
        for (std::uint32_t id = start; id < start + block; ++id) {
            if (id % 1000 != 0) directory.erase(OrderId{id});
        }
        if (memory_after_first == 0) memory_after_first = directory.memory();
    }
    EXPECT_EQ(directory.size(), 30u * 100);
    EXPECT_LT(directory.memory(), memory_after_first + 3'000 * 64 + 50'000 + newest_pages);
    for (std::uint32_t id = 1000; id <= 30 * block; id += 1000)
        ASSERT_EQ(directory.find(OrderId{id}), SlotIndex{id});
}

TEST(OrderDirectory, ReservingChangesNothingThatIsThere) {
    OrderDirectory directory;
    for (std::uint32_t id = 1; id <= 100; ++id) directory.insert(OrderId{id}, SlotIndex{id});
    directory.reserve(1'000'000);
    for (std::uint32_t id = 1; id <= 200; ++id) {
        ASSERT_EQ(directory.find(OrderId{id}), (id <= 100 ? SlotIndex{id} : SlotIndex{}));
    }
    for (std::uint32_t id = 101; id <= 1'000'000; ++id) directory.insert(OrderId{id}, SlotIndex{id});
    EXPECT_EQ(directory.size(), 1'000'000u);
}

TEST(OrderPool, ReusesTheSlotReleasedLastAndNeverMovesOthers) {
    OrderPool pool;
    const SlotIndex first = pool.take();
    pool.slot(first).id = OrderId{1};
    const OrderSlot* address = &pool.slot(first);
    std::vector<SlotIndex> slots;
    for (int i = 0; i < 300'000; ++i) {
        slots.push_back(pool.take());
        pool.slot(slots.back()).id = OrderId{2};
        pool.slot(slots.back()).client_entry = 5;
    }
    EXPECT_EQ(&pool.slot(first), address);
    EXPECT_EQ(pool.live(), 300'001u);
    const std::uint32_t high_water = pool.high_water();
    EXPECT_GE(high_water, 300'001u);
    for (const SlotIndex slot : slots) pool.release(slot);
    EXPECT_EQ(pool.take(), slots.back());
    EXPECT_EQ(pool.slot(slots.back()).id, OrderId{});
    EXPECT_EQ(pool.slot(slots.back()).client_entry, 0u);
    EXPECT_EQ(pool.high_water(), high_water);
    EXPECT_EQ(pool.live(), 2u);
}

TEST(OrderPool, ReservingKeepsWhatIsThereAndFreshSlotsEmpty) {
    OrderPool pool;
    const SlotIndex first = pool.take();
    pool.slot(first).id = OrderId{0x0102030405060708};
    pool.reserve(200'000);
    EXPECT_EQ(pool.slot(first).id, OrderId{0x0102030405060708});
    EXPECT_EQ(pool.live(), 1u);
    EXPECT_EQ(pool.take().raw, first.raw + 1);
}

TEST(ReservedMemory, GrowsInPlaceWithZeroesAndKeepsWhatIsThere) {
    ReservedMemory memory(std::size_t{1} << 30);
    EXPECT_EQ(memory.size(), 0u);
    memory.grow_to(1);
    std::byte* const data = memory.data();
    data[0] = std::byte{7};
    memory.populate(5'000'000);
    EXPECT_EQ(memory.data(), data);
    ASSERT_GE(memory.size(), 5'000'000u);
    EXPECT_EQ(data[0], std::byte{7});
    for (std::size_t i = 1; i < 5'000'000; ++i) ASSERT_EQ(data[i], std::byte{0});
    EXPECT_THROW(memory.grow_to(std::size_t{2} << 30), std::bad_alloc);
}

}  // namespace
}  // namespace sauda::core
