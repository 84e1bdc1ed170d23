#include "history/store.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <tuple>
#include <utility>

#include "history/columns.h"
#include "history/schema.h"
#include "history/store_rows.h"
#include "sql/sqlite/database.h"

namespace sauda::history {

using base::Unexpected;
using sql::Done;

namespace {

/// A checkpoint syncs and rewrites pages at random places: seldom, and each page once however often it was
/// written since.
constexpr std::size_t rows_per_checkpoint = 400'000;

/// WAL so that readers never wait for the writer; NORMAL because the event log is the record.
constexpr const char* writer_settings =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "PRAGMA wal_autocheckpoint = 0;"
    "PRAGMA journal_size_limit = 67108864;"
    "PRAGMA cache_size = -65536;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA trusted_schema = OFF;";

Done move_away(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT) return {};
    return Unexpected{sql::make_error({"rename", from, errno, {}})};
}

Done make_tables(sql::Connection& connection) {
    const std::string versions = "PRAGMA user_version = " + std::to_string(schema_version) +
                                 "; PRAGMA application_id = " + std::to_string(schema_application_id) + ";";
    const std::string all = std::string("BEGIN IMMEDIATE;") + schema_sql + versions + "COMMIT;";
    return connection.execute(all);
}

}  // namespace

// --- Opening ---

Done Store::set_aside(const std::string& path) {
    // The log first: without its database it is nothing, while the database without it would be an older one.
    for (const char* suffix : {"-wal", "-shm", ""}) {
        if (Done moved = move_away(path + suffix, path + ".old" + suffix); !moved) return moved;
    }
    return {};
}

sql::Result<std::unique_ptr<Store>> Store::try_open(const std::string& path, bool& is_unfit) {
    auto connection = sql::sqlite::open(path, sql::sqlite::Mode::read_write);
    if (!connection) return Unexpected{connection.error()};
    // The first statement that reads the file says whether it is a database at all. What else may be wrong,
    // as with the disk, is no reason to set it aside.
    const auto tables = connection->number("SELECT count(*) FROM sqlite_schema");
    if (!tables) {
        is_unfit = tables.error().kind == sql::Error::Kind::damaged;
        return Unexpected{tables.error()};
    }
    const auto version = connection->number("PRAGMA user_version");
    const auto application = connection->number("PRAGMA application_id");
    if (!version || !application) return Unexpected{(version ? application : version).error()};
    is_unfit = *tables != 0 && (*version != schema_version || *application != schema_application_id);
    if (is_unfit)
        return Unexpected{sql::make_error("open", path, "it is not a history of this version of sauda")};
    if (Done done = connection->execute(writer_settings); !done) return Unexpected{done.error()};
    if (*tables == 0) {
        if (Done made = make_tables(*connection); !made) return Unexpected{made.error()};
    }
    return std::unique_ptr<Store>(new Store(std::move(*connection)));
}

sql::Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
    bool is_unfit = false;
    auto opened = try_open(path, is_unfit);
    if (opened || !is_unfit) return opened;
    const std::string why = opened.error().message();
    if (Done moved = set_aside(path); !moved) return Unexpected{moved.error()};
    opened = try_open(path, is_unfit);
    if (opened) (*opened)->set_aside_ = why;
    return opened;
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
    if (query.bind(account.raw).bind(asset.raw).step()) balance = {{query.integer(0)}, {query.integer(1)}};
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
    if (rows_since_checkpoint_ < rows_per_checkpoint) return {};
    rows_since_checkpoint_ = 0;
    const auto left = sql::sqlite::checkpoint(connection_);
    if (!left) return Unexpected{left.error()};
    return {};
}

}  // namespace sauda::history
