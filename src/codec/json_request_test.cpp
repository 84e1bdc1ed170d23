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
                                       "{\"a\":\"\n\"}",
                                       "{\"a\":\"\\ud800\"}",
                                       "{\"a\":\"\\udc00\"}",
                                       "{\"a\":\"\\ud800\\ud800\"}",
                                       "{\"\\udfff\":1}",
                                       "{\"a\":\"\\u12\"}",
                                       "{\"a\":1}}",
                                       "{\"a\":1 2}",
                                       "{\"a\" 1}",
                                       "{\"a\":-}",
                                       "{\"a\":1e}",
                                       "{\"a\":0x10}",
                                       "\xEF\xBB\xBF{}"}) {
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

TEST(JsonValue, BoundsWhatADocumentMayCost) {
    std::string many = "{\"a\":[0";
    for (int i = 0; i < 200'000; ++i) many += ",0";
    EXPECT_FALSE(parse_json_object(many + "]}").has_value());

    std::string wide = "{";
    for (int i = 0; i < 64; ++i) wide += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
    EXPECT_TRUE(parse_json_object(wide + "}").has_value());
    EXPECT_FALSE(parse_json_object(wide + ",\"64\":0}").has_value());
}

TEST(JsonValue, ReadsWholeSurrogatePairsAndLeavesAccentsAlone) {
    const auto json = parse_json_object(R"({"a":"\ud83d\ude00","b":"\ud7ff\ue000","c":"é퟿"})");
    ASSERT_TRUE(json.has_value());
    EXPECT_EQ(json->find("a")->text, "\xF0\x9F\x98\x80");
    EXPECT_EQ(json->find("b")->text, "\xED\x9F\xBF\xEE\x80\x80");
    EXPECT_EQ(json->find("c")->text, "é퟿");
}

TEST(JsonValue, WhatIsWrittenIsReadBack) {
    base::Random random(5);
    for (int round = 0; round < 2'000; ++round) {
        std::string text;
        for (auto left = random.below(20); left > 0; --left)
            text.push_back(static_cast<char>(random.below(128)));
        std::string json = "{\"a\":";
        append_json_string(json, text);
        const auto read = parse_json_object(json + "}");
        ASSERT_TRUE(read.has_value()) << json;
        EXPECT_EQ(read->find("a")->text, text);
    }
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
    EXPECT_EQ(refusal(R"({"side":"buy","kind":"StopLimit","market":"A"})").substr(0, 13), "not_supported");
    EXPECT_EQ(refusal(R"({"side":"buy","kind":"limit","market":"A","price":1,"quantity":1,"expires_at":5})")
                  .substr(0, 13),
              "not_supported")
        << "it would rest for ever";
    EXPECT_NE(
        refusal(R"({"side":"buy","kind":"limit","market":"A","price":1})").find("\"quantity\" is missing"),
        std::string::npos);
    EXPECT_EQ(
        refusal(
            R"({"side":"buy","kind":"limit","market":"A","price":1,"quantity":1,"client_order_id":"a b"})")
            .substr(0, 23),
        "invalid_client_order_id");
}

TEST(OrderRequest, TwoNamesOfOneFieldAreRefused) {
    EXPECT_EQ(
        refusal(R"({"order_type":"Buy","side":"Sell","kind":"market","market":"TATA_INR","quantity":1})"),
        "malformed_request: The fields \"order_type\" and \"side\" mean the same: give one.");
    EXPECT_EQ(refusal(R"({"side":"Buy","type":"Market","market":"TATA_INR","quantity":1,"kind":null})"), "");
}

TEST(OrderRequest, EveryOptionReachesTheCommand) {
    const auto json = parse_json_object(
        R"({"market":"TATA_INR","side":"SELL","kind":"LIMIT","price":"7","quantity":3,"time_in_force":"Ioc",
            "post_only":true,"on_duplicate":"refuse_if_open","client_order_id":"a-1"})");
    const auto place = resolve(read_order(*json).value(), tata()).value();
    EXPECT_EQ(place.market.raw, 1u);
    EXPECT_EQ(place.side, core::Side::sell);
    EXPECT_EQ(place.kind, core::OrderKind::limit);
    EXPECT_EQ(place.time_in_force, core::TimeInForce::ioc);
    EXPECT_TRUE(place.post_only);
    EXPECT_EQ(place.on_duplicate, core::DuplicatePolicy::refuse_if_open);
    EXPECT_EQ(place.price.raw, 700);
    EXPECT_EQ(place.quantity.raw, 3);
    EXPECT_EQ(place.client_order_id.view(), "a-1");
}

TEST(OrderRequest, AMarketOrderNeedsNoPriceAndIgnoresOne) {
    const auto json = parse_json_object(
        R"({"market":"TATA_INR","side":"buy","kind":"market","price":"7","quote_quantity":"100.1234"})");
    const auto place = resolve(read_order(*json).value(), tata()).value();
    EXPECT_EQ(place.price.raw, 0);
    EXPECT_EQ(place.quantity.raw, 0);
    EXPECT_EQ(place.quote_quantity.raw, 1'001'234);
    EXPECT_EQ(refusal(R"({"market":"TATA_INR","side":"buy","kind":"market","quote_quantity":"1.00001"})"),
              "invalid_quantity");
    EXPECT_NE(refusal(R"({"market":"TATA_INR","side":"buy","kind":"market"})").find("quantity"),
              std::string::npos);
    EXPECT_NE(refusal(R"({"market":"TATA_INR","side":"buy","kind":"limit","quantity":1})").find("price"),
              std::string::npos);
}

/// The amendment that `text` asks for, or its refusal as text.
base::Result<core::AmendOrder, std::string> amendment(std::string_view text) {
    const auto read = read_amend(parse_json_object(text).value());
    if (!read) return base::Unexpected{read.error().message};
    const auto amend = resolve(*read, tata());
    if (!amend) return base::Unexpected{std::string(core::code(amend.error()))};
    return *amend;
}

TEST(AmendRequest, TheQuantityIsTotalLeavesOrReduction) {
    EXPECT_EQ(amendment(R"({"price":"9.5"})")->price.raw, 950);
    EXPECT_EQ(amendment(R"({"price":"9.5"})")->quantity_change, core::QuantityChange::unchanged);
    EXPECT_EQ(amendment(R"({"quantity":4})")->quantity_change, core::QuantityChange::total);
    EXPECT_EQ(amendment(R"({"leaves":4})")->quantity_change, core::QuantityChange::leaves);
    const auto reduced = amendment(R"({"reduce_by":4,"requeue":true,"client_order_id":"r"})");
    EXPECT_EQ(reduced->quantity_change, core::QuantityChange::reduce_by);
    EXPECT_EQ(reduced->quantity.raw, 4);
    EXPECT_TRUE(reduced->requeue);
    EXPECT_EQ(reduced->request_id.view(), "r");
}

TEST(AmendRequest, NamesWhatIsWrong) {
    EXPECT_EQ(amendment(R"({"quantity":4,"leaves":4})").error(),
              "The fields \"quantity\" and \"leaves\" mean the same: give one.");
    EXPECT_EQ(amendment(R"({"price":0})").error(), "invalid_price");
    EXPECT_EQ(amendment(R"({"leaves":"0.5"})").error(), "quantity_off_lot");
    EXPECT_EQ(amendment(R"({"requeue":1})").error(),
              "The field \"requeue\" must be true or false, not a number.");
}

TEST(FieldReader, WholeNumbersStayExact) {
    const auto whole = [](std::string_view value) {
        const auto json = parse_json_object("{\"n\":" + std::string(value) + "}");
        return FieldReader(*json).whole("n");
    };
    EXPECT_EQ(*whole("9007199254740991"), 9007199254740991u);
    EXPECT_EQ(*whole("\"12\""), 12u);
    for (const char* bad : {"9007199254740992", "-1", "1.5", "1e3", "\"\"", "true", "null", "[1]"}) {
        EXPECT_FALSE(whole(bad).has_value()) << bad;
    }
}

TEST(ReadAmount, CountsMinorUnitsAboveZero) {
    EXPECT_EQ(read_amount("12.5", 4, "amount")->raw, 125'000);
    EXPECT_EQ(read_amount("0.00001", 4, "amount").error().message,
              "The field \"amount\" has more than the asset's 4 decimals.");
    for (const char* bad : {"0", "-1", "", "x", "99999999999999999999"}) {
        EXPECT_EQ(read_amount(bad, 4, "amount").error().code, "invalid_amount") << bad;
    }
}

}  // namespace
}  // namespace sauda::codec
