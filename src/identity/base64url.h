/// Base64 for URLs without padding (RFC 4648 section 5, as RFC 7515 appendix C uses it).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace sauda::identity {

std::string base64url_encode(base::ByteView bytes);

/// The bytes that encode to exactly `text`, or nothing. Padding, white space, the other alphabet's + and /,
/// impossible lengths and leftover bits that are not zero are refused: one value has one spelling, so a token
/// cannot be altered into another that still verifies.
std::optional<base::Bytes> base64url_decode(std::string_view text);

}  // namespace sauda::identity
