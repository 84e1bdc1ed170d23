/// Transfers to and from other shards, and whether what was sent has arrived.
#include <string>

#include "history/columns.h"
#include "history/reader.h"
#include "history/reader_parts.h"
#include "history/soundness.h"

namespace sauda::history {

namespace {

/// What transfer_at() reads, in its order, up to its WHERE.
constexpr const char* transfer_query =
    "SELECT t.account, t.sequence, t.asset, t.amount, t.operator_id, t.reference, t.peer, c.confirmed "
    "FROM shard_transfers t LEFT JOIN confirmations c ON c.sent = t.sequence ";

ShardTransferRow transfer_at(sql::Statement& row) {
    ShardTransferRow transfer;
    transfer.account = row.id<core::AccountId>(0);
    transfer.place.sequence = row.id<core::Sequence>(1);
    transfer.asset = row.id<core::AssetId>(2);
    transfer.amount = {row.integer(3)};
    transfer.operator_id = to_uuid(row.blob(4));
    transfer.reference = row.text_of<core::TransferReference>(5);
    transfer.peer = row.text_of<core::ShardName>(6);
    if (!row.is_null(7)) transfer.confirmed = row.id<core::Sequence>(7);
    if (!is_sound(transfer))
        row.fail("a transfer between shards at sequence " + std::to_string(transfer.place.sequence.raw));
    return transfer;
}

}  // namespace

Read<Page<ShardTransferRow>> Reader::shard_transfers(core::AccountId account, const Range& range) {
    const Snapshot snapshot(*this);
    const Bounds bounds = bounds_of(range);
    sql::Statement& query = prepared(
        std::string(transfer_query) +
        "WHERE t.account = ? AND t.sequence < ? AND t.sequence >= ? ORDER BY t.sequence DESC LIMIT ?");
    query.bind(account.raw).bind(bounds.before.sequence.raw).bind(bounds.first.raw).bind(range.limit + 1);
    std::vector<ShardTransferRow> rows;
    while (query.step()) rows.push_back(transfer_at(query));
    note(query);
    for (const ShardTransferRow& row : rows) expect_listed(row.asset);
    add_times(rows);
    return told(page_of(std::move(rows), range.limit));
}

Read<std::optional<ShardTransferRow>> Reader::find_shard_transfer(const core::ShardName& origin,
                                                                  const core::TransferReference& reference) {
    const Snapshot snapshot(*this);
    // Every other shard may have one under this reference, and this shard may have.
    sql::Statement& query =
        prepared(std::string(transfer_query) + "WHERE t.reference = ? ORDER BY t.sequence");
    query.bind(reference.view());
    std::vector<ShardTransferRow> found;
    while (found.empty() && query.step()) {
        const ShardTransferRow row = transfer_at(query);
        const core::ShardName given_by = row.amount.raw < 0 ? core::ShardName{} : row.peer;
        if (given_by == origin) found.push_back(row);
    }
    note(query);
    for (const ShardTransferRow& row : found) expect_listed(row.asset);
    add_times(found);
    return told(found.empty() ? std::nullopt : std::optional(found.front()));
}

}  // namespace sauda::history
