/// place, cancel, cancel-all, amend, replace: from a line's words to a command.
#include "world.h"

namespace sauda::scenarios {

using namespace core;

namespace {

Side side(Words& words) {
    if (words.take("buy")) return Side::buy;
    words.expect("sell");
    return Side::sell;
}

/// `limit 100.00 x 2`, `market 2` or `market for 1000.00`, and then the market's name if it is given. What
/// the numbers mean depends on the market, so they wait for it.
struct Terms {
    OrderKind kind{};
    std::string price, quantity, budget, market;
};

Terms read_terms(Words& words, const World& world) {
    Terms terms;
    if (words.take("limit")) {
        terms.price = words.next("a price");
        words.expect("x");
        terms.quantity = words.next("a quantity");
    } else {
        words.expect("market");
        terms.kind = OrderKind::market;
        if (words.take("for")) {
            terms.budget = words.next("an amount");
        } else {
            terms.quantity = words.next("a quantity");
        }
    }
    const bool names_market = world.exchange.find_market(words.peek()) != nullptr;
    if (names_market) terms.market = words.next("a market");
    return terms;
}

std::int64_t number(Words& words, const std::string& text, int scale) {
    if (text.empty()) return 0;
    Words one(text);
    const std::int64_t value = one.decimal("number", scale);
    if (!one.ok()) words.fail(one.failure());
    return value;
}

void read_options(Words& words, const World& world, Command& command, PlaceOrder& order) {
    const int quote_scale =
        world.exchange.find_market(order.market) == nullptr
            ? 0
            : world.exchange.find_asset(world.exchange.find_market(order.market)->spec.quote)->scale;
    while (!words.done()) {
        if (words.take("ioc")) {
            order.time_in_force = TimeInForce::ioc;
        } else if (words.take("fok")) {
            order.time_in_force = TimeInForce::fok;
        } else if (words.take("post-only")) {
            order.post_only = true;
        } else if (words.take("refuse-if-open")) {
            order.on_duplicate = DuplicatePolicy::refuse_if_open;
        } else if (words.take("late")) {
            command.deadline = {world.next_time().raw - 1};
        } else if (words.take("just-in-time")) {
            command.deadline = world.next_time();
        } else if (words.take("in-nowhere")) {
            order.market = {999};
        } else if (const std::string budget = words.take_prefixed("for="); !budget.empty()) {
            order.quote_quantity = {number(words, budget, quote_scale)};
        } else if (const std::string id = words.take_prefixed("id="); !id.empty()) {
            order.client_order_id = ClientOrderId(id);
        } else {
            words.fail_unless_done();
        }
    }
}

/// `alice buy limit 100.00 x 2 TATA_INR ioc id=first`
PlaceOrder read_order(World& world, Words& words, Command& command) {
    PlaceOrder order;
    order.account = world.account(words.next("an account"));
    order.side = side(words);
    const Terms terms = read_terms(words, world);
    const Market market = terms.market.empty() ? world.last_market(words) : world.market(words, terms.market);
    if (!words.ok()) return order;
    order.market = market.id;
    order.kind = terms.kind;
    order.price = {number(words, terms.price, market.spec.price_scale)};
    order.quantity = {number(words, terms.quantity, market.spec.quantity_scale)};
    order.quote_quantity = {number(words, terms.budget, world.exchange.find_asset(market.spec.quote)->scale)};
    read_options(words, world, command, order);
    return order;
}

Sent place(World& world, Words& words) {
    Sent sent;
    sent.label = words.next("a label for the order");
    sent.command.body = read_order(world, words, sent.command);
    return sent;
}

/// `replace A1 with A2 alice buy limit 101.00 x 2`
Sent replace(World& world, Words& words) {
    Sent sent;
    ReplaceOrder replace;
    replace.cancel = world.order(words, words.next("an order"));
    words.expect("with");
    sent.label = words.next("a label for the order");
    replace.place = read_order(world, words, sent.command);
    sent.command.body = replace;
    return sent;
}

/// `cancel A1 alice`, `cancel id=first alice`
Sent cancel(World& world, Words& words) {
    CancelOrder cancel;
    if (const std::string id = words.take_prefixed("id="); !id.empty()) {
        cancel.client_order_id = ClientOrderId(id);
    } else {
        cancel.order = world.order(words, words.next("an order"));
    }
    cancel.account = world.account(words.next("an account"));
    return {{{}, {}, cancel}, {}};
}

/// `cancel-all alice`, `cancel-all alice TATA_INR`
Sent cancel_all(World& world, Words& words) {
    CancelAll cancel;
    cancel.account = world.account(words.next("an account"));
    if (words.take("in-nowhere")) cancel.market = {999};
    if (!words.done()) cancel.market = world.market(words, words.next("a market")).id;
    return {{{}, {}, cancel}, {}};
}

/// `amend A1 alice [price 101.00] [total|leaves|reduce-by 3] [requeue] [id=name] [late]`
Sent amend(World& world, Words& words) {
    Sent sent;
    AmendOrder amend;
    amend.order = world.order(words, words.next("an order"));
    amend.account = world.account(words.next("an account"));
    const auto open = world.exchange.find_order(amend.order);
    const MarketSpec spec = open ? world.exchange.find_market(open->market)->spec : MarketSpec{};
    const auto quantity = [&](QuantityChange change) {
        amend.quantity_change = change;
        amend.quantity = {words.decimal("a quantity", spec.quantity_scale)};
    };
    while (!words.done()) {
        if (words.take("price")) {
            amend.price = {words.decimal("a price", spec.price_scale)};
        } else if (words.take("total")) {
            quantity(QuantityChange::total);
        } else if (words.take("leaves")) {
            quantity(QuantityChange::leaves);
        } else if (words.take("reduce-by")) {
            quantity(QuantityChange::reduce_by);
        } else if (words.take("requeue")) {
            amend.requeue = true;
        } else if (words.take("late")) {
            sent.command.deadline = {world.next_time().raw - 1};
        } else if (const std::string id = words.take_prefixed("id="); !id.empty()) {
            amend.request_id = ClientOrderId(id);
        } else {
            words.fail_unless_done();
        }
    }
    sent.command.body = amend;
    return sent;
}

}  // namespace

std::optional<Sent> trader_command(World& world, const std::string& verb, Words& words) {
    if (verb == "place") return place(world, words);
    if (verb == "replace") return replace(world, words);
    if (verb == "cancel") return cancel(world, words);
    if (verb == "cancel-all") return cancel_all(world, words);
    if (verb == "amend") return amend(world, words);
    return {};
}

}  // namespace sauda::scenarios
