#include "history/store_statements.h"

#include <algorithm>
#include <string>

#include "history/columns.h"

namespace sauda::history {

namespace {

/// `INSERT INTO table VALUES (?, ...)` of as many columns.
std::string insert_into(const char* table, int columns) {
    std::string sql = std::string("INSERT INTO ") + table + " VALUES (?";
    for (int i = 1; i < columns; ++i) sql += ", ?";
    return sql + ")";
}

Statement& bind_wide(Statement& statement, core::Int128 value) {
    const Wide wide = to_wide(value);
    return statement.bind(wide.high).bind(wide.low);
}

template <class Id>
Statement& bind_or_null(Statement& statement, Id id) {
    return id ? statement.bind(id.raw) : statement.bind_null();
}

}  // namespace

Store::Statements::Statements(Connection& connection)
    : find_order(connection, std::string("SELECT ") + order_columns + " FROM orders WHERE order_id = ?"),
      find_balance(connection,
                   "SELECT available, held FROM ledger WHERE account = ? AND asset = ? "
                   "ORDER BY sequence DESC, n DESC LIMIT 1"),
      find_candle(connection, std::string("SELECT ") + candle_columns +
                                  " FROM candles WHERE market = ? AND interval_s = ? AND start_s = ?"),
      add_time_(connection, insert_into("times", 2)),
      add_asset_(connection, insert_into("assets", 3)),
      add_market_(connection, insert_into("markets", 7)),
      add_account_(connection, insert_into("accounts", 2)),
      add_order_(connection, insert_into("orders", 20)),
      change_order_(connection,
                    "UPDATE orders SET status = ?, price = ?, quantity = ?, filled = ?, leaves = ?, "
                    "filled_quote_high = ?, filled_quote = ?, quote_used = ?, updated = ?, closed = ?, "
                    "closed_n = ? WHERE order_id = ?"),
      add_amendment_(connection, insert_into("amendments", 9)),
      add_trade_(connection, insert_into("trades", 12)),
      add_fill_(connection, insert_into("fills", 6)),
      add_posting_(connection, insert_into("ledger", 12)),
      add_transfer_(connection, insert_into("transfers", 6)),
      add_action_(connection, insert_into("actions", 10)),
      add_candle_(connection, "INSERT OR REPLACE INTO candles VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
      set_progress_(connection, "INSERT OR REPLACE INTO progress VALUES (1, ?, ?, ?)") {}

bool Store::Statements::insert(const Batch& batch) {
    const auto add_all = [this](const auto& rows) {
        return std::ranges::all_of(rows, [this](const auto& row) { return add(row); });
    };
    return add_all(batch.times) && add_all(batch.assets) && add_all(batch.markets) &&
           add_all(batch.accounts) && add_all(batch.new_orders) &&
           std::ranges::all_of(batch.changed_orders, [this](const auto& row) { return change(row); }) &&
           add_all(batch.amendments) && add_all(batch.trades) && add_all(batch.fills) &&
           add_all(batch.postings) && add_all(batch.transfers) && add_all(batch.actions) &&
           add_all(batch.candles) && set(batch.progress);
}

bool Store::Statements::done(Statement& statement) {
    if (statement.run()) return true;
    error_ = statement.error();
    return false;
}

bool Store::Statements::add(const TimeRow& row) {
    return done(add_time_.bind(row.sequence.raw).bind(row.time.raw));
}

bool Store::Statements::add(const core::AssetListed& row) {
    return done(add_asset_.bind(row.asset.raw).bind(row.name.view()).bind(row.scale));
}

bool Store::Statements::add(const core::MarketListed& row) {
    add_market_.bind(row.market.raw).bind(row.name.view()).bind(row.base.raw).bind(row.quote.raw);
    add_market_.bind(row.price_scale).bind(row.quantity_scale);
    return done(add_market_.bind(static_cast<std::int64_t>(row.fee_asset)));
}

bool Store::Statements::add(const core::AccountOpened& row) {
    return done(add_account_.bind(row.account.raw).bind(std::span(row.user.bytes)));
}

bool Store::Statements::add(const OrderRow& row) {
    const views::OrderView& order = row.order;
    Statement& to = add_order_;
    to.bind(order.id.raw).bind(order.account.raw).bind(order.market.raw);
    if (order.client_order_id.empty()) {
        to.bind_null();
    } else {
        to.bind(order.client_order_id.view());
    }
    to.bind(order_flags(order)).bind(order_status(order)).bind(order.price.raw).bind(order.quantity.raw);
    to.bind(order.filled.raw).bind(order.leaves.raw);
    bind_wide(to, order.filled_quote).bind(order.quote_quantity.raw).bind(order.quote_used.raw);
    to.bind(std::int64_t{order.fees.maker_ppm}).bind(std::int64_t{order.fees.taker_ppm});
    to.bind(row.created.raw).bind(row.updated.raw);
    return done(bind_or_null(to, row.closed).bind(row.closed_n));
}

bool Store::Statements::change(const OrderRow& row) {
    const views::OrderView& order = row.order;
    Statement& to = change_order_;
    to.bind(order_status(order)).bind(order.price.raw).bind(order.quantity.raw).bind(order.filled.raw);
    bind_wide(to.bind(order.leaves.raw), order.filled_quote).bind(order.quote_used.raw);
    bind_or_null(to.bind(row.updated.raw), row.closed).bind(row.closed_n);
    return done(to.bind(order.id.raw));
}

bool Store::Statements::add(const AmendmentRow& row) {
    Statement& to = add_amendment_;
    to.bind(row.order.raw).bind(row.sequence.raw).bind(row.n).bind(std::int64_t{row.lost_priority});
    to.bind(row.price_before.raw).bind(row.price.raw).bind(row.leaves_before.raw).bind(row.leaves.raw);
    return done(to.bind(row.quantity.raw));
}

bool Store::Statements::add(const TradeRow& row) {
    Statement& to = add_trade_;
    to.bind(row.market.raw).bind(row.trade.raw).bind(row.sequence.raw).bind(row.price.raw);
    to.bind(row.quantity.raw).bind(static_cast<std::int64_t>(row.taker_side));
    to.bind(row.maker_order.raw).bind(row.taker_order.raw);
    to.bind(row.maker_leaves.raw).bind(row.taker_leaves.raw);
    return done(to.bind(row.maker_fee.raw).bind(row.taker_fee.raw));
}

bool Store::Statements::add(const FillRow& row) {
    add_fill_.bind(row.account.raw).bind(row.sequence.raw).bind(row.n).bind(row.order.raw);
    return done(add_fill_.bind(row.market.raw).bind(row.trade.raw));
}

bool Store::Statements::add(const Posting& row) {
    Statement& to = add_posting_;
    to.bind(row.account.raw).bind(row.asset.raw).bind(row.sequence.raw).bind(row.n);
    to.bind(static_cast<std::int64_t>(row.cause)).bind(row.counter.raw).bind(row.fee.raw);
    to.bind(row.available.raw).bind(row.held.raw);
    return done(to.bind(row.order.raw).bind(row.market.raw).bind(row.trade.raw));
}

bool Store::Statements::add(const TransferRow& row) {
    Statement& to = add_transfer_;
    to.bind(row.account.raw).bind(row.place.sequence.raw).bind(row.asset.raw).bind(row.amount.raw);
    return done(to.bind(std::span(row.operator_id.bytes)).bind(row.reference.view()));
}

bool Store::Statements::add(const ActionRow& row) {
    Statement& to = add_action_;
    to.bind(row.place.sequence.raw).bind(row.place.n).bind(static_cast<std::int64_t>(row.kind));
    if (row.operator_id) {
        to.bind(std::span(row.operator_id->bytes));
    } else {
        to.bind_null();
    }
    bind_or_null(bind_or_null(bind_or_null(to, row.account), row.asset), row.market);
    to.bind(row.value).bind(row.value_2);
    return done(row.reference.empty() ? to.bind_null() : to.bind(row.reference.view()));
}

bool Store::Statements::add(const Candle& row) {
    Statement& to = add_candle_;
    to.bind(row.market.raw).bind(row.interval_s).bind(row.start_s);
    to.bind(row.open.raw).bind(row.high.raw).bind(row.low.raw).bind(row.close.raw);
    bind_wide(bind_wide(to, row.volume), row.quote_volume);
    to.bind(row.trade_count).bind(row.first_trade.raw).bind(row.last_trade.raw);
    if (!row.taker_bought) return done(to.bind_null().bind_null().bind_null().bind_null());
    return done(bind_wide(bind_wide(to, row.taker_bought->quantity), row.taker_bought->quote));
}

bool Store::Statements::set(const Progress& progress) {
    set_progress_.bind(progress.sequence.raw).bind(progress.time.raw);
    return done(set_progress_.bind(progress.frame_crc));
}

}  // namespace sauda::history
