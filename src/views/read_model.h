/// Every view that answers questions about the present, at one sequence.
#pragma once

#include "views/accounts.h"
#include "views/candles.h"
#include "views/catalog.h"
#include "views/depth.h"
#include "views/trades.h"

namespace sauda::views {

/// How much the views remember of the past.
struct ViewLimits {
    AccountsLimits accounts;
    CandleLimits candles;
};

/// Threads: one owner at a time.
/// Invariant: all views stand at the same sequence.
struct ReadModel {
    Catalog catalog;
    DepthView depth;
    TradesView trades;
    CandlesView candles;
    AccountsView accounts;

    explicit ReadModel(ViewLimits limits = {}) : candles(limits.candles), accounts(limits.accounts) {}
    explicit ReadModel(const core::ExchangeState& state)
        : catalog(state), depth(state), trades(state), candles(state), accounts(state) {}

    /// Folds the events of one command into every view. False where they are not events of this version.
    bool apply(core::Sequence sequence, core::TimestampNs time, base::ByteView events) {
        bool is_good = catalog.apply(sequence, time, events);
        is_good = depth.apply(sequence, time, events) && is_good;
        is_good = trades.apply(sequence, time, events) && is_good;
        is_good = candles.apply(sequence, time, events) && is_good;
        return accounts.apply(sequence, time, events) && is_good;
    }
    core::Sequence last() const { return catalog.last(); }
};

}  // namespace sauda::views
