/// The statements that the Store runs for every batch, prepared once.
#pragma once

#include <optional>

#include "base/io_error.h"
#include "history/rows.h"
#include "history/sqlite.h"
#include "history/store.h"

namespace sauda::history {

struct Store::Statements {
    explicit Statements(Connection& connection);

    /// Inserts every table of `batch`, and its progress. False on failure, which error() tells.
    bool insert(const Batch& batch);
    const base::IoError& error() const { return *error_; }

    Statement find_order;
    Statement find_balance;
    Statement find_candle;

private:
    bool done(Statement& statement);

    bool add(const TimeRow& row);
    bool add(const core::AssetListed& row);
    bool add(const core::MarketListed& row);
    bool add(const core::AccountOpened& row);
    bool add(const OrderRow& row);
    bool change(const OrderRow& row);
    bool add(const AmendmentRow& row);
    bool add(const TradeRow& row);
    bool add(const FillRow& row);
    bool add(const Posting& row);
    bool add(const TransferRow& row);
    bool add(const ActionRow& row);
    bool add(const Candle& row);
    bool set(const Progress& progress);

    Statement add_time_;
    Statement add_asset_;
    Statement add_market_;
    Statement add_account_;
    Statement add_order_;
    Statement change_order_;
    Statement add_amendment_;
    Statement add_trade_;
    Statement add_fill_;
    Statement add_posting_;
    Statement add_transfer_;
    Statement add_action_;
    Statement add_candle_;
    Statement set_progress_;
    std::optional<base::IoError> error_;
};

}  // namespace sauda::history
