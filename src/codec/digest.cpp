#include "codec/digest.h"

#include <cstring>

namespace sauda::codec {

namespace {

constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    // The constant keeps zeros from standing still: mix(0) would be 0.
    return (z ^ (z >> 31)) + 0x9E3779B97F4A7C15ull;
}

}  // namespace

std::uint64_t digest64(base::ByteView bytes) {
    std::uint64_t digest = mix(bytes.size());
    while (!bytes.empty()) {
        const std::size_t width = bytes.size() < 8 ? bytes.size() : 8;
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), width);
        digest = mix(digest ^ word);
        bytes = bytes.subspan(width);
    }
    return digest;
}

}  // namespace sauda::codec
