/// Ids, base64url, UTF-8 and flat JSON: what tokens are made of.
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "identity/base64url.h"
#include "identity/flat_json.h"
#include "identity/random_id.h"
#include "identity/utf8.h"

namespace sauda::identity {
namespace {

using base::as_bytes;
using base::as_text;

TEST(Uuid, HasOneSpellingAndReadsItBack) {
    const Uuid id = random_uuid();
    const std::string text = id.text();
    EXPECT_EQ(Uuid::parse(text), id);
    EXPECT_EQ(text[14], '4');
    EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
}

TEST(Uuid, RefusesEveryOtherSpelling) {
    const std::string good = "01234567-89ab-4def-8123-456789abcdef";
    ASSERT_TRUE(Uuid::parse(good));
    EXPECT_FALSE(Uuid::parse("01234567-89AB-4def-8123-456789abcdef"));
    EXPECT_FALSE(Uuid::parse("0123456789ab4def8123456789abcdef"));
    EXPECT_FALSE(Uuid::parse("{1234567-89ab-4def-8123-456789abcde}"));
    EXPECT_FALSE(Uuid::parse("01234567+89ab-4def-8123-456789abcdef"));
    EXPECT_FALSE(Uuid::parse(good + "0"));
    EXPECT_FALSE(Uuid::parse(""));
}

TEST(RandomToken, HasTheAskedLengthAndDoesNotRepeat) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string token = random_token(16);
        EXPECT_EQ(token.size(), 32u);
        EXPECT_TRUE(seen.insert(token).second);
    }
}

TEST(Hex, ReadsOnlyPairsOfLowerCaseDigits) {
    EXPECT_EQ(to_hex(as_bytes("\x01\xAB")), "01ab");
    EXPECT_EQ(as_text(*from_hex("01ab")), "\x01\xAB");
    EXPECT_FALSE(from_hex("01a"));
    EXPECT_FALSE(from_hex("01AB"));
    EXPECT_FALSE(from_hex("0x"));
}

TEST(Base64url, MatchesTheVectorsOfRfc4648WithoutPadding) {
    EXPECT_EQ(base64url_encode(as_bytes("")), "");
    EXPECT_EQ(base64url_encode(as_bytes("f")), "Zg");
    EXPECT_EQ(base64url_encode(as_bytes("fo")), "Zm8");
    EXPECT_EQ(base64url_encode(as_bytes("foobar")), "Zm9vYmFy");
    EXPECT_EQ(base64url_encode(as_bytes("\xFB\xFF")), "-_8");
}

TEST(Base64url, ReadsBackWhatItWroteForEveryLength) {
    base::Random random(7);
    for (std::size_t size = 0; size < 100; ++size) {
        base::Bytes bytes(size);
        for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(256));
        EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
    }
}

TEST(Base64url, RefusesEverySecondSpelling) {
    EXPECT_FALSE(base64url_decode("Zg=="));    // padding
    EXPECT_FALSE(base64url_decode("Zh"));      // leftover bits
    EXPECT_FALSE(base64url_decode("Zm9"));     // leftover bits
    EXPECT_FALSE(base64url_decode("Z"));       // impossible length
    EXPECT_FALSE(base64url_decode("Zm9v\n"));  // white space
    EXPECT_FALSE(base64url_decode("+/8"));     // the other alphabet
}

TEST(Utf8, TakesWhatItAppends) {
    for (const char32_t c : {U'a', U'\x7F', U'\x80', U'\x7FF', U'\x800', U'\xD7FF', U'\xE000', U'\xFFFF',
                             U'\x10000', U'\x10FFFF'}) {
        std::string text;
        append_code_point(text, c);
        std::string_view rest = text;
        EXPECT_EQ(take_code_point(rest), c);
        EXPECT_TRUE(rest.empty());
    }
}

TEST(Utf8, RefusesOverlongSurrogateTruncatedAndStrayBytes) {
    for (const std::string text : {"\xC0\xAF", "\xE0\x80\xAF", "\xF0\x80\x80\xAF", "\xED\xA0\x80",
                                   "\xF4\x90\x80\x80", "\xE2\x82", "\x80", "\xFF", "\xC3("}) {
        std::string_view rest = text;
        EXPECT_FALSE(take_code_point(rest)) << to_hex(as_bytes(text));
    }
}

TEST(FlatJson, ReadsStringsAndIntegers) {
    const auto object =
        FlatObject::parse(" { \"a\" : \"x\\n\\u00e9\\ud83d\\ude00\" ,\r\n\"b\":-12, \"c\":0 } ");
    ASSERT_TRUE(object);
    EXPECT_EQ(object->size(), 3u);
    EXPECT_EQ(*object->text("a"), "x\n\xC3\xA9\xF0\x9F\x98\x80");
    EXPECT_EQ(*object->integer("b"), -12);
    EXPECT_EQ(*object->integer("c"), 0);
    EXPECT_EQ(object->text("b"), nullptr);
    EXPECT_EQ(object->integer("a"), nullptr);
    EXPECT_EQ(object->text("d"), nullptr);
    EXPECT_TRUE(FlatObject::parse("{}"));
}

TEST(FlatJson, ReadsTheWholeRangeOf64BitsAndNoMore) {
    EXPECT_EQ(*FlatObject::parse(R"({"n":9223372036854775807})")->integer("n"), INT64_MAX);
    EXPECT_EQ(*FlatObject::parse(R"({"n":-9223372036854775808})")->integer("n"), INT64_MIN);
    EXPECT_FALSE(FlatObject::parse(R"({"n":9223372036854775808})"));
}

TEST(FlatJson, RefusesEverythingElse) {
    for (const std::string text : {"",
                                   "{",
                                   "}",
                                   "[]",
                                   "null",
                                   "{\"a\"}",
                                   "{\"a\":}",
                                   "{\"a\":1,}",
                                   "{,\"a\":1}",
                                   "{\"a\":1 \"b\":2}",
                                   "{\"a\":1}x",
                                   "{\"a\":1}{}",
                                   "{\"a\":1,\"a\":1}",
                                   "{\"a\":true}",
                                   "{\"a\":null}",
                                   "{\"a\":{}}",
                                   "{\"a\":[]}",
                                   "{\"a\":1.0}",
                                   "{\"a\":1e2}",
                                   "{\"a\":01}",
                                   "{\"a\":-0}",
                                   "{\"a\":+1}",
                                   "{\"a\":--1}",
                                   "{\"a\":1-2}",
                                   "{\"a\":-}",
                                   "{\"a\":\"x}",
                                   "{\"a\":\"\\x\"}",
                                   "{\"a\":\"\\u12\"}",
                                   "{\"a\":\"\\ud800\"}",
                                   "{\"a\":\"\\ud800\\u0041\"}",
                                   "{\"a\":\"\\udc00\"}",
                                   "{\"a\":\"\n\"}",
                                   "{\"a\":\"\xFF\"}",
                                   "{a:1}",
                                   "{'a':1}",
                                   "{\"a\":\"\\\"}",
                                   "{\"\\u0061\":1,\"a\":2}"}) {
        EXPECT_FALSE(FlatObject::parse(text)) << text;
    }
}

TEST(FlatJson, ReadsBackWhatItWrote) {
    const std::string awkward = "quote \" back \\ line \n tab \t null " + std::string(1, '\0') + " \xC3\xA9";
    FlatObjectWriter writer;
    writer.put("text", awkward);
    writer.put("number", std::int64_t{-5});
    const std::string written = writer.finish();
    const auto object = FlatObject::parse(written);
    ASSERT_TRUE(object) << written;
    EXPECT_EQ(*object->text("text"), awkward);
    EXPECT_EQ(*object->integer("number"), -5);
    EXPECT_EQ(writer.finish(), "{}");
}

TEST(FlatJson, SurvivesEverySingleByteChange) {
    const std::string good = R"({"email":"a@b","exp":123,"x":"\u00e9\n"})";
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (int value = 0; value < 256; ++value) {
            std::string changed = good;
            changed[at] = static_cast<char>(value);
            const auto object = FlatObject::parse(changed);
            if (object) {
                EXPECT_LE(object->size(), 3u);
            }
        }
        EXPECT_FALSE(FlatObject::parse(good.substr(0, at)));
    }
}

}  // namespace
}  // namespace sauda::identity
