#include "core/testing/random_commands.h"

#include "core/limits.h"

namespace sauda::core::testing {

namespace {

constexpr std::size_t account_count = 6;

struct AssetPlan {
    const char* name;
    std::uint8_t scale;
};
/// More than the ledger keeps side by side per account, so that both of its ways are walked.
constexpr AssetPlan assets[] = {{"INR", 4},  {"USDT", 8}, {"TATA", 0},  {"BTC", 8},    {"PAD", 0},
                                {"PAD2", 1}, {"PAD3", 2}, {"FINE", 12}, {"COARSE", 0}, {"DEEP", 12}};

struct MarketPlan {
    const char* name;
    std::uint32_t base, quote;
    std::uint8_t price_scale, quantity_scale;
    std::int64_t tick, lot, min_notional;
    FeeAsset fee_asset;
    FeeRates fees;
};
constexpr MarketPlan markets[] = {
    {"TATA_INR", 3, 1, 2, 0, 5, 1, 1'0000, FeeAsset::quote, {-100, 1000}},
    {"BTC_USDT", 4, 2, 2, 5, 1, 1, 500'000, FeeAsset::received, {800, 1000}},
    // One price unit × one lot unit is one minor unit of quote: fees round on every trade.
    {"COARSE_INR", 9, 1, 4, 0, 1, 3, 0, FeeAsset::quote, {-400, 3333}},
    {"COARSE_TATA", 9, 3, 0, 0, 1, 1, 2, FeeAsset::received, {-500'000, 500'000}},
    // The widest factors there are: a base unit of 10^12, prices near the limits.
    {"DEEP_FINE", 10, 8, 0, 0, 1, 1, 0, FeeAsset::received, {-77, 77}},
    {"DEEP_USDT", 10, 2, 0, 4, 1, 1, 0, FeeAsset::quote, {500'000, 0}},
};
constexpr std::size_t asset_total = std::size(assets);
constexpr std::size_t market_total = std::size(markets);

MarketSpec spec_of(const MarketPlan& plan) {
    MarketSpec spec;
    spec.name = MarketName(plan.name);
    spec.base = {plan.base};
    spec.quote = {plan.quote};
    spec.price_scale = plan.price_scale;
    spec.quantity_scale = plan.quantity_scale;
    spec.fee_asset = plan.fee_asset;
    spec.tick = plan.tick;
    spec.lot = plan.lot;
    spec.min_notional = {plan.min_notional};
    spec.fees = plan.fees;
    return spec;
}

Uuid user(std::size_t number) {
    Uuid uuid;
    uuid.bytes[15] = static_cast<std::uint8_t>(number + 1);
    return uuid;
}

/// The price that trading goes on around, in ticks.
constexpr std::int64_t middle_ticks = 2000;

}  // namespace

RandomCommands::Stamped RandomCommands::next() {
    Command command;
    const bool opened = stamp_.sequence.raw >= asset_total + market_total + account_count * (asset_total + 1);
    stamp_.time = opened ? pass_time() : TimestampNs{stamp_.time.raw + 1};
    if (opened && !recent_.empty() && one_in(14)) {
        command = recent_[random_.below(recent_.size())];
        if (!one_in(4)) command.id = command_id();  // a client's retry; otherwise the bus delivers twice
    } else {
        command.body = opened ? body() : opening();
        command.id = command_id();
        if (one_in(30)) command.deadline = {stamp_.time.raw + random_.between(-1, 1)};
    }
    if (recent_.size() < 60) {
        recent_.push_back(command);
    } else {
        recent_[random_.below(recent_.size())] = command;
    }
    ++stamp_.sequence.raw;
    return {command, stamp_};
}

/// Assets, markets, accounts, and money for all.
CommandBody RandomCommands::opening() {
    std::size_t step = stamp_.sequence.raw;
    if (step < asset_total) return ListAsset{{}, AssetName(assets[step].name), assets[step].scale};
    step -= asset_total;
    if (step < market_total) return ListMarket{{}, spec_of(markets[step])};
    step -= market_total;
    if (step < account_count) return OpenAccount{user(step)};
    step -= account_count;
    const auto asset = static_cast<std::uint32_t>(step % asset_total) + 1;
    const AccountId to{first_user_account.raw + static_cast<std::uint32_t>(step / asset_total)};
    // The first accounts are rich, near what may exist at all; the last ones are often short.
    const std::int64_t amounts[] = {asset_supply_max / 2, asset_supply_max / 4, 1'000'000'000'000,
                                    50'000'000'000,       2'000'000'000,        40'000'000};
    return Deposit{
        {}, to, {asset}, {amounts[step / asset_total]}, TransferReference("opening-" + std::to_string(step))};
}

CommandBody RandomCommands::body() {
    if (one_in(50)) return leases();
    return random_.chance(95, 100) ? trading() : administration();
}

CommandBody RandomCommands::trading() {
    const std::uint64_t draw = random_.below(100);
    if (draw < 72) return place();
    if (draw < 80) return cancel();
    if (draw < 81) return CancelAll{account(), one_in(2) ? market() : MarketId{}};
    if (draw < 93) return amend();
    return replace();
}

CommandBody RandomCommands::administration() {
    const std::uint64_t draw = random_.below(100);
    if (draw < 55) return transfer();
    if (draw < 65) return set_fees();
    if (draw < 78) {
        const bool resumes = !one_in(12);
        return SetMarketState{
            user(random_.below(2)), market(),
            resumes ? MarketState::trading : static_cast<MarketState>(1 + random_.below(2))};
    }
    if (draw < 86) return SetAccountState{{}, account(), one_in(12)};
    if (draw < 90)
        return SetAssetState{{}, {static_cast<std::uint32_t>(random_.below(asset_total + 2))}, one_in(8)};
    if (draw < 94) return OpenAccount{user(random_.below(account_count + 2))};
    if (draw < 95) return AdvanceTime{};
    if (draw < 96) return NumberShard{static_cast<std::uint8_t>(random_.below(3))};
    if (draw < 98) {
        const char* names[] = {"INR", "bad", "_A", "", "NEW1", "NEW2"};
        return ListAsset{
            {}, AssetName(names[random_.below(6)]), static_cast<std::uint8_t>(random_.below(15))};
    }
    return list_market();
}

/// Spans like the times that pass, so that some are renewed, some fall due, and some to the nanosecond.
CommandBody RandomCommands::leases() {
    const std::uint64_t draw = random_.below(100);
    if (draw < 45) return grant_lease();
    if (draw < 75) return RenewLeases{random_.below(4)};
    if (draw < 95) return EndLease{account(), lease(), one_in(4)};
    if (draw < 98) return LapseLeases{static_cast<std::uint32_t>(random_.below(6)), {random_.between(1, 3)}};
    return RestartLeases{};
}

GrantLease RandomCommands::grant_lease() {
    constexpr std::int64_t second = 1'000'000'000;
    const std::int64_t spans[] = {1, 2, second, 60 * second, 600 * second, lease_span_ns_max};
    const std::int64_t odd[] = {0, -1, lease_span_ns_max + 1};
    const std::int64_t span = one_in(30) ? odd[random_.below(3)] : spans[random_.below(6)];
    // Now and then one of many, so that an account comes to have as many as it may.
    if (one_in(3)) return {first_user_account, {1, 10 + random_.below(200)}, {span}};
    return {account(), lease(), {span}};
}

/// Zero is an account's countdown.
LeaseId RandomCommands::lease() {
    const std::uint64_t holder = random_.below(4);
    return {holder, holder == 0 ? 0 : random_.below(4)};
}

AccountId RandomCommands::account() {
    if (one_in(200)) return {static_cast<std::uint32_t>(random_.below(30))};
    return {first_user_account.raw + static_cast<std::uint32_t>(random_.below(account_count))};
}

MarketId RandomCommands::market() {
    if (one_in(200)) return {static_cast<std::uint32_t>(random_.below(12))};
    return {1 + static_cast<std::uint32_t>(random_.below(oracle_.market_count()))};
}

std::pair<AccountId, OrderId> RandomCommands::order() {
    const auto& open = oracle_.open_orders();
    if (open.empty() || one_in(25)) return {account(), {random_.below(2000)}};
    auto at = open.lower_bound(random_.between(1, static_cast<std::int64_t>(open.rbegin()->first)));
    const AccountId owner = one_in(40) ? account() : at->second.account;
    return {owner, at->second.id};
}

std::int64_t RandomCommands::price(const MarketSpec& spec, Side side) {
    if (one_in(60)) {
        const std::int64_t odd[] = {0,
                                    -1,
                                    1,
                                    spec.tick,
                                    order_price_max,
                                    order_price_max / spec.tick * spec.tick,
                                    order_price_max + 1,
                                    middle_ticks * spec.tick + 1};
        return odd[random_.below(std::size(odd))];
    }
    // The further buyers stay below sellers, the deeper the books: every seed has its own way.
    const std::int64_t apart = random_.between(-3, depth_);
    return (middle_ticks + (side == Side::buy ? -apart : apart)) * spec.tick;
}

std::int64_t RandomCommands::quantity(const MarketSpec& spec) {
    if (one_in(60)) {
        const std::int64_t odd[] = {0,
                                    -1,
                                    spec.lot,
                                    spec.lot + 1,
                                    order_quantity_max,
                                    order_quantity_max / spec.lot * spec.lot,
                                    order_quantity_max + 1,
                                    order_quantity_max / 2 / spec.lot * spec.lot};
        return odd[random_.below(std::size(odd))];
    }
    // Around the price level that trading goes on at, some are worth less than the minimum.
    return random_.between(1, 40) * spec.lot * (spec.quantity_scale > 0 ? 10 : 1);
}

ClientOrderId RandomCommands::client_order_id(std::uint64_t given_in_100) {
    if (!random_.chance(given_in_100, 100)) return {};
    if (one_in(100)) return ClientOrderId("not valid!");
    // Of every length there is, so that some are told apart by their last character alone.
    const std::uint64_t number = random_.below(40);
    std::string id(1 + number % client_order_id_size_max, 'c');
    id.back() = static_cast<char>('0' + number / client_order_id_size_max);
    return ClientOrderId(id);
}

PlaceOrder RandomCommands::place() {
    PlaceOrder order;
    order.account = account();
    order.market = market();
    order.side = one_in(2) ? Side::buy : Side::sell;
    const bool known = order.market.raw >= 1 && order.market.raw <= oracle_.market_count();
    const MarketSpec spec = known ? oracle_.spec(order.market) : MarketSpec{};
    one_in(6) ? shape_market_order(order, spec) : shape_limit(order, spec);
    order.client_order_id = client_order_id(35);
    if (one_in(8)) order.on_duplicate = DuplicatePolicy::refuse_if_open;
    if (one_in(50)) spoil(order);
    return order;
}

void RandomCommands::shape_limit(PlaceOrder& order, const MarketSpec& spec) {
    order.price = {price(spec, order.side)};
    order.quantity = {quantity(spec)};
    if (one_in(4)) {
        order.time_in_force = one_in(2) ? TimeInForce::ioc : TimeInForce::fok;
    } else {
        order.post_only = one_in(6);
    }
}

void RandomCommands::shape_market_order(PlaceOrder& order, const MarketSpec& spec) {
    order.kind = OrderKind::market;
    order.time_in_force = static_cast<TimeInForce>(random_.below(3));
    if (one_in(2)) {
        order.quantity = {quantity(spec) * (one_in(10) ? 50 : 1)};
        return;
    }
    if (order.time_in_force == TimeInForce::fok) order.time_in_force = TimeInForce::ioc;
    // From nothing to several levels' worth, in no round numbers.
    const int digits = static_cast<int>(random_.below(19));
    std::int64_t most = 10;
    for (int i = 0; i < digits && most < asset_supply_max / 10; ++i) most *= 10;
    order.quote_quantity = {random_.between(1, most)};
    if (one_in(50)) order.quote_quantity = {one_in(2) ? asset_supply_max + 1 : -5};
}

void RandomCommands::spoil(PlaceOrder& order) {
    switch (random_.below(4)) {
        case 0:
            order.post_only = !order.post_only;
            break;
        case 1:
            order.time_in_force = TimeInForce::fok;
            break;
        case 2:
            order.quote_quantity = {random_.between(-1, 100)};
            break;
        default:
            order.kind = OrderKind::market;
    }
}

CancelOrder RandomCommands::cancel() {
    const auto [owner, id] = order();
    if (one_in(3)) return {owner, {}, client_order_id(95)};
    return {owner, id, {}};
}

AmendOrder RandomCommands::amend() {
    AmendOrder amend;
    std::tie(amend.account, amend.order) = order();
    const auto found = oracle_.open_orders().find(amend.order.raw);
    const MarketId in = found == oracle_.open_orders().end() ? MarketId{1} : found->second.market;
    const Side side = found == oracle_.open_orders().end() ? Side::buy : found->second.side;
    const MarketSpec& spec = oracle_.spec(in);
    if (one_in(3)) amend.price = {price(spec, side)};
    amend.quantity_change = static_cast<QuantityChange>(random_.below(4));
    if (amend.quantity_change != QuantityChange::unchanged) amend.quantity = {quantity(spec)};
    amend.requeue = one_in(8);
    amend.request_id = client_order_id(30);
    return amend;
}

ReplaceOrder RandomCommands::replace() {
    ReplaceOrder replace{{}, place()};
    const auto [owner, id] = order();
    replace.cancel = id;
    const auto found = oracle_.open_orders().find(id.raw);
    if (found == oracle_.open_orders().end() || one_in(20)) return replace;
    // What it replaces it must be like.
    replace.place.account = owner;
    replace.place.side = found->second.side;
    if (replace.place.market == found->second.market) return replace;
    replace.place.market = found->second.market;
    if (replace.place.kind == OrderKind::limit) {
        replace.place.price = {price(oracle_.spec(found->second.market), found->second.side)};
        replace.place.quantity = {quantity(oracle_.spec(found->second.market))};
    }
    return replace;
}

AssetId RandomCommands::transfer_asset() {
    return {static_cast<std::uint32_t>(random_.below(asset_total + 1)) + (one_in(50) ? 1u : 0u)};
}

Amount RandomCommands::transfer_amount() {
    const std::int64_t odd[] = {0, -7, asset_supply_max, asset_supply_max + 1, INT64_MIN, INT64_MAX};
    return {one_in(15) ? odd[random_.below(6)] : random_.between(1, one_in(4) ? 100'000'000'000 : 5'000'000)};
}

/// Mostly one of its own, now and then one that was used.
TransferReference RandomCommands::reference(const char* prefix, std::uint64_t& newest) {
    const std::uint64_t number = one_in(8) ? random_.below(newest + 1) : ++newest;
    return TransferReference(one_in(60) ? "not valid" : prefix + std::to_string(number));
}

ShardName RandomCommands::shard() {
    const char* odd[] = {"", "North", "a b", "no_rth"};
    const char* good[] = {"north", "north-2", "n"};
    return ShardName(one_in(40) ? odd[random_.below(4)] : good[random_.below(3)]);
}

CommandBody RandomCommands::transfer() {
    if (one_in(2)) return transfer_between_shards();
    const AccountId who = account();
    const AssetId asset = transfer_asset();
    const Amount amount = transfer_amount();
    const TransferReference used = reference("t", references_);
    if (one_in(2)) return Withdraw{user(0), who, asset, amount, used};
    return Deposit{user(0), who, asset, amount, used};
}

/// Mostly of one that is pending; else of any reference and shard.
ConfirmTransfer RandomCommands::confirm_transfer() {
    const std::vector<SendTransfer> pending = oracle_.pending_transfers();
    const TransferReference any("t" + std::to_string(random_.below(references_ + 2)));
    if (pending.empty() || one_in(3)) return {any, shard()};
    const SendTransfer& sent = pending[random_.below(pending.size())];
    return {sent.reference, one_in(8) ? shard() : sent.to};
}

/// References of here are of one space with those of deposits; those of elsewhere are the same texts.
CommandBody RandomCommands::transfer_between_shards() {
    const std::uint64_t draw = random_.below(100);
    if (draw < 25) return confirm_transfer();
    const ShardName peer = shard();
    const AccountId who = account();
    const AssetId asset = transfer_asset();
    const Amount amount = transfer_amount();
    if (draw < 60) return ReceiveTransfer{who, asset, amount, reference("t", references_elsewhere_), peer};
    return SendTransfer{user(one_in(2) ? 0 : 1), who, asset, amount, reference("t", references_), peer};
}

SetFees RandomCommands::set_fees() {
    const FeeRates rates[] = {
        {-100, 1000},  {800, 1000},         {0, 0},  {-1, 1},     {500'000, 500'000}, {7, 0},
        {-3333, 3333}, {-500'000, 500'000}, {-2, 1}, {0, 500'001}};
    return {user(1), market(), rates[random_.below(std::size(rates))]};
}

ListMarket RandomCommands::list_market() {
    MarketSpec spec = spec_of(markets[random_.below(market_total)]);
    const char* names[] = {"TATA_INR", "lower", "X", "", "NEW_MARKET", "OTHER"};
    spec.name = MarketName(names[random_.below(6)]);
    switch (random_.below(8)) {
        case 0:
            spec.base = spec.quote;
            break;
        case 1:
            spec.tick = random_.between(-1, 1);
            break;
        case 2:
            spec.lot = order_quantity_max + random_.between(0, 1);
            break;
        case 3:
            spec.price_scale = static_cast<std::uint8_t>(random_.below(14));
            break;
        case 4:
            spec.quantity_scale = static_cast<std::uint8_t>(random_.below(256));
            break;
        case 5:
            spec.fees = {-2000, 1999};
            break;
        case 6:
            spec.min_notional = {random_.between(-1, 0)};
            break;
        default:
            spec.base = {static_cast<std::uint32_t>(random_.below(20))};
    }
    return {{}, spec};
}

/// Often no time at all; sometimes minutes, so that client order ids are forgotten, also to the nanosecond.
TimestampNs RandomCommands::pass_time() {
    constexpr std::int64_t minute = 60'000'000'000;
    const std::uint64_t draw = random_.below(400);
    std::int64_t step = 0;
    if (draw < 200) step = static_cast<std::int64_t>(draw % 3);
    if (draw == 200) step = 10 * minute;
    if (draw == 201) step = 10 * minute - 1;
    if (draw >= 202 && draw < 206) step = random_.between(1, 6) * minute;
    if (draw >= 206 && draw < 240) step = minute / 60;
    return {stamp_.time.raw + step};
}

/// Mostly the next of one of a few gateways; sometimes one that was passed over, far ahead, or long gone.
CommandId RandomCommands::command_id() {
    const std::uint64_t gateway = random_.below(4);
    if (gateway == 0) return {};
    std::uint64_t& newest = gateway_sequences_[gateway];
    if (one_in(100)) return {gateway, newest - std::min<std::uint64_t>(newest, random_.below(5000))};
    if (one_in(2000)) return {random_.below(100) + 10, 1};
    newest += one_in(50) ? random_.below(one_in(20) ? 6000 : 6) : 1;
    return {gateway, newest};
}

}  // namespace sauda::core::testing
