#include "identity/session_seal.h"

#include <gtest/gtest.h>

namespace sauda::identity {
namespace {

constexpr std::string_view secret = "a secret of thirty-two bytes, or more";

TEST(SessionSeal, OpensWhatItSealedForTheSameSession) {
    SessionSeal seal(base::as_bytes(secret));
    SessionSeal elsewhere(base::as_bytes(secret));
    for (const SessionNote& note : {SessionNote{1'700'000'000'000, AccountNumber{16}, Role::trader},
                                    SessionNote{0, std::nullopt, Role::exchange_operator},
                                    SessionNote{-1, AccountNumber{4'294'967'295}, Role::trader}}) {
        const std::string text = seal.seal("a1", note);
        EXPECT_EQ(elsewhere.open("a1", text), note) << text;
        EXPECT_EQ(seal.open("a2", text), std::nullopt) << "another session";
    }
}

TEST(SessionSeal, OpensNothingElse) {
    SessionSeal seal(base::as_bytes(secret));
    const std::string text = seal.seal("a1", {1'700'000'000'000, AccountNumber{16}, Role::trader});
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string damaged = text;
        damaged[i] = damaged[i] == '1' ? '2' : '1';
        EXPECT_EQ(seal.open("a1", damaged), std::nullopt) << damaged;
        EXPECT_EQ(seal.open("a1", text.substr(0, i)), std::nullopt);
    }
    SessionSeal other(base::as_bytes("another secret of thirty-two bytes"));
    EXPECT_EQ(other.open("a1", text), std::nullopt);
    EXPECT_EQ(seal.open("a1", ""), std::nullopt);
    EXPECT_EQ(seal.open("a1", text + " "), std::nullopt);
}

}  // namespace
}  // namespace sauda::identity
