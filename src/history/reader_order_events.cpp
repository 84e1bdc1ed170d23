/// What happened to one order, put together from the order, its fills and its amendments.
#include <algorithm>

#include "history/reader.h"
#include "history/reader_parts.h"
#include "history/soundness.h"

namespace sauda::history {

namespace {

AmendmentRow amendment_at(sql::Statement& row) {
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
    if (is_sound(out)) return out;
    row.fail("an amendment of order " + std::to_string(out.order.raw));
    return {};  // nothing is reckoned with what it holds
}

Cursor amendment_place(const sql::Statement& row) {
    return {row.id<core::Sequence>(1), static_cast<std::uint32_t>(row.integer(2)), 0};
}

OrderEvent event_of(const Fill& fill) {
    OrderEvent filled;
    filled.kind = OrderEvent::Kind::filled;
    filled.place = fill.place;
    filled.price = fill.price;
    filled.quantity = fill.quantity;
    filled.leaves = fill.leaves;
    filled.fill = fill;
    return filled;
}

OrderEvent event_of(const AmendmentRow& row) {
    OrderEvent amended;
    amended.kind = OrderEvent::Kind::amended;
    amended.place = {row.sequence, row.n, 0};
    amended.price = row.price;
    amended.quantity = row.quantity;
    amended.leaves = row.leaves;
    amended.price_before = row.price_before;
    amended.leaves_before = row.leaves_before;
    amended.lost_priority = row.lost_priority;
    return amended;
}

/// Tells the events of one order, in order, from the fills and amendments that are fed to it in order.
///
/// That an order rested stands in no row: it did after the command that let it in, or that took it out of the
/// book to amend it, unless that same command closed it.
class OrderStory {
public:
    explicit OrderStory(const OrderRow& row) : row_(row) {}

    /// Goes on behind `last`, an event of before. `rests`: unless something of the same command follows, the
    /// order rests with it.
    void resume(const OrderEvent& last, bool rests) {
        tell(last);
        may_rest_ = rests;
    }

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
        tell(event_of(fill));
    }

    void add(const AmendmentRow& row) {
        rest_before(row.sequence);
        tell(event_of(row));
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

/// Feeds `story` until it has told more than `limit` events after `after`, or all.
void tell(OrderStory& story, bool from_the_beginning, sql::Statement& amendments, sql::Statement& fills,
          std::optional<Cursor> after, std::size_t limit) {
    bool has_amendment = amendments.step();
    bool has_fill = fills.step();
    if (from_the_beginning)
        story.begin(has_amendment ? std::optional(amendment_at(amendments)) : std::nullopt);
    while ((has_amendment || has_fill) && story.count_after(after) <= limit) {
        const bool is_amended_first =
            has_amendment && (!has_fill || amendment_place(amendments) < fill_at(fills).place);
        if (is_amended_first) {
            story.add(amendment_at(amendments));
            has_amendment = amendments.step();
        } else {
            story.add(fill_at(fills));
            has_fill = fills.step();
        }
    }
    // Each was asked for one row more than `limit`: where fewer events were told, these were all.
    if (story.count_after(after) <= limit) story.end();
}

}  // namespace

std::optional<OrderEvent> Reader::last_fill_event(core::AccountId account, core::OrderId id,
                                                  const Cursor& at) {
    sql::Statement& query = prepared(std::string(fill_query) +
                                     "WHERE f.order_id = ? AND f.account = ? AND (f.sequence, f.n) <= (?, ?) "
                                     "ORDER BY f.sequence DESC, f.n DESC LIMIT 1");
    std::optional<OrderEvent> found;
    if (query.bind(id.raw).bind(account.raw).bind(at.sequence.raw).bind(at.n).step())
        found = event_of(fill_at(query));
    note(query);
    return found;
}

std::optional<OrderEvent> Reader::last_amendment_event(core::OrderId id, const Cursor& at) {
    sql::Statement& query = prepared(
        "SELECT * FROM amendments WHERE order_id = ? AND (sequence, n) <= (?, ?) "
        "ORDER BY sequence DESC, n DESC LIMIT 1");
    std::optional<OrderEvent> found;
    if (query.bind(id.raw).bind(at.sequence.raw).bind(at.n).step()) found = event_of(amendment_at(query));
    note(query);
    return found;
}

Read<std::optional<Page<OrderEvent>>> Reader::order_events(core::AccountId account, core::OrderId id,
                                                           std::optional<Cursor> after, std::size_t limit) {
    const Snapshot snapshot(*this);
    const std::optional<OrderRow> row = order_row(id);
    if (!row || row->order.account != account) return told(std::optional<Page<OrderEvent>>());
    OrderStory story(*row);
    // What was told before is not read again, but for the last of it, which says how the order stood.
    Cursor from{row->created, 0, 0};
    const auto filled = after ? last_fill_event(account, id, *after) : std::nullopt;
    const auto amended = after ? last_amendment_event(id, *after) : std::nullopt;
    const bool from_the_beginning = !filled && !amended;
    if (!from_the_beginning) {
        const OrderEvent& last = !amended || (filled && amended->place < filled->place) ? *filled : *amended;
        const bool is_amended_by_it = amended && amended->place.sequence == last.place.sequence;
        story.resume(last, is_amended_by_it ? amended->lost_priority : last.place.sequence == row->created);
        from = last.place;
    }
    sql::Statement& amendments = prepared(
        "SELECT * FROM amendments WHERE order_id = ? AND (sequence, n) > (?, ?) ORDER BY sequence, n LIMIT "
        "?");
    sql::Statement& fills = prepared(std::string(fill_query) +
                                     "WHERE f.order_id = ? AND f.account = ? AND (f.sequence, f.n) > (?, ?) "
                                     "ORDER BY f.sequence, f.n LIMIT ?");
    amendments.bind(id.raw).bind(from.sequence.raw).bind(from.n).bind(limit + 1);
    fills.bind(id.raw).bind(account.raw).bind(from.sequence.raw).bind(from.n).bind(limit + 1);
    tell(story, from_the_beginning, amendments, fills, after, limit);
    note(amendments);
    note(fills);
    std::vector<OrderEvent> events = story.events_after(after, limit + 1);
    add_times(events);
    for (OrderEvent& event : events) {
        if (!event.fill) continue;
        event.fill->time = event.time;
        expect_listed(event.fill->market);
    }
    return told(std::optional(page_of(std::move(events), limit)));
}

}  // namespace sauda::history
