#include "feed/private_window.h"

#include <map>

#include <gtest/gtest.h>

#include "base/random.h"

namespace sauda::feed {
namespace {

PrivateEvent event(std::uint32_t account, std::uint64_t sequence) {
    return {{account}, {sequence}, {static_cast<std::int64_t>(account * 1'000'000 + sequence)}, {}};
}

/// True when the window has exactly (after, through] of `account`, each event where it belongs.
bool holds(const PrivateWindow& window, std::uint32_t account, std::uint64_t after, std::uint64_t through) {
    if (!window.covers({account}, {after}, {through})) return false;
    std::uint64_t expected = after;
    window.for_each({account}, {after}, {through}, [&](const PrivateEvent& event) {
        ++expected;
        EXPECT_EQ(event.sequence.raw, expected);
        EXPECT_EQ(event.account.raw, account);
        EXPECT_EQ(event.time.raw, static_cast<std::int64_t>(account * 1'000'000 + expected));
    });
    return expected == through;
}

TEST(PrivateWindowTest, KeepsTheNewestOfAnAccount) {
    PrivateWindow window({10, 100});
    for (std::uint64_t at = 7; at <= 40; ++at) {
        window.push(event(16, at));
        const std::uint64_t first = std::max<std::uint64_t>(7, at >= 10 ? at - 9 : 0);
        EXPECT_TRUE(holds(window, 16, first - 1, at)) << at;
        EXPECT_FALSE(window.covers({16}, {first - 2}, {at})) << at;
        EXPECT_FALSE(window.covers({16}, {first}, {at + 1})) << at;
    }
    EXPECT_EQ(window.event_count(), 10u);
    EXPECT_TRUE(window.covers({16}, {40}, {40})) << "nothing is always covered";
    EXPECT_FALSE(window.covers({17}, {0}, {1}));
}

TEST(PrivateWindowTest, NeverHasAHole) {
    PrivateWindow window({10, 100});
    for (std::uint64_t at = 1; at <= 5; ++at) window.push(event(16, at));
    window.push(event(16, 3));
    EXPECT_TRUE(holds(window, 16, 0, 5)) << "known events change nothing";
    window.push(event(16, 8));
    EXPECT_FALSE(window.covers({16}, {4}, {8}));
    EXPECT_TRUE(holds(window, 16, 7, 8));
    EXPECT_EQ(window.event_count(), 1u);
}

TEST(PrivateWindowTest, ForgetsTheQuietestAccountFirstAndStaysWithinItsBound) {
    PrivateWindow window({4, 10});
    for (std::uint32_t account = 16; account < 19; ++account) {
        for (std::uint64_t at = 1; at <= 3; ++at) window.push(event(account, at));
    }
    window.push(event(16, 4));
    EXPECT_EQ(window.event_count(), 10u);
    window.push(event(19, 1));
    EXPECT_FALSE(window.covers({17}, {2}, {3})) << "17 has been quiet longest";
    EXPECT_TRUE(holds(window, 16, 0, 4));
    EXPECT_TRUE(holds(window, 18, 0, 3));
    EXPECT_TRUE(holds(window, 19, 0, 1));
    EXPECT_EQ(window.event_count(), 8u);
    EXPECT_EQ(window.account_count(), 3u);
}

TEST(PrivateWindowTest, RandomTrafficStaysWithinBothBoundsAndInOrder) {
    base::Random random(1);
    PrivateWindow window({16, 300});
    std::map<std::uint32_t, std::uint64_t> newest;
    for (int step = 0; step < 50'000; ++step) {
        const auto account = static_cast<std::uint32_t>(16 + random.below(1 + random.below(60)));
        newest[account] += random.chance(1, 500) ? 2 : 1;
        window.push(event(account, newest[account]));
        ASSERT_LE(window.event_count(), 300u);
        ASSERT_TRUE(holds(window, account, newest[account] - 1, newest[account]));
        std::uint64_t covered = 0;
        while (covered < newest[account] &&
               window.covers({account}, {newest[account] - covered - 1}, {newest[account]})) {
            ++covered;
        }
        ASSERT_LE(covered, 16u);
        ASSERT_TRUE(holds(window, account, newest[account] - covered, newest[account]));
    }
}

}  // namespace
}  // namespace sauda::feed
