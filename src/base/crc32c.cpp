#include "base/crc32c.h"

#include <array>

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#endif

namespace sauda::base {

namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0u);
        table[byte] = crc;
    }
    return table;
}

constexpr std::array<std::uint32_t, 256> table = make_table();

}  // namespace

std::uint32_t crc32c_portable(ByteView bytes, std::uint32_t seed) {
    std::uint32_t crc = ~seed;
    for (const std::byte byte : bytes)
        crc = (crc >> 8) ^ table[(crc ^ static_cast<std::uint32_t>(byte)) & 0xFF];
    return ~crc;
}

#if defined(__SSE4_2__)

namespace {

/// The instruction takes one word a cycle, but each waits three for the one before: long bytes go in three
/// lanes side by side.
constexpr std::size_t lane_size = 512;

/// What lane_size zero bytes make of a CRC, by its bytes: CRCs are linear, so that of two lanes is that of
/// the first moved on past the second, plus that of the second.
using MoveTable = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr std::uint32_t past_zeros(std::uint32_t crc) {
    for (std::size_t i = 0; i < lane_size; ++i) crc = (crc >> 8) ^ table[crc & 0xFF];
    return crc;
}

constexpr MoveTable make_move_table() {
    MoveTable moved{};
    for (std::uint32_t place = 0; place < 4; ++place) {
        for (std::uint32_t bit = 0; bit < 8; ++bit) {
            const std::uint32_t value = past_zeros(1u << (8 * place + bit));
            for (std::uint32_t byte = 0; byte < 256; ++byte)
                moved[place][byte] ^= (byte >> bit & 1) != 0 ? value : 0;
        }
    }
    return moved;
}

constexpr MoveTable move_table = make_move_table();

std::uint64_t past_lane(std::uint64_t crc) {
    return move_table[0][crc & 0xFF] ^ move_table[1][crc >> 8 & 0xFF] ^ move_table[2][crc >> 16 & 0xFF] ^
           move_table[3][crc >> 24 & 0xFF];
}

std::uint64_t word_at(const std::byte* at) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

}  // namespace

std::uint32_t crc32c(ByteView bytes, std::uint32_t seed) {
    std::uint64_t crc = static_cast<std::uint32_t>(~seed);
    while (bytes.size() >= 3 * lane_size) {
        std::uint64_t second = 0;
        std::uint64_t third = 0;
        for (const std::byte* at = bytes.data(); at < bytes.data() + lane_size; at += 8) {
            crc = _mm_crc32_u64(crc, word_at(at));
            second = _mm_crc32_u64(second, word_at(at + lane_size));
            third = _mm_crc32_u64(third, word_at(at + 2 * lane_size));
        }
        crc = past_lane(past_lane(crc) ^ second) ^ third;
        bytes = bytes.subspan(3 * lane_size);
    }
    for (; bytes.size() >= 8; bytes = bytes.subspan(8)) crc = _mm_crc32_u64(crc, word_at(bytes.data()));
    auto tail = static_cast<std::uint32_t>(crc);
    for (const std::byte byte : bytes) tail = _mm_crc32_u8(tail, static_cast<unsigned char>(byte));
    return ~tail;
}
#else
std::uint32_t crc32c(ByteView bytes, std::uint32_t seed) {
    return crc32c_portable(bytes, seed);
}
#endif

}  // namespace sauda::base
