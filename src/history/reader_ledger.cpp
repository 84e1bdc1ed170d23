/// Balances: what they were, and every entry that made them so; deposits, withdrawals and what operators did.
#include <algorithm>
#include <queue>
#include <utility>

#include "history/columns.h"
#include "history/reader.h"
#include "history/reader_parts.h"
#include "history/soundness.h"

namespace sauda::history {

namespace {

constexpr const char* posting_query =
    "SELECT account, asset, sequence, n, cause, counter, fee, available, held, order_id, market, trade "
    "FROM ledger WHERE account = ? AND asset = ? AND (sequence, n) <= (?, ?) "
    "ORDER BY sequence DESC, n DESC LIMIT ?";

/// The newest posting of every asset of an account, at or below a place: from asset to asset along the key,
/// so that what an asset has done before costs nothing. Parameters: account, sequence, n.
std::string newest_query(const sql::Connection& connection) {
    constexpr const char* assets =
        "WITH RECURSIVE known(asset) AS ("
        "SELECT MIN(asset) FROM ledger WHERE account = ?1 "
        "UNION ALL "
        "SELECT (SELECT MIN(l.asset) FROM ledger l WHERE l.account = ?1 AND l.asset > known.asset) "
        "FROM known WHERE known.asset IS NOT NULL) "
        "SELECT l.asset, l.sequence, l.n, l.available, l.held FROM known ";
    // The one knows no LATERAL; the other would look at every posting of an asset to find the newest.
    constexpr const char* in_sqlite =
        "JOIN ledger l ON l.account = ?1 AND l.asset = known.asset AND (l.sequence, l.n) = "
        "(SELECT m.sequence, m.n FROM ledger m WHERE m.account = ?1 AND m.asset = known.asset "
        "AND (m.sequence, m.n) <= (?2, ?3) ORDER BY m.sequence DESC, m.n DESC LIMIT 1) ";
    constexpr const char* in_postgres =
        "CROSS JOIN LATERAL (SELECT * FROM ledger m WHERE m.account = ?1 AND m.asset = known.asset "
        "AND (m.sequence, m.n) <= (?2, ?3) ORDER BY m.sequence DESC, m.n DESC LIMIT 1) l ";
    return std::string(assets) + (connection.is_postgres() ? in_postgres : in_sqlite) + "ORDER BY l.asset";
}

Posting posting_at(sql::Statement& row) {
    Posting posting;
    posting.account = row.id<core::AccountId>(0);
    posting.asset = row.id<core::AssetId>(1);
    posting.sequence = row.id<core::Sequence>(2);
    posting.n = static_cast<std::uint32_t>(row.integer(3));
    posting.cause = enum_at<Cause>(row, 4);
    posting.counter = row.id<core::AccountId>(5);
    posting.fee = {row.integer(6)};
    posting.available = {row.integer(7)};
    posting.held = {row.integer(8)};
    posting.order = row.id<core::OrderId>(9);
    posting.market = row.id<core::MarketId>(10);
    posting.trade = row.id<core::TradeId>(11);
    if (!is_sound(posting)) row.fail("a ledger entry of account " + std::to_string(posting.account.raw));
    return posting;
}

}  // namespace

// --- Entries ---

std::vector<LedgerEntry> entries_of(const Posting& posting, const Balance& before) {
    std::vector<LedgerEntry> entries;
    Balance balance = before;
    const auto add = [&](Cause cause, core::AccountId counter, core::Amount available, core::Amount held) {
        balance.available += available;
        balance.held += held;
        const Cursor place{posting.sequence, posting.n, static_cast<std::uint32_t>(entries.size())};
        entries.push_back({place,
                           {},
                           posting.asset,
                           cause,
                           counter,
                           available,
                           held,
                           balance.available,
                           balance.held,
                           posting.order,
                           posting.market,
                           posting.trade,
                           {}});
    };
    const core::Amount available = posting.available - before.available;
    const core::Amount held = posting.held - before.held;
    if (posting.cause != Cause::trade) {
        add(posting.cause, posting.counter, available, held);
        return entries;
    }
    if (held.raw != 0) add(Cause::release, posting.account, -held, held);
    add(Cause::trade, posting.counter, available + held + posting.fee, {});
    const Cause fee_cause = posting.fee.raw > 0 ? Cause::fee : Cause::rebate;
    if (posting.fee.raw != 0) add(fee_cause, core::fees_account, -posting.fee, {});
    return entries;
}

/// One asset's postings, newest first, each with the balance before it. Read in chunks that double, so that
/// an asset costs what a page shows of it.
class Reader::PostingStream {
public:
    explicit PostingStream(const Newest& from) : asset_(from.asset), next_(from.place) {}

    /// Of the posting that take() gives next; above it before the first.
    Cursor place() const { return next_; }
    bool is_at_end() const { return saw_all_ && taken_ == rows_.size(); }
    struct Taken {
        Posting posting;
        Balance before;
    };
    /// Nothing at the end, or where it cannot be read, which is noted.
    std::optional<Taken> take(Reader& reader, core::AccountId account) {
        if (rows_.size() - taken_ < 2 && !saw_all_) read_more(reader, account);
        if (taken_ == rows_.size()) return std::nullopt;
        const Posting& posting = rows_[taken_++];
        if (taken_ == rows_.size()) return Taken{posting, {}};
        const Posting& older = rows_[taken_];
        next_ = {older.sequence, older.n, 0};
        return Taken{posting, {older.available, older.held}};
    }

private:
    /// What was read and not taken is read again, as the first of the chunk.
    void read_more(Reader& reader, core::AccountId account) {
        sql::Statement& query = reader.prepared(posting_query);
        query.bind(account.raw).bind(asset_.raw).bind(next_.sequence.raw).bind(next_.n).bind(chunk_);
        rows_.clear();
        taken_ = 0;
        while (query.step()) rows_.push_back(posting_at(query));
        if (query.failed()) rows_.clear();
        reader.note(query);
        saw_all_ = rows_.size() < chunk_;
        chunk_ *= 2;
    }

    core::AssetId asset_;
    Cursor next_;
    std::vector<Posting> rows_;
    std::size_t taken_ = 0;
    std::size_t chunk_ = 4;
    bool saw_all_ = false;
};

std::vector<Reader::Newest> Reader::newest_postings(core::AccountId account, const Cursor& at) {
    sql::Statement& query = prepared(newest_query(connection_));
    query.bind(account.raw).bind(at.sequence.raw).bind(at.n);
    std::vector<Newest> newest;
    while (query.step()) {
        newest.push_back({query.id<core::AssetId>(0),
                          {query.id<core::Sequence>(1), static_cast<std::uint32_t>(query.integer(2)), 0},
                          {{query.integer(3)}, {query.integer(4)}}});
        if (!is_sound(account, newest.back().balance))
            query.fail("a balance of account " + std::to_string(account.raw));
    }
    note(query);
    return newest;
}

Read<Page<LedgerEntry>> Reader::ledger(core::AccountId account, core::AssetId asset, const Range& range) {
    const Snapshot snapshot(*this);
    const Bounds bounds = bounds_of(range);
    // The posting at the cursor itself may have entries left.
    std::vector<PostingStream> streams;
    if (asset) {
        streams.emplace_back(Newest{asset, bounds.before, {}});
    } else {
        for (const Newest& each : newest_postings(account, bounds.before)) streams.emplace_back(each);
    }
    std::priority_queue<std::pair<Cursor, std::size_t>> newest;  // streams by their places
    for (std::size_t i = 0; i < streams.size(); ++i) newest.emplace(streams[i].place(), i);
    std::vector<LedgerEntry> entries;
    while (!newest.empty() && entries.size() <= range.limit) {
        PostingStream& stream = streams[newest.top().second];
        const auto taken = stream.take(*this, account);
        if (!taken || taken->posting.sequence < bounds.first) break;
        const std::vector<LedgerEntry> parts = entries_of(taken->posting, taken->before);
        for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
            if (part->place < bounds.before) entries.push_back(*part);
        }
        const std::size_t index = newest.top().second;
        newest.pop();
        if (!stream.is_at_end()) newest.emplace(stream.place(), index);
    }
    for (const LedgerEntry& entry : entries) expect_listed(entry.asset);
    add_times(entries);
    add_references(account, entries);
    return told(page_of(std::move(entries), range.limit));
}

void Reader::add_references(core::AccountId account, std::vector<LedgerEntry>& entries) {
    sql::Statement& outside = prepared("SELECT reference FROM transfers WHERE account = ? AND sequence = ?");
    sql::Statement& between =
        prepared("SELECT reference FROM shard_transfers WHERE account = ? AND sequence = ?");
    for (LedgerEntry& entry : entries) {
        const bool is_outside = entry.cause == Cause::deposit || entry.cause == Cause::withdrawal;
        const bool is_between =
            entry.cause == Cause::transfer_sent || entry.cause == Cause::transfer_received;
        if (!is_outside && !is_between) continue;
        sql::Statement& query = is_outside ? outside : between;
        if (query.bind(account.raw).bind(entry.place.sequence.raw).step())
            entry.reference = query.text_of<core::TransferReference>(0);
        note(query);
        query.reset();
    }
}

// --- Balances ---

Moment Reader::balances_at(core::AccountId account, core::Sequence sequence) {
    Moment moment{sequence, {}};
    for (const Newest& each : newest_postings(account, {sequence, UINT32_MAX, 0})) {
        moment.balances.push_back({each.asset, each.balance});
        expect_listed(each.asset);
    }
    return moment;
}

Read<Moment> Reader::balances_before(core::AccountId account, core::TimestampNs time) {
    const Snapshot snapshot(*this);
    return told(balances_at(account, {first_sequence_from(time).raw - 1}));
}

Read<Moment> Reader::balances_after(core::AccountId account, core::Sequence sequence) {
    const Snapshot snapshot(*this);
    return told(balances_at(account, sequence));
}

// --- Transfers and operators ---

Read<Page<TransferRow>> Reader::transfers(core::AccountId account, const Range& range) {
    const Snapshot snapshot(*this);
    const Bounds bounds = bounds_of(range);
    sql::Statement& query = prepared(
        "SELECT account, sequence, asset, amount, operator_id, reference FROM transfers "
        "WHERE account = ? AND sequence < ? AND sequence >= ? ORDER BY sequence DESC LIMIT ?");
    query.bind(account.raw).bind(bounds.before.sequence.raw).bind(bounds.first.raw).bind(range.limit + 1);
    std::vector<TransferRow> rows;
    while (query.step()) {
        rows.push_back({query.id<core::AccountId>(0),
                        {query.id<core::Sequence>(1), 0, 0},
                        query.id<core::AssetId>(2),
                        {query.integer(3)},
                        to_uuid(query.blob(4)),
                        query.text_of<core::TransferReference>(5),
                        {}});
    }
    for (const TransferRow& row : rows) {
        if (!is_sound(row)) query.fail("a transfer at sequence " + std::to_string(row.place.sequence.raw));
    }
    note(query);
    for (const TransferRow& row : rows) expect_listed(row.asset);
    add_times(rows);
    return told(page_of(std::move(rows), range.limit));
}

Read<Page<ActionRow>> Reader::actions(const Range& range) {
    const Snapshot snapshot(*this);
    const Bounds bounds = bounds_of(range);
    sql::Statement query(
        connection_,
        "SELECT sequence, n, kind, operator_id, account, asset, market, value, value_2, reference "
        "FROM actions WHERE (sequence, n) < (?, ?) AND sequence >= ? "
        "ORDER BY sequence DESC, n DESC LIMIT ?");
    query.bind(bounds.before.sequence.raw).bind(bounds.before.n).bind(bounds.first.raw).bind(range.limit + 1);
    std::vector<ActionRow> rows;
    while (query.step()) {
        ActionRow row;
        row.place = {query.id<core::Sequence>(0), static_cast<std::uint32_t>(query.integer(1)), 0};
        row.kind = enum_at<ActionKind>(query, 2);
        if (!query.is_null(3)) row.operator_id = to_uuid(query.blob(3));
        row.account = query.id<core::AccountId>(4);
        row.asset = query.id<core::AssetId>(5);
        row.market = query.id<core::MarketId>(6);
        row.value = query.integer(7);
        row.value_2 = query.integer(8);
        row.reference = query.text_of<core::TransferReference>(9);
        if (!is_sound(row)) query.fail("an action at sequence " + std::to_string(row.place.sequence.raw));
        const bool has_amount = row.kind == ActionKind::deposit || row.kind == ActionKind::withdrawal ||
                                row.kind == ActionKind::transfer_sent;
        if (has_amount) expect_listed(row.asset);
        rows.push_back(row);
    }
    note(query);
    add_times(rows);
    return told(page_of(std::move(rows), range.limit));
}

}  // namespace sauda::history
