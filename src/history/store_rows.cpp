#include "history/store_rows.h"

#include <string>
#include <vector>

#include "history/columns.h"

namespace sauda::history {

namespace {

sql::Inserter& add_wide(sql::Inserter& to, core::Int128 value) {
    const Wide wide = to_wide(value);
    return to.add(wide.high).add(wide.low);
}

template <class Id>
sql::Inserter& add_or_null(sql::Inserter& to, Id id) {
    return id ? to.add(id.raw) : to.add_null();
}

// --- Columns, in the order of schema.sql ---

void add(sql::Inserter& to, const TimeRow& row) {
    to.add(row.sequence.raw).add(row.time.raw);
}

void add(sql::Inserter& to, const core::AssetListed& row) {
    to.add(row.asset.raw).add(row.name.view()).add(row.scale);
}

void add(sql::Inserter& to, const core::MarketListed& row) {
    to.add(row.market.raw).add(row.name.view()).add(row.base.raw).add(row.quote.raw);
    to.add(row.price_scale).add(row.quantity_scale).add(static_cast<std::int64_t>(row.fee_asset));
}

void add(sql::Inserter& to, const core::AccountOpened& row) {
    to.add(row.account.raw).add(std::span(row.user.bytes));
}

void add(sql::Inserter& to, const OrderRow& row) {
    const views::OrderView& order = row.order;
    to.add(order.id.raw).add(order.account.raw).add(order.market.raw);
    if (order.client_order_id.empty()) {
        to.add_null();
    } else {
        to.add(order.client_order_id.view());
    }
    to.add(order_flags(order)).add(order_status(order)).add(order.price.raw).add(order.quantity.raw);
    to.add(order.filled.raw).add(order.leaves.raw);
    add_wide(to, order.filled_quote).add(order.quote_quantity.raw).add(order.quote_used.raw);
    to.add(std::int64_t{order.fees.maker_ppm}).add(std::int64_t{order.fees.taker_ppm});
    to.add(row.created.raw).add(row.updated.raw);
    add_or_null(to, row.closed).add(row.closed_n);
}

void add(sql::Inserter& to, const AmendmentRow& row) {
    to.add(row.order.raw).add(row.sequence.raw).add(row.n).add(std::int64_t{row.lost_priority});
    to.add(row.price_before.raw).add(row.price.raw).add(row.leaves_before.raw).add(row.leaves.raw);
    to.add(row.quantity.raw);
}

void add(sql::Inserter& to, const TradeRow& row) {
    to.add(row.market.raw).add(row.trade.raw).add(row.sequence.raw).add(row.price.raw);
    to.add(row.quantity.raw).add(static_cast<std::int64_t>(row.taker_side));
    to.add(row.maker_order.raw).add(row.taker_order.raw);
    to.add(row.maker_leaves.raw).add(row.taker_leaves.raw);
    to.add(row.maker_fee.raw).add(row.taker_fee.raw);
}

void add(sql::Inserter& to, const FillRow& row) {
    to.add(row.account.raw).add(row.sequence.raw).add(row.n).add(row.order.raw);
    to.add(row.market.raw).add(row.trade.raw);
}

void add(sql::Inserter& to, const Posting& row) {
    to.add(row.account.raw).add(row.asset.raw).add(row.sequence.raw).add(row.n);
    to.add(static_cast<std::int64_t>(row.cause)).add(row.counter.raw).add(row.fee.raw);
    to.add(row.available.raw).add(row.held.raw);
    to.add(row.order.raw).add(row.market.raw).add(row.trade.raw);
}

void add(sql::Inserter& to, const TransferRow& row) {
    to.add(row.account.raw).add(row.place.sequence.raw).add(row.asset.raw).add(row.amount.raw);
    to.add(std::span(row.operator_id.bytes)).add(row.reference.view());
}

void add(sql::Inserter& to, const ShardTransferRow& row) {
    to.add(row.account.raw).add(row.place.sequence.raw).add(row.asset.raw).add(row.amount.raw);
    to.add(std::span(row.operator_id.bytes)).add(row.reference.view()).add(row.peer.view());
}

void add(sql::Inserter& to, const ConfirmationRow& row) {
    to.add(row.sent.raw).add(row.confirmed.raw);
}

void add(sql::Inserter& to, const ActionRow& row) {
    to.add(row.place.sequence.raw).add(row.place.n).add(static_cast<std::int64_t>(row.kind));
    if (row.operator_id) {
        to.add(std::span(row.operator_id->bytes));
    } else {
        to.add_null();
    }
    add_or_null(add_or_null(add_or_null(to, row.account), row.asset), row.market);
    to.add(row.value).add(row.value_2);
    if (row.reference.empty()) {
        to.add_null();
    } else {
        to.add(row.reference.view());
    }
}

void add(sql::Inserter& to, const Candle& row) {
    to.add(row.market.raw).add(row.interval_s).add(row.start_s);
    to.add(row.open.raw).add(row.high.raw).add(row.low.raw).add(row.close.raw);
    add_wide(add_wide(to, row.volume), row.quote_volume);
    to.add(row.trade_count).add(row.first_trade.raw).add(row.last_trade.raw);
    if (row.taker_bought) {
        add_wide(add_wide(to, row.taker_bought->quantity), row.taker_bought->quote);
    } else {
        to.add_null().add_null().add_null().add_null();
    }
}

void add(sql::Inserter& to, const Progress& progress) {
    to.add(std::int64_t{1}).add(progress.sequence.raw).add(progress.time.raw).add(progress.frame_crc);
}

// --- Tables ---

/// Puts what fails first into `done`.
class Tables {
public:
    explicit Tables(sql::Connection& connection) : connection_(connection) {}

    template <class Row>
    Tables& insert(const std::vector<Row>& rows, const sql::Insertion& insertion) {
        if (!done_ || rows.empty()) return *this;
        sql::Inserter to = connection_.insert(insertion);
        for (const Row& row : rows) {
            add(to, row);
            if (!to.end_row()) break;
        }
        done_ = to.finish();
        return *this;
    }
    const sql::Done& done() const { return done_; }

private:
    sql::Connection& connection_;
    sql::Done done_;
};

sql::Insertion changed_orders(const sql::Connection& connection) {
    return {"orders", 20, connection.is_postgres() ? "order_id, account" : "order_id",
            "status, price, quantity, filled, leaves, filled_quote_high, filled_quote, quote_used, updated, "
            "closed, closed_n"};
}

const sql::Insertion changed_candles{
    "candles", 18, "market, interval_s, start_s",
    "open, high, low, close, volume_high, volume, quote_volume_high, quote_volume, trade_count, first_trade, "
    "last_trade, bought_high, bought, bought_quote_high, bought_quote"};

}  // namespace

sql::Done write_rows(sql::Connection& connection, const Batch& batch) {
    Tables tables(connection);
    tables.insert(batch.times, {"times", 2}).insert(batch.assets, {"assets", 3});
    tables.insert(batch.markets, {"markets", 7}).insert(batch.accounts, {"accounts", 2});
    tables.insert(batch.new_orders, {"orders", 20});
    tables.insert(batch.changed_orders, changed_orders(connection));
    tables.insert(batch.amendments, {"amendments", 9}).insert(batch.trades, {"trades", 12});
    tables.insert(batch.fills, {"fills", 6}).insert(batch.postings, {"ledger", 12});
    tables.insert(batch.transfers, {"transfers", 6}).insert(batch.actions, {"actions", 10});
    tables.insert(batch.shard_transfers, {"shard_transfers", 7});
    tables.insert(batch.confirmations, {"confirmations", 2});
    tables.insert(batch.candles, changed_candles);
    tables.insert(std::vector{batch.progress}, {"progress", 4, "id", "sequence, time_ns, frame_crc"});
    return tables.done();
}

}  // namespace sauda::history
