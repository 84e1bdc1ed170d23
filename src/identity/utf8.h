/// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sauda::identity {

/// Takes one code point off the front of `rest`, or returns nothing and leaves `rest` when it is malformed.
/// Requires: !rest.empty().
std::optional<char32_t> take_code_point(std::string_view& rest);

/// Appends `code_point`. Requires: it is a Unicode scalar value.
void append_code_point(std::string& out, char32_t code_point);

}  // namespace sauda::identity
