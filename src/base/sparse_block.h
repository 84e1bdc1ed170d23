/// Sixty-four bytes without those that are zero, which most bytes of binary numbers are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace sauda::base {

struct alignas(64) Block {
    static constexpr std::size_t size = 64;
    std::array<std::byte, size> bytes;
};

/// Appends the bytes that are not zero, in order, and returns which they are: a bit for each, the lowest for
/// the first.
std::uint64_t append_nonzero(const Block& block, Bytes& out);

/// Puts `stored`, as many bytes as `mask` has ones, where `mask` says, and zeros elsewhere. False when one of
/// them is zero, which append_nonzero never stores.
/// Requires: eight bytes that can be read stand before `stored`.
bool spread_nonzero(std::uint64_t mask, const std::byte* stored, Block& block);

/// By what instructions; the result is the same.
enum class SpreadingWay : std::uint8_t { portable, sse, avx512 };

/// Whether this program on this processor has it; spread_nonzero takes the last that it has.
bool is_available(SpreadingWay way);
/// Requires: is_available(way), and what the other requires.
bool spread_nonzero(SpreadingWay way, std::uint64_t mask, const std::byte* stored, Block& block);

}  // namespace sauda::base
