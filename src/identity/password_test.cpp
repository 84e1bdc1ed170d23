#include "identity/password.h"

#include <string>

#include <gtest/gtest.h>

#include "identity/common_passwords.h"
#include "identity/email.h"

namespace sauda::identity {
namespace {

constexpr PasswordCost cheap{.memory_kib = 64, .passes = 1, .lanes = 1};

TEST(Password, RealParametersHashAndVerify) {
    const PasswordHasher hasher;
    const std::string encoded = hasher.hash("secure123");
    EXPECT_TRUE(encoded.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << encoded;
    EXPECT_TRUE(hasher.verify(encoded, "secure123"));
    EXPECT_FALSE(hasher.verify(encoded, "secure124"));
    EXPECT_FALSE(hasher.needs_rehash(encoded));
    hasher.dummy_verify("secure123");
}

TEST(Password, EveryHashHasItsOwnSalt) {
    const PasswordHasher hasher(cheap);
    const std::string first = hasher.hash("secure123");
    const std::string second = hasher.hash("secure123");
    EXPECT_NE(first, second);
    EXPECT_TRUE(hasher.verify(first, "secure123"));
    EXPECT_TRUE(hasher.verify(second, "secure123"));
}

TEST(Password, EveryByteCounts) {
    const PasswordHasher hasher(cheap);
    const std::string password(
        "with\0zero and \xC3\xA9 and 72+ bytes ...........................................Z", 74);
    const std::string encoded = hasher.hash(password);
    EXPECT_TRUE(hasher.verify(encoded, password));
    EXPECT_FALSE(hasher.verify(encoded, password.substr(0, password.size() - 1)));
    EXPECT_FALSE(hasher.verify(encoded, "with"));
    EXPECT_FALSE(hasher.verify(encoded, ""));
}

TEST(Password, VerifiesHashesMadeAtAnotherCostAndAsksForANewOne) {
    const std::string encoded = PasswordHasher(cheap).hash("secure123");
    const PasswordHasher dearer({.memory_kib = 128, .passes = 2, .lanes = 1});
    EXPECT_TRUE(dearer.verify(encoded, "secure123"));
    EXPECT_TRUE(dearer.needs_rehash(encoded));
}

TEST(Password, NothingMatchesAHashThatIsNone) {
    const PasswordHasher hasher(cheap);
    for (const std::string encoded :
         {"", "secure123", "$argon2id$", "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
          "$2b$12$abcdefghijklmnopqrstuv"}) {
        EXPECT_FALSE(hasher.verify(encoded, "secure123")) << encoded;
    }
}

TEST(Password, BeyondTheLongestIsWrongAndNotHashed) {
    const PasswordHasher hasher(cheap);
    const std::string longest(password_bytes_max, 'x');
    const std::string encoded = hasher.hash(longest);
    EXPECT_TRUE(hasher.verify(encoded, longest));
    const std::uint64_t runs = hasher.run_count();
    EXPECT_EQ(runs, 2u);
    EXPECT_FALSE(hasher.verify(encoded, longest + "x"));
    hasher.dummy_verify(std::string(1'000'000, 'x'));
    EXPECT_EQ(hasher.run_count(), runs);
}

TEST(PasswordStrength, CountsCharactersBelowAndBytesAbove) {
    EXPECT_EQ(check_password_strength(""), PasswordWeakness::too_short);
    EXPECT_EQ(check_password_strength("seven77"), PasswordWeakness::too_short);
    EXPECT_EQ(check_password_strength("eight888"), std::nullopt);
    EXPECT_EQ(check_password_strength("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"), PasswordWeakness::too_short);  // 4
    EXPECT_EQ(check_password_strength(std::string(password_bytes_max, 'x')), std::nullopt);
    EXPECT_EQ(check_password_strength(std::string(password_bytes_max + 1, 'x')), PasswordWeakness::too_long);
}

TEST(PasswordStrength, RefusesCommonOnesInAnyCase) {
    for (const std::string password : {"password", "12345678", "qwertyuiop", "iloveyou", "PassWord",
                                       "QWERTYUIOP", "password123", "1234567890", "letmein123", "11111111"}) {
        EXPECT_EQ(check_password_strength(password), PasswordWeakness::too_common) << password;
        EXPECT_TRUE(is_common_password(password));
    }
    EXPECT_EQ(check_password_strength("secure123"), std::nullopt);
    EXPECT_EQ(check_password_strength("correct horse"), std::nullopt);
}

TEST(Email, AcceptsAndLowersOrdinaryAddresses) {
    EXPECT_EQ(canonical_email("alice@example.org"), "alice@example.org");
    EXPECT_EQ(canonical_email("Alice.B+tag@Example.ORG"), "alice.b+tag@example.org");
    EXPECT_EQ(canonical_email("o'neil@sub-domain.example"), "o'neil@sub-domain.example");
    EXPECT_EQ(canonical_email("root@localhost"), "root@localhost");
    EXPECT_EQ(canonical_email("j\xC3\x89@\xE0\xA4\xAD\xE0\xA4\xBE.example"),
              "j\xC3\x89@\xE0\xA4\xAD\xE0\xA4\xBE.example");  // beyond ASCII nothing is folded
}

TEST(Email, RefusesWhatIsMisshapen) {
    for (const std::string email : {"",
                                    "@",
                                    "a",
                                    "a@",
                                    "@b",
                                    "a@b@c",
                                    "a b@c",
                                    "a@b c",
                                    "a@b\n",
                                    "\ta@b",
                                    ".a@b",
                                    "a.@b",
                                    "a..b@c",
                                    "a@.b",
                                    "a@b.",
                                    "a@b..c",
                                    "a@-b",
                                    "a@b-",
                                    "a@b-.c",
                                    "a@b.-c",
                                    "\"a\"@b",
                                    "a<b>@c",
                                    "a@b_c",
                                    "a@[1.2.3.4]",
                                    "a@b:1",
                                    "a\x7F@b",
                                    "a\xFF@b",
                                    "a@b\xC3",
                                    "a\xC2\xA0@b",
                                    "a\xE2\x80\x8B@b",
                                    "a\xE2\x80\xAE@b",
                                    "a@\xEF\xBB\xBF.b"}) {
        EXPECT_FALSE(validate_email(email)) << email;
    }
    EXPECT_FALSE(validate_email(std::string("a\0@b", 4)));
}

TEST(Email, HasALongestForm) {
    const std::string local(email_local_bytes_max, 'l');
    EXPECT_TRUE(validate_email(local + "@" + std::string(email_bytes_max - email_local_bytes_max - 1, 'd')));
    EXPECT_FALSE(validate_email(local + "@" + std::string(email_bytes_max - email_local_bytes_max, 'd')));
    EXPECT_FALSE(validate_email(local + "l@d"));
}

}  // namespace
}  // namespace sauda::identity
