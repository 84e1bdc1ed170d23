#include "identity/jwt.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "identity/base64url.h"
#include "identity/flat_json.h"
#include "identity/token_verifier.h"

namespace sauda::identity {
namespace {

using base::as_bytes;

constexpr std::int64_t now_s = 1'700'000'000;
const std::string secret = "an example of a key of 32 bytes!";

Claims alice() {
    return Claims{.email = "alice@example.org",
                  .user_id = *Uuid::parse("01234567-89ab-4def-8123-456789abcdef"),
                  .token_id = "0123456789abcdef0123456789abcdef",
                  .issued_at_s = now_s,
                  .expires_at_s = now_s + token_lifetime_s};
}

/// A token of any header and payload, correctly signed with `secret`.
std::string forge(const std::string& header, const std::string& payload) {
    Hs256 mac(as_bytes(secret));
    const std::string text = base64url_encode(as_bytes(header)) + "." + base64url_encode(as_bytes(payload));
    return text + "." + base64url_encode(mac.sign(text));
}

const std::string good_header = R"({"alg":"HS256","typ":"JWT"})";

std::string payload_with(const std::string& issuer, const std::string& audience) {
    FlatObjectWriter payload;
    payload.put("email", "alice@example.org");
    payload.put("sub", alice().user_id.text());
    payload.put("exp", now_s + 10);
    payload.put("iat", now_s);
    payload.put("jti", "1");
    payload.put("iss", issuer);
    payload.put("aud", audience);
    return payload.finish();
}

TokenError refusal(const std::string& token, std::int64_t at_s = now_s) {
    TokenSigner signer(as_bytes(secret));
    const auto claims = signer.verify(token, at_s);
    EXPECT_FALSE(claims) << token;
    return claims ? TokenError{255} : claims.error();
}

TEST(Hs256, MatchesTheExampleOfRfc7515) {
    // Appendix A.1: header and payload are signed as the bytes they are, line ends and spaces included.
    const auto key = base64url_decode(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
    ASSERT_TRUE(key);
    const std::string header = base64url_encode(as_bytes("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}"));
    const std::string payload = base64url_encode(
        as_bytes("{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"));
    EXPECT_EQ(header, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9");
    Hs256 mac(*key);
    EXPECT_EQ(base64url_encode(mac.sign(header + "." + payload)),
              "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

TEST(Hs256, MatchesRfc4231AndIsReusable) {
    Hs256 mac(as_bytes("Jefe"));
    const std::string expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    EXPECT_EQ(to_hex(mac.sign("what do ya want for nothing?")), expected);
    EXPECT_NE(to_hex(mac.sign("something else")), expected);
    EXPECT_EQ(to_hex(mac.sign("what do ya want for nothing?")), expected);
}

TEST(Jwt, VerifiesWhatItSigned) {
    TokenSigner signer(as_bytes(secret));
    const std::string token = signer.sign(alice());
    const auto claims = signer.verify(token, now_s);
    ASSERT_TRUE(claims);
    EXPECT_EQ(*claims, alice());
}

TEST(Jwt, LastsUntilTheSecondOfItsExpiry) {
    TokenSigner signer(as_bytes(secret));
    const std::string token = signer.sign(alice());
    EXPECT_TRUE(signer.verify(token, now_s + token_lifetime_s - 1));
    EXPECT_EQ(refusal(token, now_s + token_lifetime_s), TokenError::expired);
    EXPECT_TRUE(signer.verify(token, now_s - token_clock_skew_s));
    EXPECT_EQ(refusal(token, now_s - token_clock_skew_s - 1), TokenError::not_yet_valid);
}

TEST(Jwt, RefusesEverySingleCharacterChange) {
    TokenSigner signer(as_bytes(secret));
    const std::string token = signer.sign(alice());
    for (std::size_t at = 0; at < token.size(); ++at) {
        for (const char other : {'A', 'B', 'z', '0', '-', '_', '.', '=', '+', ' '}) {
            if (token[at] == other) continue;
            std::string changed = token;
            changed[at] = other;
            EXPECT_FALSE(signer.verify(changed, now_s)) << at << other;
        }
        EXPECT_FALSE(signer.verify(token.substr(0, at), now_s));
    }
}

TEST(Jwt, TellsAWrongSignatureFromAWrongShape) {
    TokenSigner signer(as_bytes(secret));
    const std::string token = signer.sign(alice());
    TokenSigner other(as_bytes("another example of a 32 byte key"));
    EXPECT_EQ(refusal(other.sign(alice())), TokenError::bad_signature);
    EXPECT_EQ(refusal(token.substr(0, token.rfind('.') + 1)), TokenError::bad_signature);  // none at all
    EXPECT_EQ(refusal(token + "AAAA"), TokenError::bad_signature);
    EXPECT_EQ(refusal(token + "="), TokenError::malformed);
    EXPECT_EQ(refusal(token + "."), TokenError::malformed);
    EXPECT_EQ(refusal(token + ".AAAA"), TokenError::malformed);
    EXPECT_EQ(refusal(""), TokenError::malformed);
    EXPECT_EQ(refusal(".."), TokenError::malformed);
    EXPECT_EQ(refusal("garbage"), TokenError::malformed);
    EXPECT_EQ(refusal(std::string("\0.\xFF.\n", 6)), TokenError::malformed);
    EXPECT_EQ(refusal(std::string(100'000, 'A')), TokenError::malformed);
}

TEST(Jwt, RefusesWhatIsLongerThanATokenCanBeEvenWellSigned) {
    const std::string token = forge(good_header, payload_with("sauda", std::string(token_bytes_max, 'x')));
    EXPECT_EQ(refusal(token), TokenError::malformed);
}

TEST(Jwt, RefusesEveryAlgorithmButItsOwnEvenWellSigned) {
    const std::string payload = payload_with("sauda", "sauda");
    for (const std::string algorithm :
         {"none", "None", "NONE", "hs256", "HS384", "HS512", "RS256", "ES256", ""}) {
        EXPECT_EQ(refusal(forge(R"({"alg":")" + algorithm + R"(","typ":"JWT"})", payload)),
                  TokenError::wrong_algorithm);
    }
    const std::string unsigned_token =
        base64url_encode(as_bytes(R"({"alg":"none"})")) + "." + base64url_encode(as_bytes(payload)) + ".";
    EXPECT_EQ(refusal(unsigned_token), TokenError::wrong_algorithm);
}

TEST(Jwt, RefusesHeadersThatAskForMore) {
    const std::string payload = payload_with("sauda", "sauda");
    EXPECT_EQ(refusal(forge(R"({"typ":"JWT"})", payload)), TokenError::wrong_algorithm);
    EXPECT_EQ(refusal(forge(R"({"alg":"HS256","kid":"../../x"})", payload)), TokenError::wrong_algorithm);
    EXPECT_EQ(refusal(forge(R"({"alg":"HS256","typ":"at+jwt"})", payload)), TokenError::wrong_algorithm);
    EXPECT_EQ(refusal(forge(R"({"alg":"HS256","crit":["b64"]})", payload)), TokenError::malformed);
    EXPECT_EQ(refusal(forge(R"({"alg":"none","alg":"HS256"})", payload)), TokenError::malformed);
}

TEST(Jwt, AcceptsItsOwnHeaderInAnotherSpelling) {
    TokenSigner signer(as_bytes(secret));
    EXPECT_TRUE(signer.verify(
        forge("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}", payload_with("sauda", "sauda")), now_s));
    EXPECT_TRUE(signer.verify(forge(R"({"alg":"HS256"})", payload_with("sauda", "sauda")), now_s));
}

TEST(Jwt, RefusesClaimsOfSomebodyElse) {
    EXPECT_EQ(refusal(forge(good_header, payload_with("other", "sauda"))), TokenError::wrong_issuer);
    EXPECT_EQ(refusal(forge(good_header, payload_with("sauda", "other"))), TokenError::wrong_audience);
}

TEST(Jwt, RefusesClaimsThatAreNotExactlyOurs) {
    const std::string good = payload_with("sauda", "sauda");
    const std::string more = good.substr(0, good.size() - 1) + R"(,"role":"operator"})";
    const std::string start = R"({"email":"a@b","sub":"01234567-89ab-4def-8123-456789abcdef",)";
    const std::vector<std::string> payloads = {
        "",
        "{}",
        "[]",
        "not json",
        more,
        start + R"("exp":1800000000,"iat":1700000000,"iss":"sauda","aud":"sauda"})",
        start + R"("exp":1800000000,"iat":1700000000,"jti":"","iss":"sauda","aud":"sauda"})",
        start + R"("exp":"1800000000","iat":1700000000,"jti":"1","iss":"sauda","aud":"sauda"})",
        start + R"("exp":1800000000.5,"iat":1700000000,"jti":"1","iss":"sauda","aud":"sauda"})",
        start + R"("exp":1e18,"iat":1700000000,"jti":"1","iss":"sauda","aud":"sauda"})",
        start + R"("exp":1800000000,"iat":1700000000,"jti":"1","iss":"sauda","aud":["sauda"]})",
        R"({"email":"a@b","sub":"7","exp":1800000000,"iat":1700000000,"jti":"1","iss":"sauda","aud":"sauda"})",
    };
    for (const std::string& payload : payloads) {
        EXPECT_EQ(refusal(forge(good_header, payload)), TokenError::bad_claims) << payload;
    }
}

TEST(Jwt, ExtremeTimesNeitherOverflowNorPass) {
    const auto with_times = [](const std::string& exp, const std::string& iat) {
        return forge(good_header, R"({"email":"a@b","sub":"01234567-89ab-4def-8123-456789abcdef","exp":)" +
                                      exp + R"(,"iat":)" + iat +
                                      R"(,"jti":"1","iss":"sauda","aud":"sauda"})");
    };
    EXPECT_EQ(refusal(with_times("9223372036854775807", "9223372036854775807")), TokenError::not_yet_valid);
    EXPECT_EQ(refusal(with_times("-9223372036854775808", "-9223372036854775808")), TokenError::expired);
}

TEST(TokenVerifier, RemembersGoodTokensAndStillLooksAtTheClock) {
    TokenSigner signer(as_bytes(secret));
    TokenVerifier verifier(as_bytes(secret));
    const std::string token = signer.sign(alice());
    const auto first = verifier.verify(token, now_s);
    const auto second = verifier.verify(token, now_s + 1);
    ASSERT_TRUE(first);
    ASSERT_TRUE(second);
    EXPECT_EQ(**first, alice());
    EXPECT_EQ(first->get(), second->get());  // the same object: not verified again
    const auto late = verifier.verify(token, now_s + token_lifetime_s);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error(), TokenError::expired);
}

TEST(TokenVerifier, NeverRemembersWhatItRefused) {
    TokenVerifier verifier(as_bytes(secret));
    TokenSigner other(as_bytes("another example of a 32 byte key"));
    const std::string token = other.sign(alice());
    for (int i = 0; i < 3; ++i) {
        const auto claims = verifier.verify(token, now_s);
        ASSERT_FALSE(claims);
        EXPECT_EQ(claims.error(), TokenError::bad_signature);
    }
    EXPECT_FALSE(verifier.verify(std::string(1'000'000, 'x'), now_s));
    EXPECT_EQ(verifier.size(), 0u);
}

TEST(TokenVerifier, StaysBoundedAndKeepsTheTokenInUse) {
    constexpr std::size_t generation_size = 8;
    TokenSigner signer(as_bytes(secret));
    TokenVerifier verifier(as_bytes(secret), generation_size);
    const std::string used = signer.sign(alice());
    const auto first = verifier.verify(used, now_s);
    ASSERT_TRUE(first);
    for (int i = 0; i < 100; ++i) {
        Claims claims = alice();
        claims.token_id = std::to_string(i);
        EXPECT_TRUE(verifier.verify(signer.sign(claims), now_s));
        const auto again = verifier.verify(used, now_s);
        ASSERT_TRUE(again);
        EXPECT_EQ(again->get(), first->get()) << i;
        EXPECT_LE(verifier.size(), 2 * generation_size);
    }
}

}  // namespace
}  // namespace sauda::identity
