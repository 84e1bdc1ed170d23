#include "world.h"

#include "core/event_reader.h"
#include "core/invariants.h"
#include "core/testing/describe.h"
#include "outcome_text.h"

namespace sauda::scenarios {

using namespace core;

// --- Names ---------------------------------------------------------------------------------------------

AccountId World::account(const std::string& name) {
    if (name == "fees") return fees_account;
    if (name == "external") return external_account;
    if (name == "in-transit") return in_transit_account;
    if (name == "nobody") return {999};
    if (const auto found = accounts_.find(name); found != accounts_.end()) return found->second;
    Uuid user;
    user.bytes[0] = static_cast<std::uint8_t>(accounts_.size() + 1);
    apply({{}, {}, OpenAccount{user}});
    return accounts_[name] = exchange.find_account(user);
}

std::string World::account_name(AccountId id) const {
    for (const auto& [name, account] : accounts_) {
        if (account == id) return name;
    }
    return "account " + std::to_string(id.raw);
}

OrderId World::order(Words& words, const std::string& label) const {
    const auto found = orders_.find(label);
    if (found != orders_.end()) return found->second;
    if (label == "unknown") return {999'999};
    words.fail("no order was labelled '" + label + "'");
    return {};
}

std::string World::label(OrderId id) const {
    for (const auto& [label, order] : orders_) {
        if (order == id) return label;
    }
    return "order " + std::to_string(id.raw);
}

Asset World::asset(Words& words, const std::string& name) const {
    const Asset* found = exchange.find_asset(name);
    if (found != nullptr) return *found;
    words.fail("there is no asset '" + name + "'");
    return {};
}

Market World::market(Words& words, const std::string& name) {
    const Market* found = exchange.find_market(name);
    if (found == nullptr) {
        words.fail("there is no market '" + name + "'");
        return {};
    }
    last_market_ = name;
    return *found;
}

Market World::last_market(Words& words) const {
    const Market* found = exchange.find_market(last_market_);
    if (found != nullptr) return *found;
    words.fail("no market is named here or before");
    return {};
}

std::optional<Sent> World::sent_before(const std::string& label) const {
    const auto found = sent_.find(label);
    return found == sent_.end() ? std::nullopt : std::optional(found->second);
}

// --- Playing -------------------------------------------------------------------------------------------

std::string World::play(std::string_view line) {
    line = line.substr(0, line.find('#'));
    const std::size_t arrow = line.find("->");
    const bool says_outcome = arrow != std::string_view::npos;
    Words words(line.substr(0, arrow));
    if (words.done()) return says_outcome ? "an outcome of nothing" : "";
    const std::string verb = words.next("a verb");

    std::string wrong;
    if (const auto found = expectation(*this, verb, words)) {
        words.fail_unless_done();
        wrong = says_outcome ? "this line changes nothing and has no outcome" : *found;
    } else if (verb == "wait") {
        wait(words.duration("a span of time"));
        words.fail_unless_done();
    } else {
        wrong = play_command(verb, words, says_outcome ? line.substr(arrow + 2) : "");
    }
    if (!words.ok()) return words.failure();
    if (restarts_) exchange = Exchange(exchange.state());
    return wrong.empty() ? check() : wrong;
}

std::string World::play_command(const std::string& verb, Words& words, std::string_view expected) {
    auto commands = operator_commands(*this, verb, words);
    if (!commands) commands = lease_commands(*this, verb, words);
    if (commands) {
        words.fail_unless_done();
        std::string wrong;
        for (const Sent& sent : *commands) {
            if (wrong.empty() && words.ok()) wrong = send(sent, false, expected.empty() ? "ok" : expected);
        }
        return wrong;
    }
    std::optional<Sent> sent;
    const bool redelivered = verb == "redeliver";
    if (verb == "again" || redelivered) {
        const std::string label = words.done() ? "" : words.next("a label");
        sent = sent_before(label);
        if (!sent) words.fail("nothing was sent before as '" + label + "'");
    } else {
        sent = trader_command(*this, verb, words);
        if (!sent) words.fail("'" + verb + "' is no command");
        if (sent && !sent->label.empty() && orders_.contains(sent->label))
            words.fail("the label '" + sent->label + "' is taken");
    }
    words.fail_unless_done();
    if (words.ok() && expected.empty()) words.fail("this line needs an outcome after ->");
    return words.ok() ? send(*sent, redelivered, expected) : "";
}

std::string World::send(const Sent& sent, bool redelivered, std::string_view expected) {
    Sent stamped = sent;
    if (!redelivered && !sent.by_sequencer) stamped.command.id = {1, ++gateway_sequence_};
    const EventBuffer events = apply(stamped.command);
    note(stamped, events);
    return compare_outcome(*this, expected, events);
}

EventBuffer World::apply(const Command& command) {
    EventBuffer events;
    ++stamp_.sequence.raw;
    ++stamp_.time.raw;
    exchange.apply(command, stamp_, events);
    return events;
}

/// Remembers what was sent, which order it opened, and how it was refused. Before the labels are needed to
/// write the events as text.
void World::note(const Sent& sent, const EventBuffer& events) {
    sent_[""] = sent;
    if (!sent.label.empty()) sent_[sent.label] = sent;
    for_each_event(events.bytes(), Overloaded{[&](const Refused& e) { refusals_.insert(e.reason); },
                                              [&](const OrderAccepted& e) {
                                                  // An order accepted anew under an old label is a mistake
                                                  // that shows as text.
                                                  if (!sent.label.empty())
                                                      orders_.emplace(sent.label, e.order);
                                              },
                                              [](const auto&) {}});
}

std::string World::check() {
    if (const auto violation = check_invariants(exchange)) return "an invariant is broken: " + *violation;
    if (!restarts_) return {};
    const ExchangeState state = exchange.state();
    exchange = Exchange(state);
    const std::string changed =
        testing::first_difference(testing::describe(state), testing::describe(exchange.state()));
    return changed.empty() ? "" : "a restart changed the state: " + changed;
}

}  // namespace sauda::scenarios
