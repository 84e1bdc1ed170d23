#include "codec/command_codec.h"

#include <algorithm>
#include <array>
#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "base/random.h"
#include "codec/testing/refusals.h"
#include "codec/testing/some_command.h"
#include "codec/testing/spelled_bytes.h"

namespace sauda::codec {
namespace {

using namespace core;

base::Bytes encoded(const Command& command) {
    base::Bytes bytes;
    encode_command(command, bytes);
    return bytes;
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

/// One command of each kind, as journals hold it. What is written here can never be written otherwise.
constexpr std::array written{
    "8000ff000f0000000000efcdab896745230107ca9a3b",
    "8130ff030ff31f011f00efcdab89674523012c0107ca9a3b63223a4fe106f8d51d38e7ec9b7930a5bc",
    "8208ff030ff30f000000efcdab8967452301580207ca9a3b280203eb5b8d3b8f3c7c15434f4b302d3e5668767e37206b"
    "726e612b38625e61",
    "8300ff030f7100000000efcdab8967452301840307ca9a3bcf549cd3",
    "8403ff030ff7f0ff0100efcdab8967452301b00407ca9a3b8b7e1e30ba707b9ec3fdc230fd2582f2d1b43ed9",
    "850cff030fff1f0000ffefcdab8967452301dc0507ca9a3be892d028b619b105d010f60d03845cce0ac7dde5861c7b5d"
    "5a4b4a475b6b6c625b613e7335332148507d3365754569753c32",
    "8600ff030f0000000000efcdab8967452301080707ca9a3bb2ce62032ecb00bbf983186ac4df3fd50854472d21202c50"
    "3407",
    "8700ff030f71ffff0100efcdab8967452301340807ca9a3b372d0a0622cbe81734fbd67f197566b3fca7395504bce5d8"
    "38a4a9b8ac3f9b316100fb92cf017db534bffd2ce5b32ec666",
    "8800ff030f0e00000000efcdab8967452301600907ca9a3b101727fbafc366a251bfb6718e67fde1defb587d255c302a"
    "455aff",
    "8901ff030f0100000000efcdab89674523018c0a07ca9a3b09371168c8f58c58247d0530a7840fbd94",
    "8a00ff030f0f00000000efcdab8967452301b80b07ca9a3b26c62501ea033f8afa318dd0119fc0f00199800600",
    "8b00ff030f0000000000efcdab8967452301e40c07ca9a3b42d264dee1d759f7a9faf7edc12337dd",
    "8c00ff030f0100000000efcdab8967452301100e07ca9a3b39e3fd1d1f79401ffb82a82bcba943e11901",
    "8d00ff030f111f000000efcdab89674523013c0f07ca9a3b15037678baae5d70325a239dd4b246ad1072aa19f0cf5422"
    "3c5e3b243173394b254e597d762825775a3e4c2e2f7479364b394938372b502b5f37",
    "8e00ff030f1700000000efcdab8967452301681007ca9a3bbe6b060462a370fd587f9c45a76eb6ca054c951f3e795665"
    "7d4b4d4c7d3735374c367c68583174767253207c24267a485b4f512b6c577855586739267c49737a327c562a216c5c34"
    "3a4c5a442f2e4a44312e3a",
    "8f00ff030f0000000000efcdab8967452301941107ca9a3bc9",
    "9000ff030f111f000000efcdab8967452301c01207ca9a3b3605500aa8b0da24186228546e0eed02044ad3592e3cf421"
    "725e6771435869385c384b50264c5456216926595e4148734a43494b764757522d05384c453135",
    "9100ff030f1701000000efcdab8967452301ec1307ca9a3b6e2c0106fa0e7e4352585a65365a713d76454b4e0e334a37"
    "61446c423d33282135345b",
    "9200ff030f0000000000efcdab8967452301181507ca9a3b044f3d2a2c013d",
    "9300ff030fff1f000000efcdab8967452301441607ca9a3b34a0a30aa16d08d1659db413c3bd9d16ba660c5e43",
    "9400ff030f0000000000efcdab8967452301701707ca9a3b388041468fa7c5ce",
    "9500ff030fb30f000000efcdab89674523019c1807ca9a3b8b02be386083808bda1cdc95d8346ac0f100",
    "9600ff030f0000000000efcdab8967452301c81907ca9a3b",
    "9700ff030ff30f000000efcdab8967452301f41a07ca9a3be00610b230fc8272c6aa"};

TEST(CommandCodec, EachKindIsWrittenAsEver) {
    static_assert(written.size() == std::variant_size_v<CommandBody>);
    for (std::size_t tag = 0; tag < written.size(); ++tag) {
        base::Random random(100 + tag);
        const Command command{{0x0123'4567'89AB'CDEF, 300 * tag}, {1'000'000'007}, some_body(random, tag)};
        EXPECT_EQ(hex(encoded(command)), written[tag]) << tag;
        expect_round_trip(command);
    }
}

TEST(CommandCodec, ATypicalPlaceIsSmall) {
    PlaceOrder place;
    place.account = {100'000};
    place.market = {3};
    place.price = {1'005'000};
    place.quantity = {25'000};
    const Command command{{0x1234'5678'9ABC'DEF0, 10'000'000}, {1'700'000'000'000'000'000}, place};
    EXPECT_EQ(encoded(command).size(), 36u);
    EXPECT_EQ(encoded({{}, {}, AdvanceTime{}}).size(), 10u);
}

TEST(CommandCodec, EveryPrefixAndEveryLongerFormIsRefused) {
    base::Random random(6);
    for (int i = 0; i < 300; ++i) expect_every_prefix_and_longer_form_refused(encoded(some_command(random)));
}

/// What is not refused must be exactly what some command encodes to; of layout 1 that is asked for in
/// old_command_codec_test.cpp.
void expect_refused_or_canonical(const base::Bytes& bytes) {
    const auto decoded = decode_command(bytes);
    if (!decoded.has_value() || (bytes.front() & std::byte{0x80}) == std::byte{0}) return;
    EXPECT_EQ(encoded(*decoded), bytes);
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
        if (!bytes.empty()) bytes[0] = static_cast<std::byte>(0x80 | random.below(25));
        // Few bytes of numbers, or all there are would never be enough.
        for (std::size_t at = 2; at < std::min<std::size_t>(bytes.size(), 10); ++at)
            bytes[at] &= static_cast<std::byte>(random.next() & random.next());
        expect_refused_or_canonical(bytes);
    }
}

/// A head without numbers, and what follows.
base::Bytes packed(int kind, int flags, std::initializer_list<int> others) {
    base::Bytes bytes = raw({0x80 | kind, flags, 0, 0, 0, 0, 0, 0, 0, 0});
    for (const int value : others) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

TEST(CommandCodec, EachKindOfDamageHasItsName) {
    constexpr int cancel = 2;
    EXPECT_EQ(refusal(raw({})), DecodeError::truncated);
    EXPECT_EQ(refusal(raw({0x80, 0, 0, 0, 0, 0, 0, 0, 0})), DecodeError::truncated);
    EXPECT_EQ(refusal(raw({0x82, 0, 3, 0, 0, 0, 0, 0, 0, 0, 7})), DecodeError::truncated);
    EXPECT_EQ(refusal(packed(cancel, 8, {})), DecodeError::truncated);
    EXPECT_EQ(refusal(packed(cancel, 8, {2, 'a'})), DecodeError::truncated);
    EXPECT_EQ(refusal(packed(cancel, 0, {'a'})), DecodeError::trailing_bytes);
    EXPECT_EQ(refusal(packed(std::variant_size_v<CommandBody>, 0, {})), DecodeError::unknown_tag);
    EXPECT_EQ(refusal(packed(0, 1, {})), DecodeError::unknown_flags);
    EXPECT_EQ(refusal(packed(0, 128, {})), DecodeError::unknown_flags);
    EXPECT_EQ(refusal(packed(1, 6, {})), DecodeError::out_of_range);  // a time in force of 3
    EXPECT_EQ(refusal(packed(21, 0, {0, 0, 0, 0, 0, 0, 0, 0, 2})), DecodeError::out_of_range);  // a boolean
    EXPECT_EQ(refusal(packed(cancel, 8, {1, 7})), DecodeError::invalid_text);
    EXPECT_EQ(refusal(packed(cancel, 8, {40, 'a'})), DecodeError::invalid_text);
    EXPECT_EQ(refusal(packed(cancel, 8, {0})), DecodeError::not_canonical);
    // A stored byte that is zero, and one behind the last number of a cancel (24 + 4 + 8 bytes).
    EXPECT_EQ(refusal(raw({0x82, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0})), DecodeError::not_canonical);
    EXPECT_EQ(refusal(raw({0x82, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 1})), DecodeError::not_canonical);
    EXPECT_TRUE(decode_command(raw({0x82, 0, 0, 0, 0, 0, 0x08, 0, 0, 0, 1})));
}

/// The one kind whose numbers fill all there is room for.
TEST(CommandCodec, AReplacementWithEveryByteSetSurvives) {
    PlaceOrder place;
    place.account = {0xFFFF'FFFF};
    place.market = {0xFEFE'FEFE};
    place.price = {-1};
    place.quantity = {-2};
    place.quote_quantity = {-3};
    place.client_order_id = ClientOrderId(std::string(39, '~'));
    place.time_in_force = TimeInForce::fok;
    place.kind = OrderKind::market;
    const std::uint64_t all = ~std::uint64_t{0};
    expect_round_trip({{all, all - 1}, {-1}, ReplaceOrder{{all}, place}});
    EXPECT_EQ(encoded({{all, all}, {-1}, ReplaceOrder{{all}, place}}).size(), 10u + 64u + 40u);
}

}  // namespace
}  // namespace sauda::codec
