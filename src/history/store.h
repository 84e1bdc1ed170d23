/// History on disk: the one connection that writes it.
///
/// Threads: one owner at a time; readers have connections of their own (reader.h) and are never waited for.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "history/projector.h"
#include "history/rows.h"
#include "sql/connection.h"
#include "views/listings.h"

namespace sauda::history {

/// A batch is written whole or not at all, with its progress in the same transaction, so a kill at any
/// instant leaves neither gaps nor doubles. Commits are not synced (WAL, synchronous=NORMAL): power loss may
/// take the newest batches, which the event log still has. What a checkpoint copies is synced first.
class Store : public Past {
public:
    /// Opens `path`, or makes it (mode 0600). A file that is no database, is another program's or has another
    /// schema is set aside as `path`.old, in place of an older one, and history begins anew: the event log is
    /// the record. The error is the disk's.
    static sql::Result<std::unique_ptr<Store>> open(const std::string& path);

    /// What open() set aside and why, in a sentence; empty: nothing.
    const std::string& set_aside() const { return set_aside_; }
    /// Moves a database that contradicts its event log out of the way, as open() does. Requires: nobody has
    /// it open to write.
    static sql::Done set_aside(const std::string& path);

    /// Nothing was ever written: progress of zero.
    sql::Result<Progress> progress();
    sql::Result<views::Listings> listings();

    /// Adds `batch` in one transaction; on failure nothing of it is there and it may be written again.
    /// Sorts the batch's tables on the way: neighbours in the tree are written together.
    sql::Done write(Batch& batch);
    /// Whether the last write failed because the file is damaged: repeating it would not help.
    bool is_damaged() const { return is_damaged_; }

    /// Copies the write-ahead log into the database once it is long. Call between batches.
    sql::Done checkpoint_if_due();

    // Past. A failure of the disk looks like absence; failed() tells, and the batch is not to be written.
    std::optional<OrderRow> find_order(core::OrderId id) override;
    Balance find_balance(core::AccountId account, core::AssetId asset) override;
    std::optional<Candle> find_candle(core::MarketId market, std::int64_t interval_s,
                                      std::int64_t start_s) override;
    /// The first failure of a look into the past since the last call.
    std::optional<sql::Error> take_failure();

private:
    explicit Store(sql::Connection connection) : connection_(std::move(connection)) {}
    static sql::Result<std::unique_ptr<Store>> try_open(const std::string& path, bool& is_unfit);
    sql::Done insert_all(Batch& batch);
    void note(const sql::Statement& statement);

    sql::Connection connection_;
    std::string set_aside_;
    std::optional<sql::Error> failure_;
    bool is_damaged_ = false;
    std::size_t rows_since_checkpoint_ = 0;
};

}  // namespace sauda::history
