/// Which email addresses are accepted, and when two of them are the same.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sauda::identity {

inline constexpr std::size_t email_bytes_max = 254;  // RFC 5321 section 4.5.3.1.3, less the angle brackets
inline constexpr std::size_t email_local_bytes_max = 64;  // RFC 5321 section 4.5.3.1.1

/// The one spelling under which `email` is stored and compared, or nothing when it is not acceptable.
///
/// Accepted: one @; a local part of dot-separated words and a domain of dot-separated labels, neither with an
/// empty piece; printable ASCII without spaces and without the characters that need quoting, or printable
/// UTF-8. A domain without a dot is accepted ("alice@localhost"): whether mail arrives there is not known
/// here anyway.
///
/// The spelling is lower case for A–Z only. Letters beyond ASCII are compared byte by byte and not
/// normalised: folding them depends on the language, and a wrong fold would hand one person's address to
/// another.
std::optional<std::string> canonical_email(std::string_view email);

/// Whether canonical_email() accepts `email`.
bool validate_email(std::string_view email);

}  // namespace sauda::identity
