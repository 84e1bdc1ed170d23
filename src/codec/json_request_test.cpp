#include "codec/json_request.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace sauda::codec {
namespace {

core::Market tata() {
    core::Market market;
    market.id = {1};
    market.spec.name = core::MarketName("TATA_INR");
    market.spec.price_scale = 2;
    market.spec.tick = 5;
    market.quote_per_unit = 100;
    return market;
}

/// The refusal of `text` as an order, or of its numbers against the market; "" when it is good.
std::string refusal(std::string_view text) {
    const auto json = parse_json_object(text);
    if (!json) return json.error().code + ": " + json.error().message;
    const auto order = read_order(*json);
    if (!order) return order.error().code + ": " + order.error().message;
    const auto place = resolve(*order, tata());
    return place ? "" : std::string(core::code(place.error()));
}

std::string order_with(std::string_view price, std::string_view quantity) {
    return R"({"order_type":"Buy","order_kind":"Limit","market":"TATA_INR","price":)" + std::string(price) +
           R"(,"quantity":)" + std::string(quantity) + "}";
}

TEST(JsonValue, RefusesEverythingMalformedWhereverItStands) {
    for (const std::string_view bad : {"",
                                       "  ",
                                       "[]",
                                       "1",
                                       "\"a\"",
                                       "nul",
                                       "{",
                                       "{\"a\"",
                                       "{\"a\":}",
                                       "{\"a\":1",
                                       "{\"a\":1,}",
                                       "{\"a\":1}x",
                                       "{\"a\":1}{}",
                                       "{\"a\":01}",
                                       "{\"a\":1.}",
                                       "{\"a\":.5}",
                                       "{\"a\":NaN}",
                                       "{\"a\":Infinity}",
                                       "{\"a\":+1}",
                                       "{\"a\":tru}",
                                       "{\"a\":nulls}",
                                       "{\"a\":\"\\x\"}",
                                       "{\"a\":\"\xff\"}",
                                       "{\"a\":[1,]}",
                                       "{\"a\":[1}",
                                       "{a:1}",
                                       "{'a':1}",
                                       "{\"a\":1,\"a\":2}",
                                       "{\"a\":{\"b\":1,\"b\":1}}",
                                       "{\"a\":\"\n\"}"}) {
        EXPECT_FALSE(parse_json_object(bad).has_value()) << bad;
    }
}

TEST(JsonValue, RefusesDeepNestingAndSurvivesIt) {
    std::string deep = "{\"a\":";
    for (int i = 0; i < 100'000; ++i) deep += '[';
    EXPECT_FALSE(parse_json_object(deep).has_value());
    std::string closed = "{\"a\":";
    for (int i = 0; i < 500; ++i) closed += '[';
    for (int i = 0; i < 500; ++i) closed += ']';
    EXPECT_FALSE(parse_json_object(closed + "}").has_value());
}

TEST(JsonValue, KeepsNumbersAsWritten) {
    const auto json =
        parse_json_object(R"( {"a" : 100.500000000000000000001 , "b":[true,null,"x\u0041\n"],"c":{}} )");
    ASSERT_TRUE(json.has_value());
    EXPECT_EQ(json->find("a")->text, "100.500000000000000000001");
    EXPECT_EQ(json->find("b")->items[2].text, "xA\n");
    EXPECT_EQ(json->find("d"), nullptr);
}

TEST(JsonValue, NeverCrashesOnMutatedInput) {
    base::Random random(3);
    const std::string good = R"({"order_type":"Buy","price":100.50,"n":[1,{"x":"y\u00e9"}],"z":null})";
    for (int round = 0; round < 20'000; ++round) {
        std::string text = good;
        for (int i = 0; i < 3; ++i) text[random.below(text.size())] = static_cast<char>(random.below(256));
        text.resize(random.below(text.size() + 1));
        static_cast<void>(parse_json_object(text));
    }
}

TEST(OrderRequest, ReadsTheDocumentedShape) {
    EXPECT_EQ(refusal(order_with("100.50", "10")), "");
    EXPECT_EQ(refusal(order_with("\"100.5\"", "\"10\"")), "");
    EXPECT_EQ(refusal(R"({"side":"sell","kind":"market","market":"TATA_INR","quantity":1,"unknown":[1,2]})"),
              "");
    EXPECT_EQ(refusal(R"({"side":"buy","kind":"MARKET","market":"TATA_INR","quote_quantity":"100.1234"})"),
              "");
}

TEST(OrderRequest, NamesWhatIsWrong) {
    EXPECT_EQ(refusal(order_with("100.51", "10")), "")
        << "off-tick within the price unit is core's to refuse";
    EXPECT_EQ(refusal(order_with("100.501", "10")), "price_off_tick");
    EXPECT_EQ(refusal(order_with("100.50", "1.5")), "quantity_off_lot");
    EXPECT_EQ(refusal(order_with("-1", "10")), "invalid_price");
    EXPECT_EQ(refusal(order_with("0", "10")), "invalid_price");
    EXPECT_EQ(refusal(order_with("100.50", "0")), "invalid_quantity");
    EXPECT_EQ(refusal(order_with("99999999999999999999", "1")), "price_too_large");
    EXPECT_EQ(refusal(order_with("1", "99999999999999999999")), "quantity_too_large");
    EXPECT_NE(refusal(order_with("1e2", "10")).find("without exponent"), std::string::npos);
    EXPECT_NE(refusal(order_with("\"NaN\"", "10")).find("\"price\""), std::string::npos);
    EXPECT_NE(refusal(order_with("true", "10")).find("must be a decimal, not true or false"),
              std::string::npos);
    EXPECT_NE(refusal(R"({"order_type":"Hold"})").find("market"), std::string::npos);
    EXPECT_NE(refusal(R"({"order_type":"Hold","market":"A"})").find("buy, sell"), std::string::npos);
    EXPECT_EQ(refusal(R"({"side":"buy","kind":"stop_loss","market":"A"})").substr(0, 13), "not_supported");
    EXPECT_NE(
        refusal(R"({"side":"buy","kind":"limit","market":"A","price":1})").find("\"quantity\" is missing"),
        std::string::npos);
    EXPECT_EQ(
        refusal(
            R"({"side":"buy","kind":"limit","market":"A","price":1,"quantity":1,"client_order_id":"a b"})")
            .substr(0, 23),
        "invalid_client_order_id");
}

}  // namespace
}  // namespace sauda::codec
