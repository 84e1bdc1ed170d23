#include "codec/event_frame.h"

#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "core/event_buffer.h"
#include "core/event_reader.h"

namespace sauda::codec {
namespace {

EventFrameHeader some_header(std::uint64_t sequence) {
    return {0, 3, 11, {sequence}, {1'700'000'000'000'000'000}, {0xABCD, 42}};
}

TEST(EventFrame, FramesOneAfterTheOtherComeBackAsWritten) {
    core::EventBuffer events;
    events.append(core::Redelivered{});
    base::Bytes bytes;
    append_event_frame(some_header(1), events.bytes(), bytes);
    append_event_frame(some_header(2), {}, bytes);
    ASSERT_EQ(bytes.size(), 48 + sizeof(core::Redelivered) + 48);

    std::vector<EventFrameView> frames;
    ASSERT_TRUE(for_each_event_frame(bytes, [&](const EventFrameView& frame) { frames.push_back(frame); }));
    ASSERT_EQ(frames.size(), 2u);
    EventFrameHeader expected = some_header(1);
    expected.size = 48 + sizeof(core::Redelivered);
    EXPECT_EQ(frames[0].header, expected);
    EXPECT_TRUE(std::ranges::equal(frames[0].events, events.bytes()));
    EXPECT_EQ(frames[1].header.sequence.raw, 2u);
    EXPECT_TRUE(frames[1].events.empty());
}

TEST(EventFrame, TheHeaderLiesWhereTheDrawingSays) {
    base::Bytes bytes;
    append_event_frame(some_header(7), {}, bytes);
    base::ByteReader reader(bytes);
    EXPECT_EQ(reader.get<std::uint32_t>(), 48u);
    EXPECT_EQ(reader.get<std::uint32_t>(), 3u);
    EXPECT_EQ(reader.get<std::uint64_t>(), 11u);
    EXPECT_EQ(reader.get<std::uint64_t>(), 7u);
    EXPECT_EQ(reader.get<std::int64_t>(), 1'700'000'000'000'000'000);
    EXPECT_EQ(reader.get<std::uint64_t>(), 0xABCDu);
    EXPECT_EQ(reader.get<std::uint64_t>(), 42u);
    EXPECT_TRUE(reader.ok() && reader.at_end());
}

TEST(EventFrame, WrongSizesAreRefused) {
    base::Bytes bytes;
    append_event_frame(some_header(7), {}, bytes);
    const auto with_size = [&](std::uint32_t size) {
        base::Bytes changed = bytes;
        std::memcpy(changed.data(), &size, sizeof size);
        const auto frame = parse_event_frame(changed);
        return frame ? DecodeError{255} : frame.error();
    };
    EXPECT_EQ(with_size(0), DecodeError::out_of_range);
    EXPECT_EQ(with_size(40), DecodeError::out_of_range);
    EXPECT_EQ(with_size(49), DecodeError::out_of_range);
    EXPECT_EQ(with_size(56), DecodeError::truncated);
    EXPECT_EQ(with_size(0xFFFF'FFF8), DecodeError::truncated);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(parse_event_frame(base::ByteView(bytes).first(size)));
    }
}

TEST(EventFrame, AWalkStopsAtTheFirstDamageHavingVisitedWhatCameBefore) {
    base::Bytes bytes;
    append_event_frame(some_header(1), {}, bytes);
    append_event_frame(some_header(2), {}, bytes);
    bytes.pop_back();
    int visited = 0;
    const auto walked = for_each_event_frame(bytes, [&](const EventFrameView&) { ++visited; });
    ASSERT_FALSE(walked);
    EXPECT_EQ(walked.error(), DecodeError::truncated);
    EXPECT_EQ(visited, 1);
}

TEST(EventFrame, RandomBytesNeverRunPastTheirEnd) {
    base::Random random(1);
    for (int i = 0; i < 20'000; ++i) {
        base::Bytes bytes(random.below(200));
        for (auto& byte : bytes) byte = static_cast<std::byte>(random.next());
        if (bytes.size() >= 4) {
            const auto size = static_cast<std::uint32_t>(random.below(220));
            std::memcpy(bytes.data(), &size, sizeof size);
        }
        (void)for_each_event_frame(bytes, [](const EventFrameView& frame) {
            EXPECT_EQ(frame.events.size() + 48, frame.header.size);
            core::for_each_event(frame.events, [](const auto&) {});
        });
    }
}

}  // namespace
}  // namespace sauda::codec
