/// Questions about the past.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/io_error.h"
#include "base/result.h"
#include "history/cursor.h"
#include "history/projector.h"
#include "history/rows.h"
#include "sql/connection.h"
#include "views/accounts.h"
#include "views/trades.h"

namespace sauda::history {

template <class T>
using Read = base::Result<T, base::IoError>;

/// Which part of a list is asked for: newest first, from the time `to` (excluded) down to `from` (included).
struct Range {
    core::TimestampNs from{0};
    core::TimestampNs to{INT64_MAX};
    std::optional<Cursor> cursor;  ///< below this place
    std::size_t limit = 100;
};

/// One change of one balance. For each there is another one elsewhere of the opposite amount.
struct LedgerEntry {
    Cursor place;
    core::TimestampNs time;
    core::AssetId asset;
    Cause cause{};
    core::AccountId counter;
    core::Amount available_change;
    core::Amount held_change;
    core::Amount available;  ///< after it
    core::Amount held;       ///< after it
    core::OrderId order;
    core::MarketId market;
    core::TradeId trade;
    core::TransferReference reference;  ///< of a deposit, withdrawal or transfer between shards
};

/// The entries of which a posting consists, oldest first, `before` being the balance that it found.
std::vector<LedgerEntry> entries_of(const Posting& posting, const Balance& before);

/// One owner's side of a trade.
struct Fill {
    Cursor place;
    core::TimestampNs time;
    core::OrderId order;
    core::OrderId matched_with;
    core::MarketId market;
    core::TradeId trade;
    core::Side side{};
    core::Liquidity liquidity{};
    core::PriceTicks price;
    core::QuantityLots quantity;
    core::QuantityLots leaves;
    core::Amount fee;  ///< negative: a rebate
    bool fee_in_base = false;
};

/// One change of an order's state.
struct OrderEvent {
    enum class Kind : std::uint8_t { accepted, rested, filled, amended, ended };
    Cursor place;
    core::TimestampNs time;
    Kind kind{};
    core::PriceTicks price;         ///< accepted, amended: of the order; filled: of the trade
    core::QuantityLots quantity;    ///< accepted, amended: in all; filled: of the trade; ended: what was open
    core::QuantityLots leaves;      ///< after it
    core::PriceTicks price_before;  ///< amended
    core::QuantityLots leaves_before;  ///< amended
    bool lost_priority = false;        ///< amended
    core::EndCause cause{};            ///< ended
    std::optional<Fill> fill;          ///< filled
};

struct MomentBalance {
    core::AssetId asset;
    Balance balance;
};
/// Balances after all commands stamped before a time, and the last of those commands.
struct Moment {
    core::Sequence sequence;
    std::vector<MomentBalance> balances;  ///< of assets that the account ever had, in the order of their ids
};

/// Threads: one owner at a time. Every call may block on the disk or the server and sees one state of the
/// database from its beginning to its end. Lists look at a bounded number of rows a call; what candles and
/// visit_trades look at is as long as the time that is asked for.
class Reader {
public:
    /// `name` is a path, or the connection URI of a PostgreSQL database: where a Store is, or was.
    static Read<std::unique_ptr<Reader>> open(const std::string& name);
    ~Reader();

    Read<Progress> progress();
    /// What is listed, with what never changes of it: names, scales, assets. Until the next call.
    Read<const views::Listings*> listings();

    /// The order if `account` owns it, open or closed.
    Read<std::optional<views::OrderView>> find_order(core::AccountId account, core::OrderId id);
    /// The newest order that bore `id`.
    Read<std::optional<views::OrderView>> find_order(core::AccountId account, const core::ClientOrderId& id);
    /// Closed orders, most recently closed first, of those that closed before `before` did (zero: of all;
    /// none where that is no closed order of the account). Market zero: of all.
    struct ClosedPage {
        std::vector<views::OrderView> orders;
        core::OrderId next;  ///< the `before` to go on with; zero: there are no more
    };
    Read<ClosedPage> closed_orders(core::AccountId account, core::MarketId market, std::size_t limit,
                                   core::OrderId before);
    /// What happened to an order, oldest first, after `after`. Nothing where `account` has no such order.
    Read<std::optional<Page<OrderEvent>>> order_events(core::AccountId account, core::OrderId id,
                                                       std::optional<Cursor> after, std::size_t limit);

    /// Newest first; market and order zero: of all.
    Read<Page<Fill>> fills(core::AccountId account, core::MarketId market, core::OrderId order,
                           const Range& range);
    /// Newest first; asset zero: of all.
    Read<Page<LedgerEntry>> ledger(core::AccountId account, core::AssetId asset, const Range& range);
    /// What the account had before `time`: the sum of its ledger entries up to then.
    Read<Moment> balances_before(core::AccountId account, core::TimestampNs time);
    /// What the account had after `sequence`. Requires: it is projected.
    Read<Moment> balances_after(core::AccountId account, core::Sequence sequence);

    /// Deposits and withdrawals, newest first.
    Read<Page<TransferRow>> transfers(core::AccountId account, const Range& range);
    /// Transfers to and from other shards, newest first.
    Read<Page<ShardTransferRow>> shard_transfers(core::AccountId account, const Range& range);
    /// The transfer, of whatever account, that was sent under `reference` from here (`origin` empty), or that
    /// came from the shard `origin` under it.
    Read<std::optional<ShardTransferRow>> find_shard_transfer(const core::ShardName& origin,
                                                              const core::TransferReference& reference);
    /// What operators did, newest first.
    Read<Page<ActionRow>> actions(const Range& range);

    /// The newest `limit` trades below `before` (zero: all), newest first, as views::TradesView tells them.
    Read<std::vector<views::PublicTrade>> trades(const core::Market& market, std::size_t limit,
                                                 core::TradeId before);
    /// Trades with times in [from, to), oldest first, until `visit` returns false.
    using TradeVisitor = std::function<bool(const views::PublicTrade&)>;
    Read<void> visit_trades(const core::Market& market, core::TimestampNs from, core::TimestampNs to,
                            const TradeVisitor& visit);
    /// Candles that begin in [from_s, to_s), oldest first, at most `limit`; spans without trades have none.
    /// Candles begin at multiples of `interval_s` since 1970. Where one of kept_intervals_s divides the
    /// interval they are made of kept candles, otherwise of trades. The last one may be unfinished.
    Read<std::vector<Candle>> candles(const core::Market& market, std::int64_t interval_s,
                                      std::int64_t from_s, std::int64_t to_s, std::size_t limit);
    /// The newest `limit` candles of a kept interval that begin before `before_s`, newest first.
    Read<std::vector<Candle>> candles_before(const core::Market& market, std::int64_t kept_s,
                                             std::int64_t before_s, std::size_t limit);

private:
    explicit Reader(sql::Connection connection);

    /// One state of the database for as long as it lives.
    class Snapshot;
    class PostingStream;

    // Parts of answers. What fails on the way is noted, and told by the answer as a whole.
    void note(const sql::Statement& statement);
    /// Rows may name only what is listed; otherwise the database is damaged, and that is noted.
    void expect_listed(core::AssetId asset);
    void expect_listed(core::MarketId market);
    void read_listings_anew();
    /// The statement of `sql`, prepared at its first use, ready to be bound. Until it is asked for again.
    sql::Statement& prepared(const std::string& sql) { return connection_.prepared(sql); }
    /// The same for one whose rows are too many to be fetched at once.
    sql::Statement& streamed(const std::string& sql) { return connection_.prepared(sql, sql::Rows::many); }
    template <class T>
    Read<T> told(T answer);

    Progress progress_now();
    /// The first command at or after `time`; one past the last where there is none.
    core::Sequence first_sequence_from(core::TimestampNs time);
    core::TimestampNs time_of(core::Sequence sequence);
    struct Bounds;
    Bounds bounds_of(const Range& range);
    /// Gives each row, which must be in the order of sequences, its time.
    template <class Row>
    void add_times(std::vector<Row>& rows);
    /// An asset's newest posting at or below a place, and what the account had after it.
    struct Newest {
        core::AssetId asset;
        Cursor place;
        Balance balance;
    };
    /// Of every asset that has one, in one statement.
    std::vector<Newest> newest_postings(core::AccountId account, const Cursor& at);
    Moment balances_at(core::AccountId account, core::Sequence sequence);
    void add_references(core::AccountId account, std::vector<LedgerEntry>& entries);
    std::optional<OrderRow> order_row(core::OrderId id);
    /// The last event of its kind at or below `at`.
    std::optional<OrderEvent> last_fill_event(core::AccountId account, core::OrderId id, const Cursor& at);
    std::optional<OrderEvent> last_amendment_event(core::OrderId id, const Cursor& at);
    std::optional<views::OrderView> with_times(std::optional<OrderRow> row);
    core::TradeId first_trade_from(core::MarketId market, core::Sequence sequence);
    std::vector<Candle> kept_candles(core::MarketId market, std::int64_t kept_s, std::int64_t interval_s,
                                     std::int64_t from_s, std::int64_t to_s, std::size_t limit);

    std::optional<base::IoError> failure_;
    views::Listings listings_;
    sql::Connection connection_;
};

}  // namespace sauda::history
