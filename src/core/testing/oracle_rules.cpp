/// The oracle's rules: what may be asked, and the arithmetic of prices, quantities and holds.
#include <algorithm>

#include "core/testing/oracle.h"

namespace sauda::core::testing {

namespace {

Int128 ten_to(int exponent) {
    Int128 power = 1;
    while (exponent-- > 0) power *= 10;
    return power;
}

/// The same request again? Everything that the client chose counts, but for the account and id it is under.
bool same_terms(const PlaceOrder& a, const PlaceOrder& b) {
    return a.market == b.market && a.side == b.side && a.kind == b.kind &&
           a.time_in_force == b.time_in_force && a.post_only == b.post_only &&
           a.on_duplicate == b.on_duplicate && a.price == b.price && a.quantity == b.quantity &&
           a.quote_quantity == b.quote_quantity;
}
bool same_request(const PlaceOrder& a, const PlaceOrder& b) {
    return same_terms(a, b);
}
bool same_request(const ReplaceOrder& a, const ReplaceOrder& b) {
    return a.cancel == b.cancel && same_terms(a.place, b.place);
}
bool same_request(const AmendOrder& a, const AmendOrder& b) {
    return a.order == b.order && a.price == b.price && a.quantity == b.quantity &&
           a.quantity_change == b.quantity_change && a.requeue == b.requeue;
}
template <class A, class B>
bool same_request(const A&, const B&) {
    return false;
}

DuplicatePolicy policy_of(const PlaceOrder& request) {
    return request.on_duplicate;
}
DuplicatePolicy policy_of(const ReplaceOrder& request) {
    return request.place.on_duplicate;
}
DuplicatePolicy policy_of(const AmendOrder&) {
    return DuplicatePolicy::return_first;
}
MarketId market_of(const PlaceOrder& request) {
    return request.market;
}
MarketId market_of(const ReplaceOrder& request) {
    return request.place.market;
}
MarketId market_of(const AmendOrder&) {
    return {};
}

}  // namespace

// --- Arithmetic ----------------------------------------------------------------------------------------

Int128 Oracle::quote_of(const MarketBook& market, Int128 price, Int128 quantity) const {
    const int quote_scale = assets_[market.spec.quote.raw - 1].asset.scale;
    return price * quantity * ten_to(quote_scale - market.spec.price_scale - market.spec.quantity_scale);
}

Int128 Oracle::base_of(const MarketBook& market, Int128 quantity) const {
    const int base_scale = assets_[market.spec.base.raw - 1].asset.scale;
    return quantity * ten_to(base_scale - market.spec.quantity_scale);
}

Int128 Oracle::divided_up(Int128 value, Int128 divisor) {
    return value / divisor + (value % divisor != 0 ? 1 : 0);
}

/// A seller holds what is sold. A buyer holds for each unit its price and, where fees are in quote, that
/// unit's fee at the higher rate, rounded up.
Int128 Oracle::hold_for(const Order& order, Int128 quantity) const {
    const MarketBook& book = market(order.market);
    if (order.side == Side::sell) return base_of(book, quantity);
    const Int128 unit = quote_of(book, order.price, 1);
    if (book.spec.fee_asset == FeeAsset::received) return unit * quantity;
    const FeeRates& fees = book.schedules[order.schedule];
    const Int128 rate = std::max(std::max(fees.maker_ppm, fees.taker_ppm), 0);
    return (unit + divided_up(unit * rate, 1'000'000)) * quantity;
}

AssetId Oracle::paying_asset(const Order& order) const {
    const MarketSpec& spec = market(order.market).spec;
    return order.side == Side::buy ? spec.quote : spec.base;
}

// --- Rules ---------------------------------------------------------------------------------------------

RejectReason Oracle::why_not_price(const MarketBook& book, std::int64_t price) const {
    if (price <= 0) return RejectReason::invalid_price;
    if (price > order_price_max) return RejectReason::price_too_large;
    return price % book.spec.tick == 0 ? RejectReason::none : RejectReason::price_off_tick;
}

RejectReason Oracle::why_not_quantity(const MarketBook& book, std::int64_t quantity) const {
    if (quantity <= 0) return RejectReason::invalid_quantity;
    if (quantity > order_quantity_max) return RejectReason::quantity_too_large;
    return quantity % book.spec.lot == 0 ? RejectReason::none : RejectReason::quantity_off_lot;
}

RejectReason Oracle::why_not_notional(const MarketBook& book, Int128 price, Int128 quantity) const {
    const Int128 notional = quote_of(book, price, quantity);
    if (notional > asset_supply_max) return RejectReason::notional_too_large;
    return notional < book.spec.min_notional.raw ? RejectReason::below_min_notional : RejectReason::none;
}

RejectReason Oracle::why_not_terms(const MarketBook& book, const PlaceOrder& command) const {
    const bool by_quote = command.quote_quantity.raw != 0;
    const bool by_quantity = command.quantity.raw != 0;
    if (command.kind == OrderKind::limit) {
        if (by_quote) return RejectReason::invalid_combination;
        if (command.post_only && command.time_in_force != TimeInForce::gtc)
            return RejectReason::invalid_combination;
        if (const auto bad = why_not_price(book, command.price.raw); bad != RejectReason::none) return bad;
        if (const auto bad = why_not_quantity(book, command.quantity.raw); bad != RejectReason::none)
            return bad;
        return why_not_notional(book, command.price.raw, command.quantity.raw);
    }
    if (command.post_only || by_quote == by_quantity) return RejectReason::invalid_combination;
    if (by_quote) {
        if (command.time_in_force == TimeInForce::fok) return RejectReason::invalid_combination;
        if (command.quote_quantity.raw < 0) return RejectReason::invalid_quantity;
        if (command.quote_quantity.raw > asset_supply_max) return RejectReason::notional_too_large;
        return command.quote_quantity < book.spec.min_notional ? RejectReason::below_min_notional
                                                               : RejectReason::none;
    }
    if (const auto bad = why_not_quantity(book, command.quantity.raw); bad != RejectReason::none) return bad;
    // Its worth is judged at the best price there is; where there is none, nothing is judged.
    const auto makers = makers_for(incoming(command).order);
    if (makers.empty()) return RejectReason::none;
    return why_not_notional(book, makers.front()->price, command.quantity.raw);
}

/// `replaced`: the order that this one takes the place of, if it does: its hold and its place are free.
RejectReason Oracle::why_not_place(const PlaceOrder& command, const Order* replaced) const {
    if (account(command.account).frozen) return RejectReason::account_frozen;
    if (!has_market(command.market)) return RejectReason::unknown_market;
    const MarketBook& book = market(command.market);
    if (book.state != MarketState::trading) return RejectReason::market_halted;
    if (const auto bad = why_not_terms(book, command); bad != RejectReason::none) return bad;

    const Incoming taker = incoming(command);
    const std::vector<Fill> fills = plan(taker);
    if (command.post_only && !fills.empty()) return RejectReason::post_only_would_take;

    Int128 needed = 0;
    if (command.kind == OrderKind::limit) {
        needed = hold_for(taker.order, command.quantity.raw);
    } else if (command.side == Side::buy) {
        for (const Fill& fill : fills) needed += cost_of(taker, fill);
    } else if (taker.budget) {
        for (const Fill& fill : fills) needed += base_of(book, fill.quantity);
    } else {
        needed = base_of(book, command.quantity.raw);
    }
    const Int128 freed = replaced == nullptr ? 0 : replaced->held;
    const Int128 funds = available(command.account, paying_asset(taker.order)) + freed;
    return needed > funds ? RejectReason::insufficient_funds : RejectReason::none;
}

bool Oracle::answered_before(AccountId account, const ClientOrderId& id, const Request& request) {
    const auto found = requests_.find({account, std::string(id.view())});
    if (id.empty() || found == requests_.end()) return false;
    const Memory& before = found->second;
    const MarketId in = std::visit([](const auto& body) { return market_of(body); }, request);
    const auto policy = std::visit([](const auto& body) { return policy_of(body); }, request);
    if (policy == DuplicatePolicy::refuse_if_open) {
        if (before.open) refuse(RejectReason::client_order_id_open, account, in, before.order);
        return before.open;
    }
    const bool same =
        std::visit([](const auto& a, const auto& b) { return same_request(a, b); }, before.request, request);
    if (!same) {
        refuse(RejectReason::client_order_id_conflict, account, in, before.order);
        return true;
    }
    Repeated event;
    event.account = account;
    event.first = before.first;
    event.order = before.order;
    events_->append(event);
    return true;
}

RejectReason Oracle::why_not_request(AccountId account, const ClientOrderId& id) const {
    if (deadline_.raw != 0 && deadline_ < now_.time) return RejectReason::expired_before_sequencing;
    if (id.empty()) return RejectReason::none;
    if (!is_valid_client_order_id(id.view())) return RejectReason::invalid_client_order_id;
    const auto mine =
        std::ranges::count_if(requests_, [&](const auto& entry) { return entry.first.first == account; });
    const bool is_new = !requests_.contains({account, std::string(id.view())});
    const bool full = is_new && mine >= std::int64_t{client_order_ids_per_account_max};
    return full ? RejectReason::idempotency_window_full : RejectReason::none;
}

}  // namespace sauda::core::testing
