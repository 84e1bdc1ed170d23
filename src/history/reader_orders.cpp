/// Orders, what happened to them, and fills.
#include <algorithm>

#include "history/columns.h"
#include "history/reader.h"
#include "history/reader_parts.h"

namespace sauda::history {

namespace {

/// What fill_at() reads, in its order: `f` is fills, `t` trades, `m` markets.
constexpr const char* fill_query =
    "SELECT f.sequence, f.n, f.order_id, f.market, f.trade, t.price, t.quantity, t.taker_side, "
    "t.maker_order, "
    "t.taker_order, t.maker_leaves, t.taker_leaves, t.maker_fee, t.taker_fee, m.fee_asset "
    "FROM fills f JOIN trades t ON t.market = f.market AND t.trade = f.trade "
    "JOIN markets m ON m.market = f.market ";

Fill fill_at(const Statement& row) {
    Fill fill;
    fill.place = {row.id<core::Sequence>(0), static_cast<std::uint32_t>(row.integer(1)), 0};
    fill.order = row.id<core::OrderId>(2);
    fill.market = row.id<core::MarketId>(3);
    fill.trade = row.id<core::TradeId>(4);
    const bool is_taker = fill.place.n % 2 == 1;
    fill.liquidity = is_taker ? core::Liquidity::taker : core::Liquidity::maker;
    fill.price = {row.integer(5)};
    fill.quantity = {row.integer(6)};
    core::Trade trade;
    trade.taker_side = static_cast<core::Side>(row.integer(7));
    trade.maker_fee = {row.integer(12)};
    trade.taker_fee = {row.integer(13)};
    trade.fee_asset = static_cast<core::FeeAsset>(row.integer(14));
    fill.side = is_taker ? trade.taker_side : core::opposite(trade.taker_side);
    fill.matched_with = row.id<core::OrderId>(is_taker ? 8 : 9);
    fill.leaves = {row.integer(is_taker ? 11 : 10)};
    fill.fee = is_taker ? trade.taker_fee : trade.maker_fee;
    fill.fee_in_base = trade.fee_in_base(fill.liquidity);
    return fill;
}

AmendmentRow amendment_at(const Statement& row) {
    AmendmentRow out;
    out.order = row.id<core::OrderId>(0);
    out.sequence = row.id<core::Sequence>(1);
    out.n = static_cast<std::uint32_t>(row.integer(2));
    out.lost_priority = row.integer(3) != 0;
    out.price_before = {row.integer(4)};
    out.price = {row.integer(5)};
    out.leaves_before = {row.integer(6)};
    out.leaves = {row.integer(7)};
    out.quantity = {row.integer(8)};
    return out;
}

Cursor amendment_place(const Statement& row) {
    return {row.id<core::Sequence>(1), static_cast<std::uint32_t>(row.integer(2)), 0};
}

/// Tells the events of one order, in order, from the fills and amendments that are fed to it in order.
///
/// That an order rested stands in no row: it did after the command that let it in, or that took it out of the
/// book to amend it, unless that same command closed it.
class OrderStory {
public:
    explicit OrderStory(const OrderRow& row) : row_(row) {}

    /// Begins where the order does: as it was before its first amendment, if there is one.
    void begin(const std::optional<AmendmentRow>& first) {
        const views::OrderView& order = row_.order;
        OrderEvent accepted;
        accepted.kind = OrderEvent::Kind::accepted;
        accepted.place.sequence = row_.created;
        accepted.price = first ? first->price_before : order.price;
        accepted.quantity = first ? first->quantity - first->leaves + first->leaves_before : order.quantity;
        accepted.leaves = accepted.quantity;
        tell(accepted);
        may_rest_ = true;
    }

    void add(const Fill& fill) {
        rest_before(fill.place.sequence);
        OrderEvent filled;
        filled.kind = OrderEvent::Kind::filled;
        filled.place = fill.place;
        filled.price = fill.price;
        filled.quantity = fill.quantity;
        filled.leaves = fill.leaves;
        filled.fill = fill;
        tell(filled);
    }

    void add(const AmendmentRow& row) {
        rest_before(row.sequence);
        OrderEvent amended;
        amended.kind = OrderEvent::Kind::amended;
        amended.place = {row.sequence, row.n, 0};
        amended.price = row.price;
        amended.quantity = row.quantity;
        amended.leaves = row.leaves;
        amended.price_before = row.price_before;
        amended.leaves_before = row.leaves_before;
        amended.lost_priority = row.lost_priority;
        tell(amended);
        may_rest_ = row.lost_priority;
    }

    /// After the last of them.
    void end() {
        rest_before({UINT64_MAX});
        if (!row_.closed || row_.order.status == core::OrderStatus::filled) return;
        OrderEvent ended;
        ended.kind = OrderEvent::Kind::ended;
        ended.place = {row_.closed, row_.closed_n, 0};
        ended.quantity = leaves_;
        ended.cause = row_.order.end_cause;
        tell(ended);
    }

    std::vector<OrderEvent> events_after(std::optional<Cursor> after, std::size_t limit) const {
        auto from = events_.begin();
        if (after) from = std::ranges::upper_bound(events_, *after, {}, &OrderEvent::place);
        const auto count = std::min<std::ptrdiff_t>(events_.end() - from, static_cast<std::ptrdiff_t>(limit));
        return {from, from + count};
    }
    std::size_t count_after(std::optional<Cursor> after) const {
        if (!after) return events_.size();
        const auto from = std::ranges::upper_bound(events_, *after, {}, &OrderEvent::place);
        return static_cast<std::size_t>(events_.end() - from);
    }

private:
    void rest_before(core::Sequence next) {
        if (!may_rest_ || events_.back().place.sequence == next) return;
        may_rest_ = false;
        const core::Sequence command = events_.back().place.sequence;
        if (row_.closed == command) return;
        OrderEvent rested;
        rested.kind = OrderEvent::Kind::rested;
        rested.place = {command, UINT32_MAX, 0};
        rested.leaves = leaves_;
        tell(rested);
    }
    void tell(const OrderEvent& event) {
        leaves_ = event.leaves;
        events_.push_back(event);
    }

    const OrderRow& row_;
    core::QuantityLots leaves_;
    bool may_rest_ = false;  // it came in, or left the book, and has not rested since
    std::vector<OrderEvent> events_;
};

}  // namespace

// --- Orders ---

std::optional<OrderRow> Reader::order_row(core::OrderId id) {
    Statement& query = prepared(std::string("SELECT ") + order_columns + " FROM orders WHERE order_id = ?");
    std::optional<OrderRow> found;
    if (query.bind(id.raw).step()) found = order_at(query);
    note(query);
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
    Statement& query = prepared(std::string("SELECT ") + order_columns +
                                " FROM orders WHERE account = ? AND client_order_id = ? "
                                "ORDER BY order_id DESC LIMIT 1");
    std::optional<OrderRow> row;
    if (query.bind(account.raw).bind(id.view()).step()) row = order_at(query);
    note(query);
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
    Statement& query = prepared(
        "SELECT order_id, market FROM orders WHERE account = ? AND closed IS NOT NULL "
        "AND (closed, closed_n) < (?, ?) ORDER BY closed DESC, closed_n DESC");
    query.bind(account.raw).bind(from ? static_cast<std::int64_t>(from->closed.raw) : INT64_MAX);
    query.bind(from ? std::int64_t{from->closed_n} : 0);
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

// --- What happened to one ---

Read<std::optional<Page<OrderEvent>>> Reader::order_events(core::AccountId account, core::OrderId id,
                                                           std::optional<Cursor> after, std::size_t limit) {
    const Snapshot snapshot(*this);
    const std::optional<OrderRow> row = order_row(id);
    if (!row || row->order.account != account) return told(std::optional<Page<OrderEvent>>());
    // From the first command of which something is asked for: it rested, or not, by all that it did.
    const core::Sequence first = after ? std::max(after->sequence, row->created) : row->created;
    Statement amendments(
        connection_, "SELECT * FROM amendments WHERE order_id = ? AND sequence >= ? ORDER BY sequence, n");
    Statement& fills = prepared(std::string(fill_query) +
                                "WHERE f.order_id = ? AND f.account = ? AND f.sequence >= ? "
                                "ORDER BY f.sequence, f.n");
    bool has_amendment = amendments.bind(id.raw).bind(first.raw).step();
    bool has_fill = fills.bind(id.raw).bind(account.raw).bind(first.raw).step();
    OrderStory story(*row);
    if (first == row->created)
        story.begin(has_amendment ? std::optional(amendment_at(amendments)) : std::nullopt);
    while ((has_amendment || has_fill) && story.count_after(after) <= limit) {
        const Cursor amended = has_amendment ? amendment_place(amendments) : Cursor{{UINT64_MAX}, 0, 0};
        const Cursor filled = has_fill ? fill_at(fills).place : Cursor{{UINT64_MAX}, 0, 0};
        if (amended < filled) {
            story.add(amendment_at(amendments));
            has_amendment = amendments.step();
        } else {
            story.add(fill_at(fills));
            has_fill = fills.step();
        }
    }
    if (!has_amendment && !has_fill) story.end();
    note(amendments);
    note(fills);
    std::vector<OrderEvent> events = story.events_after(after, limit + 1);
    add_times(events);
    for (OrderEvent& event : events) {
        if (event.fill) event.fill->time = event.time;
    }
    return told(std::optional(page_of(std::move(events), limit)));
}

// --- Fills ---

Read<Page<Fill>> Reader::fills(core::AccountId account, core::MarketId market, core::OrderId order,
                               const Range& range) {
    const Snapshot snapshot(*this);
    const Bounds bounds = bounds_of(range);
    const char* const which = order ? "WHERE f.account = ? AND f.order_id = ? " : "WHERE f.account = ? ";
    Statement& query = prepared(std::string(fill_query) + which +
                                "AND (f.sequence, f.n) < (?, ?) AND f.sequence >= ? "
                                "ORDER BY f.sequence DESC, f.n DESC");
    query.bind(account.raw);
    if (order) query.bind(order.raw);
    query.bind(bounds.before.sequence.raw).bind(bounds.before.n).bind(bounds.first.raw);
    Page<Fill> page;
    Cursor last;
    for (std::size_t looked_at = 0; query.step(); ++looked_at) {
        if (page.rows.size() == range.limit || looked_at == rows_looked_at_max) {
            page.next = last;
            break;
        }
        const Fill fill = fill_at(query);
        last = fill.place;
        if (!market || fill.market == market) page.rows.push_back(fill);
    }
    note(query);
    add_times(page.rows);
    return told(page);
}

}  // namespace sauda::history
