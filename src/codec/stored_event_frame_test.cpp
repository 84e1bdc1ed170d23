#include "codec/stored_event_frame.h"

#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "core/event_buffer.h"
#include "core/event_reader.h"

namespace sauda::codec {
namespace {

core::OrderAccepted some_order() {
    core::OrderAccepted order;
    order.account = {17};
    order.order = {5};
    order.market = {1};
    order.side = core::Side::sell;
    order.time_in_force = core::TimeInForce::fok;
    order.post_only = 1;
    order.price = {100};
    order.quantity = {3};
    order.client_order_id = core::ClientOrderId("first");
    return order;
}

core::AssetListed some_asset() {
    core::AssetListed asset;
    asset.asset = {4};
    asset.name = core::AssetName("GOLD");
    asset.scale = 3;
    return asset;
}

/// A frame of rules 1: the order's flags and the listing's end as they were then.
base::Bytes frame_of_rules_1() {
    core::EventBuffer events;
    events.append(some_order());
    events.append(core::Redelivered{});
    events.append(some_asset());
    base::Bytes bytes(events.bytes().begin(), events.bytes().end());
    bytes.resize(bytes.size() - sizeof(core::Uuid));
    core::EventHeader header;
    std::memcpy(&header, bytes.data(), sizeof header);
    header.bits = static_cast<std::uint16_t>((header.bits & 0xFF00) | 1 | 1 << 1 |
                                             static_cast<int>(core::OrderKind::limit) << 2 |
                                             static_cast<int>(core::TimeInForce::fok) << 5);
    std::memcpy(bytes.data(), &header, sizeof header);
    const std::size_t listing = bytes.size() + sizeof(core::Uuid) - sizeof(core::AssetListed);
    std::memcpy(&header, bytes.data() + listing, sizeof header);
    header.words = static_cast<std::uint8_t>(header.words - sizeof(core::Uuid) / 8);
    std::memcpy(bytes.data() + listing, &header, sizeof header);
    base::Bytes frame;
    append_event_frame({0, 1, 9, {41}, {1'000}, {2, 3}}, bytes, frame);
    return frame;
}

TEST(StoredEventFrame, OfRules1IsReadAsTodays) {
    const base::Bytes stored = frame_of_rules_1();
    StoredFrameReader reader;
    const auto frame = reader.read(stored);
    ASSERT_TRUE(frame.has_value());
    EXPECT_EQ(frame->header.rules_version, 2u);
    EXPECT_EQ(frame->header.sequence.raw, 41u);
    EXPECT_EQ(frame->header.size, sizeof frame->header + frame->events.size());
    core::EventBuffer expected;
    expected.append(some_order());
    expected.append(core::Redelivered{});
    expected.append(some_asset());
    EXPECT_TRUE(std::ranges::equal(frame->events, expected.bytes()));
    EXPECT_EQ(reader.translate(*frame)->events.data(), frame->events.data()) << "what is today's stays";
}

TEST(StoredEventFrame, OfLaterRulesIsReadAsItStands) {
    core::EventBuffer events;
    events.append(some_order());
    for (const std::uint32_t rules : {0u, 2u, 3u}) {
        base::Bytes stored;
        append_event_frame({0, rules, 9, {41}, {1'000}, {2, 3}}, events.bytes(), stored);
        StoredFrameReader reader;
        const auto frame = reader.read(stored);
        ASSERT_TRUE(frame.has_value());
        EXPECT_EQ(frame->header.rules_version, rules);
        EXPECT_EQ(frame->events.data(), stored.data() + sizeof(EventFrameHeader));
    }
}

TEST(StoredEventFrame, WhatIsCutOrHasNoSizeIsRefused) {
    const base::Bytes whole = frame_of_rules_1();
    for (std::size_t size = sizeof(EventFrameHeader) + 8; size < whole.size(); size += 8) {
        base::Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        StoredFrameReader reader;
        EXPECT_FALSE(reader.read(cut).has_value()) << "as the frame says";
        const auto length = static_cast<std::uint32_t>(size);
        std::memcpy(cut.data(), &length, sizeof length);
        const auto frame = reader.read(cut);
        const bool is_good = frame && core::for_each_event(frame->events, [](const auto&) {});
        const bool ends_with_a_record =
            size == sizeof(EventFrameHeader) + 56 || size == sizeof(EventFrameHeader) + 64;
        EXPECT_EQ(is_good, ends_with_a_record) << size;
    }
    base::Bytes empty = whole;
    empty[sizeof(EventFrameHeader) + 1] = std::byte{0};
    StoredFrameReader reader;
    EXPECT_FALSE(reader.read(empty).has_value());
}

}  // namespace
}  // namespace sauda::codec
