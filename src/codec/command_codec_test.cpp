#include "codec/command_codec.h"

#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace sauda::codec {
namespace {

using namespace core;

base::Bytes encoded(const Command& command) {
    base::Bytes bytes;
    encode_command(command, bytes);
    return bytes;
}

Uuid some_uuid(base::Random& random) {
    Uuid uuid;
    for (auto& byte : uuid.bytes) byte = static_cast<std::uint8_t>(random.next());
    return uuid;
}

/// Small numbers mostly, and every extreme: values that core would refuse must survive the journal too.
std::int64_t some_number(base::Random& random) {
    switch (random.below(4)) {
        case 0:
            return 0;
        case 1:
            return random.between(-3, 300);
        case 2:
            return static_cast<std::int64_t>(random.next());
        default:
            return random.between(0, order_price_max);
    }
}
std::uint32_t some_id(base::Random& random) {
    return static_cast<std::uint32_t>(random.next() >> (32 + random.below(32)));
}

template <std::size_t Size>
Text<Size> some_text(base::Random& random) {
    std::string text;
    for (auto left = random.below(Size + 1); left > 0; --left) {
        text.push_back(static_cast<char>(random.between(' ', '~')));
    }
    return Text<Size>(text);
}

FeeRates some_fees(base::Random& random) {
    return {static_cast<std::int32_t>(random.next()), static_cast<std::int32_t>(random.next())};
}

PlaceOrder some_place(base::Random& random) {
    PlaceOrder place;
    place.account = {some_id(random)};
    place.market = {some_id(random)};
    place.side = static_cast<Side>(random.below(2));
    place.kind = static_cast<OrderKind>(random.below(2));
    place.time_in_force = static_cast<TimeInForce>(random.below(3));
    place.post_only = random.chance(1, 2);
    place.on_duplicate = static_cast<DuplicatePolicy>(random.below(2));
    place.price = {some_number(random)};
    place.quantity = {some_number(random)};
    place.quote_quantity = {some_number(random)};
    if (random.chance(1, 2)) place.client_order_id = some_text<39>(random);
    return place;
}

AmendOrder some_amend(base::Random& random) {
    AmendOrder amend;
    amend.account = {some_id(random)};
    amend.order = {random.next() >> random.below(64)};
    amend.price = {some_number(random)};
    amend.quantity = {some_number(random)};
    amend.quantity_change = static_cast<QuantityChange>(random.below(4));
    amend.requeue = random.chance(1, 2);
    if (random.chance(1, 2)) amend.request_id = some_text<39>(random);
    return amend;
}

MarketSpec some_spec(base::Random& random) {
    MarketSpec spec;
    spec.name = some_text<market_name_size_max>(random);
    spec.base = {some_id(random)};
    spec.quote = {some_id(random)};
    spec.price_scale = static_cast<std::uint8_t>(random.next());
    spec.quantity_scale = static_cast<std::uint8_t>(random.next());
    spec.fee_asset = static_cast<FeeAsset>(random.below(2));
    spec.tick = some_number(random);
    spec.lot = some_number(random);
    spec.min_notional = {some_number(random)};
    spec.fees = some_fees(random);
    return spec;
}

CommandBody some_body(base::Random& random, std::size_t tag) {
    const AccountId account{some_id(random)};
    switch (tag) {
        case 0:
            return AdvanceTime{};
        case 1:
            return some_place(random);
        case 2:
            return CancelOrder{account, {random.next()}, some_text<39>(random)};
        case 3:
            return CancelAll{account, {some_id(random)}};
        case 4:
            return some_amend(random);
        case 5:
            return ReplaceOrder{{random.next()}, some_place(random)};
        case 6:
            return ListAsset{some_uuid(random), some_text<asset_name_size_max>(random), 7};
        case 7:
            return ListMarket{some_uuid(random), some_spec(random)};
        case 8:
            return SetFees{some_uuid(random), {some_id(random)}, some_fees(random)};
        case 9:
            return SetMarketState{
                some_uuid(random), {some_id(random)}, static_cast<MarketState>(random.below(3))};
        case 10:
            return SetAssetState{some_uuid(random), {some_id(random)}, random.chance(1, 2)};
        case 11:
            return OpenAccount{some_uuid(random)};
        case 12:
            return SetAccountState{some_uuid(random), account, random.chance(1, 2)};
        case 13:
            return Deposit{some_uuid(random), account, {3}, {some_number(random)}, some_text<71>(random)};
        case 14:
            return Withdraw{some_uuid(random), account, {4}, {some_number(random)}, some_text<71>(random)};
        case 15:
            return NumberShard{static_cast<std::uint8_t>(random.next())};
        case 16:
            return SendTransfer{some_uuid(random),
                                account,
                                {5},
                                {some_number(random)},
                                some_text<71>(random),
                                some_text<shard_name_size_max>(random)};
        case 17:
            return ReceiveTransfer{account,
                                   {6},
                                   {some_number(random)},
                                   some_text<71>(random),
                                   some_text<shard_name_size_max>(random)};
        case 18:
            return ConfirmTransfer{some_text<71>(random), some_text<shard_name_size_max>(random)};
        case 19:
            return GrantLease{account, {random.next(), random.next()}, {some_number(random)}};
        case 20:
            return RenewLeases{random.next()};
        case 21:
            return EndLease{account, {random.next(), random.next()}, random.chance(1, 2)};
        case 22:
            return RestartLeases{};
        default:
            return LapseLeases{some_id(random), {some_number(random)}};
    }
}

Command some_command(base::Random& random) {
    Command command;
    if (random.chance(3, 4)) command.id = {random.next(), random.next() >> random.below(64)};
    if (random.chance(1, 2)) command.deadline = {some_number(random)};
    command.body = some_body(random, random.below(std::variant_size_v<CommandBody>));
    return command;
}

/// Equality of what commands say, told by a second encoding: no two commands share one.
void expect_round_trip(const Command& command) {
    const base::Bytes bytes = encoded(command);
    EXPECT_LE(bytes.size(), command_size_max);
    const auto decoded = decode_command(bytes);
    ASSERT_TRUE(decoded) << name(decoded.error());
    EXPECT_EQ(decoded->id, command.id);
    EXPECT_EQ(decoded->deadline, command.deadline);
    EXPECT_EQ(decoded->body.index(), command.body.index());
    EXPECT_EQ(encoded(*decoded), bytes);
}

TEST(CommandCodec, EveryFieldOfAPlaceSurvives) {
    base::Random random(1);
    for (int i = 0; i < 1000; ++i) {
        const PlaceOrder place = some_place(random);
        const auto decoded = decode_command(encoded({{9, 8}, {7}, place}));
        ASSERT_TRUE(decoded);
        const auto& read = std::get<PlaceOrder>(decoded->body);
        EXPECT_EQ(read.account, place.account);
        EXPECT_EQ(read.market, place.market);
        EXPECT_EQ(read.side, place.side);
        EXPECT_EQ(read.kind, place.kind);
        EXPECT_EQ(read.time_in_force, place.time_in_force);
        EXPECT_EQ(read.post_only, place.post_only);
        EXPECT_EQ(read.on_duplicate, place.on_duplicate);
        EXPECT_EQ(read.price, place.price);
        EXPECT_EQ(read.quantity, place.quantity);
        EXPECT_EQ(read.quote_quantity, place.quote_quantity);
        EXPECT_EQ(read.client_order_id, place.client_order_id);
    }
}

TEST(CommandCodec, EveryFieldOfAnAmendSurvives) {
    base::Random random(2);
    for (int i = 0; i < 1000; ++i) {
        const AmendOrder amend = some_amend(random);
        const auto decoded = decode_command(encoded({{9, 8}, {}, amend}));
        ASSERT_TRUE(decoded);
        const auto& read = std::get<AmendOrder>(decoded->body);
        EXPECT_EQ(read.account, amend.account);
        EXPECT_EQ(read.order, amend.order);
        EXPECT_EQ(read.price, amend.price);
        EXPECT_EQ(read.quantity, amend.quantity);
        EXPECT_EQ(read.quantity_change, amend.quantity_change);
        EXPECT_EQ(read.requeue, amend.requeue);
        EXPECT_EQ(read.request_id, amend.request_id);
    }
}

TEST(CommandCodec, EveryFieldOfATransferBetweenShardsSurvives) {
    base::Random random(4);
    const SendTransfer send = std::get<SendTransfer>(some_body(random, 16));
    const auto sent = std::get<SendTransfer>(decode_command(encoded({{}, {}, send})).value().body);
    EXPECT_EQ(sent.operator_id, send.operator_id);
    EXPECT_EQ(sent.account, send.account);
    EXPECT_EQ(sent.asset, send.asset);
    EXPECT_EQ(sent.amount, send.amount);
    EXPECT_EQ(sent.reference, send.reference);
    EXPECT_EQ(sent.to, send.to);
    const ReceiveTransfer receive = std::get<ReceiveTransfer>(some_body(random, 17));
    const auto received = std::get<ReceiveTransfer>(decode_command(encoded({{}, {}, receive})).value().body);
    EXPECT_EQ(received.account, receive.account);
    EXPECT_EQ(received.asset, receive.asset);
    EXPECT_EQ(received.amount, receive.amount);
    EXPECT_EQ(received.reference, receive.reference);
    EXPECT_EQ(received.from, receive.from);
    const ConfirmTransfer confirm = std::get<ConfirmTransfer>(some_body(random, 18));
    const auto confirmed = std::get<ConfirmTransfer>(decode_command(encoded({{}, {}, confirm})).value().body);
    EXPECT_EQ(confirmed.reference, confirm.reference);
    EXPECT_EQ(confirmed.to, confirm.to);
}

TEST(CommandCodec, EveryFieldOfAMarketSurvives) {
    base::Random random(3);
    const MarketSpec spec = some_spec(random);
    const Uuid who = some_uuid(random);
    const auto decoded = decode_command(encoded({{}, {}, ListMarket{who, spec}}));
    ASSERT_TRUE(decoded);
    const auto& read = std::get<ListMarket>(decoded->body);
    EXPECT_EQ(read.operator_id, who);
    EXPECT_EQ(read.spec.name, spec.name);
    EXPECT_EQ(read.spec.base, spec.base);
    EXPECT_EQ(read.spec.quote, spec.quote);
    EXPECT_EQ(read.spec.price_scale, spec.price_scale);
    EXPECT_EQ(read.spec.quantity_scale, spec.quantity_scale);
    EXPECT_EQ(read.spec.fee_asset, spec.fee_asset);
    EXPECT_EQ(read.spec.tick, spec.tick);
    EXPECT_EQ(read.spec.lot, spec.lot);
    EXPECT_EQ(read.spec.min_notional, spec.min_notional);
    EXPECT_EQ(read.spec.fees, spec.fees);
}

TEST(CommandCodec, EveryFieldOfATransferSurvives) {
    base::Random random(4);
    const Withdraw withdraw{some_uuid(random), {77}, {5}, {1234567890123}, TransferReference("bank-1")};
    const auto decoded = decode_command(encoded({{}, {}, withdraw}));
    ASSERT_TRUE(decoded);
    const auto& read = std::get<Withdraw>(decoded->body);
    EXPECT_EQ(read.operator_id, withdraw.operator_id);
    EXPECT_EQ(read.account, withdraw.account);
    EXPECT_EQ(read.asset, withdraw.asset);
    EXPECT_EQ(read.amount, withdraw.amount);
    EXPECT_EQ(read.reference, withdraw.reference);
}

TEST(CommandCodec, RandomCommandsOfEveryKindSurvive) {
    base::Random random(5);
    for (int i = 0; i < 20'000; ++i) expect_round_trip(some_command(random));
}

TEST(CommandCodec, ATypicalPlaceIsSmallAndTimePassingIsTwoBytes) {
    PlaceOrder place;
    place.account = {100'000};
    place.market = {3};
    place.price = {1'005'000};
    place.quantity = {25'000};
    const Command command{{0x1234'5678'9ABC'DEF0, 10'000'000}, {1'700'000'000'000'000'000}, place};
    EXPECT_EQ(encoded(command).size(), 34u);
    EXPECT_EQ(encoded({{}, {}, AdvanceTime{}}).size(), 2u);
}

TEST(CommandCodec, EveryPrefixAndEveryLongerFormIsRefused) {
    base::Random random(6);
    for (int i = 0; i < 300; ++i) {
        base::Bytes bytes = encoded(some_command(random));
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            EXPECT_FALSE(decode_command(base::ByteView(bytes).first(size)));
        }
        bytes.push_back(std::byte{0});
        const auto longer = decode_command(bytes);
        ASSERT_FALSE(longer);
        EXPECT_EQ(longer.error(), DecodeError::trailing_bytes);
    }
}

/// What is not refused must be exactly what some command encodes to.
void expect_refused_or_canonical(const base::Bytes& bytes) {
    const auto decoded = decode_command(bytes);
    if (decoded.has_value()) {
        EXPECT_EQ(encoded(*decoded), bytes);
    }
}

TEST(CommandCodec, DamagedBytesAreRefusedOrMeanAnotherCommand) {
    base::Random random(7);
    for (int i = 0; i < 30'000; ++i) {
        base::Bytes bytes = encoded(some_command(random));
        for (auto flips = 1 + random.below(3); flips > 0; --flips) {
            bytes[random.below(bytes.size())] ^= static_cast<std::byte>(1u << random.below(8));
        }
        expect_refused_or_canonical(bytes);
    }
}

TEST(CommandCodec, RandomBytesNeverConfuseTheDecoder) {
    base::Random random(8);
    for (int i = 0; i < 100'000; ++i) {
        base::Bytes bytes(random.below(64));
        for (auto& byte : bytes) byte = static_cast<std::byte>(random.next());
        if (!bytes.empty()) bytes[0] = static_cast<std::byte>(random.below(17));
        expect_refused_or_canonical(bytes);
    }
}

base::Bytes raw(std::initializer_list<int> values) {
    base::Bytes bytes;
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

DecodeError refusal(const base::Bytes& bytes) {
    const auto decoded = decode_command(bytes);
    EXPECT_FALSE(decoded);
    return decoded ? DecodeError{} : decoded.error();
}

TEST(CommandCodec, EachKindOfDamageHasItsName) {
    EXPECT_EQ(refusal(raw({})), DecodeError::truncated);
    EXPECT_EQ(refusal(raw({std::variant_size_v<CommandBody>, 0})), DecodeError::unknown_tag);
    EXPECT_EQ(refusal(raw({0, 4})), DecodeError::unknown_flags);
    EXPECT_EQ(refusal(raw({0, 128})), DecodeError::unknown_flags);
    EXPECT_EQ(refusal(raw({0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0})), DecodeError::not_canonical);
    EXPECT_EQ(refusal(raw({0, 2, 0, 0, 0, 0, 0, 0, 0, 0})), DecodeError::not_canonical);
    EXPECT_EQ(refusal(raw({3, 0, 0x80, 0x00, 1})), DecodeError::not_canonical);
    EXPECT_EQ(refusal(raw({3, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 1})), DecodeError::out_of_range);
    EXPECT_EQ(refusal(raw({1, 0, 1, 1, 2, 0, 1, 1})), DecodeError::out_of_range);
    EXPECT_EQ(refusal(raw({2, 8, 1, 0, 1, 7})), DecodeError::invalid_text);
    EXPECT_EQ(refusal(raw({2, 8, 1, 0, 40, 7})), DecodeError::invalid_text);
    EXPECT_EQ(refusal(raw({2, 8, 1, 0, 0})), DecodeError::not_canonical);
}

}  // namespace
}  // namespace sauda::codec
