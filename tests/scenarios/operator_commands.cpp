/// What operators do: listings, fees, halts, freezes, deposits, withdrawals and transfers between shards.
#include "core/default_listings.h"
#include "world.h"

namespace sauda::scenarios {

using namespace core;

namespace {

/// `default markets`
std::vector<CommandBody> default_markets(Words& words) {
    words.expect("markets");
    return default_listings({});
}

/// `asset GOLD scale 4`
CommandBody list_asset(Words& words) {
    ListAsset list;
    list.name = AssetName(words.next("a name"));
    words.expect("scale");
    list.scale = static_cast<std::uint8_t>(words.decimal("scale", 0));
    return list;
}

FeeRates read_fees(Words& words) {
    FeeRates fees;
    words.expect("maker");
    fees.maker_ppm = words.percentage("a rate");
    words.expect("taker");
    fees.taker_ppm = words.percentage("a rate");
    return fees;
}

AssetId asset_or_none(const World& world, const std::string& name) {
    const Asset* found = world.exchange.find_asset(name);
    return found == nullptr ? AssetId{999} : found->id;
}

/// `market GOLD_INR base GOLD quote INR scales 2 3 tick 0.05 lot 0.001 min 1.00
///  maker 0.01% taker 0.1% in quote`: scales of price and quantity; fees in quote, or in what is `received`.
CommandBody list_market(const World& world, Words& words) {
    MarketSpec spec;
    spec.name = MarketName(words.next("a name"));
    words.expect("base");
    spec.base = asset_or_none(world, words.next("an asset"));
    words.expect("quote");
    spec.quote = asset_or_none(world, words.next("an asset"));
    words.expect("scales");
    spec.price_scale = static_cast<std::uint8_t>(words.decimal("scale", 0));
    spec.quantity_scale = static_cast<std::uint8_t>(words.decimal("scale", 0));
    words.expect("tick");
    spec.tick = words.decimal("tick", spec.price_scale);
    words.expect("lot");
    spec.lot = words.decimal("lot", spec.quantity_scale);
    words.expect("min");
    const Asset* quote = world.exchange.find_asset(spec.quote);
    spec.min_notional = {words.decimal("amount", quote == nullptr ? 0 : quote->scale)};
    spec.fees = read_fees(words);
    words.expect("in");
    spec.fee_asset = words.take("received") ? FeeAsset::received : FeeAsset::quote;
    if (spec.fee_asset == FeeAsset::quote) words.expect("quote");
    return ListMarket{{}, spec};
}

/// `fees TATA_INR maker -0.02% taker 0.1%`
CommandBody set_fees(World& world, Words& words) {
    const bool nowhere = words.take("in-nowhere");
    const MarketId market = nowhere ? MarketId{999} : world.market(words, words.next("a market")).id;
    return SetFees{{}, market, read_fees(words)};
}

CommandBody set_market_state(World& world, Words& words, MarketState state) {
    return SetMarketState{{}, world.market(words, words.next("a market")).id, state};
}

CommandBody set_asset_state(const World& world, Words& words, bool halted) {
    return SetAssetState{{}, asset_or_none(world, words.next("an asset")), halted};
}

CommandBody set_account_state(World& world, Words& words, bool frozen) {
    return SetAccountState{{}, world.account(words.next("an account")), frozen};
}

/// `reference salary-1`, or one that is made up.
TransferReference read_reference(Words& words) {
    static int references = 0;
    const bool named = words.take("reference");
    return TransferReference(named ? words.next("a reference") : "line-" + std::to_string(++references));
}

ShardName read_shard(Words& words) {
    const std::string name = words.next("a shard");
    if (name.size() <= shard_name_size_max) return ShardName(name);
    words.fail("'" + name + "' is longer than a shard's name");
    return {};
}

/// `alice 1000.00 INR`
template <class Transfer>
Transfer read_moved(World& world, Words& words) {
    Transfer transfer;
    transfer.account = world.account(words.next("an account"));
    const std::string amount = words.next("an amount");
    const std::string name = words.next("an asset");
    const Asset* asset = world.exchange.find_asset(name);
    transfer.asset = asset_or_none(world, name);
    Words number(amount);
    transfer.amount = {number.decimal("amount", asset == nullptr ? 0 : asset->scale)};
    if (!number.ok()) words.fail(number.failure());
    return transfer;
}

/// `deposit alice 1000.00 INR [reference salary-1]`
template <class Transfer>
CommandBody transfer(World& world, Words& words) {
    auto transfer = read_moved<Transfer>(world, words);
    transfer.reference = read_reference(words);
    return transfer;
}

/// `send alice 10.00 INR to north [reference s1]`
CommandBody send_transfer(World& world, Words& words) {
    auto transfer = read_moved<SendTransfer>(world, words);
    words.expect("to");
    transfer.to = read_shard(words);
    transfer.reference = read_reference(words);
    return transfer;
}

/// `receive alice 10.00 INR from north [reference s1]`
CommandBody receive_transfer(World& world, Words& words) {
    auto transfer = read_moved<ReceiveTransfer>(world, words);
    words.expect("from");
    transfer.from = read_shard(words);
    transfer.reference = read_reference(words);
    return transfer;
}

/// `confirm s1 to north`
CommandBody confirm_transfer(Words& words) {
    ConfirmTransfer confirm;
    confirm.reference = TransferReference(words.next("a reference"));
    words.expect("to");
    confirm.to = read_shard(words);
    return confirm;
}

/// `number-shard 7`
CommandBody number_shard(Words& words) {
    return NumberShard{static_cast<std::uint8_t>(words.decimal("a number", 0))};
}

std::optional<CommandBody> operator_command(World& world, const std::string& verb, Words& words) {
    if (verb == "asset") return list_asset(words);
    if (verb == "market") return list_market(world, words);
    if (verb == "fees") return set_fees(world, words);
    if (verb == "halt") return set_market_state(world, words, MarketState::halted);
    if (verb == "cancel-only") return set_market_state(world, words, MarketState::cancel_only);
    if (verb == "resume") return set_market_state(world, words, MarketState::trading);
    if (verb == "halt-asset") return set_asset_state(world, words, true);
    if (verb == "resume-asset") return set_asset_state(world, words, false);
    if (verb == "freeze") return set_account_state(world, words, true);
    if (verb == "unfreeze") return set_account_state(world, words, false);
    if (verb == "deposit") return transfer<Deposit>(world, words);
    if (verb == "withdraw") return transfer<Withdraw>(world, words);
    if (verb == "number-shard") return number_shard(words);
    if (verb == "send") return send_transfer(world, words);
    if (verb == "receive") return receive_transfer(world, words);
    if (verb == "confirm") return confirm_transfer(words);
    return {};
}

}  // namespace

std::optional<std::vector<Sent>> operator_commands(World& world, const std::string& verb, Words& words) {
    std::vector<CommandBody> bodies;
    if (verb == "default") {
        bodies = default_markets(words);
    } else if (const auto body = operator_command(world, verb, words)) {
        bodies = {*body};
    } else {
        return {};
    }
    std::vector<Sent> commands;
    for (const CommandBody& body : bodies) commands.push_back({{{}, {}, body}, {}});
    return commands;
}

}  // namespace sauda::scenarios
