#include "history/store.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <tuple>
#include <utility>

#include "history/columns.h"
#include "history/schema.h"
#include "history/soundness.h"
#include "history/store_statements.h"

namespace sauda::history {

using base::IoError;
using base::Result;
using base::Unexpected;

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
    return Unexpected{IoError{"rename", from, errno, {}}};
}

/// Brings the tables to schema_version with `sql`, whole or not at all.
Done make_tables(Connection& connection, const char* sql) {
    const std::string versions = "PRAGMA user_version = " + std::to_string(schema_version) +
                                 "; PRAGMA application_id = " + std::to_string(schema_application_id) + ";";
    const std::string all = std::string("BEGIN IMMEDIATE;") + sql + versions + "COMMIT;";
    return connection.execute(all.c_str());
}

}  // namespace

Store::Store(Connection connection) : connection_(std::move(connection)) {}
Store::~Store() = default;

// --- Opening ---

Done Store::set_aside(const std::string& path) {
    // The log first: without its database it is nothing, while the database without it would be an older one.
    for (const char* suffix : {"-wal", "-shm", ""}) {
        if (Done moved = move_away(path + suffix, path + ".old" + suffix); !moved) return moved;
    }
    return {};
}

Result<std::unique_ptr<Store>, IoError> Store::try_open(const std::string& path, bool& is_unfit) {
    auto connection = Connection::open(path, Connection::Mode::read_write);
    if (!connection) return Unexpected{connection.error()};
    // The first statement that reads the file says whether it is a database at all. What else may be wrong,
    // as with the disk, is no reason to set it aside.
    const auto tables = connection->number("SELECT count(*) FROM sqlite_schema");
    if (!tables) {
        is_unfit = connection->is_damaged();
        return Unexpected{tables.error()};
    }
    const auto version = connection->number("PRAGMA user_version");
    const auto application = connection->number("PRAGMA application_id");
    if (!version || !application) return Unexpected{(version ? application : version).error()};
    const bool is_known = *version == schema_version || *version == 1;
    is_unfit = *tables != 0 && (!is_known || *application != schema_application_id);
    if (is_unfit) return Unexpected{IoError{"open", path, 0, "it is not a history of this version of sauda"}};
    if (Done done = connection->execute(writer_settings); !done) return Unexpected{done.error()};
    if (*tables == 0) {
        if (Done made = make_tables(*connection, schema_sql); !made) return Unexpected{made.error()};
    } else if (*version == 1) {
        if (Done made = make_tables(*connection, schema_from_1_sql); !made) return Unexpected{made.error()};
    }
    auto store = std::unique_ptr<Store>(new Store(std::move(*connection)));
    store->statements_ = std::make_unique<Statements>(store->connection_);
    return store;
}

Result<std::unique_ptr<Store>, IoError> Store::open(const std::string& path) {
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

Result<Progress, IoError> Store::progress() {
    Statement row(connection_, "SELECT sequence, time_ns, frame_crc FROM progress");
    Progress progress;
    if (row.step()) {
        progress = {row.id<core::Sequence>(0), {row.integer(1)}, static_cast<std::uint32_t>(row.integer(2))};
    }
    if (row.failed()) return Unexpected{row.error()};
    return progress;
}

Result<views::Listings, IoError> Store::listings() {
    return read_listings(connection_);
}

// --- The past ---

void Store::note(const Statement& statement) {
    if (statement.failed() && !failure_) failure_ = statement.error();
}

std::optional<IoError> Store::take_failure() {
    return std::exchange(failure_, std::nullopt);
}

std::optional<OrderRow> Store::find_order(core::OrderId id) {
    Statement& query = statements_->find_order;
    std::optional<OrderRow> found;
    if (query.bind(id.raw).step()) found = order_at(query);
    note(query);
    query.reset();
    return found;
}

Balance Store::find_balance(core::AccountId account, core::AssetId asset) {
    Statement& query = statements_->find_balance;
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
    Statement& query = statements_->find_candle;
    std::optional<Candle> found;
    if (query.bind(market.raw).bind(interval_s).bind(start_s).step()) found = candle_at(query);
    note(query);
    query.reset();
    return found;
}

// --- Writing ---

Done Store::write(Batch& batch) {
    if (Done begun = connection_.execute("BEGIN IMMEDIATE"); !begun) return begun;
    Done done = insert_all(batch);
    if (done) done = connection_.execute("COMMIT");
    is_damaged_ = !done && connection_.is_damaged();
    if (!done) static_cast<void>(connection_.execute("ROLLBACK"));
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
    if (!statements_->insert(batch)) return Unexpected{statements_->error()};
    rows_since_checkpoint_ += batch.postings.size() + batch.fills.size() + batch.trades.size() +
                              batch.new_orders.size() + batch.changed_orders.size();
    return {};
}

Done Store::checkpoint_if_due() {
    if (rows_since_checkpoint_ < rows_per_checkpoint) return {};
    rows_since_checkpoint_ = 0;
    const auto left = connection_.checkpoint();
    if (!left) return Unexpected{left.error()};
    return {};
}

}  // namespace sauda::history
