#include "feed/testing/client.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "core/types/decimal.h"

namespace sauda::feed {

namespace {

simdjson::dom::element parse(simdjson::dom::parser& parser, std::string_view message) {
    simdjson::dom::element document;
    const auto error = parser.parse(message.data(), message.size()).get(document);
    EXPECT_EQ(error, simdjson::SUCCESS) << message;
    return document;
}

std::uint64_t number_of(simdjson::dom::element document, const char* name) {
    std::uint64_t value = 0;
    EXPECT_EQ(document[name].get(value), simdjson::SUCCESS) << name;
    return value;
}

bool has(simdjson::dom::element document, const char* name) {
    return document[name].error() == simdjson::SUCCESS;
}

std::int64_t decimal(std::string_view text, int scale) {
    const auto value = core::parse_decimal(text, scale);
    EXPECT_TRUE(value.has_value()) << text;
    return value.value_or(0);
}

/// Applies [[price,quantity]..] and checks that the best come first.
void apply_levels(simdjson::dom::element levels, bool is_bid, std::map<std::int64_t, std::int64_t>& side) {
    std::int64_t before = is_bid ? INT64_MAX : INT64_MIN;
    for (const simdjson::dom::element level : levels.get_array()) {
        const std::int64_t price = decimal(level.at(0).get_string().value(), 2);
        const std::int64_t quantity = decimal(level.at(1).get_string().value(), 0);
        EXPECT_TRUE(is_bid ? price < before : price > before) << "the best level comes first";
        before = price;
        if (quantity == 0) {
            side.erase(price);
        } else {
            side[price] = quantity;
        }
    }
}

}  // namespace

void ClientBook::take(std::string_view message) {
    simdjson::dom::parser parser;
    const simdjson::dom::element document = parse(parser, message);
    std::string_view channel;
    if (document["channel"].get(channel) != simdjson::SUCCESS || has(document, "status")) return;
    if (channel == "trades") {
        if (has(document, "first_trade_id")) {
            if (last_trade != 0) {
                EXPECT_EQ(number_of(document, "first_trade_id"), last_trade + 1) << message;
            }
            last_trade = number_of(document, "last_trade_id");
            ++trade_gaps;
            return;
        }
        const std::uint64_t trade = number_of(document, "trade_id");
        if (last_trade != 0) {
            EXPECT_EQ(trade, last_trade + 1) << message;
        }
        last_trade = trade;
        ++trades;
        return;
    }
    ASSERT_EQ(channel, "orderbook");
    if (has(document, "sequence")) {
        EXPECT_GE(number_of(document, "sequence"), sequence_) << "never back in time";
        sequence_ = number_of(document, "sequence");
        sides_[0].clear();
        sides_[1].clear();
        has_snapshot_ = true;
        ++snapshots;
        if (has(document, "conflated")) ++conflated_snapshots;
    } else {
        ASSERT_TRUE(has_snapshot_) << "an update before the snapshot";
        EXPECT_EQ(number_of(document, "first_sequence"), sequence_ + 1) << message;
        sequence_ = number_of(document, "last_sequence");
        ++updates;
    }
    apply_levels(document["bids"].value(), true, sides_[0]);
    apply_levels(document["asks"].value(), false, sides_[1]);
    check(static_cast<std::uint32_t>(number_of(document, "checksum")));
}

void ClientBook::check(std::uint32_t checksum) const {
    std::string text;
    const auto add = [&](std::int64_t price, std::int64_t quantity) {
        if (!text.empty()) text += ':';
        text += core::format_decimal(price, 2) + ":" + std::to_string(quantity);
    };
    auto bid = sides_[0].rbegin();
    auto ask = sides_[1].begin();
    for (int i = 0; i < 10; ++i) {
        if (bid != sides_[0].rend()) {
            add(bid->first, bid->second);
            ++bid;
        }
        if (ask != sides_[1].end()) {
            add(ask->first, ask->second);
            ++ask;
        }
    }
    EXPECT_EQ(checksum, crc32_bitwise(text)) << text;
}

std::uint32_t crc32_bitwise(std::string_view text) {
    std::uint32_t crc = 0xFFFFFFFFu;
    for (const char character : text) {
        crc ^= static_cast<std::uint8_t>(character);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return crc ^ 0xFFFFFFFFu;
}

std::string field(std::string_view message, std::string_view name) {
    simdjson::dom::parser parser;
    const simdjson::dom::element document = parse(parser, message);
    simdjson::dom::element value;
    if (document[name].get(value) != simdjson::SUCCESS) return "";
    if (value.is_string()) return std::string(value.get_string().value());
    return simdjson::to_string(value);
}

std::uint64_t number(std::string_view message, std::string_view name) {
    simdjson::dom::parser parser;
    return number_of(parse(parser, message), std::string(name).c_str());
}

}  // namespace sauda::feed
