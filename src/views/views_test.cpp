#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "core/event_buffer.h"
#include "core/event_reader.h"
#include "core/exchange.h"
#include "core/invariants.h"
#include "views/accounts.h"
#include "views/catalog.h"
#include "views/depth.h"
#include "views/trades.h"

namespace sauda::views {
namespace {

using namespace core;

/// An exchange with every view beside it.
class World {
public:
    World() {
        apply(ListAsset{{}, AssetName("INR"), 4});
        apply(ListAsset{{}, AssetName("TATA"), 0});
        apply(ListAsset{{}, AssetName("BTC"), 8});
        list("TATA_INR", {2}, {1}, 2, 0, FeeAsset::quote, {200, 1000});
        list("BTC_INR", {3}, {1}, 0, 4, FeeAsset::received, {-300, 900});
    }

    void apply(CommandBody body) {
        ++stamp.sequence.raw;
        stamp.time.raw += 1'000'000;
        events.clear();
        exchange.apply(Command{{}, {}, std::move(body)}, stamp, events);
        fold(stamp.sequence, events.bytes());
    }
    void fold(Sequence sequence, base::ByteView bytes) {
        EXPECT_TRUE(catalog.apply(sequence, stamp.time, bytes));
        EXPECT_TRUE(depth.apply(sequence, stamp.time, bytes));
        EXPECT_TRUE(trades.apply(sequence, stamp.time, bytes));
        EXPECT_TRUE(accounts.apply(sequence, stamp.time, bytes));
    }
    /// As a restart does: every view from the state, none from the past.
    void restart() {
        const ExchangeState state = exchange.state();
        catalog = Catalog(state);
        depth = DepthView(state);
        trades = TradesView(state);
        accounts = AccountsView(state);
    }

    void list(const char* name, AssetId base, AssetId quote, std::uint8_t price_scale,
              std::uint8_t quantity_scale, FeeAsset fee_asset, FeeRates fees) {
        MarketSpec spec;
        spec.name = MarketName(name);
        spec.base = base;
        spec.quote = quote;
        spec.price_scale = price_scale;
        spec.quantity_scale = quantity_scale;
        spec.fee_asset = fee_asset;
        spec.fees = fees;
        apply(ListMarket{{}, spec});
    }
    AccountId open(std::uint8_t user) {
        apply(OpenAccount{uuid(user)});
        return catalog.find_account(uuid(user));
    }
    static Uuid uuid(std::uint8_t user) {
        Uuid id;
        id.bytes[3] = user;
        return id;
    }
    void deposit(AccountId account, AssetId asset, std::int64_t amount) {
        const std::string reference = "d" + std::to_string(stamp.sequence.raw);
        apply(Deposit{{}, account, asset, {amount}, TransferReference(reference)});
    }
    PlaceOrder limit(AccountId account, Side side, std::int64_t price, std::int64_t quantity) const {
        PlaceOrder order;
        order.account = account;
        order.market = {1};
        order.side = side;
        order.price = {price};
        order.quantity = {quantity};
        return order;
    }

    Exchange exchange;
    Stamp stamp{{0}, {1'700'000'000'000'000'000}};
    EventBuffer events;
    Catalog catalog;
    DepthView depth;
    TradesView trades;
    AccountsView accounts;
};

std::vector<AccountId> some_traders(World& world, int count) {
    std::vector<AccountId> traders;
    for (int i = 0; i < count; ++i) {
        traders.push_back(world.open(static_cast<std::uint8_t>(i + 1)));
        world.deposit(traders.back(), {1}, 50'000'000'0000);
        world.deposit(traders.back(), {2}, 100'000);
        world.deposit(traders.back(), {3}, 50'00000000);
    }
    return traders;
}

class Traffic {
public:
    Traffic(World& world, std::uint64_t seed)
        : world_(world), random_(seed), traders_(some_traders(world, 5)) {}

    void step() {
        switch (random_.below(12)) {
            case 0:
            case 1:
                return world_.apply(CancelOrder{trader(), some_order(), {}});
            case 2:
                return world_.apply(some_amend());
            case 3:
                return world_.apply(some_replace());
            case 4:
                return rare();
            default:
                return world_.apply(some_place());
        }
    }
    AccountId trader() { return traders_[random_.below(traders_.size())]; }
    const std::vector<AccountId>& traders() const { return traders_; }

private:
    void rare() {
        switch (random_.below(40)) {
            case 0:
                return world_.apply(CancelAll{trader(), {}});
            case 1:
                return world_.deposit(trader(), {1}, random_.between(1, 1'000'000));
            case 2:
                return world_.apply(Withdraw{
                    {}, trader(), {2}, {1}, TransferReference("w" + std::to_string(random_.next() % 50))});
            case 3:
                return world_.apply(SetFees{{}, {1}, {static_cast<int>(random_.between(-500, 800)), 900}});
            case 4:
                return world_.apply(SetAccountState{{}, trader(), random_.chance(1, 4)});
            case 5:
            case 6:
            case 7:
                return transfer_between_shards();
            default:
                return world_.apply(AdvanceTime{});
        }
    }
    void transfer_between_shards() {
        const Amount amount{random_.between(1, 1'000'000)};
        const ShardName north("north");
        const auto reference = [](std::uint64_t number) {
            return TransferReference("s" + std::to_string(number));
        };
        const std::uint64_t draw = random_.below(3);
        if (draw == 0)
            return world_.apply(SendTransfer{{}, trader(), {1}, amount, reference(++sent_), north});
        if (draw == 1)
            return world_.apply(ReceiveTransfer{trader(), {1}, amount, reference(random_.below(30)), north});
        world_.apply(ConfirmTransfer{reference(1 + random_.below(sent_ + 1)), north});
    }
    OrderId some_order() {
        const std::uint64_t newest = world_.exchange.state().last_order_count;
        return {newest - random_.below(std::min<std::uint64_t>(newest, 120) + 1)};
    }
    PlaceOrder some_place() {
        PlaceOrder place;
        place.account = trader();
        place.market = {random_.chance(1, 2) ? 1u : 2u};
        place.side = static_cast<Side>(random_.below(2));
        place.time_in_force =
            random_.chance(3, 4) ? TimeInForce::gtc : static_cast<TimeInForce>(random_.below(3));
        const std::int64_t middle = place.market.raw == 1 ? 10'000 : 5'000'000;
        place.price = {middle + random_.between(-20, 20)};
        place.quantity = {random_.between(1, 300)};
        if (random_.chance(1, 3)) {
            place.client_order_id = ClientOrderId("c" + std::to_string(random_.below(400)));
        }
        if (random_.chance(1, 6)) {
            place.kind = OrderKind::market;
            place.price = {};
            if (random_.chance(1, 2)) {
                place.quantity = {};
                place.quote_quantity = {random_.between(1, 3'000'000)};
            }
        }
        return place;
    }
    AmendOrder some_amend() {
        AmendOrder amend;
        amend.account = trader();
        amend.order = some_order();
        amend.quantity_change = static_cast<QuantityChange>(random_.below(4));
        amend.quantity = {random_.between(1, 300)};
        if (random_.chance(1, 2)) amend.price = {random_.between(9'980, 10'020)};
        amend.requeue = random_.chance(1, 4);
        return amend;
    }
    ReplaceOrder some_replace() {
        ReplaceOrder replace{some_order(), some_place()};
        return replace;
    }

    World& world_;
    base::Random random_;
    std::uint64_t sent_ = 0;
    std::vector<AccountId> traders_;
};

void expect_same_balances(const World& world, const std::vector<AccountId>& accounts) {
    for (const AccountId account : accounts) {
        for (std::uint32_t asset = 1; asset <= 3; ++asset) {
            const auto truth = world.exchange.balance(account, {asset});
            const auto folded = world.accounts.balance(account, {asset});
            EXPECT_EQ(folded.available, truth.available) << account.raw << ' ' << asset;
            EXPECT_EQ(folded.held, truth.held) << account.raw << ' ' << asset;
        }
    }
}

void expect_same_orders(const World& world, const ExchangeState& state) {
    EXPECT_EQ(world.accounts.open_order_count(), state.orders.size());
    for (const OrderRecord& record : state.orders) {
        const OrderView* order = world.accounts.find_order(record.account, record.id);
        ASSERT_NE(order, nullptr);
        EXPECT_TRUE(order->is_open());
        EXPECT_EQ(order->price, record.price);
        EXPECT_EQ(order->quantity, record.quantity);
        EXPECT_EQ(order->leaves, record.leaves);
        EXPECT_EQ(order->filled, record.quantity - record.leaves);
        EXPECT_EQ(order->created, record.accepted);
    }
}

void expect_same_depth(const World& world, const ExchangeState& state) {
    const DepthView truth(state);
    for (std::uint32_t id = 1; id <= 2; ++id) {
        const DepthBook* folded = world.depth.find({id});
        EXPECT_EQ(folded->update(), state.markets[id - 1].last_update);
        for (const Side side : {Side::buy, Side::sell}) {
            EXPECT_EQ(folded->top(side, 1000), truth.find({id})->top(side, 1000));
        }
        EXPECT_EQ(world.depth.checksum({id}), truth.checksum({id}));
    }
}

void expect_same_transfers(const World& world, const ExchangeState& state) {
    const PendingTransfers& pending = world.accounts.pending_transfers();
    std::size_t expected = 0;
    for (const TransferRecord& record : state.transfers) {
        const PendingTransfer* found = pending.find(record.reference);
        if (!record.is_pending()) {
            // A reference of another shard may be the same text as one of ours that is pending.
            if (!record.is_received()) {
                EXPECT_EQ(found, nullptr);
            }
            continue;
        }
        ++expected;
        ASSERT_NE(found, nullptr);
        EXPECT_EQ(found->sequence, record.first);
        EXPECT_EQ(found->account, record.account);
        EXPECT_EQ(found->asset, record.asset);
        EXPECT_EQ(found->amount, -record.amount);
        EXPECT_EQ(found->reference, record.reference);
        EXPECT_EQ(found->to, record.peer);
    }
    EXPECT_EQ(pending.size(), expected);
}

void expect_same_as_exchange(const World& world, std::vector<AccountId> traders) {
    const ExchangeState state = world.exchange.state();
    for (std::size_t i = 0; i < traders.size(); ++i) {
        EXPECT_EQ(world.accounts.account_sequence(traders[i]), state.accounts[i].last_sequence);
        EXPECT_EQ(world.catalog.is_frozen(traders[i]), state.accounts[i].frozen);
    }
    for (const AccountId own : {external_account, fees_account, in_transit_account}) traders.push_back(own);
    expect_same_balances(world, traders);
    expect_same_orders(world, state);
    expect_same_transfers(world, state);
    expect_same_depth(world, state);
}

TEST(Views, RandomTrafficFoldsToWhatTheExchangeHolds) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        World world;
        Traffic traffic(world, seed);
        for (int i = 0; i < 4000 && !::testing::Test::HasFailure(); ++i) {
            traffic.step();
            if (i % 100 == 0) expect_same_as_exchange(world, traffic.traders());
        }
        EXPECT_GT(world.trades.recent({1}, 1000).size(), 200u) << "the traffic hardly trades";
        EXPECT_GT(world.accounts.open_order_count(), 20u) << "the traffic hardly rests";
        EXPECT_GT(world.accounts.pending_transfers().size(), 0u);
        expect_same_as_exchange(world, traffic.traders());
        EXPECT_EQ(check_invariants(world.exchange).value_or(""), "");
    }
}

TEST(Views, ViewsThatStartFromASnapshotGoOnAsIfTheyHadSeenEverything) {
    World world;
    Traffic traffic(world, 9);
    for (int i = 0; i < 2000; ++i) {
        traffic.step();
        if (i % 250 == 0) world.restart();
        if (i % 50 == 0) expect_same_as_exchange(world, traffic.traders());
    }
}

TEST(Views, AFrameThatComesTwiceIsFoldedOnce) {
    World world;
    const AccountId alice = world.open(1);
    world.deposit(alice, {2}, 100);
    world.apply(world.limit(alice, Side::sell, 10'000, 7));
    world.fold(world.stamp.sequence, world.events.bytes());
    EXPECT_EQ(world.depth.find({1})->quantity_at(Side::sell, {10'000}).raw, 7);
    EXPECT_EQ(world.accounts.balance(alice, {2}).held.raw, 7);
    EXPECT_TRUE(world.depth.changes().empty());
}

TEST(Views, BytesThatAreNotEventsAreTold) {
    const base::Bytes nonsense(8, std::byte{0xEE});
    EXPECT_FALSE(Catalog().apply({1}, {}, nonsense));
    EXPECT_FALSE(DepthView().apply({1}, {}, nonsense));
    EXPECT_FALSE(TradesView().apply({1}, {}, nonsense));
    EXPECT_FALSE(AccountsView().apply({1}, {}, nonsense));
}

/// What was sent to other shards, as couriers and owners ask for it.
class Pending : public ::testing::Test {
protected:
    Pending() {
        for (const AccountId account : {alice, bob, alice, bob, alice}) {
            const std::string name(1, static_cast<char>('a' + sent.size()));
            world.apply(SendTransfer{{}, account, {1}, {10}, TransferReference(name), ShardName("north")});
            sent.push_back(world.stamp.sequence);
        }
    }
    void confirm(const char* reference) {
        world.apply(ConfirmTransfer{TransferReference(reference), ShardName("north")});
    }
    static std::string names(const std::vector<const PendingTransfer*>& page) {
        std::string text;
        for (const PendingTransfer* transfer : page) text += transfer->reference.view();
        return text;
    }
    const PendingTransfers& pending() const { return world.accounts.pending_transfers(); }

    static AccountId funded(World& world, std::uint8_t user) {
        const AccountId account = world.open(user);
        world.deposit(account, {1}, 1000);
        return account;
    }
    World world;
    AccountId alice = funded(world, 1), bob = funded(world, 2);
    std::vector<Sequence> sent;
};

TEST_F(Pending, TransfersAreListedInTheOrderInWhichTheyWereSent) {
    EXPECT_EQ(names(pending().page(100)), "abcde");
    EXPECT_EQ(names(pending().page(2)), "ab");
    EXPECT_EQ(names(pending().page(2, sent[1])), "cd");
    EXPECT_EQ(names(pending().page(alice, 100)), "ace");
    EXPECT_EQ(names(pending().page(alice, 1, sent[0])), "c");
    EXPECT_EQ(names(pending().page(bob, 100, sent[3])), "");
    EXPECT_EQ(names(pending().page(in_transit_account, 100)), "");
}

TEST_F(Pending, OneThatIsConfirmedIsGoneAndStaysSo) {
    confirm("c");
    confirm("c");
    confirm("never-sent");
    EXPECT_EQ(names(pending().page(100)), "abde");
    EXPECT_EQ(names(pending().page(alice, 100)), "ae");
    EXPECT_EQ(pending().find(TransferReference("c")), nullptr);
}

TEST_F(Pending, OneIsFoundByItsReferenceWithAllThatACourierNeeds) {
    const PendingTransfer* found = pending().find(TransferReference("d"));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(*found, (PendingTransfer{sent[3],
                                       {world.stamp.time.raw - 1'000'000},
                                       bob,
                                       {1},
                                       {10},
                                       TransferReference("d"),
                                       ShardName("north")}));
}

TEST_F(Pending, ASnapshotTellsAllButWhenItWasSent) {
    confirm("b");
    world.restart();
    EXPECT_EQ(names(pending().page(100)), "acde");
    EXPECT_EQ(pending().find(TransferReference("d"))->time.raw, 0);
    confirm("a");
    EXPECT_EQ(names(pending().page(alice, 100)), "ce");
}

TEST(Catalog, FindsByIdNameAndUser) {
    World world;
    const AccountId alice = world.open(1);
    EXPECT_EQ(world.open(1), alice);
    EXPECT_EQ(world.catalog.account_count(), 1u);
    EXPECT_EQ(world.catalog.find_user(alice), World::uuid(1));
    EXPECT_FALSE(world.catalog.find_user(fees_account));
    EXPECT_FALSE(world.catalog.find_account(World::uuid(2)));
    EXPECT_EQ(world.catalog.find_market("BTC_INR")->id.raw, 2u);
    EXPECT_EQ(world.catalog.find_market("BTC_INR")->quote_per_unit, 1);
    EXPECT_EQ(world.catalog.find_market("BTC_INR")->base_per_unit, 10'000);
    EXPECT_EQ(world.catalog.find_asset("BTC")->scale, 8);
    EXPECT_EQ(world.catalog.find_market("NOPE"), nullptr);
    EXPECT_EQ(world.catalog.find_market(MarketId{0}), nullptr);
    EXPECT_EQ(world.catalog.find_market(MarketId{3}), nullptr);
}

TEST(Catalog, FollowsStatesAndFees) {
    World world;
    const AccountId alice = world.open(1);
    world.apply(SetMarketState{{}, {1}, MarketState::halted});
    world.apply(SetAssetState{{}, {2}, true});
    world.apply(SetAccountState{{}, alice, true});
    world.apply(SetFees{{}, {2}, {-5, 10}});
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(world.catalog.find_market(MarketId{1})->state, MarketState::halted);
        EXPECT_TRUE(world.catalog.listings().is_halted({2}));
        EXPECT_FALSE(world.catalog.listings().is_halted({1}));
        EXPECT_TRUE(world.catalog.is_frozen(alice));
        EXPECT_EQ(world.catalog.find_market(MarketId{2})->spec.fees, (FeeRates{-5, 10}));
        world.restart();
    }
}

TEST(Depth, ACommandsChangesNameEachLevelOnceBestFirst) {
    World world;
    const AccountId alice = world.open(1);
    const AccountId bob = world.open(2);
    world.deposit(alice, {2}, 100);
    world.deposit(bob, {1}, 100'000'0000);
    world.apply(world.limit(alice, Side::sell, 10'010, 5));
    world.apply(world.limit(alice, Side::sell, 10'000, 2));
    world.apply(world.limit(alice, Side::sell, 10'000, 3));
    world.apply(world.limit(bob, Side::buy, 10'010, 8));
    ASSERT_EQ(world.depth.changes().size(), 1u);
    const DepthChange& change = world.depth.changes()[0];
    EXPECT_EQ(change.first_update.raw, 4u);
    EXPECT_EQ(change.last_update.raw, 6u);
    EXPECT_EQ(change.asks, (std::vector<DepthLevel>{{{10'000}, {0}}, {{10'010}, {2}}}));
    EXPECT_TRUE(change.bids.empty());
    world.apply(world.limit(bob, Side::buy, 10'010, 5));
    ASSERT_EQ(world.depth.changes().size(), 1u);
    EXPECT_EQ(world.depth.changes()[0].asks, (std::vector<DepthLevel>{{{10'010}, {0}}}));
    EXPECT_EQ(world.depth.changes()[0].bids, (std::vector<DepthLevel>{{{10'010}, {3}}}));
}

TEST(Depth, TheChecksumIsCrc32OfTheDocumentedText) {
    MarketSpec spec;
    spec.price_scale = 2;
    spec.quantity_scale = 0;
    DepthBook book;
    EXPECT_EQ(depth_checksum(book, spec), 0u);
    book.add(Side::buy, {10'050}, {10});
    book.add(Side::buy, {10'045}, {3});
    book.add(Side::sell, {10'055}, {5});
    EXPECT_EQ(depth_checksum_text(book, spec), "100.50:10:100.55:5:100.45:3");
    EXPECT_EQ(depth_checksum(book, spec), 0x18d51da8u);
    spec.quantity_scale = 3;
    EXPECT_EQ(depth_checksum_text(book, spec), "100.50:0.010:100.55:0.005:100.45:0.003");
    EXPECT_EQ(depth_checksum(book, spec), 0x96776f8u);
}

TEST(Depth, TheChecksumReadsTenLevelsOfEachSide) {
    MarketSpec spec;
    DepthBook book;
    for (int i = 1; i <= 11; ++i) book.add(Side::buy, {100 + i}, {i});
    EXPECT_EQ(depth_checksum_text(book, spec),
              "111:11:110:10:109:9:108:8:107:7:106:6:105:5:104:4:103:3:102:2");
    const std::uint32_t before = depth_checksum(book, spec);
    book.add(Side::buy, {101}, {50});
    EXPECT_EQ(depth_checksum(book, spec), before);
    book.add(Side::buy, {102}, {50});
    EXPECT_NE(depth_checksum(book, spec), before);
}

TEST(Trades, KeepsTheLastThousandAndPagesBackwards) {
    World world;
    const AccountId alice = world.open(1);
    const AccountId bob = world.open(2);
    world.deposit(alice, {2}, 10'000);
    world.deposit(bob, {1}, 10'000'000'0000);
    for (int i = 0; i < 1005; ++i) {
        world.apply(world.limit(alice, Side::sell, 10'000, 1));
        world.apply(world.limit(bob, Side::buy, 10'000, 1));
    }
    EXPECT_EQ(world.trades.recent({1}, 5000).size(), 1000u);
    const auto newest = world.trades.recent({1}, 2);
    ASSERT_EQ(newest.size(), 2u);
    EXPECT_EQ(newest[0].trade.raw, 1005u);
    EXPECT_EQ(newest[0].taker_side, Side::buy);
    EXPECT_EQ(newest[0].quote.raw, 100'0000);
    EXPECT_EQ(newest[1].trade.raw, 1004u);
    EXPECT_EQ(world.trades.recent({1}, 1, {1004})[0].trade.raw, 1003u);
    EXPECT_TRUE(world.trades.recent({1}, 10, {6}).empty());
    EXPECT_TRUE(world.trades.recent({9}, 10).empty());
}

class OrdersOfAlice : public ::testing::Test {
protected:
    OrdersOfAlice() : alice(world.open(1)), bob(world.open(2)) {
        world.deposit(alice, {1}, 100'000'000'0000);
        world.deposit(bob, {2}, 100'000);
    }
    OrderId place(PlaceOrder order) {
        OrderId id;
        world.apply(order);
        for_each_event(world.events.bytes(),
                       Overloaded{[&](const OrderAccepted& e) { id = e.order; }, [](const auto&) {}});
        return id;
    }
    const OrderView& order(OrderId id) { return *world.accounts.find_order(alice, id); }

    World world;
    AccountId alice, bob;
};

TEST_F(OrdersOfAlice, AnOrderIsFollowedFromItsPlaceToItsEnd) {
    PlaceOrder bid = world.limit(alice, Side::buy, 10'000, 10);
    bid.client_order_id = ClientOrderId("mine");
    const OrderId id = place(bid);
    EXPECT_EQ(order(id).status, OrderStatus::accepted);
    place(world.limit(bob, Side::sell, 9'900, 4));
    EXPECT_EQ(order(id).status, OrderStatus::partially_filled);
    EXPECT_EQ(order(id).filled.raw, 4);
    EXPECT_EQ(order(id).leaves.raw, 6);
    EXPECT_EQ(order(id).filled_quote, 400'0000);
    EXPECT_LT(order(id).created, order(id).updated);
    world.apply(CancelOrder{alice, id, {}});
    EXPECT_EQ(order(id).status, OrderStatus::canceled);
    EXPECT_EQ(order(id).end_cause, EndCause::canceled_by_owner);
    EXPECT_EQ(order(id).leaves.raw, 0);
    EXPECT_EQ(world.accounts.find_order(alice, ClientOrderId("mine"))->id, id);
    EXPECT_EQ(world.accounts.find_order(bob, id), nullptr);
    EXPECT_EQ(world.accounts.find_order(bob, ClientOrderId("mine")), nullptr);
}

TEST_F(OrdersOfAlice, AnOrderBoundByQuoteIsFilledOrExpired) {
    place(world.limit(bob, Side::sell, 10'000, 4));
    PlaceOrder market;
    market.account = alice;
    market.market = {1};
    market.kind = OrderKind::market;
    market.quote_quantity = {4 * 100'1000};  // four shares and their fee, to the last unit
    const OrderId exact = place(market);
    EXPECT_EQ(order(exact).status, OrderStatus::filled);
    EXPECT_EQ(order(exact).filled.raw, 4);
    EXPECT_EQ(order(exact).quote_used.raw, 4 * 100'1000);
    EXPECT_EQ(order(exact).filled_quote, 4 * 100'0000);
    const OrderId nothing_there = place(market);
    EXPECT_EQ(order(nothing_there).status, OrderStatus::expired);
    EXPECT_EQ(order(nothing_there).filled.raw, 0);
    EXPECT_EQ(world.accounts.open_order_count(), 0u);
}

TEST_F(OrdersOfAlice, WhatWasFilledBeforeAnAmendmentIsRememberedByItsSequence) {
    AmendOrder amend;
    amend.account = alice;
    amend.order = place(world.limit(alice, Side::buy, 10'000, 10));
    amend.price = {9'900};
    world.apply(amend);
    EXPECT_FALSE(world.accounts.quote_before_amend(world.stamp.sequence)) << "nothing was filled";
    place(world.limit(bob, Side::sell, 9'900, 4));
    amend.price = {9'800};
    world.apply(amend);
    const Sequence first = world.stamp.sequence;
    place(world.limit(bob, Side::sell, 9'800, 1));
    EXPECT_EQ(world.accounts.quote_before_amend(first), core::Int128{396'0000})
        << "what came later is not in it";
    world.accounts = AccountsView(world.exchange.state(), {.amendments_max = 1});
    amend.price = {9'700};
    world.apply(amend);
    EXPECT_FALSE(world.accounts.quote_before_amend(world.stamp.sequence)) << "fills from before the snapshot";
}

TEST_F(OrdersOfAlice, OnlySoManyAmendmentsAreRemembered) {
    world.accounts = AccountsView(world.exchange.state(), {.amendments_max = 1});
    AmendOrder amend;
    amend.account = alice;
    amend.order = place(world.limit(alice, Side::buy, 10'000, 10));
    place(world.limit(bob, Side::sell, 10'000, 4));
    amend.price = {9'900};
    world.apply(amend);
    const Sequence first = world.stamp.sequence;
    amend.price = {9'800};
    world.apply(amend);
    EXPECT_FALSE(world.accounts.quote_before_amend(first));
    EXPECT_TRUE(world.accounts.quote_before_amend(world.stamp.sequence));
}

TEST_F(OrdersOfAlice, ListsArePagedByIdAndByClosing) {
    std::vector<OrderId> ids;
    for (int i = 0; i < 6; ++i) ids.push_back(place(world.limit(alice, Side::buy, 9'000 + i, 1)));
    auto page = world.accounts.open_orders(alice, {}, 4);
    ASSERT_EQ(page.size(), 4u);
    EXPECT_EQ(page[3]->id, ids[3]);
    page = world.accounts.open_orders(alice, {1}, 4, ids[3]);
    ASSERT_EQ(page.size(), 2u);
    EXPECT_EQ(page[0]->id, ids[4]);
    EXPECT_TRUE(world.accounts.open_orders(alice, {2}, 4).empty());

    world.apply(CancelOrder{alice, ids[5], {}});
    world.apply(CancelOrder{alice, ids[0], {}});
    page = world.accounts.closed_orders(alice, {}, 10);
    ASSERT_EQ(page.size(), 2u);
    EXPECT_EQ(page[0]->id, ids[0]);
    page = world.accounts.closed_orders(alice, {}, 10, ids[0]);
    ASSERT_EQ(page.size(), 1u);
    EXPECT_EQ(page[0]->id, ids[5]);
    EXPECT_TRUE(world.accounts.closed_orders(alice, {}, 10, ids[5]).empty());
}

TEST_F(OrdersOfAlice, OldClosedOrdersAreForgottenPerAccountAndInAll) {
    world.accounts = AccountsView(world.exchange.state(), {5, 3});
    std::vector<OrderId> ids;
    for (int i = 0; i < 4; ++i) {
        PlaceOrder order = world.limit(alice, Side::buy, 9'000, 1);
        order.client_order_id = ClientOrderId("a" + std::to_string(i));
        ids.push_back(place(order));
        world.apply(CancelOrder{alice, ids.back(), {}});
    }
    EXPECT_EQ(world.accounts.find_order(alice, ids[0]), nullptr);
    EXPECT_EQ(world.accounts.find_order(alice, ClientOrderId("a0")), nullptr);
    EXPECT_NE(world.accounts.find_order(alice, ClientOrderId("a1")), nullptr);
    for (int i = 0; i < 3; ++i) {
        const OrderId id = place(world.limit(bob, Side::sell, 11'000, 1));
        world.apply(CancelOrder{bob, id, {}});
    }
    // Seven have closed and five are kept: alice's first two are gone.
    EXPECT_EQ(world.accounts.find_order(alice, ids[1]), nullptr);
    EXPECT_NE(world.accounts.find_order(alice, ids[2]), nullptr);
    EXPECT_EQ(world.accounts.closed_orders(alice, {}, 10).size(), 2u);
    EXPECT_EQ(world.accounts.closed_orders(bob, {}, 10).size(), 3u);
}

TEST_F(OrdersOfAlice, ASnapshotKeepsClientIdsOfOpenOrdersButNotPastFills) {
    PlaceOrder bid = world.limit(alice, Side::buy, 10'000, 10);
    bid.client_order_id = ClientOrderId("mine");
    const OrderId id = place(bid);
    place(world.limit(bob, Side::sell, 10'000, 4));
    world.restart();
    const OrderView* found = world.accounts.find_order(alice, ClientOrderId("mine"));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->id, id);
    EXPECT_EQ(found->status, OrderStatus::partially_filled);
    EXPECT_FALSE(found->filled_quote_complete);
    EXPECT_EQ(found->fees, (FeeRates{200, 1000}));
}

}  // namespace
}  // namespace sauda::views
