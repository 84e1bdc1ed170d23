#include "telemetry/log_text.h"

#include <cstdint>
#include <iterator>

#include <fmt/format.h>

namespace sauda::telemetry::log {

namespace {

struct CodePoint {
    std::uint32_t value = 0xFFFD;
    std::size_t size = 1;  // in bytes
};

std::uint8_t byte_at(std::string_view text, std::size_t at) {
    return at < text.size() ? static_cast<std::uint8_t>(text[at]) : 0;
}

/// The first code point of `text`; U+FFFD of one byte where it is not UTF-8 (RFC 3629).
/// Requires: the first byte is there and not ASCII.
CodePoint first_of(std::string_view text) {
    const std::uint8_t lead = byte_at(text, 0);
    const std::size_t size = lead >= 0xF0 ? 4 : (lead >= 0xE0 ? 3 : 2);
    if (lead < 0xC2 || lead > 0xF4) return {};
    std::uint32_t value = lead & (0xFFu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        const std::uint8_t next = byte_at(text, i);
        if ((next & 0xC0) != 0x80) return {};
        value = value << 6 | (next & 0x3F);
    }
    const bool is_overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
    const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (is_overlong || is_surrogate || value > 0x10FFFF) return {};
    return {value, size};
}

void append_unit(std::string& out, std::uint32_t unit) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", unit);
}

void append_code_point(std::string& out, std::uint32_t value) {
    if (value < 0x10000) return append_unit(out, value);
    append_unit(out, 0xD800 + ((value - 0x10000) >> 10));
    append_unit(out, 0xDC00 + ((value - 0x10000) & 0x3FF));
}

void append_ascii(std::string& out, char c) {
    switch (c) {
        case '"':
        case '\\':
            out.push_back('\\');
            out.push_back(c);
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            if (c >= ' ' && c <= '~') return out.push_back(c);
            append_unit(out, static_cast<std::uint8_t>(c));
    }
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
    while (!text.empty()) {
        std::size_t size = 1;
        if (static_cast<std::uint8_t>(text.front()) < 0x80) {
            append_ascii(out, text.front());
        } else {
            const CodePoint first = first_of(text);
            append_code_point(out, first.value);
            size = first.size;
        }
        text.remove_prefix(size);
    }
}

}  // namespace sauda::telemetry::log
