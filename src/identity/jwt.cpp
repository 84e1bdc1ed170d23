#include "identity/jwt.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/assert.h"
#include "identity/base64url.h"
#include "identity/flat_json.h"

namespace sauda::identity {
namespace {

using base::Unexpected;

constexpr std::string_view our_header = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::string_view our_header_encoded = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
constexpr std::size_t claim_count = 7;

struct Parts {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view signed_text;  ///< header and payload with their dot
};

std::optional<Parts> split(std::string_view token) {
    const std::size_t first = token.find('.');
    if (first == std::string_view::npos || token.size() > token_bytes_max) return std::nullopt;
    const std::size_t second = token.find('.', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                 token.substr(second + 1), token.substr(0, second)};
}

std::optional<FlatObject> decode_object(std::string_view part) {
    const std::optional<base::Bytes> bytes = base64url_decode(part);
    return bytes ? FlatObject::parse(base::as_text(*bytes)) : std::nullopt;
}

/// Any header that means HS256 and asks for nothing more. "crit", "kid" or "jwk" are refused, not ignored.
std::optional<TokenError> check_header(std::string_view part) {
    if (part == our_header_encoded) return std::nullopt;
    const std::optional<FlatObject> header = decode_object(part);
    if (!header) return TokenError::malformed;
    const std::string* const algorithm = header->text("alg");
    const std::string* const type = header->text("typ");
    if (algorithm == nullptr || *algorithm != "HS256") return TokenError::wrong_algorithm;
    if (type != nullptr && *type != "JWT") return TokenError::wrong_algorithm;
    if (header->size() != (type == nullptr ? 1u : 2u)) return TokenError::wrong_algorithm;
    return std::nullopt;
}

/// The claims, when they are exactly the members that sign() writes.
base::Result<Claims, TokenError> read_claims(std::string_view part) {
    const std::optional<FlatObject> payload = decode_object(part);
    if (!payload || payload->size() != claim_count) return Unexpected{TokenError::bad_claims};
    const std::string* const email = payload->text("email");
    const std::string* const subject = payload->text("sub");
    const std::string* const token_id = payload->text("jti");
    const std::string* const issuer = payload->text("iss");
    const std::string* const audience = payload->text("aud");
    const std::int64_t* const issued = payload->integer("iat");
    const std::int64_t* const expires = payload->integer("exp");
    if (!email || !subject || !token_id || !issuer || !audience || !issued || !expires) {
        return Unexpected{TokenError::bad_claims};
    }
    const std::optional<Uuid> user_id = Uuid::parse(*subject);
    if (!user_id || token_id->empty()) return Unexpected{TokenError::bad_claims};
    if (*issuer != token_issuer) return Unexpected{TokenError::wrong_issuer};
    if (*audience != token_audience) return Unexpected{TokenError::wrong_audience};
    return Claims{*email, *user_id, *token_id, *issued, *expires};
}

}  // namespace

std::string_view describe(TokenError error) {
    switch (error) {
        case TokenError::malformed:
            return "the token is not a JSON Web Token: log in to get one";
        case TokenError::wrong_algorithm:
            return "the token is not signed with HS256, the only algorithm accepted";
        case TokenError::bad_signature:
            return "the token's signature does not match: log in again";
        case TokenError::bad_claims:
            return "the token does not hold the claims of a session: log in again";
        case TokenError::wrong_issuer:
            return "the token was issued by someone else: log in here";
        case TokenError::wrong_audience:
            return "the token was issued for someone else: log in here";
        case TokenError::not_yet_valid:
            return "the token was issued in the future: check the servers' clocks";
        case TokenError::expired:
            return "the token has expired: log in again";
    }
    ASSERT(false);
}

std::optional<TokenError> check_times(const Claims& claims, std::int64_t now_s) {
    if (claims.issued_at_s > now_s && claims.issued_at_s - now_s > token_clock_skew_s) {
        return TokenError::not_yet_valid;
    }
    if (now_s >= claims.expires_at_s) return TokenError::expired;
    return std::nullopt;
}

struct Hs256::Context {
    EVP_MAC_CTX* mac = nullptr;

    Context() {
        EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
        ASSERT(algorithm != nullptr);
        mac = EVP_MAC_CTX_new(algorithm);
        EVP_MAC_free(algorithm);  // the context keeps its own reference
        ASSERT(mac != nullptr);
    }
    ~Context() { EVP_MAC_CTX_free(mac); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
};

Hs256::Hs256(base::ByteView key) : context_(std::make_unique<Context>()) {
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    const int started = EVP_MAC_init(context_->mac, reinterpret_cast<const unsigned char*>(key.data()),
                                     key.size(), parameters);
    ASSERT(started == 1);
}

Hs256::~Hs256() = default;
Hs256::Hs256(Hs256&&) noexcept = default;
Hs256& Hs256::operator=(Hs256&&) noexcept = default;

Hs256::Tag Hs256::sign(std::string_view message) {
    Tag tag{};
    std::size_t size = 0;
    // Starting again without a key keeps the key schedule: fetching and keying anew costs four times as much.
    const bool signed_all =
        EVP_MAC_init(context_->mac, nullptr, 0, nullptr) == 1 &&
        EVP_MAC_update(context_->mac, reinterpret_cast<const unsigned char*>(message.data()),
                       message.size()) == 1 &&
        EVP_MAC_final(context_->mac, reinterpret_cast<unsigned char*>(tag.data()), &size, tag.size()) == 1;
    ASSERT(signed_all);
    ASSERT(size == tag.size());
    return tag;
}

TokenSigner::TokenSigner(base::ByteView secret) : mac_(secret) {
    ASSERT(secret.size() >= 32);
}

std::string TokenSigner::sign(const Claims& claims) {
    FlatObjectWriter payload;
    payload.put("email", claims.email);
    payload.put("sub", claims.user_id.text());
    payload.put("exp", claims.expires_at_s);
    payload.put("iat", claims.issued_at_s);
    payload.put("jti", claims.token_id);
    payload.put("iss", token_issuer);
    payload.put("aud", token_audience);
    std::string token(our_header_encoded);
    token += '.';
    token += base64url_encode(base::as_bytes(payload.finish()));
    const Hs256::Tag tag = mac_.sign(token);
    token += '.';
    token += base64url_encode(tag);
    ASSERT(token.size() <= token_bytes_max);
    return token;
}

base::Result<Claims, TokenError> TokenSigner::verify(std::string_view token, std::int64_t now_s) {
    const std::optional<Parts> parts = split(token);
    if (!parts) return Unexpected{TokenError::malformed};
    if (const std::optional<TokenError> error = check_header(parts->header)) return Unexpected{*error};
    const std::optional<base::Bytes> signature = base64url_decode(parts->signature);
    if (!signature) return Unexpected{TokenError::malformed};
    if (!constant_time_equal(*signature, mac_.sign(parts->signed_text))) {
        return Unexpected{TokenError::bad_signature};
    }
    base::Result<Claims, TokenError> claims = read_claims(parts->payload);
    if (!claims) return claims;
    if (const std::optional<TokenError> error = check_times(*claims, now_s)) return Unexpected{*error};
    return claims;
}

}  // namespace sauda::identity
