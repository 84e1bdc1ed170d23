#include "sequencer/chunk_memory.h"

#include <optional>

#include <gtest/gtest.h>

namespace sauda::sequencer {
namespace {

TEST(ChunkMemory, ComesBackOnceTheLastReaderLetsGo) {
    ChunkMemory memory;
    EXPECT_TRUE(memory.take().empty());
    auto chunk = memory.share(base::Bytes(100, std::byte{7}));
    const std::byte* const where = chunk->data();
    auto reader = chunk;
    chunk.reset();
    EXPECT_TRUE(memory.take().empty()) << "somebody reads it still";
    reader.reset();
    const base::Bytes again = memory.take();
    EXPECT_EQ(again.data(), where);
    EXPECT_EQ(again.size(), 100u);
    EXPECT_TRUE(memory.take().empty()) << "it is given away once";
}

TEST(ChunkMemory, KeepsNoMoreThanItsBound) {
    ChunkMemory memory;
    { const auto large = memory.share(base::Bytes(ChunkMemory::spare_bytes_max + 1)); }
    EXPECT_TRUE(memory.take().empty());
}

TEST(ChunkMemory, ReadersMayOutliveIt) {
    std::optional<ChunkMemory> memory(std::in_place);
    const auto chunk = memory->share(base::Bytes(8, std::byte{1}));
    memory.reset();
    EXPECT_EQ(chunk->size(), 8u);
}

}  // namespace
}  // namespace sauda::sequencer
