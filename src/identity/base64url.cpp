#include "identity/base64url.h"

#include <array>
#include <cstdint>

namespace sauda::identity {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> make_digits() {
    std::array<std::uint8_t, 256> digits{};
    digits.fill(no_digit);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        digits[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return digits;
}
constexpr std::array<std::uint8_t, 256> digits = make_digits();

}  // namespace

std::string base64url_encode(base::ByteView bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t bits = 0;
    int bit_count = 0;
    for (const std::byte byte : bytes) {
        bits = (bits << 8 | std::to_integer<std::uint32_t>(byte)) & 0xFFFF;
        bit_count += 8;
        while (bit_count >= 6) {
            bit_count -= 6;
            text += alphabet[(bits >> bit_count) & 63];
        }
    }
    if (bit_count > 0) text += alphabet[(bits << (6 - bit_count)) & 63];
    return text;
}

std::optional<base::Bytes> base64url_decode(std::string_view text) {
    if (text.size() % 4 == 1) return std::nullopt;
    base::Bytes bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    int bit_count = 0;
    for (const char character : text) {
        const std::uint8_t digit = digits[static_cast<std::uint8_t>(character)];
        if (digit == no_digit) return std::nullopt;
        bits = (bits << 6 | digit) & 0xFFFF;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            bytes.push_back(static_cast<std::byte>(bits >> bit_count));
        }
    }
    const std::uint32_t leftover = bits & ((1u << bit_count) - 1);
    if (leftover != 0) return std::nullopt;
    return bytes;
}

}  // namespace sauda::identity
