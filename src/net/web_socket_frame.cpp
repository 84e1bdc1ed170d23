#include "net/web_socket_frame.h"

#include <algorithm>

namespace sauda::net {
namespace {

constexpr unsigned char kFinText = 0x81;
constexpr unsigned char kFinClose = 0x88;
constexpr unsigned char kFinPing = 0x89;
constexpr std::size_t kFrameHeaderMax = 10;
constexpr std::size_t kCloseReasonMax = 123;  // 125 bytes of a control frame, less the code

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        out += static_cast<char>((value >> shift) & 0xFF);
}

void append_frame_header(std::string& out, unsigned char first, std::size_t size) {
    out += static_cast<char>(first);
    if (size < 126) {
        append_big_endian(out, size, 1);
    } else if (size <= 0xFFFF) {
        out += static_cast<char>(126);
        append_big_endian(out, size, 2);
    } else {
        out += static_cast<char>(127);
        append_big_endian(out, size, 8);
    }
}

/// The longest prefix of `text` of at most `size_max` bytes that does not end within a UTF-8 character.
std::string_view cut_at_character(std::string_view text, std::size_t size_max) {
    if (text.size() <= size_max) return text;
    std::size_t size = size_max;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
    return text.substr(0, size);
}

}  // namespace

void append_text_frame(std::string& out, std::string_view text) {
    append_frame_header(out, kFinText, text.size());
    out.append(text);
}

Frame frame_text(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() + kFrameHeaderMax);
    append_text_frame(bytes, text);
    return std::make_shared<const std::string>(std::move(bytes));
}

Frame frame_close(std::uint16_t code, std::string_view reason) {
    const std::string_view cut = cut_at_character(reason, kCloseReasonMax);
    std::string bytes;
    append_frame_header(bytes, kFinClose, 2 + cut.size());
    append_big_endian(bytes, code, 2);
    bytes.append(cut);
    return std::make_shared<const std::string>(std::move(bytes));
}

Frame frame_ping() {
    static const Frame ping =
        std::make_shared<const std::string>(std::string{static_cast<char>(kFinPing), '\0'});
    return ping;
}

}  // namespace sauda::net
