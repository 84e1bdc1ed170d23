/// Amendments, and the state that the oracle believes the exchange is in.
#include <algorithm>

#include "core/testing/oracle.h"

namespace sauda::core::testing {

namespace {

std::int64_t narrow(Int128 value) {
    return static_cast<std::int64_t>(value);
}

/// The new open quantity.
std::int64_t new_leaves(const Oracle::Order& order, const AmendOrder& command) {
    const std::int64_t filled = order.quantity - order.leaves;
    if (command.quantity_change == QuantityChange::total) return command.quantity.raw - filled;
    if (command.quantity_change == QuantityChange::leaves) return command.quantity.raw;
    if (command.quantity_change == QuantityChange::reduce_by) return order.leaves - command.quantity.raw;
    return order.leaves;
}

}  // namespace

void Oracle::execute(const AmendOrder& command) {
    const auto refused = [&](RejectReason reason) { refuse(reason, command.account, {}, command.order); };
    if (!has_account(command.account)) return refused(RejectReason::unknown_account);
    if (answered_before(command.account, command.request_id, command)) return;
    if (const auto bad = why_not_request(command.account, command.request_id); bad != RejectReason::none)
        return refused(bad);
    if (account(command.account).frozen) return refused(RejectReason::account_frozen);
    const Order* before = own_order(command.account, command.order);
    if (before == nullptr) return refused(RejectReason::unknown_order);
    const MarketBook& book = market(before->market);
    if (book.state != MarketState::trading) return refused(RejectReason::market_halted);
    const bool changes_quantity = command.quantity_change != QuantityChange::unchanged;
    if (command.price.raw == 0 && !changes_quantity && !command.requeue)
        return refused(RejectReason::nothing_to_amend);
    if (command.price.raw < 0) return refused(RejectReason::invalid_price);
    if (changes_quantity) {
        if (const auto bad = why_not_quantity(book, command.quantity.raw); bad != RejectReason::none)
            return refused(bad);
    }

    // The order as it will be, once it has left the book.
    Order after = *before;
    after.leaves = new_leaves(*before, command);
    after.quantity = before->quantity - before->leaves + after.leaves;
    if (command.price.raw != 0) after.price = command.price.raw;
    after.held = 0;
    const bool ends = after.leaves <= 0;
    const bool keeps_place =
        !command.requeue && after.price == before->price && after.leaves < before->leaves;
    if (!ends && after.quantity > order_quantity_max) return refused(RejectReason::quantity_too_large);
    if (!ends && !keeps_place) {
        if (const auto bad = why_not_price(book, after.price); bad != RejectReason::none) return refused(bad);
        if (const auto bad = why_not_notional(book, after.price, after.quantity); bad != RejectReason::none)
            return refused(bad);
        if (after.post_only && !makers_for(after).empty()) return refused(RejectReason::post_only_would_take);
        const Int128 funds = available(after.account, paying_asset(after)) + before->held;
        if (hold_for(after, after.leaves) > funds) return refused(RejectReason::insufficient_funds);
    }

    if (!command.request_id.empty()) {
        const TimestampNs forgotten{now_.time.raw + client_order_id_memory_ns};
        requests_[{command.account, std::string(command.request_id.view())}] = {
            command, command.order, now_.sequence, false, forgotten};
    }
    if (ends) return end(command.order.raw, EndCause::reduced_to_nothing);

    const Int128 held = keeps_place ? hold_for(after, after.leaves) : 0;
    OrderAmended event;
    event.market = after.market;
    event.update = next_update(after.market);
    event.order = after.id;
    event.account = after.account;
    event.side = after.side;
    event.lost_priority = keeps_place ? 0 : 1;
    event.account_sequence = next_sequence(after.account);
    event.price_before = {before->price};
    event.price = {after.price};
    event.leaves_before = {before->leaves};
    event.leaves = {after.leaves};
    event.quantity = {after.quantity};
    event.released = {narrow(before->held - held)};
    events_->append(event);
    available_[{after.account, paying_asset(after)}] += before->held - held;
    after.held = held;
    if (keeps_place) {
        orders_[after.id.raw] = after;
        return;
    }
    orders_.erase(after.id.raw);
    trade_and_rest({after, {}});
}

// --- State ---------------------------------------------------------------------------------------------

namespace {

RequestContent content(const PlaceOrder& order) {
    RequestContent content;
    content.request = 1;
    content.side = order.side;
    content.kind = order.kind;
    content.time_in_force = order.time_in_force;
    content.post_only = order.post_only ? 1 : 0;
    content.on_duplicate = static_cast<std::uint8_t>(order.on_duplicate);
    content.market = order.market;
    content.price = order.price;
    content.quantity = order.quantity;
    content.quote_quantity = order.quote_quantity;
    return content;
}
RequestContent content(const ReplaceOrder& replace) {
    RequestContent content = testing::content(replace.place);
    content.request = 5;
    content.target = replace.cancel;
    return content;
}
RequestContent content(const AmendOrder& amend) {
    RequestContent content;
    content.request = 4;
    content.quantity_change = amend.quantity_change;
    content.requeue = amend.requeue ? 1 : 0;
    content.price = amend.price;
    content.quantity = amend.quantity;
    content.target = amend.order;
    return content;
}

TransferRecord transfer_record(const Deposit& c) {
    return {c.reference, c.account, c.asset, c.amount, {}, {}, {}};
}
TransferRecord transfer_record(const Withdraw& c) {
    return {c.reference, c.account, c.asset, -c.amount, {}, {}, {}};
}
TransferRecord transfer_record(const SendTransfer& c) {
    return {c.reference, c.account, c.asset, -c.amount, {}, c.to, {}};
}
TransferRecord transfer_record(const ReceiveTransfer& c) {
    return {c.reference, c.account, c.asset, c.amount, {}, c.from, {}};
}

OrderRecord record_of(const Oracle::Order& order) {
    OrderRecord record;
    record.id = order.id;
    record.account = order.account;
    record.market = order.market;
    record.side = order.side;
    record.kind = order.kind;
    record.time_in_force = order.time_in_force;
    record.post_only = order.post_only;
    record.fee_schedule = static_cast<std::uint16_t>(order.schedule);
    record.price = {order.price};
    record.quantity = {order.quantity};
    record.leaves = {order.leaves};
    record.accepted = order.accepted;
    return record;
}

}  // namespace

ExchangeState Oracle::state() const {
    ExchangeState state;
    state.last = now_;
    state.shard = shard_;
    state.last_order_count = order_count_;
    state.assets = assets_;
    for (const MarketBook& book : markets_) {
        state.markets.push_back({book.spec, book.state, {book.trades}, {book.updates}, book.schedules});
    }
    for (const Account& account : accounts_) {
        state.accounts.push_back({account.user, account.frozen, {account.sequence}});
    }

    std::map<std::pair<AccountId, AssetId>, std::pair<Int128, Int128>> balances;
    for (const auto& [key, amount] : available_) balances[key].first = amount;
    for (const auto& [id, order] : orders_)
        balances[{order.account, paying_asset(order)}].second += order.held;
    for (const auto& [key, amounts] : balances) {
        if (amounts.first == 0 && amounts.second == 0) continue;
        state.balances.push_back({key.first, key.second, {narrow(amounts.first)}, {narrow(amounts.second)}});
    }

    std::vector<Order> sorted;
    for (const auto& [id, order] : orders_) sorted.push_back(order);
    std::ranges::sort(sorted, [](const Order& a, const Order& b) {
        if (a.market != b.market) return a.market < b.market;
        if (a.side != b.side) return a.side < b.side;
        if (a.price != b.price) return (a.side == Side::buy) == (a.price > b.price);
        return a.arrival < b.arrival;
    });
    for (const Order& order : sorted) state.orders.push_back(record_of(order));

    for (const auto& [key, memory] : requests_) {
        const RequestContent asked =
            std::visit([](const auto& request) { return content(request); }, memory.request);
        state.client_orders.push_back({key.first, ClientOrderId(key.second), asked, memory.order,
                                       memory.first, memory.open, memory.forgotten_from});
    }
    for (const auto& [key, moved] : moved_) {
        TransferRecord record =
            std::visit([](const auto& asked) { return transfer_record(asked); }, moved.asked);
        record.first = moved.first;
        record.confirmed = moved.confirmed;
        state.transfers.push_back(record);
    }
    for (const auto& [key, lease] : leases_)
        state.leases.push_back({key.second, key.first, {lease.span}, {lease.due()}});
    return state;
}

}  // namespace sauda::core::testing
