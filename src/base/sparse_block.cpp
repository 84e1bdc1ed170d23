#include "base/sparse_block.h"

#include <bit>
#include <cstring>

#include "base/assert.h"

#if defined(__x86_64__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // g++ 12, of its own _mm512_undefined
#include <immintrin.h>
#pragma GCC diagnostic pop
#define SAUDA_AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi2,bmi2,popcnt")))
#endif

namespace sauda::base {

namespace {

bool spread_portable(std::uint64_t mask, const std::byte* stored, Block& block) {
    block.bytes.fill(std::byte{0});
    bool any_zero = false;
    for (; mask != 0; mask &= mask - 1, ++stored) {
        any_zero |= *stored == std::byte{0};
        block.bytes[static_cast<std::size_t>(std::countr_zero(mask))] = *stored;
    }
    return !any_zero;
}

#if defined(__SSSE3__)

/// For each choice of eight places, which of eight bytes goes to each: the last ones are spread, in order.
constexpr auto make_places() {
    std::array<std::array<std::uint8_t, 8>, 256> places{};
    for (unsigned mask = 0; mask < places.size(); ++mask) {
        auto from = static_cast<std::uint8_t>(8 - std::popcount(mask));
        for (unsigned i = 0; i < 8; ++i) places[mask][i] = (mask >> i & 1) != 0 ? from++ : std::uint8_t{0x80};
    }
    return places;
}
constexpr auto places = make_places();

bool spread_sse(std::uint64_t mask, const std::byte* stored, Block& block) {
    std::uint64_t found = 0;
    for (std::size_t at = 0; at < Block::size; at += 8) {
        const std::uint64_t here = mask >> at & 0xFF;
        stored += std::popcount(here);
        // Loaded by their end, so that nothing behind the last is read.
        const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(stored - 8));
        const __m128i where = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(places[here].data()));
        const __m128i spread = _mm_shuffle_epi8(bytes, where);
        const __m128i is_zero = _mm_cmpeq_epi8(spread, _mm_setzero_si128());
        _mm_storel_epi64(reinterpret_cast<__m128i*>(block.bytes.data() + at), spread);
        found |= static_cast<std::uint64_t>(~_mm_movemask_epi8(is_zero) & 0xFF) << at;
    }
    return found == mask;
}

#endif

#if defined(__x86_64__)

SAUDA_AVX512 bool spread_avx512(std::uint64_t mask, const std::byte* stored, Block& block) {
    const std::uint64_t there = _bzhi_u64(~std::uint64_t{0}, static_cast<unsigned>(std::popcount(mask)));
    const __m512i spread = _mm512_maskz_expand_epi8(mask, _mm512_maskz_loadu_epi8(there, stored));
    _mm512_store_si512(block.bytes.data(), spread);
    return _mm512_test_epi8_mask(spread, spread) == mask;
}

#endif

const bool has_avx512 = [] {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("bmi2");
#else
    return false;
#endif
}();

}  // namespace

std::uint64_t append_nonzero(const Block& block, Bytes& out) {
    std::uint64_t mask = 0;
    std::array<std::byte, Block::size> stored;
    std::size_t count = 0;
    for (std::size_t i = 0; i < Block::size; ++i) {  // without a guess: each is put, and kept if it is any
        const bool is_any = block.bytes[i] != std::byte{0};
        stored[count] = block.bytes[i];
        count += is_any ? 1 : 0;
        mask |= std::uint64_t{is_any} << i;
    }
    out.insert(out.end(), stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(count));
    return mask;
}

bool spread_nonzero(std::uint64_t mask, const std::byte* stored, Block& block) {
#if defined(__x86_64__)
    if (has_avx512) return spread_avx512(mask, stored, block);
#endif
#if defined(__SSSE3__)
    return spread_sse(mask, stored, block);
#else
    return spread_portable(mask, stored, block);
#endif
}

bool is_available(SpreadingWay way) {
    if (way == SpreadingWay::avx512) return has_avx512;
#if defined(__SSSE3__)
    if (way == SpreadingWay::sse) return true;
#endif
    return way == SpreadingWay::portable;
}

bool spread_nonzero(SpreadingWay way, std::uint64_t mask, const std::byte* stored, Block& block) {
    ASSERT(is_available(way));
#if defined(__x86_64__)
    if (way == SpreadingWay::avx512) return spread_avx512(mask, stored, block);
#endif
#if defined(__SSSE3__)
    if (way == SpreadingWay::sse) return spread_sse(mask, stored, block);
#endif
    return spread_portable(mask, stored, block);
}

}  // namespace sauda::base
