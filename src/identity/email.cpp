#include "identity/email.h"

#include <algorithm>

#include "identity/utf8.h"

namespace sauda::identity {
namespace {

/// Code points that show as nothing or reorder what is beside them: two addresses that look alike must not
/// differ by one of these. C1 controls, soft hyphen, no-break and other spaces, zero-width marks,
/// bidirectional controls, line separators, byte order mark, interlinear marks, surrogate-free non-characters
/// and tags.
bool is_invisible(char32_t c) {
    return (c >= 0x80 && c <= 0xA0) || c == 0xAD || c == 0x034F || c == 0x061C || c == 0x1680 ||
           (c >= 0x115F && c <= 0x1160) || (c >= 0x17B4 && c <= 0x17B5) || (c >= 0x180B && c <= 0x180F) ||
           (c >= 0x2000 && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) || (c >= 0x205F && c <= 0x206F) ||
           c == 0x3000 || c == 0x3164 || (c >= 0xFDD0 && c <= 0xFDEF) || (c >= 0xFE00 && c <= 0xFE0F) ||
           c == 0xFEFF || c == 0xFFA0 || (c >= 0xFFF0 && c <= 0xFFFB) || (c & 0xFFFE) == 0xFFFE ||
           (c >= 0xE0000 && c <= 0xE0FFF) || c >= 0xF0000;
}

bool is_allowed(char32_t c, std::string_view forbidden_ascii) {
    if (c <= 0x20 || c == 0x7F) return false;
    if (c < 0x80) return forbidden_ascii.find(static_cast<char>(c)) == std::string_view::npos;
    return !is_invisible(c);
}

bool all_allowed(std::string_view text, std::string_view forbidden_ascii) {
    while (!text.empty()) {
        const std::optional<char32_t> next = take_code_point(text);
        if (!next || !is_allowed(*next, forbidden_ascii)) return false;
    }
    return true;
}

/// No piece between dots is empty, and so the text is not.
bool has_no_empty_piece(std::string_view text) {
    return !text.empty() && text.front() != '.' && text.back() != '.' &&
           text.find("..") == std::string_view::npos;
}

bool is_local_part(std::string_view local) {
    return local.size() <= email_local_bytes_max && has_no_empty_piece(local) &&
           all_allowed(local, "\"(),:;<>@[\\]");
}

bool is_domain(std::string_view domain) {
    return has_no_empty_piece(domain) && domain.front() != '-' && domain.back() != '-' &&
           domain.find(".-") == std::string_view::npos && domain.find("-.") == std::string_view::npos &&
           all_allowed(domain, "!\"#$%&'()*+,/:;<=>?@[\\]^_`{|}~");
}

char lower(char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character + ('a' - 'A')) : character;
}

}  // namespace

std::optional<std::string> canonical_email(std::string_view email) {
    const std::size_t at = email.find('@');
    if (at == std::string_view::npos || email.size() > email_bytes_max) return std::nullopt;
    if (!is_local_part(email.substr(0, at)) || !is_domain(email.substr(at + 1))) return std::nullopt;
    std::string canonical(email);
    std::transform(canonical.begin(), canonical.end(), canonical.begin(), lower);
    return canonical;
}

bool validate_email(std::string_view email) {
    return canonical_email(email).has_value();
}

}  // namespace sauda::identity
