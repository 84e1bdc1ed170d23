/// The oracle's traders: how orders trade, who pays what, and the commands that do it.
#include <algorithm>

#include "base/assert.h"
#include "core/testing/oracle.h"

namespace sauda::core::testing {

namespace {

std::int64_t narrow(Int128 value) {
    ASSERT(value >= INT64_MIN && value <= INT64_MAX);
    return static_cast<std::int64_t>(value);
}

bool reaches(Side taker, std::int64_t limit, std::int64_t price) {
    return taker == Side::buy ? price <= limit : price >= limit;
}

}  // namespace

// --- Trading -------------------------------------------------------------------------------------------

Oracle::Incoming Oracle::incoming(const PlaceOrder& command) const {
    Order order;
    order.account = command.account;
    order.market = command.market;
    order.side = command.side;
    order.kind = command.kind;
    order.time_in_force = command.time_in_force;
    order.post_only = command.post_only;
    order.schedule = market(command.market).schedules.size() - 1;
    order.price = command.kind == OrderKind::limit ? command.price.raw : 0;
    order.quantity = command.quantity.raw;
    order.leaves = command.quantity.raw;
    order.client_order_id = std::string(command.client_order_id.view());
    Incoming taker{order, {}};
    if (command.quote_quantity.raw != 0) {
        taker.budget = command.quote_quantity.raw;
        taker.order.leaves = order_quantity_max;
    }
    return taker;
}

/// Every order that the taker may trade with, in the order in which it would.
std::vector<const Oracle::Order*> Oracle::makers_for(const Order& taker) const {
    std::vector<const Order*> makers;
    for (const auto& [id, order] : orders_) {
        const bool other_side = order.market == taker.market && order.side != taker.side;
        if (!other_side) continue;
        if (taker.kind == OrderKind::limit && !reaches(taker.side, taker.price, order.price)) continue;
        makers.push_back(&order);
    }
    std::ranges::sort(makers, [&](const Order* a, const Order* b) {
        if (a->price != b->price) return (taker.side == Side::buy) == (a->price < b->price);
        return a->arrival < b->arrival;
    });
    return makers;
}

/// What one fill takes out of a taker's budget: its quote, and the fee of a buyer that pays it in quote.
Int128 Oracle::cost_of(const Incoming& taker, const Fill& fill) const {
    const MarketBook& book = market(taker.order.market);
    const Int128 quote = quote_of(book, fill.price, fill.quantity);
    if (taker.order.side == Side::sell || book.spec.fee_asset == FeeAsset::received) return quote;
    return quote + divided_up(quote * book.schedules[taker.order.schedule].taker_ppm, 1'000'000);
}

/// The most whole lots of `fill` that the budget covers, found by halving.
std::int64_t Oracle::affordable(const Incoming& taker, const Fill& fill) const {
    const std::int64_t lot = market(taker.order.market).spec.lot;
    std::int64_t enough = 0;                          // lots that are covered
    std::int64_t too_many = fill.quantity / lot + 1;  // lots that are not, or are not there
    while (too_many - enough > 1) {
        const std::int64_t middle = enough + (too_many - enough) / 2;
        const bool covered = cost_of(taker, {fill.maker, fill.price, middle * lot}) <= *taker.budget;
        (covered ? enough : too_many) = middle;
    }
    return enough * lot;
}

std::vector<Oracle::Fill> Oracle::plan(const Incoming& taker) const {
    std::vector<Fill> fills;
    Incoming left = taker;
    for (const Order* maker : makers_for(taker.order)) {
        Fill fill{maker->id.raw, maker->price, std::min(left.order.leaves, maker->leaves)};
        if (left.budget) fill.quantity = affordable(left, fill);
        if (fill.quantity == 0) break;
        fills.push_back(fill);
        left.order.leaves -= fill.quantity;
        if (left.budget) *left.budget -= cost_of(left, fill);
        if (fill.quantity < maker->leaves) break;  // a worse price is not taken while a better one is there
    }
    return fills;
}

/// Moves the money of a trade, whose maker has been given back its share of the hold.
void Oracle::pay(const Trade& trade) {
    const MarketBook& book = market(trade.market);
    const bool taker_buys = trade.taker_side == Side::buy;
    const AccountId buyer = taker_buys ? trade.taker_account : trade.maker_account;
    const AccountId seller = taker_buys ? trade.maker_account : trade.taker_account;
    move(buyer, seller, book.spec.quote, trade.quote.raw);
    move(seller, buyer, book.spec.base, base_of(book, trade.quantity.raw));

    const bool received = book.spec.fee_asset == FeeAsset::received;
    const AssetId taker_fee_asset = received && taker_buys ? book.spec.base : book.spec.quote;
    const AssetId maker_fee_asset = received && !taker_buys ? book.spec.base : book.spec.quote;
    move(trade.taker_account, fees_account, taker_fee_asset, trade.taker_fee.raw);
    if (trade.maker_fee.raw > 0)
        move(trade.maker_account, fees_account, maker_fee_asset, trade.maker_fee.raw);
    if (trade.maker_fee.raw < 0)
        move(fees_account, trade.maker_account, taker_fee_asset, -trade.maker_fee.raw);
}

void Oracle::trade(Incoming& taker, const Fill& fill) {
    Order& maker = orders_.at(fill.maker);
    MarketBook& book = market(maker.market);
    const bool taker_buys = taker.order.side == Side::buy;
    const bool received = book.spec.fee_asset == FeeAsset::received;
    const Int128 quote = quote_of(book, fill.price, fill.quantity);
    const Int128 base = base_of(book, fill.quantity);
    const Int128 taker_basis = received && taker_buys ? base : quote;
    const Int128 maker_basis = received && !taker_buys ? base : quote;
    const Int128 maker_rate = book.schedules[maker.schedule].maker_ppm;
    const Int128 taker_fee =
        divided_up(taker_basis * book.schedules[taker.order.schedule].taker_ppm, 1'000'000);
    const Int128 maker_fee = maker_rate >= 0 ? divided_up(maker_basis * maker_rate, 1'000'000)
                                             : -std::min(taker_basis * -maker_rate / 1'000'000, taker_fee);
    const Int128 released = hold_for(maker, fill.quantity);

    if (taker.budget) *taker.budget -= cost_of(taker, fill);
    taker.order.leaves -= fill.quantity;
    maker.leaves -= fill.quantity;
    maker.held -= released;
    available_[{maker.account, paying_asset(maker)}] += released;

    Trade event;
    event.market = maker.market;
    event.update = next_update(maker.market);
    event.trade = {++book.trades};
    event.price = {fill.price};
    event.quantity = {fill.quantity};
    event.maker_order = maker.id;
    event.taker_order = taker.order.id;
    event.maker_account = maker.account;
    event.taker_account = taker.order.account;
    event.maker_account_sequence = next_sequence(maker.account);
    event.taker_account_sequence = next_sequence(taker.order.account);
    event.maker_leaves = {maker.leaves};
    event.taker_leaves = {taker.budget ? 0 : taker.order.leaves};
    event.quote = {narrow(quote)};
    event.maker_fee = {narrow(maker_fee)};
    event.taker_fee = {narrow(taker_fee)};
    event.released = {narrow(released)};
    event.taker_side = taker.order.side;
    event.fee_asset = book.spec.fee_asset;
    pay(event);
    events_->append(event);
    if (maker.leaves > 0) return;
    close(maker.client_order_id, maker.account);
    orders_.erase(fill.maker);
}

void Oracle::trade_and_rest(Incoming taker) {
    Order& order = taker.order;
    const std::vector<Fill> fills = plan(taker);
    Int128 fillable = 0;
    for (const Fill& fill : fills) fillable += fill.quantity;
    const bool killed = order.time_in_force == TimeInForce::fok && fillable < order.leaves;
    if (!killed) {
        for (const Fill& fill : fills) trade(taker, fill);
    }

    const bool is_left = taker.budget ? *taker.budget > 0 : order.leaves > 0;
    if (is_left && order.kind == OrderKind::limit && order.time_in_force == TimeInForce::gtc) {
        order.held = hold_for(order, order.leaves);
        order.arrival = ++arrivals_;
        available_[{order.account, paying_asset(order)}] -= order.held;
        orders_[order.id.raw] = order;
        OrderRested event;
        event.market = order.market;
        event.update = next_update(order.market);
        event.order = order.id;
        event.account = order.account;
        event.side = order.side;
        event.price = {order.price};
        event.leaves = {order.leaves};
        event.held = {narrow(order.held)};
        return events_->append(event);
    }
    if (is_left) {
        OrderEnded event;
        event.market = order.market;
        event.order = order.id;
        event.account = order.account;
        event.side = order.side;
        event.cause = order.kind == OrderKind::market ? EndCause::market_remainder : EndCause::ioc_remainder;
        if (killed) event.cause = EndCause::fok_unfillable;
        event.account_sequence = next_sequence(order.account);
        event.price = {order.price};
        event.leaves = {taker.budget ? 0 : order.leaves};
        events_->append(event);
    }
    close(order.client_order_id, order.account);
}

void Oracle::close(const std::string& client_order_id, AccountId account) {
    const auto found = requests_.find({account, client_order_id});
    if (client_order_id.empty() || found == requests_.end()) return;
    found->second.open = false;
    found->second.forgotten_from = {now_.time.raw + client_order_id_memory_ns};
}

void Oracle::end(std::uint64_t id, EndCause cause) {
    const Order order = orders_.at(id);
    orders_.erase(id);
    available_[{order.account, paying_asset(order)}] += order.held;
    close(order.client_order_id, order.account);
    OrderEnded event;
    event.market = order.market;
    event.update = next_update(order.market);
    event.order = order.id;
    event.account = order.account;
    event.side = order.side;
    event.cause = cause;
    event.account_sequence = next_sequence(order.account);
    event.price = {order.price};
    event.leaves = {order.leaves};
    event.released = {narrow(order.held)};
    events_->append(event);
}

void Oracle::accept(const PlaceOrder& command, const Request& request) {
    Incoming taker = incoming(command);
    taker.order.id = {(std::uint64_t{shard_} << (order_id_bits - order_id_shard_bits)) + ++order_count_};
    taker.order.accepted = now_.time;
    if (!command.client_order_id.empty()) {
        requests_[{command.account, taker.order.client_order_id}] = {
            request, taker.order.id, now_.sequence, true, {}};
    }
    OrderAccepted event;
    event.account = command.account;
    event.account_sequence = next_sequence(command.account);
    event.order = taker.order.id;
    event.market = command.market;
    event.side = command.side;
    event.kind = command.kind;
    event.time_in_force = command.time_in_force;
    event.post_only = command.post_only ? 1 : 0;
    event.price = {taker.order.price};
    event.quantity = command.quantity;
    event.quote_quantity = command.quote_quantity;
    event.fees = market(command.market).spec.fees;
    event.client_order_id = command.client_order_id;
    events_->append(event);
    trade_and_rest(taker);
}

// --- Commands ------------------------------------------------------------------------------------------

const Oracle::Order* Oracle::own_order(AccountId account, OrderId id) const {
    const auto found = orders_.find(id.raw);
    return found == orders_.end() || found->second.account != account ? nullptr : &found->second;
}

void Oracle::execute(const PlaceOrder& command) {
    const auto refused = [&](RejectReason reason) { refuse(reason, command.account, command.market); };
    if (!has_account(command.account)) return refused(RejectReason::unknown_account);
    if (answered_before(command.account, command.client_order_id, command)) return;
    if (const auto bad = why_not_request(command.account, command.client_order_id); bad != RejectReason::none)
        return refused(bad);
    if (const auto bad = why_not_place(command, nullptr); bad != RejectReason::none) return refused(bad);
    accept(command, command);
}

void Oracle::execute(const CancelOrder& command) {
    const auto refused = [&](RejectReason reason) { refuse(reason, command.account, {}, command.order); };
    if (!has_account(command.account)) return refused(RejectReason::unknown_account);
    OrderId id = command.order;
    if (!id) {
        for (const auto& [number, order] : orders_) {
            const bool named = !command.client_order_id.empty() && order.account == command.account &&
                               order.client_order_id == command.client_order_id.view();
            if (named) id = order.id;
        }
    }
    if (own_order(command.account, id) == nullptr) return refused(RejectReason::unknown_order);
    end(id.raw, EndCause::canceled_by_owner);
}

void Oracle::execute(const CancelAll& command) {
    if (!has_account(command.account))
        return refuse(RejectReason::unknown_account, command.account, command.market);
    if (command.market && !has_market(command.market))
        return refuse(RejectReason::unknown_market, command.account, command.market);
    end_all(command.account, command.market, EndCause::canceled_all);
}

void Oracle::end_all(AccountId account, MarketId market, EndCause cause) {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, order] : orders_) {
        const bool in_market = !market || order.market == market;
        if (order.account == account && in_market) ids.push_back(id);
    }
    for (const std::uint64_t id : ids) end(id, cause);
}

void Oracle::execute(const ReplaceOrder& command) {
    const PlaceOrder& place = command.place;
    const auto refused = [&](RejectReason reason) {
        refuse(reason, place.account, place.market, command.cancel);
    };
    if (!has_account(place.account)) return refused(RejectReason::unknown_account);
    if (answered_before(place.account, place.client_order_id, command)) return;
    if (const auto bad = why_not_request(place.account, place.client_order_id); bad != RejectReason::none)
        return refused(bad);
    const Order* replaced = own_order(place.account, command.cancel);
    if (replaced == nullptr) return refused(RejectReason::unknown_order);
    if (replaced->market != place.market || replaced->side != place.side)
        return refused(RejectReason::invalid_combination);
    if (const auto bad = why_not_place(place, replaced); bad != RejectReason::none) return refused(bad);
    end(command.cancel.raw, EndCause::replaced);
    accept(place, command);
}

}  // namespace sauda::core::testing
