#include "history/audit.h"

#include <algorithm>
#include <map>
#include <utility>

#include "history/database.h"

namespace sauda::history {

namespace {

using Finding = Audit::Finding;
using base::Unexpected;

/// A question whose answer is zero in a sound database.
struct Question {
    const char* sql;
    const char* contradiction;
};
constexpr Question questions[] = {
    {"SELECT abs((SELECT COUNT(*) FROM fills) - 2 * (SELECT COUNT(*) FROM trades))",
     "there are not two fills for each trade"},
    {"SELECT COUNT(*) FROM fills f LEFT JOIN trades t ON t.market = f.market AND t.trade = f.trade "
     "WHERE t.trade IS NULL OR f.order_id NOT IN (t.maker_order, t.taker_order)",
     "a fill is of no trade, or of a trade of other orders"},
    {"SELECT COUNT(*) FROM orders o WHERE o.filled <> (SELECT COALESCE(SUM(t.quantity), 0) FROM fills f "
     "JOIN trades t ON t.market = f.market AND t.trade = f.trade WHERE f.order_id = o.order_id)",
     "an order is filled by another quantity than its fills"},
    {"SELECT COUNT(*) FROM (SELECT MIN(trade) AS first, MAX(trade) AS last, COUNT(*) AS n FROM trades "
     "GROUP BY market) numbered WHERE first <> 1 OR last <> n",
     "a market's trades have a gap"},
    {"SELECT COUNT(*) FROM confirmations c LEFT JOIN shard_transfers t ON t.sequence = c.sent "
     "WHERE t.amount IS NULL OR t.amount >= 0 OR c.confirmed <= c.sent",
     "a transfer has arrived that was not sent"},
};

std::string of(const core::Market& market, std::int64_t interval_s, std::int64_t start_s) {
    return "market " + std::string(market.spec.name.view()) + ", candle of " + std::to_string(interval_s) +
           " s at " + std::to_string(start_s);
}

/// Candles of one market made of its trades one by one, for every interval of the views.
class CandlesAnew {
public:
    void add(const views::PublicTrade& trade) {
        for (const views::CandleInterval interval : views::candle_intervals()) {
            const core::TimestampNs start = views::candle_start(interval, trade.time);
            auto& candles = by_interval_[static_cast<std::size_t>(interval)];
            const auto [at, is_new] = candles.try_emplace(start);
            views::Candle& candle = at->second;
            if (is_new) {
                candle.start = start;
                candle.open = candle.high = candle.low = trade.price;
                candle.first_trade = trade.trade;
            }
            candle.high = std::max(candle.high, trade.price);
            candle.low = std::min(candle.low, trade.price);
            candle.close = trade.price;
            candle.quantity += trade.quantity.raw;
            candle.quote += trade.quote.raw;
            if (trade.taker_side == core::Side::buy) {
                candle.taker_bought += trade.quantity.raw;
                candle.taker_bought_quote += trade.quote.raw;
            }
            candle.last_trade = trade.trade;
        }
    }
    const std::map<core::TimestampNs, views::Candle>& of(views::CandleInterval interval) const {
        return by_interval_[static_cast<std::size_t>(interval)];
    }

private:
    std::array<std::map<core::TimestampNs, views::Candle>, views::candle_interval_count> by_interval_;
};

/// Those that a view keeps, which are the newest, against all of them.
bool are_the_newest(const std::deque<views::Candle>& kept,
                    const std::map<core::TimestampNs, views::Candle>& all) {
    if (kept.size() > all.size()) return false;
    return std::equal(kept.rbegin(), kept.rend(), all.rbegin(),
                      [](const views::Candle& a, const auto& b) { return a == b.second; });
}

bool same(const Candle& kept, const views::Candle& anew) {
    return kept.start_s == anew.start.raw / 1'000'000'000 && kept.open == anew.open &&
           kept.high == anew.high && kept.low == anew.low && kept.close == anew.close &&
           kept.volume == anew.quantity && kept.quote_volume == anew.quote &&
           kept.trade_count == anew.trade_count() && kept.first_trade == anew.first_trade &&
           kept.last_trade == anew.last_trade &&
           (!kept.taker_bought ||
            *kept.taker_bought == TakerBought{anew.taker_bought, anew.taker_bought_quote});
}

}  // namespace

Read<std::unique_ptr<Audit>> Audit::open(const std::string& name) {
    auto connection = open_to_read(name, Reading::everything);
    if (!connection) return Unexpected{connection.error()};
    auto reader = Reader::open(name);
    if (!reader) return Unexpected{reader.error()};
    return std::unique_ptr<Audit>(new Audit(std::move(*connection), std::move(*reader)));
}

Finding Audit::check_itself() {
    for (const Question& question : questions) {
        const auto answer = connection_.number(question.sql);
        if (!answer) return Unexpected{answer.error()};
        if (*answer != 0) return std::string("history: ") + question.contradiction;
    }
    for (const auto& [sql, count] : {std::pair{"SELECT COUNT(*) FROM fills", &counts_.fills},
                                     std::pair{"SELECT COUNT(*) FROM orders", &counts_.orders},
                                     std::pair{"SELECT COUNT(*) FROM ledger", &counts_.ledger_entries}}) {
        const auto rows = connection_.number(sql);
        if (!rows) return Unexpected{rows.error()};
        *count = static_cast<std::uint64_t>(*rows);
    }
    return check_ledger();
}

Finding Audit::check_ledger() {
    const auto reading = sql::Transaction::begin(connection_, sql::Access::read);
    if (!reading) return Unexpected{reading.error()};
    sql::Statement rows(connection_,
                        "SELECT account, asset, available, held FROM ledger l WHERE (sequence, n) = "
                        "(SELECT sequence, n FROM ledger WHERE account = l.account AND asset = l.asset "
                        "ORDER BY sequence DESC, n DESC LIMIT 1) ORDER BY account, asset",
                        sql::Rows::many);
    std::map<core::AssetId, core::Int128> sums;
    balances_.clear();
    while (rows.step()) {
        const LastBalance last{
            rows.id<core::AccountId>(0), rows.id<core::AssetId>(1), {{rows.integer(2)}, {rows.integer(3)}}};
        sums[last.asset] += core::Int128{last.balance.available.raw} + last.balance.held.raw;
        if (last.balance.available.raw != 0 || last.balance.held.raw != 0) balances_.push_back(last);
    }
    if (rows.failed()) return Unexpected{rows.error()};
    for (const auto& [asset, sum] : sums) {
        if (sum != 0)
            return "history: the ledger of asset " + std::to_string(asset.raw) + " does not add up to zero";
    }
    return std::string();
}

Finding Audit::compare(const views::ReadModel& views) {
    auto finding = compare_balances(views.accounts);
    if (!finding || !finding->empty()) return finding;
    finding = compare_orders(views.accounts);
    if (!finding || !finding->empty()) return finding;
    finding = compare_pending_transfers(views.accounts.pending_transfers());
    if (!finding || !finding->empty()) return finding;
    return compare_candles(views);
}

Finding Audit::compare_balances(const views::AccountsView& accounts) {
    for (const LastBalance& last : balances_) {
        const views::BalanceView seen = accounts.balance(last.account, last.asset);
        if (seen.available != last.balance.available || seen.held != last.balance.held)
            return "history: account " + std::to_string(last.account.raw) + ", asset " +
                   std::to_string(last.asset.raw) +
                   ": the ledger ends at another balance than the views have";
        ++counts_.balances;
    }
    std::uint64_t seen = 0;
    for (core::AccountId id{0}; id < accounts.end_account(); ++id.raw) seen += accounts.balances(id).size();
    if (seen != counts_.balances)
        return std::string("history: the views have balances that the ledger has not");
    return std::string();
}

Finding Audit::compare_orders(const views::AccountsView& accounts) {
    const auto reading = sql::Transaction::begin(connection_, sql::Access::read);
    if (!reading) return Unexpected{reading.error()};
    sql::Statement rows(
        connection_,
        "SELECT order_id, account, price, quantity, filled, leaves FROM orders WHERE closed IS NULL",
        sql::Rows::many);
    std::uint64_t open = 0;
    while (rows.step()) {
        const auto id = rows.id<core::OrderId>(0);
        const views::OrderView* order = accounts.find_order(rows.id<core::AccountId>(1), id);
        const bool agrees = order != nullptr && order->is_open() && order->price.raw == rows.integer(2) &&
                            order->quantity.raw == rows.integer(3) && order->filled.raw == rows.integer(4) &&
                            order->leaves.raw == rows.integer(5);
        if (!agrees) return "history: order " + std::to_string(id.raw) + " is another in the views";
        ++open;
    }
    if (rows.failed()) return Unexpected{rows.error()};
    if (open != accounts.open_order_count())
        return std::string("history: the views have open orders that history has not");
    return std::string();
}

Finding Audit::compare_pending_transfers(const views::PendingTransfers& pending) {
    const auto reading = sql::Transaction::begin(connection_, sql::Access::read);
    if (!reading) return Unexpected{reading.error()};
    sql::Statement rows(connection_,
                        "SELECT sequence, account, asset, amount, reference, peer FROM shard_transfers t "
                        "WHERE amount < 0 AND NOT EXISTS "
                        "(SELECT 1 FROM confirmations c WHERE c.sent = t.sequence)",
                        sql::Rows::many);
    std::size_t found = 0;
    while (rows.step()) {
        const auto reference = rows.text_of<core::TransferReference>(4);
        const views::PendingTransfer* seen = pending.find(reference);
        const bool agrees =
            seen != nullptr && seen->sequence == rows.id<core::Sequence>(0) &&
            seen->account == rows.id<core::AccountId>(1) && seen->asset == rows.id<core::AssetId>(2) &&
            -seen->amount.raw == rows.integer(3) && seen->to == rows.text_of<core::ShardName>(5);
        if (!agrees) return "history: transfer " + std::string(reference.view()) + " is another in the views";
        ++found;
    }
    if (rows.failed()) return Unexpected{rows.error()};
    if (found != pending.size())
        return std::string("history: the views have pending transfers that history has not");
    return std::string();
}

Finding Audit::compare_candles(const views::ReadModel& views) {
    for (const core::Market& market : views.catalog.listings().markets()) {
        auto finding = compare_candles_of(market, views.candles);
        if (!finding || !finding->empty()) return finding;
    }
    return std::string();
}

Finding Audit::compare_candles_of(const core::Market& market, const views::CandlesView& candles) {
    CandlesAnew anew;
    const auto visited =
        reader_->visit_trades(market, {0}, {INT64_MAX}, [&](const views::PublicTrade& trade) {
            anew.add(trade);
            ++counts_.trades;
            return true;
        });
    if (!visited) return Unexpected{visited.error()};
    for (const views::CandleInterval interval : views::candle_intervals()) {
        const auto& kept = candles.traded(market.id, interval);
        if (!are_the_newest(kept, anew.of(interval)))
            return "market " + std::string(market.spec.name.view()) + ": candles of " +
                   std::string(views::name(interval)) + " are others than its trades make";
        counts_.candles += kept.size();
    }
    constexpr std::pair<views::CandleInterval, std::int64_t> kept[] = {
        {views::CandleInterval::minute_1, 60},
        {views::CandleInterval::hour_1, 3600},
        {views::CandleInterval::day_1, 86'400}};
    for (const auto& [interval, interval_s] : kept) {
        const auto& expected = anew.of(interval);
        const auto got = reader_->candles(market, interval_s, 0, INT64_MAX / 2, expected.size() + 1);
        if (!got) return Unexpected{got.error()};
        const bool agree = std::equal(got->begin(), got->end(), expected.begin(), expected.end(),
                                      [](const Candle& a, const auto& b) { return same(a, b.second); });
        if (!agree)
            return "history: " + of(market, interval_s, got->empty() ? 0 : got->back().start_s) +
                   " or one before it is another than its trades make";
        counts_.candles += got->size();
    }
    return std::string();
}

}  // namespace sauda::history
