/// Session tokens: JSON Web Tokens (RFC 7519) signed with HMAC-SHA256 (HS256, RFC 7518 section 3.2), and with
/// nothing else. The algorithm is ours, not the token's: a header that names another one is refused before
/// any signature is looked at.
///
/// A token is three base64url texts joined by dots; what is signed is the first two with their dot, byte for
/// byte.
///   header   {"alg":"HS256","typ":"JWT"}
///   payload  {"email","sub","exp","iat","jti","iss","aud"}: exactly these members
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "identity/random_id.h"

namespace sauda::identity {

inline constexpr std::string_view token_issuer = "sauda";
inline constexpr std::string_view token_audience = "sauda";
inline constexpr std::int64_t token_lifetime_s = 24 * 60 * 60;
inline constexpr std::size_t token_bytes_max = 2048;
/// How far ahead of the reader's clock a token may have been issued: servers' clocks differ a little.
inline constexpr std::int64_t token_clock_skew_s = 60;

/// What a token says, issuer and audience aside: those are always ours.
struct Claims {
    std::string email;
    Uuid user_id;                   // sub
    std::string token_id;           // jti, the session's key
    std::int64_t issued_at_s = 0;   // iat, seconds since 1970
    std::int64_t expires_at_s = 0;  // exp: the first second in which the token is no longer good

    bool operator==(const Claims&) const = default;
};

enum class TokenError : std::uint8_t {
    malformed,        ///< not three strict base64url parts, or the header is not a flat JSON object
    wrong_algorithm,  ///< "none", another algorithm, or header members that we do not write
    bad_signature,    ///< altered, or signed with another secret
    bad_claims,       ///< well signed, but not the claims we write
    wrong_issuer,
    wrong_audience,
    not_yet_valid,  ///< issued beyond the clock skew in the future
    expired,
};
std::string_view describe(TokenError error);

/// Refuses what time alone can refuse.
std::optional<TokenError> check_times(const Claims& claims, std::int64_t now_s);

/// HMAC-SHA256 with one key, whose schedule is computed once (RFC 2104).
///
/// Threads: one at a time; the context inside is reused.
class Hs256 {
public:
    using Tag = std::array<std::byte, 32>;

    explicit Hs256(base::ByteView key);
    ~Hs256();
    Hs256(Hs256&&) noexcept;
    Hs256& operator=(Hs256&&) noexcept;

    Tag sign(std::string_view message);

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// Makes and checks tokens under one secret.
///
/// Threads: one at a time.
class TokenSigner {
public:
    /// Requires: secret.size() >= 32 (RFC 7518 section 3.2: a key of at least the hash's size).
    explicit TokenSigner(base::ByteView secret);

    /// Requires: the claims fit in token_bytes_max, as those with a canonical email do.
    std::string sign(const Claims& claims);

    /// The claims of a token of ours that is good at `now_s`, or the first reason to refuse it, in the order
    /// of TokenError. About 3 µs.
    base::Result<Claims, TokenError> verify(std::string_view token, std::int64_t now_s);

private:
    Hs256 mac_;
};

}  // namespace sauda::identity
