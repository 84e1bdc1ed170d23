/// History in a database: the one connection that writes it.
///
/// Threads: one owner at a time; readers have connections of their own (reader.h) and are never waited for.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "history/database.h"
#include "history/months.h"
#include "history/projector.h"
#include "history/rows.h"
#include "sql/connection.h"
#include "views/listings.h"

namespace sauda::history {

/// A batch is written whole or not at all, with its progress in the same transaction, so a kill at any
/// instant leaves neither gaps nor doubles. Commits are not synced (SQLite: WAL, synchronous=NORMAL;
/// PostgreSQL: synchronous_commit=off): power loss may take the newest batches, which the event log still
/// has.
class Store : public Past {
public:
    /// Opens the database `name`, or makes it: a path (mode 0600), or the connection URI of a PostgreSQL
    /// database, in which the schema `history` is. One that is no database, is another program's or has
    /// another schema is set aside, as set_aside() does, and history begins anew: the event log is the
    /// record. A database of PostgreSQL in which another Store is open is refused. `interrupt`, which
    /// outlives the store, ends what waits for a server.
    static sql::Result<std::unique_ptr<Store>> open(const std::string& name,
                                                    const sql::Interrupt* interrupt = nullptr);

    /// What open() set aside and why, in a sentence; empty: nothing.
    const std::string& set_aside() const { return set_aside_; }
    /// Moves a database that contradicts its event log out of the way: to `name`.old, or the schema to
    /// `history_old`, in place of an older one. Requires: nobody has it open to write.
    static sql::Done set_aside(const std::string& name) { return set_aside_database(name); }

    /// Nothing was ever written: progress of zero.
    sql::Result<Progress> progress();
    sql::Result<views::Listings> listings();

    /// Adds `batch` in one transaction; on failure nothing of it is there and it may be written again. Where
    /// the server was lost it may be there nevertheless: progress() of a Store that is opened anew tells.
    /// Sorts the batch's tables on the way: neighbours in the tree are written together.
    sql::Done write(Batch& batch);
    /// Whether the last write failed because the file is damaged: repeating it would not help.
    bool is_damaged() const { return is_damaged_; }

    /// Copies the write-ahead log of SQLite into the database once it is long: what is copied is synced
    /// first. Call between batches.
    sql::Done checkpoint_if_due();

    // Past. A failure looks like absence; failed() tells, and the batch is not to be written.
    std::optional<OrderRow> find_order(core::OrderId id) override;
    Balance find_balance(core::AccountId account, core::AssetId asset) override;
    std::optional<Candle> find_candle(core::MarketId market, std::int64_t interval_s,
                                      std::int64_t start_s) override;
    /// The first failure of a look into the past since the last call.
    std::optional<sql::Error> take_failure();

private:
    explicit Store(OpenedToWrite opened)
        : connection_(std::move(opened.connection)), set_aside_(std::move(opened.set_aside)) {}
    sql::Done insert_all(Batch& batch);
    void note(const sql::Statement& statement);

    sql::Connection connection_;
    Months months_;  ///< of PostgreSQL
    std::string set_aside_;
    std::optional<sql::Error> failure_;
    bool is_damaged_ = false;
    std::size_t rows_since_checkpoint_ = 0;
};

}  // namespace sauda::history
