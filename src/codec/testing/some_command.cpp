#include "codec/testing/some_command.h"

#include <cstdint>
#include <string>
#include <variant>

namespace sauda::codec {

using namespace core;

namespace {

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

}  // namespace

Uuid some_uuid(base::Random& random) {
    Uuid uuid;
    for (auto& byte : uuid.bytes) byte = static_cast<std::uint8_t>(random.next());
    return uuid;
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

}  // namespace sauda::codec
