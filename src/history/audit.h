/// Proof that a history database is right: it agrees with itself, and with views folded to the same sequence.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "history/reader.h"
#include "sql/connection.h"
#include "views/read_model.h"

namespace sauda::history {

/// What an Audit has compared.
struct AuditCounts {
    std::uint64_t orders = 0;
    std::uint64_t fills = 0;
    std::uint64_t trades = 0;
    std::uint64_t ledger_entries = 0;
    std::uint64_t balances = 0;
    std::uint64_t candles = 0;
};

/// Threads: one owner at a time. Reads everything there is: minutes for tens of millions of orders.
class Audit {
public:
    /// A finding is the first contradiction in words, or nothing.
    using Finding = Read<std::string>;

    /// `name` as Reader::open() has it.
    static Read<std::unique_ptr<Audit>> open(const std::string& name);

    /// How far the database goes: what it is to be compared with must stand there.
    Read<Progress> progress() { return reader_->progress(); }

    /// Whether the database agrees with itself: two fills a trade; each order filled by what its fills say;
    /// ids of trades without a gap; what arrived was sent; the ledger's last balances adding up to zero in
    /// each asset.
    Finding check_itself();
    /// Whether it says the same as `views`: balances of every account, open orders, pending transfers, and
    /// the candles made anew of its trades. Requires: views.last() == progress().sequence.
    Finding compare(const views::ReadModel& views);

    const AuditCounts& counts() const { return counts_; }

private:
    Audit(sql::Connection connection, std::unique_ptr<Reader> reader)
        : connection_(std::move(connection)), reader_(std::move(reader)) {}

    Finding check_ledger();
    Finding compare_balances(const views::AccountsView& accounts);
    Finding compare_orders(const views::AccountsView& accounts);
    Finding compare_pending_transfers(const views::PendingTransfers& pending);
    Finding compare_candles(const views::ReadModel& views);
    Finding compare_candles_of(const core::Market& market, const views::CandlesView& candles);

    struct LastBalance {
        core::AccountId account;
        core::AssetId asset;
        Balance balance;
    };

    sql::Connection connection_;
    std::unique_ptr<Reader> reader_;
    std::vector<LastBalance> balances_;  // that are not zero
    AuditCounts counts_;
};

}  // namespace sauda::history
