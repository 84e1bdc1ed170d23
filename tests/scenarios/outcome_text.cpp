#include "outcome_text.h"

#include <vector>

#include "core/event_buffer.h"
#include "core/event_reader.h"
#include "core/types/decimal.h"

namespace sauda::scenarios {

using namespace core;

namespace {

/// One event: what must be said of it, and what may be said besides.
struct Item {
    std::string text;
    std::string fees;
    bool may_be_left_out = false;
};

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> items;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        // Words with one space between, whatever stood there.
        Words words(text.substr(0, comma));
        std::string item;
        while (!words.done()) item += (item.empty() ? "" : " ") + words.next("a word");
        items.push_back(item);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return items;
}

class Writer {
public:
    explicit Writer(const World& world) : world_(world) {}

    Item operator()(const OrderAccepted&) const { return {"accepted", {}, false}; }
    Item operator()(const OrderRested& e) const {
        return {"rests " + quantity(e.market, e.leaves), {}, true};
    }
    Item operator()(const Trade& e) const {
        return {"trade " + quantity(e.market, e.quantity) + " @ " + price(e.market, e.price) + " maker " +
                    world_.label(e.maker_order),
                fee(e, Liquidity::taker) + fee(e, Liquidity::maker), false};
    }
    Item operator()(const OrderEnded& e) const {
        const std::string open = e.leaves.raw == 0 ? "" : " " + quantity(e.market, e.leaves);
        return {ended(e) + open, {}, false};
    }
    Item operator()(const OrderAmended& e) const {
        return {"amended " + world_.label(e.order) + " " + price(e.market, e.price) + " x " +
                    quantity(e.market, e.leaves) +
                    (e.lost_priority != 0 ? " loses priority" : " keeps priority"),
                {},
                false};
    }
    Item operator()(const Refused& e) const { return {"refused " + std::string(code(e.reason)), {}, false}; }
    Item operator()(const Repeated& e) const {
        return {e.order ? "repeated " + world_.label(e.order) : "repeated", {}, false};
    }
    Item operator()(const Redelivered&) const { return {"redelivered", {}, false}; }
    Item operator()(const AccountOpened& e) const { return {e.existed != 0 ? "existed" : "ok", {}, false}; }
    Item operator()(const LeaseEnded& e) const {
        const std::string account = world_.account_name(e.account);
        switch (e.how) {
            case LeaseEnd::called_off:
                return {"called off " + account, {}, false};
            case LeaseEnd::fired:
                return {"fired " + account, {}, false};
            case LeaseEnd::lapsed:
                return {"lapsed " + account, {}, false};
        }
        return {"ended for no known cause", {}, false};
    }
    template <class E>
    Item operator()(const E&) const {
        return {"ok", {}, false};  // an operator's command, done
    }

private:
    std::string ended(const OrderEnded& e) const {
        const std::string order = world_.label(e.order);
        switch (e.cause) {
            case EndCause::canceled_by_owner:
            case EndCause::canceled_all:
                return "canceled " + order;
            case EndCause::canceled_by_operator:
                return "canceled by operator " + order;
            case EndCause::cancel_on_disconnect:
                return "canceled on disconnect " + order;
            case EndCause::cancel_after:
                return "canceled by countdown " + order;
            case EndCause::replaced:
                return "replaced " + order;
            case EndCause::reduced_to_nothing:
                return "reduced to nothing " + order;
            case EndCause::fok_unfillable:
                return "killed";
            case EndCause::ioc_remainder:
            case EndCause::market_remainder:
                return "expired";
        }
        return "ended for no known cause";
    }

    std::string fee(const Trade& e, Liquidity liquidity) const {
        const Market& market = *world_.exchange.find_market(e.market);
        const AssetId asset_id = e.fee_in_base(liquidity) ? market.spec.base : market.spec.quote;
        const Asset& asset = *world_.exchange.find_asset(asset_id);
        const bool of_maker = liquidity == Liquidity::maker;
        const Amount amount = of_maker ? e.maker_fee : e.taker_fee;
        const std::string who = world_.account_name(of_maker ? e.maker_account : e.taker_account);
        const bool is_rebate = amount.raw < 0;
        return (is_rebate ? " rebate " : " fee ") + who + " " +
               format_decimal(is_rebate ? -amount.raw : amount.raw, asset.scale) + " " +
               std::string(asset.name.view());
    }

    std::string price(MarketId id, PriceTicks price) const {
        return format_decimal(price.raw, world_.exchange.find_market(id)->spec.price_scale);
    }
    std::string quantity(MarketId id, QuantityLots quantity) const {
        return format_decimal(quantity.raw, world_.exchange.find_market(id)->spec.quantity_scale);
    }

    const World& world_;
};

bool matches(const std::string& expected, const Item& item) {
    return expected == item.text || (!item.fees.empty() && expected == item.text + item.fees);
}

/// True where `expected` names every item that must be named.
bool all_match(const std::vector<std::string>& expected, const std::vector<Item>& items) {
    std::size_t at = 0;
    for (const Item& item : items) {
        if (at < expected.size() && matches(expected[at], item)) {
            ++at;
        } else if (!item.may_be_left_out) {
            return false;
        }
    }
    return at == expected.size();
}

/// What of a new or requeued order is told to have traded, to rest or to have ended is all of it: `rests` may
/// be left out of a line only because this is proved of every line. Orders bound by quote have no quantity.
bool is_accounted_for(const EventBuffer& events) {
    std::int64_t open = 0;
    const auto count = Overloaded{
        [&](const OrderAccepted& e) { open = e.quantity.raw; },
        [&](const OrderAmended& e) { open = e.lost_priority != 0 ? e.leaves.raw : 0; },
        [&](const Trade& e) { open -= e.quantity.raw; },
        [&](const OrderRested& e) { open -= e.leaves.raw; },
        [&](const OrderEnded& e) { open -= is_expiry(e.cause) ? e.leaves.raw : 0; },
        [](const auto&) {},
    };
    bool is_quote_bound = false;
    for_each_event(events.bytes(), count);
    for_each_event(events.bytes(),
                   Overloaded{[&](const OrderAccepted& e) { is_quote_bound = e.quantity.raw == 0; },
                              [](const auto&) {}});
    return is_quote_bound || open == 0;
}

std::string joined(const std::vector<Item>& items) {
    std::string text;
    for (const Item& item : items) text += (text.empty() ? "" : ", ") + item.text + item.fees;
    return text.empty() ? "nothing" : text;
}

}  // namespace

std::string compare_outcome(const World& world, std::string_view expected, const EventBuffer& events) {
    std::vector<Item> items;
    const Writer writer(world);
    if (!for_each_event(events.bytes(), [&](const auto& event) { items.push_back(writer(event)); }))
        return "the events cannot be read";
    std::vector<std::string> wanted = split(expected);
    if (wanted == std::vector<std::string>{"nothing"}) wanted.clear();
    const bool all_named = all_match(wanted, items);
    if (all_named && is_accounted_for(events)) return {};
    if (all_named) return "part of the order is neither traded, nor resting, nor ended: " + joined(items);
    std::string text;
    for (const std::string& item : wanted) text += (text.empty() ? "" : ", ") + item;
    return "\n  expected " + (text.empty() ? "nothing" : text) + "\n  got      " + joined(items);
}

}  // namespace sauda::scenarios
