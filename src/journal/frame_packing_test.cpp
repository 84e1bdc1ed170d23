#include "journal/frame_packing.h"

#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace sauda::journal {
namespace {

void append_frame(base::Bytes frame, base::Bytes& out) {
    const auto length = static_cast<std::uint32_t>(frame.size());
    std::memcpy(frame.data(), &length, sizeof length);
    out.insert(out.end(), frame.begin(), frame.end());
}

/// Frames as unlike each other as may be: of any length from 4 on, with bytes that are often zero or those of
/// the frame before.
base::Bytes random_frames(base::Random& random, std::uint64_t count) {
    base::Bytes frames;
    base::Bytes before(400);
    for (std::uint64_t i = 0; i < count; ++i) {
        base::Bytes frame(4 + random.below(random.chance(1, 3) ? 300 : 140));
        const std::uint64_t kind = random.below(4);
        for (std::size_t at = 0; at < frame.size(); ++at) {
            if (kind == 0 || random.chance(kind, 5)) frame[at] = static_cast<std::byte>(random.below(256));
            if (random.chance(1, 2)) frame[at] = before[at];
        }
        append_frame(frame, frames);
        std::copy(frame.begin(), frame.end(), before.begin());
    }
    return frames;
}

std::vector<PackingWay> ways() {
    std::vector<PackingWay> all{PackingWay::portable, PackingWay::sse, PackingWay::avx512};
    std::erase_if(all, [](PackingWay way) { return !is_available(way); });
    return all;
}

base::Bytes packed(PackingWay way, base::ByteView frames) {
    base::Bytes out(packed_length_max(frames.size()));
    out.resize(pack_frames(way, frames, out));
    return out;
}

TEST(FramePacking, GivesBackWhatWasPackedAndAllWaysAreTheSame) {
    base::Random random(1);
    for (int round = 0; round < 3000; ++round) {
        const std::uint64_t count = random.below(12);
        const base::Bytes frames = random_frames(random, count);
        const base::Bytes bytes = packed(PackingWay::portable, frames);
        for (const PackingWay way : ways()) {
            ASSERT_EQ(packed(way, frames), bytes);
            base::Bytes back(frames.size());
            ASSERT_TRUE(unpack_frames(way, bytes, back));
            ASSERT_EQ(back, frames);
        }
        base::Bytes back(frames.size());
        ASSERT_TRUE(unpack_frames(bytes, back));
        ASSERT_EQ(back, frames);
    }
}

TEST(FramePacking, TheLayoutIsAsDrawn) {
    base::Bytes frames;
    base::Bytes frame(70);
    frame[8] = std::byte{5};
    frame[50] = std::byte{6};
    frame[69] = std::byte{7};
    append_frame(frame, frames);
    frame[9] = std::byte{8};
    append_frame(frame, frames);
    const base::Bytes expected = {// length 70, byte 8, byte 50; of the second block its byte 5
                                  std::byte{1},
                                  std::byte{1},
                                  {},
                                  {},
                                  {},
                                  {},
                                  std::byte{4},
                                  {},
                                  std::byte{70},
                                  std::byte{5},
                                  std::byte{6},
                                  std::byte{32},
                                  std::byte{7},
                                  // byte 9 is another; byte 50 is not of the head
                                  {},
                                  std::byte{2},
                                  {},
                                  {},
                                  {},
                                  {},
                                  std::byte{4},
                                  {},
                                  std::byte{8},
                                  std::byte{6},
                                  std::byte{32},
                                  std::byte{7}};
    for (const PackingWay way : ways()) EXPECT_EQ(packed(way, frames), expected);
}

TEST(FramePacking, RoomForTheWorst) {
    base::Random random(2);
    for (const std::size_t length : {4u, 5u, 63u, 64u, 65u, 72u, 128u, 129u, 1000u}) {
        base::Bytes frames;
        for (int i = 0; i < 100; ++i) {
            base::Bytes frame(length);
            for (std::byte& byte : frame) byte = static_cast<std::byte>(1 + random.below(255));
            append_frame(frame, frames);
        }
        EXPECT_LE(packed(PackingWay::portable, frames).size() + 72, packed_length_max(frames.size()));
    }
}

TEST(FramePacking, WhatIsNotPackedFramesIsRefusedByAllAlike) {
    base::Random random(3);
    int refused = 0;
    for (int round = 0; round < 20'000; ++round) {
        const std::uint64_t count = 1 + random.below(4);
        const base::Bytes frames = random_frames(random, count);
        base::Bytes bytes = packed(PackingWay::portable, frames);
        switch (random.below(4)) {
            case 0:
                bytes[random.below(bytes.size())] ^= static_cast<std::byte>(1u << random.below(8));
                break;
            case 1:
                bytes.resize(random.below(bytes.size()));
                break;
            case 2:
                bytes.push_back({});
                break;
            case 3:
                for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(256));
        }
        bytes.shrink_to_fit();  // the sanitizer sees what is read behind it, but for masked instructions
        base::Bytes expected(frames.size());
        const bool is_good = unpack_frames(PackingWay::portable, bytes, expected);
        for (const PackingWay way : ways()) {
            base::Bytes found(frames.size());
            ASSERT_EQ(unpack_frames(way, bytes, found), is_good);
            if (is_good) {
                ASSERT_EQ(found, expected);
            }
        }
        refused += !is_good;
    }
    EXPECT_GT(refused, 10'000);
    base::Bytes longer(9);
    EXPECT_FALSE(unpack_frames({}, longer));
    EXPECT_TRUE(unpack_frames({}, {}));
}

}  // namespace
}  // namespace sauda::journal
