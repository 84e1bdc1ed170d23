#include <gtest/gtest.h>

#include "base/random.h"
#include "core/testing/test_exchange.h"

namespace sauda::core {
namespace {

/// How many orders rest, and how far from the middle.
struct Resting {
    int orders;
    std::uint64_t distance;
    const char* name;

    /// So many that commands are looked at far ahead.
    bool are_many() const { return orders > 20'000; }
};

/// Several markets, with so many orders that looking far ahead is worth it, on many pages or on few, which
/// are near; or with so few that it is not.
class LookaheadTest : public ::testing::TestWithParam<Resting> {
protected:
    LookaheadTest() : world(testing::TestExchange::Listed::nothing) {
        world.check_less();
        world.list_asset("QUOTE", 4);
        for (int i = 0; i < 12; ++i) world.list_asset("BASE" + std::to_string(i), 0);
        for (std::uint32_t i = 0; i < 12; ++i) {
            MarketSpec spec;
            spec.name = MarketName("BASE" + std::to_string(i) + "_QUOTE");
            spec.base = {i + 2};
            spec.quote = {1};
            spec.fees = {-100, 1000};
            markets.push_back(world.list_market(spec));
        }
        for (std::uint32_t i = 0; i < 50; ++i) {
            const AccountId account = world.open(i);
            world.deposit(account, {1}, std::int64_t{1} << 50);
            for (std::uint32_t base = 2; base < 14; ++base) world.deposit(account, {base}, 1'000'000'000);
            accounts.push_back(account);
        }
        for (int i = 0; i < GetParam().orders; ++i) {
            const Side side = random.below(2) == 0 ? Side::buy : Side::sell;
            const auto distance = static_cast<std::int64_t>(random.below(GetParam().distance));
            const std::int64_t price = side == Side::buy ? 99'999 - distance : 100'000 + distance;
            world.apply(testing::limit(any(accounts), any(markets), side, price, 10));
        }
    }
    template <class T>
    T any(const std::vector<T>& of) {
        return of[random.below(of.size())];
    }
    /// Commands as senders may think them up: a third of what they name does not exist.
    Command wild_command() {
        const bool is_sane = random.below(3) != 0;
        const AccountId account =
            is_sane ? any(accounts) : AccountId{static_cast<std::uint32_t>(random.next())};
        const OrderId order{is_sane ? 1 + random.below(30'000) : random.below(4) * random.next()};
        const auto price = static_cast<std::int64_t>(is_sane ? 60'000 + random.below(80'000) : random.next());
        switch (random.below(3)) {
            case 0: {
                const MarketId market =
                    is_sane ? any(markets) : MarketId{static_cast<std::uint32_t>(random.next())};
                return {
                    {},
                    {},
                    testing::limit(account, market, random.below(2) == 0 ? Side::buy : Side::sell, price, 7)};
            }
            case 1:
                return {{}, {}, CancelOrder{account, order, {}}};
            default: {
                AmendOrder amend;
                amend.account = account;
                amend.order = order;
                amend.price = {price};
                return {{}, {}, amend};
            }
        }
    }

    base::Random random{11};
    testing::TestExchange world;
    std::vector<MarketId> markets;
    std::vector<AccountId> accounts;
};

INSTANTIATE_TEST_SUITE_P(Orders, LookaheadTest,
                         ::testing::Values(Resting{25'000, 40'000, "Far"}, Resting{25'000, 500, "Near"},
                                           Resting{5'000, 500, "AtHand"}),
                         [](const auto& suite) { return suite.param.name; });

TEST_P(LookaheadTest, ChangesNothingWhateverCommandsName) {
    ASSERT_EQ(world.exchange.open_order_count() > 20'000u, GetParam().are_many());
    testing::TestExchange twin(testing::TestExchange::Listed::nothing);
    twin.check_less();
    twin.exchange = Exchange(world.exchange.state());
    twin.stamp = world.stamp;
    std::vector<Command> commands;
    for (int i = 0; i < 5'000; ++i) commands.push_back(wild_command());
    ASSERT_EQ(world.exchange.would_look_ahead(), GetParam().are_many());
    EventBuffer ours, theirs;
    Stamp stamp{{world.stamp.sequence.raw + 1}, world.stamp.time};
    world.exchange.apply_batch(commands, stamp, ours);
    for (const Command& command : commands) {
        twin.exchange.apply(command, stamp, theirs);
        ++stamp.sequence.raw;
    }
    ASSERT_TRUE(std::ranges::equal(ours.bytes(), theirs.bytes()));
    EXPECT_EQ(world.exchange.open_order_count(), twin.exchange.open_order_count());
    for (const AccountId account : accounts)
        EXPECT_EQ(world.available(account, {1}), twin.available(account, {1}));
}

/// Orders that stand alone at their prices go or move, and are named again: what was found out about them
/// meanwhile is of a page that has been given back.
TEST_P(LookaheadTest, AnOrderMayGoWhileItIsLookedAt) {
    const AccountId seller = accounts[0];
    std::int64_t price = 200'000;
    const auto alone = [&] {
        return world.apply(testing::limit(seller, markets[0], Side::sell, price += 1'000, 10)).order;
    };
    const auto amend = [&](OrderId order, std::int64_t to) {
        AmendOrder command;
        command.account = seller;
        command.order = order;
        command.price = {to};
        return Command{{}, {}, command};
    };
    const Command nothing{{}, {}, CancelOrder{seller, {1'000'000'000}, {}}};
    for (std::size_t distance = 1; distance < 24; ++distance) {
        const OrderId cancelled = alone();
        const OrderId moved = alone();
        std::vector<Command> batch(2 * distance + 2, nothing);
        batch[0] = {{}, {}, CancelOrder{seller, cancelled, {}}};
        batch[distance] = batch[0];
        batch[distance + 1] = amend(moved, price + 500'000);
        batch[2 * distance + 1] = amend(moved, price + 600'000);
        ASSERT_EQ(world.exchange.would_look_ahead(), GetParam().are_many());
        const std::vector<testing::Outcome> outcomes = world.apply_batch(batch);
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const bool is_there = i == 0 || i == distance + 1 || i == 2 * distance + 1;
            ASSERT_EQ(outcomes[i].reason, is_there ? RejectReason::none : RejectReason::unknown_order) << i;
        }
    }
}

/// What an order is expected to be at is another order's by its turn, or nobody's.
TEST_P(LookaheadTest, ASlotMayBeAnothersByThen) {
    const AccountId seller = accounts[0];
    const auto place = [&] {
        return Command{{}, {}, testing::limit(seller, markets[0], Side::sell, 900'000, 10)};
    };
    const auto cancel = [&](OrderId order) { return Command{{}, {}, CancelOrder{seller, order, {}}}; };
    for (std::size_t distance = 2; distance < 24; ++distance) {
        const OrderId first = world.apply(place()).order;
        std::vector<Command> batch(distance, cancel({0}));
        batch[0] = cancel(first);
        batch[1] = place();  // into the slot that became free
        batch.push_back(cancel(first));
        batch.push_back(cancel({first.raw + 1}));
        std::vector<testing::Outcome> outcomes = world.apply_batch(batch);
        ASSERT_EQ(outcomes[1].order.raw, first.raw + 1);
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const bool is_there = i < 2 || i == distance + 1;
            ASSERT_EQ(outcomes[i].reason, is_there ? RejectReason::none : RejectReason::unknown_order) << i;
        }
        // The last slot that was found is free now, and free slots have id 0.
        ASSERT_EQ(world.apply(CancelOrder{seller, {0}, {}}).reason, RejectReason::unknown_order);
        AmendOrder amend;
        amend.account = seller;
        amend.price = {900'000};
        amend.requeue = true;
        ASSERT_EQ(world.apply(amend).reason, RejectReason::unknown_order);
    }
}

/// What is near as a batch begins may be far as it ends: then the next batch is looked at.
TEST(LookaheadOfBatches, DecidesOnceForABatchHoweverMuchComesOfIt) {
    testing::TestExchange small(testing::TestExchange::Listed::nothing);
    small.check_less();
    EXPECT_FALSE(small.exchange.would_look_ahead());
    small.list_asset("QUOTE", 4);
    small.list_asset("BASE", 0);
    MarketSpec spec;
    spec.name = MarketName("BASE_QUOTE");
    spec.base = {2};
    spec.quote = {1};
    const MarketId market = small.list_market(spec);
    const AccountId account = small.open(0);
    small.deposit(account, {1}, std::int64_t{1} << 50);
    std::vector<bool> looked;
    std::int64_t price = 0;
    for (const int count : {100, 21'000, 140'000, 5'000}) {
        std::vector<Command> batch;
        for (int i = 0; i < count; ++i)
            batch.push_back({{}, {}, testing::limit(account, market, Side::buy, ++price, 1)});
        looked.push_back(small.exchange.would_look_ahead());
        small.apply_batch(batch);
    }
    EXPECT_EQ(looked, (std::vector{false, false, true, true}));
    EXPECT_EQ(small.exchange.open_order_count(), 166'100u);
}

}  // namespace
}  // namespace sauda::core
