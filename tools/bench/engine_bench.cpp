#include "bench/engine_bench.h"

#include <ctime>
#include <map>
#include <set>
#include <sys/resource.h>

#include "bench/exchange_driver.h"
#include "bench/stages.h"
#include "core/event_buffer.h"
#include "core/event_reader.h"
#include "core/limits.h"
#include "sequencer/sequencer.h"

namespace sauda::bench {

namespace {

using namespace core;

constexpr AssetId quote_asset{1};
constexpr std::size_t batch_size = sequencer::SequencerConfig{}.batch_max;

AssetId base_asset(std::uint32_t market) {
    return {market + 2};
}
AccountId account_of(std::uint32_t flow_account) {
    return {first_user_account.raw + flow_account - 1};
}

Uuid user_of(std::uint32_t flow_account) {
    Uuid user;
    std::memcpy(user.bytes.data(), &flow_account, sizeof flow_account);
    return user;
}

/// Fees as TATA_INR has them, so that every trade pays a fee and a rebate.
MarketSpec spec_of(std::uint32_t market) {
    MarketSpec spec;
    spec.name = MarketName("M" + std::to_string(market));
    spec.base = base_asset(market);
    spec.quote = quote_asset;
    spec.min_notional = {1};
    spec.fees = {-100, 1000};
    return spec;
}

Command deposit(AccountId account, AssetId asset, std::int64_t amount) {
    const std::string reference = std::to_string(account.raw) + "-" + std::to_string(asset.raw);
    return {{}, {}, Deposit{{}, account, asset, {amount}, TransferReference(reference)}};
}

/// Who sells in which market: those need base.
std::map<std::uint32_t, std::set<std::uint32_t>> sellers_by_market(const FlowFile& flow) {
    std::map<std::uint32_t, std::set<std::uint32_t>> sellers;
    for (const FlowRecord& record : flow.records()) {
        if (record.type == FlowType::place && record.side == 1) sellers[record.market].insert(record.account);
    }
    return sellers;
}

}  // namespace

double thread_cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

EngineFigures figures(std::uint64_t orders, double seconds, const TradeDigest& digest, const FlowFile& flow) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    EngineFigures out;
    out.orders = orders;
    out.seconds = seconds;
    out.trades = digest.trades();
    out.traded_quantity = digest.quantity();
    out.trade_hash = digest.hash();
    out.memory_bytes_peak = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    out.agrees = digest.hash() == flow.header().trade_hash;
    return out;
}

std::vector<Command> setup_commands(const FlowFile& flow) {
    const FlowHeader& header = flow.header();
    std::vector<Command> commands;
    commands.push_back({{}, {}, ListAsset{{}, AssetName("Q"), 2}});
    for (std::uint32_t m = 0; m < header.markets; ++m) {
        commands.push_back({{}, {}, ListAsset{{}, AssetName("B" + std::to_string(m)), 0}});
    }
    for (std::uint32_t m = 0; m < header.markets; ++m)
        commands.push_back({{}, {}, ListMarket{{}, spec_of(m)}});
    for (std::uint32_t a = 1; a <= header.accounts; ++a)
        commands.push_back({{}, {}, OpenAccount{user_of(a)}});
    const std::int64_t quote_each = asset_supply_max / std::max(header.accounts, 1u);
    for (std::uint32_t a = 1; a <= header.accounts; ++a)
        commands.push_back(deposit(account_of(a), quote_asset, quote_each));
    for (const auto& [market, sellers] : sellers_by_market(flow)) {
        const std::int64_t base_each = asset_supply_max / static_cast<std::int64_t>(sellers.size());
        for (const std::uint32_t a : sellers)
            commands.push_back(deposit(account_of(a), base_asset(market), base_each));
    }
    return commands;
}

Command to_command(const FlowRecord& record) {
    const AccountId account = account_of(record.account);
    if (record.type == FlowType::place) {
        PlaceOrder place;
        place.account = account;
        place.market = {record.market + 1};
        place.side = Side{record.side};
        place.time_in_force = record.time_in_force == 0 ? TimeInForce::gtc : TimeInForce::ioc;
        place.price = {record.price};
        place.quantity = {record.quantity};
        return {{}, {}, place};
    }
    if (record.type == FlowType::cancel) return {{}, {}, CancelOrder{account, {record.id}, {}}};
    AmendOrder amend;
    amend.account = account;
    amend.order = {record.id};
    amend.quantity = {record.quantity};
    if (record.type == FlowType::reduce) {
        amend.quantity_change = QuantityChange::reduce_by;
    } else {
        amend.price = {record.price};
        amend.quantity_change = record.quantity == 0 ? QuantityChange::unchanged : QuantityChange::leaves;
        amend.requeue = true;
    }
    return {{}, {}, amend};
}

void digest_trades(base::ByteView events, TradeDigest& digest) {
    for_each_trade(events, [&](const Trade& trade) {
        digest.add(trade.maker_order.raw, trade.taker_order.raw, static_cast<std::uint64_t>(trade.price.raw),
                   static_cast<std::uint64_t>(trade.quantity.raw));
    });
}

EngineFigures run_risk(const FlowFile& flow, Progress& progress) {
    ExchangeDriver driver;
    TradeDigest digest;
    progress.begin("opening accounts", 1);
    driver.exchange().reserve(orders_to_reserve(flow));
    for (const Command& command : setup_commands(flow)) driver.apply_alone(command);
    const auto records = flow.records();
    std::vector<Command> batch;
    const auto prepare_batch = [&](std::span<const FlowRecord> slice) {
        batch.clear();
        for (const FlowRecord& record : slice) batch.push_back(to_command(record));
        driver.events().clear();
    };
    const auto in_batches = [&](std::size_t begin, std::size_t end, const auto& apply) {
        while (begin < end) {
            prepare_batch(records.subspan(begin, std::min(batch_size, end - begin)));
            apply();
            digest_trades(driver.events().bytes(), digest);
            progress.reach(begin += batch.size());
        }
    };
    progress.begin("orders", records.size());
    in_batches(0, flow.header().prefill, [&] { driver.apply_batch(batch); });
    double seconds = 0;
    in_batches(flow.header().prefill, records.size(),
               [&] { seconds += timed_part([&] { driver.apply_batch(batch); }); });
    return figures(records.size() - flow.header().prefill, seconds, digest, flow);
}

base::Result<EngineFigures, std::string> run_engine_bench(const FlowFile& flow, Stage stage,
                                                          const DurableOptions& durable, Progress& progress) {
    switch (stage) {
        case Stage::textbook:
            return run_textbook(flow, progress);
        case Stage::match:
            return run_match(flow, progress);
        case Stage::risk:
            return run_risk(flow, progress);
        case Stage::durable:
            return run_durable(flow, durable, progress);
    }
    return base::Unexpected{std::string("no such stage")};
}

}  // namespace sauda::bench
