#include "views/checkpoint.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "base/crc32c.h"
#include "base/random.h"
#include "core/event_buffer.h"
#include "core/exchange.h"
#include "core/testing/oracle.h"
#include "core/testing/random_commands.h"
#include "views/testing/random_trades.h"

namespace sauda::views {
namespace {

struct Frame {
    core::Stamp stamp;
    base::Bytes events;
};

/// What `count` random commands caused.
std::vector<Frame> random_frames(std::uint64_t seed, int count) {
    core::Exchange exchange;
    core::testing::Oracle oracle;
    core::testing::RandomCommands commands(seed, oracle);
    std::vector<Frame> frames;
    core::EventBuffer events;
    core::EventBuffer told_by_oracle;
    for (int i = 0; i < count; ++i) {
        const auto [command, stamp] = commands.next();
        events.clear();
        told_by_oracle.clear();
        exchange.apply(command, stamp, events);
        oracle.apply(command, stamp, told_by_oracle);
        frames.push_back({stamp, {events.bytes().begin(), events.bytes().end()}});
    }
    return frames;
}

void fold(ReadModel& views, const std::vector<Frame>& frames, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
        ASSERT_TRUE(views.apply(frames[i].stamp.sequence, frames[i].stamp.time, frames[i].events));
    }
}

base::Bytes bytes_of(const ReadModel& views) {
    base::Bytes bytes;
    encode_checkpoint(views, bytes);
    return bytes;
}

/// So small that closed orders, amendments and candles are forgotten all the time.
constexpr ViewLimits forgetful{
    {.closed_orders_max = 40, .closed_orders_per_account_max = 15, .amendments_max = 5},
    {.per_interval_max = 4}};

TEST(Checkpoint, and_the_rest_of_the_events_equal_the_whole_fold) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const auto frames = random_frames(seed, 3000);
        ReadModel whole;
        fold(whole, frames, 0, frames.size());
        EXPECT_EQ(whole.last(), frames.back().stamp.sequence);
        const base::Bytes wanted = bytes_of(whole);
        base::Random random(seed);
        for (int i = 0; i < 8; ++i) {
            const std::size_t split = random.below(frames.size() + 1);
            ReadModel begun;
            fold(begun, frames, 0, split);
            auto restored = decode_checkpoint(bytes_of(begun));
            ASSERT_TRUE(restored) << restored.error();
            ASSERT_EQ(bytes_of(*restored), bytes_of(begun)) << "seed " << seed << " split " << split;
            fold(*restored, frames, split, frames.size());
            ASSERT_EQ(bytes_of(*restored), wanted) << "seed " << seed << " split " << split;
        }
    }
}

TEST(Checkpoint, of_forgetful_views_forgets_the_same) {
    for (std::uint64_t seed = 21; seed <= 26; ++seed) {
        const auto frames = random_frames(seed, 4000);
        ReadModel whole(forgetful);
        ReadModel restarted(forgetful);
        for (std::size_t at = 0; at < frames.size(); at += 500) {
            fold(whole, frames, at, at + 500);
            fold(restarted, frames, at, at + 500);
            auto restored = decode_checkpoint(bytes_of(restarted), forgetful);
            ASSERT_TRUE(restored) << restored.error();
            restarted = std::move(*restored);
            ASSERT_EQ(bytes_of(restarted), bytes_of(whole)) << "seed " << seed;
        }
    }
}

TEST(Checkpoint, every_question_has_the_same_answer) {
    const auto frames = random_frames(31, 6000);
    ReadModel views;
    fold(views, frames, 0, frames.size());
    const auto restored = decode_checkpoint(bytes_of(views));
    ASSERT_TRUE(restored);
    std::size_t orders = 0;
    std::size_t named = 0;
    for (std::uint32_t raw = 1; raw < core::first_user_account.raw + views.catalog.account_count(); ++raw) {
        const core::AccountId account{raw};
        EXPECT_EQ(restored->accounts.balances(account), views.accounts.balances(account));
        EXPECT_EQ(restored->catalog.find_user(account), views.catalog.find_user(account));
        EXPECT_EQ(restored->catalog.is_frozen(account), views.catalog.is_frozen(account));
        const auto user = views.catalog.find_user(account);
        EXPECT_EQ(user ? restored->catalog.find_account(*user) : account, account);
        for (const bool open : {true, false}) {
            const auto ids_of = [&](const AccountsView& view) {
                const auto page =
                    open ? view.open_orders(account, {}, 100'000) : view.closed_orders(account, {}, 100'000);
                std::vector<core::OrderId> ids;
                for (const OrderView* order : page) ids.push_back(order->id);
                return ids;
            };
            EXPECT_EQ(ids_of(restored->accounts), ids_of(views.accounts));
            for (const core::OrderId id : ids_of(views.accounts)) {
                ++orders;
                const OrderView& order = *views.accounts.find_order(account, id);
                EXPECT_EQ(restored->accounts.find_order(account, id)->client_order_id, order.client_order_id);
                if (order.client_order_id.empty()) continue;
                ++named;
                EXPECT_EQ(restored->accounts.find_order(account, order.client_order_id)->id,
                          views.accounts.find_order(account, order.client_order_id)->id);
            }
        }
    }
    EXPECT_GT(orders, 500u);
    EXPECT_GT(named, 50u);
    EXPECT_EQ(restored->accounts.open_order_count(), views.accounts.open_order_count());
    const auto pending = views.accounts.pending_transfers().page(1'000);
    EXPECT_GT(pending.size(), 2u);
    EXPECT_EQ(restored->accounts.pending_transfers().size(), pending.size());
    for (const PendingTransfer* transfer : pending) {
        EXPECT_EQ(*restored->accounts.pending_transfers().find(transfer->reference), *transfer);
        const auto of_account =
            restored->accounts.pending_transfers().page(transfer->account, 1, {transfer->sequence.raw - 1});
        ASSERT_EQ(of_account.size(), 1u);
        EXPECT_EQ(*of_account[0], *transfer);
    }
    std::size_t amended = 0;
    for (const Frame& frame : frames) {
        const auto quote = views.accounts.quote_before_amend(frame.stamp.sequence);
        amended += quote ? 1 : 0;
        EXPECT_EQ(restored->accounts.quote_before_amend(frame.stamp.sequence), quote);
    }
    EXPECT_GT(amended, 0u);
    for (const core::Market& market : views.catalog.listings().markets()) {
        EXPECT_EQ(restored->catalog.find_market(market.spec.name.view())->state, market.state);
        EXPECT_EQ(restored->depth.checksum(market.id), views.depth.checksum(market.id));
        EXPECT_EQ(restored->trades.recent(market.id, 1000), views.trades.recent(market.id, 1000));
    }
}

TEST(Checkpoint, candles_after_it_equal_those_without_it) {
    testing::RandomTrades trades(41, 2);
    CandlesView whole;
    ReadModel restarted;
    for (std::uint64_t sequence = 1; sequence <= 20'000; ++sequence) {
        const base::Bytes events = testing::events_of(trades.next());
        ASSERT_TRUE(whole.apply({sequence}, trades.now(), events));
        ASSERT_TRUE(restarted.candles.apply({sequence}, trades.now(), events));
        if (sequence % 1'999 != 0) continue;
        auto restored = decode_checkpoint(bytes_of(restarted));
        ASSERT_TRUE(restored) << restored.error();
        restarted = std::move(*restored);
    }
    EXPECT_EQ(whole.traded({1}, CandleInterval::second_1).size(),
              CandlesView::candles_kept(CandleInterval::second_1));
    for (const core::MarketId market : {core::MarketId{1}, core::MarketId{2}}) {
        for (const CandleInterval interval : candle_intervals()) {
            EXPECT_EQ(restarted.candles.traded(market, interval), whole.traded(market, interval));
        }
    }
}

TEST(Checkpoint, says_where_and_when_it_was_taken) {
    const auto frames = random_frames(51, 200);
    ReadModel views;
    fold(views, frames, 0, frames.size());
    const base::Bytes bytes = bytes_of(views);
    base::ByteReader reader(bytes);
    EXPECT_EQ(reader.get_text(8), "SAUDAVWS");
    reader.get<std::uint32_t>();
    EXPECT_EQ(reader.get<std::uint32_t>(), checkpoint_version);
    EXPECT_EQ(reader.get<std::uint64_t>(), frames.back().stamp.sequence.raw);
    EXPECT_EQ(reader.get<std::int64_t>(), frames.back().stamp.time.raw);
}

TEST(Checkpoint, damage_of_any_bit_and_any_cut_is_told) {
    const auto frames = random_frames(61, 300);
    ReadModel views;
    fold(views, frames, 0, frames.size());
    const base::Bytes bytes = bytes_of(views);
    base::Random random(62);
    for (int i = 0; i < 2000; ++i) {
        base::Bytes damaged = bytes;
        damaged[random.below(damaged.size())] ^= static_cast<std::byte>(1u << random.below(8));
        EXPECT_FALSE(decode_checkpoint(damaged));
        EXPECT_FALSE(decode_checkpoint(base::ByteView(bytes).first(random.below(bytes.size()))));
    }
    base::Bytes longer = bytes;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(decode_checkpoint(longer));
    EXPECT_FALSE(decode_checkpoint({}));
}

/// Changes bytes and makes the checksum hold again: what a bug could write, or a hand.
base::Bytes resealed(base::Bytes bytes) {
    const std::uint32_t crc = base::crc32c(base::ByteView(bytes).subspan(12));
    std::memcpy(bytes.data() + 8, &crc, sizeof crc);
    return bytes;
}

TEST(Checkpoint, what_no_view_could_hold_does_no_harm) {
    const auto frames = random_frames(71, 300);
    ReadModel views;
    fold(views, frames, 0, frames.size());
    const base::Bytes bytes = bytes_of(views);
    base::Random random(72);
    std::size_t refused = 0;
    for (int i = 0; i < 3000; ++i) {
        base::Bytes damaged = bytes;
        for (std::uint64_t n = random.below(3) + 1; n > 0; --n) {
            damaged[16 + random.below(damaged.size() - 16)] = static_cast<std::byte>(random.below(256));
        }
        refused += decode_checkpoint(resealed(std::move(damaged))) ? 0 : 1;
    }
    EXPECT_GT(refused, 100u);
}

TEST(Checkpoint, of_another_version_is_told_apart_from_damage) {
    base::Bytes bytes = bytes_of(ReadModel{});
    ASSERT_TRUE(decode_checkpoint(bytes));
    bytes[12] = std::byte{checkpoint_version + 1};
    EXPECT_STREQ(decode_checkpoint(resealed(bytes)).error(), "it is of another version");
}

}  // namespace
}  // namespace sauda::views
