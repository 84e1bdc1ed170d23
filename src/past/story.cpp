#include "past/story.h"

#include <algorithm>

#include <fmt/format.h>

#include "codec/json_reply.h"
#include "codec/json_value.h"
#include "core/event_reader.h"
#include "core/types/decimal.h"
#include "core/types/order_shard.h"
#include "past/moment.h"

namespace sauda::past {

using core::Side;

namespace {

std::string_view cause_text(core::EndCause cause) {
    switch (cause) {
        case core::EndCause::canceled_by_owner:
            return "its owner canceled it";
        case core::EndCause::canceled_all:
            return "its owner canceled all";
        case core::EndCause::replaced:
            return "its owner replaced it by another";
        case core::EndCause::reduced_to_nothing:
            return "an amendment left nothing open";
        case core::EndCause::ioc_remainder:
            return "immediate or cancel: what could not be filled at once expires";
        case core::EndCause::fok_unfillable:
            return "fill or kill: the book could not fill it whole, so none of it was";
        case core::EndCause::market_remainder:
            return "the book had no more to meet a market order";
        case core::EndCause::canceled_by_operator:
            return "an operator canceled it";
        case core::EndCause::cancel_on_disconnect:
            return "a connection ended whose owner wanted his orders canceled then";
        case core::EndCause::cancel_after:
            return "its owner's countdown ran out, as nobody renewed it";
    }
    return "for a reason this program does not know";
}

/// What a command asked for, in a word, where it names an order.
std::string_view request_text(const core::Command& command) {
    if (std::holds_alternative<core::CancelOrder>(command.body)) return "cancel";
    if (std::holds_alternative<core::AmendOrder>(command.body)) return "amend";
    if (std::holds_alternative<core::ReplaceOrder>(command.body)) return "replace";
    return "place";
}

}  // namespace

StoryTeller::StoryTeller(core::Exchange exchange, core::OrderId order)
    : exchange_(std::move(exchange)), depth_(exchange_.state()), order_(order) {
    const core::ExchangeState state = exchange_.state();
    if (state.last_order_count != 0) newest_ = core::order_id_of(state.shard, state.last_order_count);
    if (const auto record = exchange_.find_order(order)) resume(*record);
}

/// Where the order stands in the state that the story begins with: what happened before is not told.
void StoryTeller::resume(const core::OrderRecord& record) {
    core::OrderAccepted& order = accepted_.emplace();
    order.account = record.account;
    order.order = record.id;
    order.market = record.market;
    order.side = record.side;
    order.kind = record.kind;
    order.time_in_force = record.time_in_force;
    order.post_only = record.post_only ? 1 : 0;
    order.price = price_ = record.price;
    order.quantity = record.quantity;
    filled_ = record.quantity - record.leaves;
    is_open_ = true;
    stamp_ = exchange_.last();
    Chapter& chapter = add(
        "stood", fmt::format("stood here with {} of {} open at {}; what happened before cannot be replayed",
                             quantity(record.leaves), quantity(record.quantity), price(record.price)));
    chapter.facts = {{"account", std::to_string(record.account.raw)},
                     {"leaves", quantity(record.leaves)},
                     {"filled", quantity(filled_)},
                     {"price", price(record.price)}};
    chapter.text += "; " + queue_text(chapter);
}

void StoryTeller::apply(const core::Command& command, core::Stamp stamp) {
    command_ = &command;
    stamp_ = stamp;
    rested_.reset();
    events_.clear();
    exchange_.apply(command, stamp, events_);
    core::for_each_event(events_.bytes(), [this](const auto& event) { fold(event); });
    if (rested_) {
        Chapter& chapter = story_[*rested_];
        chapter.text += "; " + queue_text(chapter);
    }
    depth_.apply(stamp.sequence, stamp.time, events_.bytes());
}

Chapter& StoryTeller::add(std::string what, std::string text) {
    return story_.emplace_back(Chapter{stamp_, std::move(what), std::move(text), {}});
}

std::string StoryTeller::price(core::PriceTicks price) const {
    return core::format_decimal(price.raw,
                                depth_.listings().find_market(accepted_->market)->spec.price_scale);
}

std::string StoryTeller::quantity(core::QuantityLots quantity) const {
    return core::format_decimal(quantity.raw,
                                depth_.listings().find_market(accepted_->market)->spec.quantity_scale);
}

// --- What happens
// --------------------------------------------------------------------------------------------------

void StoryTeller::fold(const core::OrderAccepted& event) {
    newest_ = event.order;
    if (event.order != order_) return;
    accepted_ = event;
    price_ = event.price;
    is_open_ = true;
    const core::Market& market = *depth_.listings().find_market(event.market);
    const core::Asset& quote = *depth_.listings().find_asset(market.spec.quote);
    const bool is_limit = event.kind == core::OrderKind::limit;
    const bool by_quote = event.quote_quantity.raw != 0;
    const std::string amount = by_quote ? core::format_decimal(event.quote_quantity.raw, quote.scale) + " " +
                                              std::string(quote.name.view())
                                        : quantity(event.quantity);
    const std::string_view word = event.side == Side::buy ? "buy" : "sell";
    Chapter& chapter = add(
        "accepted",
        fmt::format("accepted from account {}: {} {} {}{}, {}{}", event.account.raw, word, amount,
                    market.spec.name.view(), is_limit ? " at " + price(event.price) : " at any price",
                    codec::time_in_force_text(event.time_in_force), event.post_only ? ", post-only" : ""));
    chapter.facts = {{"account", std::to_string(event.account.raw)},
                     {"market", std::string(market.spec.name.view())},
                     {"side", std::string(codec::side_text(event.side))},
                     {"kind", std::string(codec::kind_text(event.kind))},
                     {"quantity", amount},
                     {"client_order_id", std::string(event.client_order_id.view())}};
    if (is_limit) chapter.facts.emplace_back("price", price(event.price));
    tell_what_it_met(chapter);
}

/// The best of the other side, as it stood before the order came.
void StoryTeller::tell_what_it_met(Chapter& chapter) const {
    const Side other = opposite(accepted_->side);
    const std::string_view name = other == Side::buy ? "bid" : "ask";
    const auto best = depth_.find(accepted_->market)->top(other, 1);
    if (best.empty()) {
        chapter.text += fmt::format("; it met no {}s", name);
        return;
    }
    const bool crosses = accepted_->kind == core::OrderKind::market ||
                         (accepted_->side == Side::buy ? accepted_->price >= best[0].price
                                                       : accepted_->price <= best[0].price);
    chapter.text +=
        fmt::format("; the best {} was {} at {}, which it {} trade with", name, quantity(best[0].quantity),
                    price(best[0].price), crosses ? "could" : "could not");
    chapter.facts.emplace_back("met_price", price(best[0].price));
    chapter.facts.emplace_back("met_quantity", quantity(best[0].quantity));
}

void StoryTeller::fold(const core::OrderRested& event) {
    if (event.order != order_) return;
    Chapter& chapter =
        add("rested", fmt::format("rests with {} open at {}", quantity(event.leaves), price(event.price)));
    chapter.facts = {{"leaves", quantity(event.leaves)}, {"price", price(event.price)}};
    rested_ = story_.size() - 1;
}

void StoryTeller::fold(const core::Trade& event) {
    const bool is_maker = event.maker_order == order_;
    if (!is_maker && event.taker_order != order_) return;
    const core::Market& market = *depth_.listings().find_market(event.market);
    const auto liquidity = is_maker ? core::Liquidity::maker : core::Liquidity::taker;
    const core::Asset& fee_asset =
        *depth_.listings().find_asset(event.fee_in_base(liquidity) ? market.spec.base : market.spec.quote);
    const core::OrderId other = is_maker ? event.taker_order : event.maker_order;
    const core::AccountId other_account = is_maker ? event.taker_account : event.maker_account;
    const core::QuantityLots leaves = is_maker ? event.maker_leaves : event.taker_leaves;
    const std::string fee =
        core::format_decimal((is_maker ? event.maker_fee : event.taker_fee).raw, fee_asset.scale);
    filled_.raw += event.quantity.raw;
    const bool is_whole = leaves.raw == 0 && accepted_ && accepted_->quantity.raw != 0;
    if (is_whole) is_open_ = false;
    Chapter& chapter = add(
        "trade", fmt::format("trades {} at {} as {} with order {} of account {} (trade {}, fee {} {}); {}",
                             quantity(event.quantity), price(event.price), is_maker ? "maker" : "taker",
                             other.raw, other_account.raw, event.trade.raw, fee, fee_asset.name.view(),
                             is_whole                       ? "filled whole"
                             : accepted_->quantity.raw == 0 ? "bound by its amount of quote"
                                                            : quantity(leaves) + " left"));
    chapter.facts = {{"quantity", quantity(event.quantity)},
                     {"price", price(event.price)},
                     {"liquidity", is_maker ? "maker" : "taker"},
                     {"trade_id", std::to_string(event.trade.raw)},
                     {"other_order_id", std::to_string(other.raw)},
                     {"other_account", std::to_string(other_account.raw)},
                     {"fee", fee},
                     {"fee_asset", std::string(fee_asset.name.view())},
                     {"leaves", quantity(leaves)}};
}

void StoryTeller::fold(const core::OrderEnded& event) {
    if (event.order != order_) return;
    is_open_ = false;
    Chapter& chapter =
        add("ended", fmt::format("ends: {}; {} was open", cause_text(event.cause), quantity(event.leaves)));
    chapter.facts = {{"leaves", quantity(event.leaves)}, {"filled", quantity(filled_)}};
}

void StoryTeller::fold(const core::OrderAmended& event) {
    if (event.order != order_) return;
    price_ = event.price;
    Chapter& chapter = add(
        "amended", fmt::format("amended from {} open at {} to {} at {}; it {}", quantity(event.leaves_before),
                               price(event.price_before), quantity(event.leaves), price(event.price),
                               event.lost_priority != 0 ? "goes behind all at its price"
                                                        : "keeps its place in the queue"));
    chapter.facts = {{"leaves_before", quantity(event.leaves_before)},
                     {"price_before", price(event.price_before)},
                     {"leaves", quantity(event.leaves)},
                     {"price", price(event.price)},
                     {"lost_priority", event.lost_priority != 0 ? "true" : "false"}};
}

/// Whether a request is about the order: by its id, or by its owner's name for it.
bool StoryTeller::names_it(const core::Command& command) const {
    if (const auto* cancel = std::get_if<core::CancelOrder>(&command.body)) {
        const bool by_name = accepted_ && !cancel->order && !cancel->client_order_id.empty() &&
                             cancel->account == accepted_->account &&
                             cancel->client_order_id == accepted_->client_order_id;
        return cancel->order == order_ || by_name;
    }
    if (const auto* amend = std::get_if<core::AmendOrder>(&command.body)) return amend->order == order_;
    if (const auto* replace = std::get_if<core::ReplaceOrder>(&command.body))
        return replace->cancel == order_;
    return false;
}

void StoryTeller::fold(const core::Refused& event) {
    if (!accepted_ || !(event.order == order_ || names_it(*command_))) return;
    Chapter& chapter =
        add("refused", fmt::format("account {} asked to {}, which was refused: {}", event.account.raw,
                                   request_text(*command_), core::sentence(event.reason)));
    chapter.facts = {{"account", std::to_string(event.account.raw)},
                     {"request", std::string(request_text(*command_))},
                     {"code", std::string(core::code(event.reason))}};
}

void StoryTeller::fold(const core::Repeated& event) {
    if (event.order != order_) return;
    Chapter& chapter =
        add("repeated",
            fmt::format("the request of sequence {} came again and was answered as then", event.first.raw));
    chapter.facts = {{"first_sequence", std::to_string(event.first.raw)}};
}

// --- Its place in the book
// -----------------------------------------------------------------------------------------

/// What stands before the order now: orders stand in the state by priority.
std::string StoryTeller::queue_text(Chapter& chapter) const {
    core::QuantityLots better, same;
    std::size_t better_orders = 0, same_orders = 0;
    const core::ExchangeState state = exchange_.state();
    for (const core::OrderRecord& other : state.orders) {
        if (other.market != accepted_->market || other.side != accepted_->side) continue;
        if (other.id == order_) break;
        const bool is_same = other.price == price_;
        (is_same ? same : better).raw += other.leaves.raw;
        ++(is_same ? same_orders : better_orders);
    }
    chapter.facts.emplace_back("ahead_at_better_prices", quantity(better));
    chapter.facts.emplace_back("ahead_at_its_price", quantity(same));
    if (better_orders + same_orders == 0) return "nothing stands before it";
    return fmt::format("before it: {} in {} orders at better prices, {} in {} at its own", quantity(better),
                       better_orders, quantity(same), same_orders);
}

void StoryTeller::tell_how_it_stands() {
    const auto record = exchange_.find_order(order_);
    if (!record) return;
    price_ = record->price;
    stamp_ = exchange_.last();
    Chapter& chapter = add("standing", fmt::format("still open: {} of {} at {}", quantity(record->leaves),
                                                   quantity(record->quantity), price(record->price)));
    chapter.facts = {{"leaves", quantity(record->leaves)}, {"price", price(record->price)}};
    chapter.text += "; " + queue_text(chapter);
    const auto best = depth_.find(accepted_->market)->top(opposite(accepted_->side), 1);
    const core::MarketState state = depth_.listings().find_market(accepted_->market)->state;
    const std::string_view name = accepted_->side == Side::buy ? "ask" : "bid";
    chapter.text += best.empty() ? fmt::format("; there is no {}", name)
                                 : fmt::format("; the best {} is {} at {}", name, quantity(best[0].quantity),
                                               price(best[0].price));
    if (state != core::MarketState::trading)
        chapter.text += fmt::format("; the market does not trade ({})", codec::market_state_text(state));
}

Story StoryTeller::end() {
    if (accepted_ && is_open_) tell_how_it_stands();
    return std::move(story_);
}

// --- For people and for programs
// -----------------------------------------------------------------------------------

std::string story_text(core::OrderId order, const Story& story) {
    std::string out = fmt::format("order {}\n", order.raw);
    for (const Chapter& chapter : story)
        out += fmt::format("{}  sequence {:<10} {}\n", utc_text(chapter.stamp.time),
                           chapter.stamp.sequence.raw, chapter.text);
    return out;
}

std::string story_json(core::OrderId order, const Story& story) {
    std::string list;
    for (const Chapter& chapter : story) {
        list += fmt::format(R"({}{{"sequence":{},"time":{},"what":"{}","text":)", list.empty() ? "" : ",",
                            chapter.stamp.sequence.raw, chapter.stamp.time.milliseconds(), chapter.what);
        codec::append_json_string(list, chapter.text);
        for (const auto& [name, value] : chapter.facts) {
            list += fmt::format(R"(,"{}":)", name);
            codec::append_json_string(list, value);
        }
        list += "}";
    }
    return fmt::format(R"({{"order_id":{},"story":[{}]}})", order.raw, list);
}

}  // namespace sauda::past
