#include "identity/utf8.h"

#include "base/assert.h"

namespace sauda::identity {
namespace {

constexpr char32_t last_code_point = 0x10FFFF;

bool is_surrogate(char32_t code_point) {
    return code_point >= 0xD800 && code_point <= 0xDFFF;
}

std::size_t encoded_size(char32_t code_point) {
    if (code_point < 0x80) return 1;
    if (code_point < 0x800) return 2;
    return code_point < 0x10000 ? 3 : 4;
}

/// Bytes that a sequence starting with `lead` has; 0 when it cannot start one.
std::size_t sequence_size(unsigned char lead) {
    if (lead < 0x80) return 1;
    if ((lead & 0xE0) == 0xC0) return 2;
    if ((lead & 0xF0) == 0xE0) return 3;
    return (lead & 0xF8) == 0xF0 ? 4 : 0;
}

}  // namespace

std::optional<char32_t> take_code_point(std::string_view& rest) {
    ASSERT(!rest.empty());
    const auto lead = static_cast<unsigned char>(rest[0]);
    const std::size_t size = sequence_size(lead);
    if (size == 0 || size > rest.size()) return std::nullopt;
    char32_t code_point = size == 1 ? lead : lead & (0xFFu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(rest[i]);
        if ((byte & 0xC0) != 0x80) return std::nullopt;
        code_point = code_point << 6 | (byte & 0x3Fu);
    }
    if (code_point > last_code_point || is_surrogate(code_point)) return std::nullopt;
    if (encoded_size(code_point) != size) return std::nullopt;  // overlong
    rest.remove_prefix(size);
    return code_point;
}

void append_code_point(std::string& out, char32_t code_point) {
    ASSERT(code_point <= last_code_point);
    ASSERT(!is_surrogate(code_point));
    const std::size_t size = encoded_size(code_point);
    if (size == 1) {
        out += static_cast<char>(code_point);
        return;
    }
    const unsigned lead_mark = 0xF00u >> size & 0xF0u;  // 110xxxxx, 1110xxxx, 11110xxx
    out += static_cast<char>(lead_mark | code_point >> (6 * (size - 1)));
    for (std::size_t left = size - 1; left > 0; --left) {
        out += static_cast<char>(0x80u | (code_point >> (6 * (left - 1)) & 0x3Fu));
    }
}

}  // namespace sauda::identity
