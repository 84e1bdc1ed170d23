#include "history/store.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "history/columns.h"
#include "history/soundness.h"
#include "history/store_rows.h"
#include "sql/sqlite/database.h"

namespace sauda::history {

using base::Unexpected;
using sql::Done;

namespace {

/// A checkpoint of SQLite syncs and rewrites pages at random places: seldom, and each page once however often
/// it was written since.
constexpr std::size_t rows_per_checkpoint = 400'000;

}  // namespace

sql::Result<std::unique_ptr<Store>> Store::open(const std::string& name, const sql::Interrupt* interrupt) {
    auto opened = open_to_write(name, interrupt);
    if (!opened) return Unexpected{opened.error()};
    auto store = std::unique_ptr<Store>(new Store(std::move(*opened)));
    if (!store->connection_.is_postgres()) return store;
    auto months = Months::read(store->connection_);
    if (!months) return Unexpected{months.error()};
    store->months_ = *months;
    return store;
}

// --- Where it stands ---

sql::Result<Progress> Store::progress() {
    sql::Statement& row = connection_.prepared("SELECT sequence, time_ns, frame_crc FROM progress");
    Progress progress;
    if (row.step()) {
        progress = {row.id<core::Sequence>(0), {row.integer(1)}, static_cast<std::uint32_t>(row.integer(2))};
    }
    row.reset();
    if (row.failed()) return Unexpected{row.error()};
    return progress;
}

sql::Result<views::Listings> Store::listings() {
    return read_listings(connection_);
}

// --- The past ---

void Store::note(const sql::Statement& statement) {
    if (statement.failed() && !failure_) failure_ = statement.error();
}

std::optional<sql::Error> Store::take_failure() {
    return std::exchange(failure_, std::nullopt);
}

std::optional<OrderRow> Store::find_order(core::OrderId id) {
    sql::Statement& query =
        connection_.prepared(std::string("SELECT ") + order_columns + " FROM orders WHERE order_id = ?");
    std::optional<OrderRow> found;
    if (query.bind(id.raw).step()) found = order_at(query);
    note(query);
    query.reset();
    return found;
}

Balance Store::find_balance(core::AccountId account, core::AssetId asset) {
    sql::Statement& query = connection_.prepared(
        "SELECT available, held FROM ledger WHERE account = ? AND asset = ? "
        "ORDER BY sequence DESC, n DESC LIMIT 1");
    Balance balance;
    if (query.bind(account.raw).bind(asset.raw).step()) {
        balance = {{query.integer(0)}, {query.integer(1)}};
        if (!is_sound(account, balance)) query.fail("a balance of account " + std::to_string(account.raw));
    }
    note(query);
    query.reset();
    return balance;
}

std::optional<Candle> Store::find_candle(core::MarketId market, std::int64_t interval_s,
                                         std::int64_t start_s) {
    sql::Statement& query =
        connection_.prepared(std::string("SELECT ") + candle_columns +
                             " FROM candles WHERE market = ? AND interval_s = ? AND start_s = ?");
    std::optional<Candle> found;
    if (query.bind(market.raw).bind(interval_s).bind(start_s).step()) found = candle_at(query);
    note(query);
    query.reset();
    return found;
}

// --- Writing ---

Done Store::write(Batch& batch) {
    if (connection_.is_postgres()) {
        if (Done prepared = months_.prepare(connection_, batch); !prepared) return prepared;
    }
    auto transaction = sql::Transaction::begin(connection_);
    if (!transaction) return Unexpected{transaction.error()};
    Done done = insert_all(batch);
    if (done) done = transaction->commit();
    is_damaged_ = !done && done.error().kind == sql::Error::Kind::damaged;
    return done;
}

Done Store::insert_all(Batch& batch) {
    const auto by_account = [](const auto& row) { return std::tuple(row.account, row.sequence, row.n); };
    std::ranges::sort(batch.postings, {}, [](const Posting& row) {
        return std::tuple(row.account, row.asset, row.sequence, row.n);
    });
    std::ranges::sort(batch.fills, {}, by_account);
    std::ranges::sort(batch.trades, {}, [](const TradeRow& row) { return std::pair(row.market, row.trade); });
    const auto by_id = [](const OrderRow& row) { return row.order.id; };
    std::ranges::sort(batch.new_orders, {}, by_id);
    std::ranges::sort(batch.changed_orders, {}, by_id);
    if (Done written = write_rows(connection_, batch); !written) return written;
    rows_since_checkpoint_ += batch.postings.size() + batch.fills.size() + batch.trades.size() +
                              batch.new_orders.size() + batch.changed_orders.size();
    return {};
}

Done Store::checkpoint_if_due() {
    if (connection_.is_postgres() || rows_since_checkpoint_ < rows_per_checkpoint) return {};
    rows_since_checkpoint_ = 0;
    const auto left = sql::sqlite::checkpoint(connection_);
    if (!left) return Unexpected{left.error()};
    return {};
}

}  // namespace sauda::history
