#include "journal/frame_packing.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "base/assert.h"
#include "journal/frames.h"

#if defined(__x86_64__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // g++ 12, of its own _mm512_undefined
#include <immintrin.h>
#pragma GCC diagnostic pop
#define SAUDA_AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi2")))
#endif

namespace sauda::journal {

namespace {

constexpr std::size_t block_size = 64;
constexpr std::size_t head_size = 48;

std::size_t mask_size(std::size_t block) {
    return (block + 7) / 8;
}

/// The lowest `count` bits; count <= 64.
std::uint64_t low_bits(std::size_t count) {
    return count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

/// The first bytes of a frame, and zeros.
using Head = std::array<std::byte, block_size>;

Head head_of(base::ByteView frame) {
    Head head{};
    std::copy_n(frame.begin(), std::min(frame.size(), head_size), head.begin());
    return head;
}

/// Writes one block, as it differs from `before`; returns the end of it.
std::byte* pack_block_portable(base::ByteView block, const Head& before, std::size_t mask_bytes,
                               std::byte* to) {
    std::uint64_t mask = 0;
    std::byte* end = to + mask_bytes;
    for (std::size_t i = 0; i < block.size(); ++i) {
        const std::byte byte = block[i] ^ before[i];
        if (byte == std::byte{0}) continue;
        mask |= std::uint64_t{1} << i;
        *end++ = byte;
    }
    std::memcpy(to, &mask, mask_bytes);
    return end;
}

/// A block as it is stored.
struct StoredBlock {
    std::uint64_t mask = 0;
    base::ByteView bytes;  ///< as many as the mask has ones
};

/// Takes one of `size` bytes at most off the front of `packed`; none where there is none.
std::optional<StoredBlock> take_block(base::ByteView& packed, std::size_t mask_bytes, std::size_t size) {
    StoredBlock block;
    if (packed.size() < mask_bytes) return std::nullopt;
    std::memcpy(&block.mask, packed.data(), mask_bytes);
    packed = packed.subspan(mask_bytes);
    const auto count = static_cast<std::size_t>(std::popcount(block.mask));
    if ((block.mask & ~low_bits(size)) != 0 || packed.size() < count) return std::nullopt;
    block.bytes = packed.first(count);
    packed = packed.subspan(count);
    return block;
}

/// Takes a block and unpacks it; the bytes behind `size` are not wanted. False where there is none.
bool unpack_block(base::ByteView& packed, std::size_t mask_bytes, std::size_t size, Head& block) {
    const auto stored = take_block(packed, mask_bytes, size);
    if (!stored) return false;
    block.fill(std::byte{0});
    std::uint64_t mask = stored->mask;
    for (const std::byte byte : stored->bytes) {
        block[static_cast<std::size_t>(std::countr_zero(mask))] = byte;
        mask &= mask - 1;
    }
    return true;
}

#if defined(__SSSE3__)

/// For each choice of eight bytes, where they are: the chosen ones first.
constexpr auto make_chosen() {
    std::array<std::array<std::uint8_t, 8>, 256> chosen{};
    for (std::size_t mask = 0; mask < chosen.size(); ++mask) {
        std::size_t count = 0;
        for (std::uint8_t i = 0; i < 8; ++i)
            if ((mask >> i & 1) != 0) chosen[mask][count++] = i;
    }
    return chosen;
}
constexpr auto chosen = make_chosen();

/// Eight bytes of `bytes` from its beginning, of which `mask` chooses; returns the end of those.
std::byte* put_chosen(__m128i bytes, std::uint64_t mask, std::byte* to) {
    const __m128i places = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(chosen[mask].data()));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_shuffle_epi8(bytes, places));
    return to + std::popcount(mask);
}

/// The first 16 of `bytes`, zeros where there are fewer.
__m128i first_16(base::ByteView bytes) {
    if (bytes.size() >= 16) return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data()));
    if (bytes.size() == 8) return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes.data()));
    std::array<std::byte, 16> some{};
    std::copy(bytes.begin(), bytes.end(), some.begin());
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(some.data()));
}

/// As pack_block_portable.
std::byte* pack_block_sse(base::ByteView block, const Head& before, std::size_t mask_bytes, std::byte* to) {
    std::uint64_t mask = 0;
    std::byte* end = to + mask_bytes;
    for (std::size_t at = 0; at < block.size(); at += 16) {
        const __m128i other = _mm_loadu_si128(reinterpret_cast<const __m128i*>(before.data() + at));
        const __m128i bytes = _mm_xor_si128(first_16(block.subspan(at)), other);
        const auto zeros = static_cast<std::uint64_t>(
            static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128()))));
        const std::uint64_t stored = ~zeros & low_bits(std::min<std::size_t>(16, block.size() - at));
        end = put_chosen(bytes, stored & 0xFF, end);
        end = put_chosen(_mm_srli_si128(bytes, 8), stored >> 8, end);
        mask |= stored << at;
    }
    std::memcpy(to, &mask, mask_bytes);
    return end;
}

#endif

/// Frames were made on another core, and where one ends is known only once it is here: asked for so far
/// ahead, they come while others are packed.
inline void ask_for_what_follows(base::ByteView frame) {
    constexpr std::size_t ahead = 4096;
    const auto begin = reinterpret_cast<std::uintptr_t>(frame.data()) + ahead;
    for (std::size_t at = 0; at < frame.size(); at += block_size)
        __builtin_prefetch(reinterpret_cast<const void*>(begin + at));
}

template <std::byte* (*pack_block)(base::ByteView, const Head&, std::size_t, std::byte*)>
std::size_t pack_frames_in_blocks(base::ByteView frames, std::span<std::byte> out) {
    constexpr Head nothing{};
    Head before{};
    std::byte* to = out.data();
    while (!frames.empty()) {
        const base::ByteView frame = take_frame(frames);
        ask_for_what_follows(frame);
        to = pack_block(frame.first(std::min(frame.size(), block_size)), before, block_size / 8, to);
        before = head_of(frame);
        for (std::size_t at = block_size; at < frame.size(); at += block_size) {
            const base::ByteView block = frame.subspan(at, std::min(frame.size() - at, block_size));
            to = pack_block(block, nothing, mask_size(block.size()), to);
        }
    }
    return static_cast<std::size_t>(to - out.data());
}

bool unpack_frames_portable(base::ByteView packed, std::span<std::byte> frames) {
    Head before{};
    Head block{};
    while (!frames.empty()) {
        if (!unpack_block(packed, block_size / 8, block_size, block)) return false;
        std::uint32_t length = 0;
        for (std::size_t i = 0; i < frame_length_min; ++i)
            length |= std::to_integer<std::uint32_t>(block[i] ^ before[i]) << (8 * i);
        if (length < frame_length_min || length > frames.size()) return false;
        const std::span<std::byte> frame = frames.first(length);
        const std::size_t there = std::min<std::size_t>(length, block_size);
        for (std::size_t i = 0; i < block_size; ++i) {
            if (i < there) frame[i] = block[i] ^ before[i];
            if (i >= there && block[i] != std::byte{0}) return false;
        }
        before = head_of(frame);
        for (std::size_t at = block_size; at < length; at += block_size) {
            const std::size_t size = std::min<std::size_t>(length - at, block_size);
            if (!unpack_block(packed, mask_size(size), size, block)) return false;
            std::copy_n(block.begin(), size, frame.begin() + static_cast<std::ptrdiff_t>(at));
        }
        frames = frames.subspan(length);
    }
    return packed.empty();
}

#if defined(__x86_64__)

/// Writes the bytes of `block` that are not zero, behind their mask.
SAUDA_AVX512 inline std::byte* pack_block(__m512i block, std::size_t mask_bytes, std::byte* to) {
    const std::uint64_t mask = _mm512_test_epi8_mask(block, block);
    std::memcpy(to, &mask, sizeof mask);  // room is asked for so much
    to += mask_bytes;
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi8(mask, block));
    return to + std::popcount(mask);
}

SAUDA_AVX512 std::size_t pack_frames_avx512(base::ByteView frames, std::span<std::byte> out) {
    __m512i before = _mm512_setzero_si512();
    std::byte* to = out.data();
    while (!frames.empty()) {
        const base::ByteView frame = take_frame(frames);
        ask_for_what_follows(frame);
        const std::uint64_t there = low_bits(std::min(frame.size(), block_size));
        const __m512i first = _mm512_maskz_loadu_epi8(there, frame.data());
        to = pack_block(_mm512_maskz_mov_epi8(there, _mm512_xor_si512(first, before)), block_size / 8, to);
        before = _mm512_maskz_mov_epi8(low_bits(head_size), first);
        for (std::size_t at = block_size; at < frame.size(); at += block_size) {
            const std::size_t size = std::min(frame.size() - at, block_size);
            to = pack_block(_mm512_maskz_loadu_epi8(low_bits(size), frame.data() + at), mask_size(size), to);
        }
    }
    return static_cast<std::size_t>(to - out.data());
}

/// As unpack_block above.
SAUDA_AVX512 inline bool unpack_block(base::ByteView& packed, std::size_t mask_bytes, std::size_t size,
                                      __m512i& block) {
    const auto stored = take_block(packed, mask_bytes, size);
    if (!stored) return false;
    const __m512i bytes = _mm512_maskz_loadu_epi8(low_bits(stored->bytes.size()), stored->bytes.data());
    block = _mm512_maskz_expand_epi8(stored->mask, bytes);
    return true;
}

SAUDA_AVX512 bool unpack_frames_avx512(base::ByteView packed, std::span<std::byte> frames) {
    __m512i before = _mm512_setzero_si512();
    __m512i block = _mm512_setzero_si512();
    while (!frames.empty()) {
        if (!unpack_block(packed, block_size / 8, block_size, block)) return false;
        const auto length = static_cast<std::uint32_t>(
            _mm_cvtsi128_si32(_mm512_castsi512_si128(_mm512_xor_si512(block, before))));
        if (length < frame_length_min || length > frames.size()) return false;
        const std::uint64_t there = low_bits(std::min<std::size_t>(length, block_size));
        if ((_mm512_test_epi8_mask(block, block) & ~there) != 0) return false;
        const __m512i first = _mm512_maskz_mov_epi8(there, _mm512_xor_si512(block, before));
        _mm512_mask_storeu_epi8(frames.data(), there, first);
        before = _mm512_maskz_mov_epi8(low_bits(head_size), first);
        for (std::size_t at = block_size; at < length; at += block_size) {
            const std::size_t size = std::min<std::size_t>(length - at, block_size);
            if (!unpack_block(packed, mask_size(size), size, block)) return false;
            _mm512_mask_storeu_epi8(frames.data() + at, low_bits(size), block);
        }
        frames = frames.subspan(length);
    }
    return packed.empty();
}

#endif

PackingWay best_way() {
    static const PackingWay best = is_available(PackingWay::avx512) ? PackingWay::avx512
                                   : is_available(PackingWay::sse)  ? PackingWay::sse
                                                                    : PackingWay::portable;
    return best;
}

}  // namespace

std::size_t packed_length_max(std::size_t length) {
    // A frame of four bytes has a mask of eight before them; whole registers are written at the end.
    return 3 * length + block_size + 8;
}

bool is_available(PackingWay way) {
#if defined(__x86_64__)
    static const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                                   __builtin_cpu_supports("avx512vbmi2");
    if (way == PackingWay::avx512) return has_avx512;
#endif
#if defined(__SSSE3__)
    if (way == PackingWay::sse) return true;
#endif
    return way == PackingWay::portable;
}

std::size_t pack_frames(PackingWay way, base::ByteView frames, std::span<std::byte> out) {
    ASSERT(is_available(way));
#if defined(__x86_64__)
    if (way == PackingWay::avx512) return pack_frames_avx512(frames, out);
#endif
#if defined(__SSSE3__)
    if (way == PackingWay::sse) return pack_frames_in_blocks<&pack_block_sse>(frames, out);
#endif
    return pack_frames_in_blocks<&pack_block_portable>(frames, out);
}

bool unpack_frames(PackingWay way, base::ByteView packed, std::span<std::byte> frames) {
    ASSERT(is_available(way));
#if defined(__x86_64__)
    if (way == PackingWay::avx512) return unpack_frames_avx512(packed, frames);
#endif
    return unpack_frames_portable(packed, frames);
}

std::size_t pack_frames(base::ByteView frames, std::span<std::byte> out) {
    return pack_frames(best_way(), frames, out);
}

bool unpack_frames(base::ByteView packed, std::span<std::byte> frames) {
    return unpack_frames(best_way(), packed, frames);
}

}  // namespace sauda::journal
