#include "identity/random_id.h"

#include <cstring>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/assert.h"

namespace sauda::identity {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

int digit_value(char digit) {
    const std::size_t at = hex_digits.find(digit);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

bool dash_before(std::size_t byte) {
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

}  // namespace

std::string Uuid::text() const {
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (dash_before(i)) text += '-';
        text += hex_digits[bytes[i] >> 4];
        text += hex_digits[bytes[i] & 15];
    }
    return text;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    Uuid id;
    std::size_t at = 0;
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
        if (dash_before(i) && text[at++] != '-') return std::nullopt;
        const int high = digit_value(text[at]);
        const int low = digit_value(text[at + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        id.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
        at += 2;
    }
    return id;
}

std::size_t UuidHash::operator()(const Uuid& id) const noexcept {
    // The ids are random, so any eight of their bytes are a hash.
    std::size_t hash = 0;
    std::memcpy(&hash, id.bytes.data(), sizeof hash);
    return hash;
}

base::Bytes random_bytes(std::size_t count) {
    base::Bytes bytes(count);
    const int filled = RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count));
    ASSERT(filled == 1);
    return bytes;
}

Uuid random_uuid() {
    Uuid id;
    const base::Bytes bytes = random_bytes(id.bytes.size());
    std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x40);  // version 4
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);  // variant of RFC 4122
    return id;
}

std::string random_token(std::size_t byte_count) {
    return to_hex(random_bytes(byte_count));
}

std::string to_hex(base::ByteView bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::byte byte : bytes) {
        text += hex_digits[std::to_integer<std::size_t>(byte >> 4)];
        text += hex_digits[std::to_integer<std::size_t>(byte & std::byte{15})];
    }
    return text;
}

std::optional<base::Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    base::Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = digit_value(text[i]);
        const int low = digit_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes.push_back(static_cast<std::byte>(high * 16 + low));
    }
    return bytes;
}

bool constant_time_equal(base::ByteView a, base::ByteView b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace sauda::identity
