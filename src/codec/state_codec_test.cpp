#include "codec/state_codec.h"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "base/random.h"
#include "codec/digest.h"
#include "core/exchange.h"
#include "core/invariants.h"

namespace sauda::codec {
namespace {

using namespace core;

enum class Shards { one, several };

/// An exchange in use: two markets, resting orders with and without client ids, several gateways, transfers,
/// between shards too where there are several.
class Busy {
public:
    explicit Busy(std::uint64_t seed, Shards shards = Shards::several) : random_(seed), exchange(3) {
        apply(ListAsset{{}, AssetName("INR"), 4});
        apply(ListAsset{{}, AssetName("TATA"), 0});
        for (const char* name : {"TATA_INR", "TATA_INR2"}) {
            MarketSpec spec;
            spec.name = MarketName(name);
            spec.base = {2};
            spec.quote = {1};
            spec.price_scale = 2;
            spec.fees = {10, 20};
            apply(ListMarket{{}, spec});
        }
        for (std::uint8_t user = 1; user <= 4; ++user) {
            Uuid uuid;
            uuid.bytes[15] = user;
            apply(OpenAccount{uuid});
            const AccountId account{first_user_account.raw + user - 1};
            apply(Deposit{{}, account, {1}, {1'000'000'0000}, reference("inr", user)});
            apply(Deposit{{}, account, {2}, {10'000}, reference("tata", user)});
        }
        for (int i = 0; i < 400; ++i) apply(some_place());
        if (shards == Shards::several) transfer_between_shards();
        apply(SetFees{{}, {1}, {-1, 2}});
        for (int i = 0; i < 20; ++i) apply(some_place());
        apply(SetMarketState{{}, {2}, MarketState::cancel_only});
        apply(SetAccountState{{}, {first_user_account.raw}, true});
        apply(SetAssetState{{}, {2}, true});
    }

    /// Pending ones, a confirmed one, and others' under the references of our own.
    void transfer_between_shards() {
        const ShardName north("north"), south("south");
        for (int i = 1; i <= 4; ++i) {
            const AccountId account{first_user_account.raw + static_cast<std::uint32_t>(i) - 1};
            apply(SendTransfer{{}, account, {2}, {10 * i}, reference("sent", i), i % 2 == 0 ? north : south});
            apply(ReceiveTransfer{account, {1}, {100 * i}, reference("inr", i), north});
            apply(ReceiveTransfer{account, {2}, {i}, reference("sent", i), south});
        }
        apply(ConfirmTransfer{reference("sent", 2), north});
    }

    void apply(CommandBody body) {
        EventBuffer events;
        ++stamp.sequence.raw;
        stamp.time.raw += 1'000;
        const CommandId id{1 + random_.below(3), stamp.sequence.raw};
        exchange.apply(Command{id, {}, std::move(body)}, stamp, events);
    }
    PlaceOrder some_place() {
        PlaceOrder place;
        place.account = {first_user_account.raw + static_cast<std::uint32_t>(random_.below(4))};
        place.market = {1 + static_cast<std::uint32_t>(random_.below(2))};
        place.side = static_cast<Side>(random_.below(2));
        place.price = {10'000 + random_.between(-50, 50)};
        place.quantity = {random_.between(1, 50)};
        if (random_.chance(1, 2))
            place.client_order_id = ClientOrderId("c" + std::to_string(stamp.sequence.raw));
        return place;
    }

private:
    static TransferReference reference(const char* kind, int user) {
        return TransferReference(kind + std::to_string(user));
    }
    base::Random random_;

public:
    Exchange exchange;
    Stamp stamp{{0}, {1'700'000'000'000'000'000}};
};

base::Bytes encoded(const ExchangeState& state) {
    base::Bytes bytes;
    encode_state(state, bytes);
    return bytes;
}

TEST(StateCodec, AnExchangeRestoredFromBytesGoesOnAsTheOriginal) {
    Busy busy(1);
    const ExchangeState before = busy.exchange.state();
    ASSERT_GT(before.orders.size(), 50u);
    ASSERT_GT(before.client_orders.size(), 50u);
    ASSERT_EQ(before.gateways.size(), 3u);
    const auto decoded = decode_state(encoded(before));
    ASSERT_TRUE(decoded) << name(decoded.error());
    EXPECT_EQ(encoded(*decoded), encoded(before));

    Exchange restored(*decoded);
    EXPECT_EQ(check_invariants(restored).value_or(""), "");
    EXPECT_EQ(encoded(restored.state()), encoded(before));
    EXPECT_EQ(hash_state(restored.state()), hash_state(before));
    for (int i = 0; i < 200; ++i) {
        EventBuffer theirs;
        EventBuffer ours;
        Stamp stamp = busy.stamp;
        stamp.sequence.raw += static_cast<std::uint64_t>(i) + 1;
        const Command command{{}, {}, busy.some_place()};
        busy.exchange.apply(command, stamp, theirs);
        restored.apply(command, stamp, ours);
        ASSERT_TRUE(std::ranges::equal(theirs.bytes(), ours.bytes()));
    }
}

TEST(StateCodec, TransfersBetweenShardsAreKeptWithAllThatIsKnownOfThem) {
    const ExchangeState before = Busy(8).exchange.state();
    const base::Bytes bytes = encoded(before);
    EXPECT_EQ(bytes[8], std::byte{2});
    const auto decoded = decode_state(bytes);
    ASSERT_TRUE(decoded) << name(decoded.error());
    ASSERT_EQ(decoded->transfers.size(), before.transfers.size());
    std::size_t pending = 0, confirmed = 0, received = 0;
    for (std::size_t i = 0; i < before.transfers.size(); ++i) {
        const TransferRecord& was = before.transfers[i];
        const TransferRecord& is = decoded->transfers[i];
        EXPECT_EQ(std::tuple(is.reference, is.account, is.asset, is.amount, is.first, is.peer, is.confirmed),
                  std::tuple(was.reference, was.account, was.asset, was.amount, was.first, was.peer,
                             was.confirmed));
        pending += is.is_pending() ? 1 : 0;
        confirmed += is.confirmed ? 1 : 0;
        received += is.is_received() ? 1 : 0;
    }
    EXPECT_EQ(std::tuple(pending, confirmed, received), std::tuple(3u, 1u, 8u));
}

/// So that whoever compares hashes finds the same one before and after an upgrade.
TEST(StateCodec, AStateWithoutTransfersBetweenShardsIsWrittenAsBeforeThereWereAny) {
    const base::Bytes bytes = encoded(Busy(8, Shards::one).exchange.state());
    EXPECT_EQ(bytes[8], std::byte{1});
    EXPECT_TRUE(decode_state(bytes));
}

TEST(StateCodec, AnEmptyExchangeIsAStateToo) {
    const ExchangeState state = Exchange(5).state();
    const auto decoded = decode_state(encoded(state));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->shard, 5);
    EXPECT_EQ(encoded(*decoded), encoded(state));
}

TEST(StateCodec, LeasesAreASectionThatIsThereOnlyWhereTheyAre) {
    Busy busy(6);
    const base::Bytes without = encoded(busy.exchange.state());
    busy.apply(GrantLease{first_user_account, {7, 1}, {5'000}});
    busy.apply(GrantLease{first_user_account, {}, {6'000}});
    const ExchangeState state = busy.exchange.state();
    const auto decoded = decode_state(encoded(state));
    ASSERT_TRUE(decoded) << name(decoded.error());
    ASSERT_EQ(decoded->leases.size(), 2u);
    EXPECT_EQ(encoded(*decoded), encoded(state));
    EXPECT_EQ(encoded(Exchange(*decoded).state()), encoded(state));
    busy.apply(EndLease{first_user_account, {7, 1}, false});
    busy.apply(EndLease{first_user_account, {}, false});
    EXPECT_EQ(encoded(busy.exchange.state()).size(), without.size());
}

TEST(StateCodec, LeasesThatCoreCouldNotHaveWrittenAreRefused) {
    Busy busy(7);
    busy.apply(GrantLease{first_user_account, {7, 1}, {5'000}});
    const ExchangeState good = busy.exchange.state();
    const auto is_refused = [&](auto spoil) {
        ExchangeState bad = good;
        spoil(bad.leases);
        return !decode_state(encoded(bad));
    };
    using Leases = std::vector<LeaseRecord>;
    EXPECT_FALSE(is_refused([](Leases&) {}));
    EXPECT_TRUE(is_refused([](Leases& leases) { leases[0].account = {9'999}; }));
    EXPECT_TRUE(is_refused([](Leases& leases) { leases[0].span = {0}; }));
    EXPECT_TRUE(is_refused([](Leases& leases) { leases[0].span = {lease_span_ns_max + 1}; }));
    EXPECT_TRUE(is_refused([&](Leases& leases) { leases[0].due = good.last.time; }));
    EXPECT_TRUE(is_refused([](Leases& leases) { leases.push_back(leases[0]); }));
}

TEST(StateCodec, TheHashTellsEveryCommandApart) {
    Busy busy(2);
    std::set<std::uint64_t> hashes{hash_state(busy.exchange.state())};
    for (int i = 0; i < 50; ++i) {
        busy.apply(AdvanceTime{});
        hashes.insert(hash_state(busy.exchange.state()));
    }
    EXPECT_EQ(hashes.size(), 51u);
    EXPECT_EQ(hash_state(Busy(2).exchange.state()), hash_state(Busy(2).exchange.state()));
}

TEST(StateCodec, ADigestIsTheSameForEver) {
    EXPECT_EQ(digest64({}), 0x9e3779b97f4a7c15ull);
    EXPECT_EQ(digest64(base::as_bytes("sauda")), 0xa29870a8454c62c8ull);
    EXPECT_NE(digest64(base::as_bytes(std::string_view("a\0", 2))), digest64(base::as_bytes("a")));
}

TEST(StateCodec, EveryFlippedBitIsRefused) {
    const base::Bytes whole = encoded(Busy(3).exchange.state());
    base::Random random(3);
    for (int i = 0; i < 3'000; ++i) {
        base::Bytes bytes = whole;
        bytes[random.below(bytes.size())] ^= static_cast<std::byte>(1u << random.below(8));
        EXPECT_FALSE(decode_state(bytes));
    }
}

TEST(StateCodec, EveryCutAndEveryAdditionIsRefused) {
    base::Bytes bytes = encoded(Busy(4).exchange.state());
    for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 64) {
        EXPECT_FALSE(decode_state(base::ByteView(bytes).first(size)));
    }
    bytes.push_back(std::byte{0});
    EXPECT_FALSE(decode_state(bytes));
}

/// `bytes` with a digest that fits, as a careless hand would leave them.
void sign(base::Bytes& bytes) {
    const auto size = static_cast<std::uint32_t>(bytes.size() - 24);
    std::memcpy(bytes.data() + 12, &size, sizeof size);
    const std::uint64_t digest = digest64(base::ByteView(bytes).first(bytes.size() - 8));
    std::memcpy(bytes.data() + bytes.size() - 8, &digest, sizeof digest);
}

TEST(StateCodec, DamageUnderAGoodDigestIsRefusedOrRoundTrips) {
    const base::Bytes whole = encoded(Busy(5).exchange.state());
    base::Random random(5);
    int refused = 0;
    for (int i = 0; i < 1'000; ++i) {
        base::Bytes bytes = whole;
        bytes[16 + random.below(bytes.size() - 24)] = static_cast<std::byte>(random.next());
        if (random.chance(1, 4)) bytes.resize(24 + random.below(bytes.size() - 24));
        sign(bytes);
        const auto decoded = decode_state(bytes);
        refused += !decoded;
        if (decoded.has_value()) {
            EXPECT_EQ(encoded(*decoded), bytes);
        }
    }
    EXPECT_GT(refused, 300);
}

TEST(StateCodec, AHugeCountIsRefusedBeforeMemoryIsTaken) {
    base::Bytes bytes = encoded(Exchange().state());
    // shard, sequence, time and order count are one byte each here; the count of assets follows at 20.
    const base::Bytes huge(9, std::byte{0xFF});
    bytes.erase(bytes.begin() + 20);
    bytes.insert(bytes.begin() + 20, std::byte{0x01});
    bytes.insert(bytes.begin() + 20, huge.begin(), huge.end());
    sign(bytes);
    const auto decoded = decode_state(bytes);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error(), DecodeError::truncated);
}

TEST(StateCodec, OtherVersionsAndOtherFilesAreNamed) {
    base::Bytes bytes = encoded(Exchange().state());
    for (const int version : {0, 4}) {
        bytes[8] = static_cast<std::byte>(version);
        EXPECT_EQ(decode_state(bytes).error(), DecodeError::unknown_version);
    }
    bytes[0] = std::byte{'X'};
    EXPECT_EQ(decode_state(bytes).error(), DecodeError::unknown_tag);
    EXPECT_EQ(decode_state({}).error(), DecodeError::truncated);
}

/// One that was sent.
TransferRecord& sent(ExchangeState& state) {
    return *std::ranges::find_if(state.transfers, &TransferRecord::is_sent);
}

TEST(StateCodec, RecordsThatNameWhatIsNotThereAreRefused) {
    const ExchangeState sound = Busy(6).exchange.state();
    const auto refusal = [&](auto change) {
        ExchangeState state = sound;
        change(state);
        const auto decoded = decode_state(encoded(state));
        return !decoded && decoded.error() == DecodeError::out_of_range;
    };
    EXPECT_FALSE(refusal([](ExchangeState&) {}));
    EXPECT_TRUE(refusal([](ExchangeState& s) { s.assets[0].asset.id = {2}; }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { s.markets[0].spec.base = {3}; }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { s.markets[0].fee_schedules.clear(); }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { s.orders[0].market = {3}; }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { s.orders[0].account = {20}; }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { s.orders[0].fee_schedule = 2; }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { s.orders[0].leaves = {}; }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { s.balances[0].account = {4}; }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { s.gateways[0].seen.pop_back(); }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { s.orders.clear(); }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { std::swap(s.balances[0], s.balances[1]); }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { std::swap(s.transfers[0], s.transfers[1]); }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { std::swap(s.gateways[0], s.gateways[1]); }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { sent(s).peer = ShardName("North"); }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { sent(s).account = {20}; }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { sent(s).asset = {3}; }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { sent(s).amount = {}; }));
    EXPECT_TRUE(refusal([](ExchangeState& s) { s.transfers.back().confirmed = {9}; }));
}

TEST(StateCodec, ANinthSectionOfNothingIsRefused) {
    base::Bytes bytes = encoded(Busy(9, Shards::one).exchange.state());
    ASSERT_EQ(bytes[8], std::byte{1});
    bytes[8] = std::byte{2};
    bytes.insert(bytes.end() - 8, std::byte{0});
    sign(bytes);
    EXPECT_EQ(decode_state(bytes).error(), DecodeError::not_canonical);
}

}  // namespace
}  // namespace sauda::codec
