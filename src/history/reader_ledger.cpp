/// Balances: what they were, and every entry that made them so; deposits, withdrawals and what operators did.
#include <algorithm>
#include <deque>

#include "history/columns.h"
#include "history/reader.h"
#include "history/reader_parts.h"

namespace sauda::history {

namespace {

constexpr const char* posting_query =
    "SELECT account, asset, sequence, n, cause, counter, fee, available, held, order_id, market, trade "
    "FROM ledger WHERE account = ? AND asset = ? AND (sequence, n) <= (?, ?) "
    "ORDER BY sequence DESC, n DESC";

Posting posting_at(const sql::Statement& row) {
    Posting posting;
    posting.account = row.id<core::AccountId>(0);
    posting.asset = row.id<core::AssetId>(1);
    posting.sequence = row.id<core::Sequence>(2);
    posting.n = static_cast<std::uint32_t>(row.integer(3));
    posting.cause = static_cast<Cause>(row.integer(4));
    posting.counter = row.id<core::AccountId>(5);
    posting.fee = {row.integer(6)};
    posting.available = {row.integer(7)};
    posting.held = {row.integer(8)};
    posting.order = row.id<core::OrderId>(9);
    posting.market = row.id<core::MarketId>(10);
    posting.trade = row.id<core::TradeId>(11);
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

/// One asset's postings, newest first, each with the balance before it.
class Reader::PostingStream {
public:
    PostingStream(sql::Connection& connection, core::AccountId account, core::AssetId asset,
                  const Cursor& from)
        : query_(connection, posting_query, sql::Rows::many) {
        query_.bind(account.raw).bind(asset.raw).bind(from.sequence.raw).bind(from.n);
        advance();
        advance();
    }

    /// Null at the end.
    const Posting* posting() const { return posting_ ? &*posting_ : nullptr; }
    Cursor place() const { return {posting_->sequence, posting_->n, 0}; }
    Balance before() const { return older_ ? Balance{older_->available, older_->held} : Balance{}; }
    void advance() {
        posting_ = older_;
        older_ = query_.step() ? std::optional(posting_at(query_)) : std::nullopt;
    }
    const sql::Statement& query() const { return query_; }

private:
    sql::Statement query_;
    std::optional<Posting> posting_;
    std::optional<Posting> older_;
};

std::vector<core::AssetId> Reader::assets_of(core::AccountId account) {
    sql::Statement& query =
        prepared("SELECT asset FROM ledger WHERE account = ? AND asset > ? ORDER BY asset LIMIT 1");
    std::vector<core::AssetId> assets;
    core::AssetId last;
    while (query.bind(account.raw).bind(last.raw).step()) {
        last = query.id<core::AssetId>(0);
        assets.push_back(last);
        query.reset();
    }
    note(query);
    return assets;
}

Read<Page<LedgerEntry>> Reader::ledger(core::AccountId account, core::AssetId asset, const Range& range) {
    const Snapshot snapshot(*this);
    const Bounds bounds = bounds_of(range);
    // The posting at the cursor itself may have entries left.
    const Cursor from = bounds.before;
    std::deque<PostingStream> streams;
    for (const core::AssetId each : asset ? std::vector{asset} : assets_of(account))
        streams.emplace_back(connection_, account, each, from);
    const auto is_older = [](const PostingStream& a, const PostingStream& b) {
        if (a.posting() == nullptr || b.posting() == nullptr)
            return a.posting() == nullptr && b.posting() != nullptr;
        return a.place() < b.place();
    };
    std::vector<LedgerEntry> entries;
    while (!streams.empty() && entries.size() <= range.limit) {
        PostingStream& newest = *std::ranges::max_element(streams, is_older);
        if (newest.posting() == nullptr || newest.posting()->sequence < bounds.first) break;
        const std::vector<LedgerEntry> parts = entries_of(*newest.posting(), newest.before());
        for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
            if (part->place < bounds.before) entries.push_back(*part);
        }
        newest.advance();
    }
    for (const PostingStream& stream : streams) note(stream.query());
    for (const LedgerEntry& entry : entries) expect_listed(entry.asset);
    add_times(entries);
    add_references(account, entries);
    return told(page_of(std::move(entries), range.limit));
}

void Reader::add_references(core::AccountId account, std::vector<LedgerEntry>& entries) {
    sql::Statement& query = prepared("SELECT reference FROM transfers WHERE account = ? AND sequence = ?");
    for (LedgerEntry& entry : entries) {
        if (entry.cause != Cause::deposit && entry.cause != Cause::withdrawal) continue;
        if (query.bind(account.raw).bind(entry.place.sequence.raw).step())
            entry.reference = query.text_of<core::TransferReference>(0);
        note(query);
        query.reset();
    }
}

// --- Balances ---

Moment Reader::balances_at(core::AccountId account, core::Sequence sequence) {
    sql::Statement& query = prepared(
        "SELECT available, held FROM ledger WHERE account = ? AND asset = ? AND sequence <= ? "
        "ORDER BY sequence DESC, n DESC LIMIT 1");
    Moment moment{sequence, {}};
    for (const core::AssetId asset : assets_of(account)) {
        if (query.bind(account.raw).bind(asset.raw).bind(sequence.raw).step())
            moment.balances.push_back({asset, {{query.integer(0)}, {query.integer(1)}}});
        note(query);
        expect_listed(asset);
        query.reset();
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
        row.kind = static_cast<ActionKind>(query.integer(2));
        if (!query.is_null(3)) row.operator_id = to_uuid(query.blob(3));
        row.account = query.id<core::AccountId>(4);
        row.asset = query.id<core::AssetId>(5);
        row.market = query.id<core::MarketId>(6);
        row.value = query.integer(7);
        row.value_2 = query.integer(8);
        row.reference = query.text_of<core::TransferReference>(9);
        const bool has_amount = row.kind == ActionKind::deposit || row.kind == ActionKind::withdrawal;
        if (has_amount) expect_listed(row.asset);
        rows.push_back(row);
    }
    note(query);
    add_times(rows);
    return told(page_of(std::move(rows), range.limit));
}

}  // namespace sauda::history
