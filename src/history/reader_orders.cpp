/// Orders: by their ids, by their owners' ids, and closed ones in the order in which they closed.
#include <algorithm>

#include "history/columns.h"
#include "history/reader.h"
#include "history/reader_parts.h"

namespace sauda::history {

std::optional<OrderRow> Reader::order_row(core::OrderId id) {
    sql::Statement& query =
        prepared(std::string("SELECT ") + order_columns + " FROM orders WHERE order_id = ?");
    std::optional<OrderRow> found;
    if (query.bind(id.raw).step()) found = order_at(query);
    note(query);
    if (found) expect_listed(found->order.market);
    return found;
}

std::optional<views::OrderView> Reader::with_times(std::optional<OrderRow> row) {
    if (!row) return std::nullopt;
    row->order.created = time_of(row->created);
    row->order.updated = time_of(row->updated);
    return row->order;
}

Read<std::optional<views::OrderView>> Reader::find_order(core::AccountId account, core::OrderId id) {
    const Snapshot snapshot(*this);
    std::optional<OrderRow> row = order_row(id);
    if (row && row->order.account != account) row.reset();
    return told(with_times(row));
}

Read<std::optional<views::OrderView>> Reader::find_order(core::AccountId account,
                                                         const core::ClientOrderId& id) {
    const Snapshot snapshot(*this);
    sql::Statement& query = prepared(std::string("SELECT ") + order_columns +
                                     " FROM orders WHERE account = ? AND client_order_id = ? "
                                     "ORDER BY order_id DESC LIMIT 1");
    std::optional<OrderRow> row;
    if (query.bind(account.raw).bind(id.view()).step()) row = order_at(query);
    note(query);
    if (row) expect_listed(row->order.market);
    return told(with_times(row));
}

Read<Reader::ClosedPage> Reader::closed_orders(core::AccountId account, core::MarketId market,
                                               std::size_t limit, core::OrderId before) {
    const Snapshot snapshot(*this);
    ClosedPage page;
    std::optional<OrderRow> from;
    if (before) from = order_row(before);
    const bool is_closed_one = from && from->order.account == account && from->closed;
    if (before && !is_closed_one) return told(page);
    sql::Statement& query = streamed(
        "SELECT order_id, market FROM orders WHERE account = ? AND closed IS NOT NULL "
        "AND (closed, closed_n) < (?, ?) ORDER BY closed DESC, closed_n DESC LIMIT ?");
    query.bind(account.raw).bind(from ? static_cast<std::int64_t>(from->closed.raw) : INT64_MAX);
    query.bind(from ? std::int64_t{from->closed_n} : 0);
    query.bind(std::min(rows_looked_at_max, market ? SIZE_MAX : limit) + 1);
    core::OrderId last;
    for (std::size_t looked_at = 0; query.step(); ++looked_at) {
        if (page.orders.size() == limit || looked_at == rows_looked_at_max) {
            page.next = last;
            break;
        }
        last = query.id<core::OrderId>(0);
        if (market && query.id<core::MarketId>(1) != market) continue;
        if (auto order = with_times(order_row(last))) page.orders.push_back(*order);
    }
    note(query);
    return told(page);
}

}  // namespace sauda::history
