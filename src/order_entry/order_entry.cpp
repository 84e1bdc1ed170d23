#include "order_entry/order_entry.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "codec/stored_event_frame.h"

namespace sauda::order_entry {

using base::Result;
using base::Unexpected;
using core::RejectReason;

namespace {

Answer malformed(std::string message) {
    return refusal(400, "malformed_request", message);
}

Answer success(std::string body) {
    Answer answer;
    answer.body = std::move(body);
    return answer;
}

}  // namespace

Answer refusal(int status, std::string_view code, std::string_view sentence) {
    Answer answer;
    answer.status = status;
    answer.body = codec::error_json(code, sentence);
    answer.code = code;
    return answer;
}

Answer refusal(const codec::RequestError& error) {
    return refusal(error.http_status, error.code, error.message);
}

Answer refusal(RejectReason reason) {
    return refusal(codec::http_status(reason), core::code(reason), core::sentence(reason));
}

Answer refusal(gateway::Refusal reason) {
    return refusal(503, gateway::code(reason),
                   "The exchange cannot take this now; nothing was done. Try again in a moment.");
}

Answer outcome_unknown(std::string_view ask) {
    return refusal(504, "outcome_unknown",
                   fmt::format("The engine did not answer in time; the request may or may not have been "
                               "applied. {}",
                               ask));
}

OrderEntry::OrderEntry(gateway::Gateway& gateway, const views::ReadModel& views, OrderEntryHooks hooks)
    : gateway_(gateway), views_(views), hooks_(std::move(hooks)) {}

// --- Answers
// -------------------------------------------------------------------------------------------------------

Answer OrderEntry::refused(RejectReason reason) {
    ++counters_.refused_by_rule;
    return refusal(reason);
}

Answer OrderEntry::refused(gateway::Refusal reason) {
    ++counters_.refused_before_acceptance;
    return refusal(reason);
}

Answer OrderEntry::answer_applied(core::Sequence sequence, const codec::CommandOutcome& outcome,
                                  bool is_duplicate) {
    if (outcome.refused != RejectReason::none) return refused(outcome.refused);
    if (outcome.canceled_owner) return answer_canceled(sequence, outcome, is_duplicate);
    if (!outcome.report) {
        std::string body =
            fmt::format(R"({{"status":"Success","canceled":{},"order_ids":[)", outcome.ended.size());
        for (std::size_t i = 0; i < outcome.ended.size(); ++i) {
            body += (i == 0 ? "" : ",") + std::to_string(outcome.ended[i].raw);
        }
        counters_.canceled += outcome.ended.size();
        return success(body + fmt::format(R"(],"sequence":{}}})", sequence.raw));
    }
    if (!outcome.amended) return answer_report(*outcome.report, sequence, is_duplicate);
    codec::ExecutionReport report = *outcome.report;
    add_past(report, sequence);
    return answer_report(report, sequence, is_duplicate);
}

/// What the events of an amendment do not tell of its order. The order's view may be ahead of the amendment,
/// and is when it is told of again: of it only what never changes may be taken.
void OrderEntry::add_past(codec::ExecutionReport& amended, core::Sequence sequence) const {
    const views::OrderView* order = views_.accounts.find_order(amended.account, amended.order);
    if (order != nullptr) amended.client_order_id = order->client_order_id;
    if (!amended.quote_before) amended.quote_before = views_.accounts.quote_before_amend(sequence);
}

Answer OrderEntry::answer_report(const codec::ExecutionReport& report, core::Sequence sequence,
                                 bool is_duplicate) const {
    const core::Market& market = *views_.catalog.find_market(report.market);
    const codec::ReportContext context{market, *views_.catalog.find_asset(market.spec.base),
                                       *views_.catalog.find_asset(market.spec.quote)};
    return success(codec::report_json(report, context, sequence, is_duplicate));
}

/// The end of an order does not tell its totals; its view does, and an ended order changes no more.
Answer OrderEntry::answer_canceled(core::Sequence sequence, const codec::CommandOutcome& outcome,
                                   bool is_duplicate) {
    ++counters_.canceled;
    codec::ExecutionReport report;
    report.order = outcome.ended.back();
    report.status = core::OrderStatus::canceled;
    const views::OrderView* order = views_.accounts.find_order(outcome.canceled_owner, report.order);
    if (order == nullptr) {
        return success(
            fmt::format(R"({{"status":"Success","order_id":{},"order_status":"Canceled","sequence":{}}})",
                        report.order.raw, sequence.raw));
    }
    report.client_order_id = order->client_order_id;
    report.market = order->market;
    report.quantity = order->quantity;
    report.filled = order->filled;
    if (order->filled_quote_complete) report.quote_before = order->filled_quote;
    return answer_report(report, sequence, is_duplicate);
}

/// The retry got `sequence`, and is answered what the request of `first` was. Where that cannot be read now
/// the client asks again rather than be told half of it; where it is gone for good that it was done is all
/// there is to tell.
void OrderEntry::answer_repeated(core::Sequence first, core::Sequence sequence, Done done) {
    ++counters_.repeated;
    hooks_.find_frame(first, [this, first, sequence, done = std::move(done)](const FoundFrame& found) {
        Answer answer = repeated_of(first, found);
        answer.sequence = sequence;
        done(std::move(answer));
    });
}

Answer OrderEntry::repeated_of(core::Sequence first, const FoundFrame& found) {
    if (!found) {
        return refusal(
            503, "report_unavailable",
            "This request was done before, and its report cannot be read now; send it again in a moment.");
    }
    codec::StoredFrameReader stored;
    const auto frame = stored.read(*found ? base::ByteView(**found) : base::ByteView());
    if (frame) return answer_applied(first, codec::outcome_of(frame->events), true);
    return success(fmt::format(R"({{"status":"Success","duplicate":true,"sequence":{}}})", first.raw));
}

Answer OrderEntry::answer_of(const gateway::Reply& reply, const codec::CommandOutcome& outcome) {
    if (reply.kind == gateway::Reply::Kind::applied) {
        Answer answer = answer_applied(reply.frame.header.sequence, outcome, false);
        answer.sequence = reply.frame.header.sequence;
        return answer;
    }
    ++counters_.outcome_unknown;
    return outcome_unknown("Ask by client order id.");
}

// --- Requests
// ------------------------------------------------------------------------------------------------------

Result<core::PlaceOrder, Answer> OrderEntry::read_place(core::AccountId account,
                                                        const codec::JsonValue& order) const {
    const auto request = codec::read_order(order);
    if (!request) return Unexpected{refusal(request.error())};
    const core::Market* market = views_.catalog.find_market(request->market);
    if (market == nullptr) return Unexpected{refusal(RejectReason::unknown_market)};
    auto place = codec::resolve(*request, *market);
    if (!place) return Unexpected{refusal(place.error())};
    place->account = account;
    return *place;
}

void OrderEntry::submit(core::CommandBody body, PendingKey pending, Done done) {
    const core::TimestampNs now = hooks_.now();
    gateway::Request request;
    request.body = std::move(body);
    request.deadline = gateway_.deadline_after(now, patience_ns);
    // Shared: the gateway keeps one, and a refusal is answered by the other.
    const auto answer = std::make_shared<Done>(std::move(done));
    request.completion = [this, answer, pending, now](const gateway::Reply& reply) {
        // Another request under the same id may be on its way still.
        const auto found = pending_.find(pending);
        if (found != pending_.end() && gateway_.is_answered(found->second.command)) pending_.erase(found);
        const codec::CommandOutcome outcome = codec::outcome_of(reply.frame.events);
        if (hooks_.on_answered) hooks_.on_answered(outcome.refused, hooks_.now().raw - now.raw);
        if (outcome.repeated)
            return answer_repeated(outcome.repeated, reply.frame.header.sequence, std::move(*answer));
        (*answer)(answer_of(reply, outcome));
    };
    const core::TimestampNs deadline = request.deadline;
    const auto sent = gateway_.submit(std::move(request), now);
    if (!sent) return (*answer)(refused(sent.error()));
    if (!pending.id.empty()) pending_[pending] = {*sent, deadline};
}

void OrderEntry::place(core::AccountId account, const codec::JsonValue& order, Done done) {
    auto place = read_place(account, order);
    if (!place) return done(std::move(place).error());
    ++counters_.placed;
    const PendingKey pending{account, place->client_order_id};
    submit(*place, pending, std::move(done));
}

/// Answers of a batch, collected in order.
struct OrderEntry::Ordered {
    std::vector<Answer> answers;
    std::size_t missing = 0;
    Done done;

    void set(std::size_t index, Answer answer) {
        answers[index] = std::move(answer);
        if (--missing > 0) return;
        Answer all = success(R"({"status":"Success","results":[)");
        for (const Answer& each : answers) {
            if (&each != answers.data()) all.body.push_back(',');
            all.body += fmt::format(R"({{"http_status":{},)", each.status) + each.body.substr(1);
            if (!all.sequence) all.sequence = each.sequence;
            if (each.sequence) all.last_sequence = each.sequence;
        }
        all.body += "]}";
        done(std::move(all));
    }
};

namespace {

/// The order at `index` of a batch named `key`: without a client order id of its own it takes `key:index`, so
/// that a retried batch places nothing twice.
codec::JsonValue named_in_batch(const codec::JsonValue& order, const std::string& key, std::size_t index) {
    codec::JsonValue named = order;
    if (key.empty() || order.kind != codec::JsonValue::Kind::object ||
        order.find("client_order_id") != nullptr)
        return named;
    codec::JsonValue id;
    id.kind = codec::JsonValue::Kind::string;
    id.text = fmt::format("{}:{}", key, index);
    named.members.emplace_back("client_order_id", std::move(id));
    return named;
}

}  // namespace

void OrderEntry::place_batch(core::AccountId account, const codec::JsonValue& request, Done done) {
    const codec::JsonValue* orders = request.find("orders");
    const bool is_list = orders != nullptr && orders->kind == codec::JsonValue::Kind::array;
    if (!is_list || orders->items.empty() || orders->items.size() > batch_max) {
        return done(
            malformed(fmt::format("The field \"orders\" must be an array of 1 to {} orders.", batch_max)));
    }
    const auto key = codec::FieldReader(request).optional_text("client_order_id");
    if (!key) return done(refusal(key.error()));
    if (*key) {
        if (const auto checked = codec::read_client_order_id(**key + ":99"); !checked)
            return done(refusal(checked.error()));
    }
    const auto collected = std::make_shared<Ordered>();
    collected->answers.resize(orders->items.size());
    collected->missing = orders->items.size();
    collected->done = std::move(done);
    for (std::size_t i = 0; i < orders->items.size(); ++i) {
        const auto set = [collected, i](Answer answer) { collected->set(i, std::move(answer)); };
        if (orders->items[i].kind != codec::JsonValue::Kind::object) {
            set(malformed("Each of \"orders\" must be an object."));
            continue;
        }
        place(account, named_in_batch(orders->items[i], key->value_or(""), i), set);
    }
}

void OrderEntry::cancel(core::AccountId account, core::OrderId order, Done done) {
    // No order has this id, and to core it means that the client order id names the order.
    if (!order) return done(refused(RejectReason::unknown_order));
    submit(core::CancelOrder{account, order, {}}, {}, std::move(done));
}

void OrderEntry::cancel(core::AccountId account, const core::ClientOrderId& client_order_id, Done done) {
    submit(core::CancelOrder{account, {}, client_order_id}, {}, std::move(done));
}

void OrderEntry::cancel_all(core::AccountId account, std::string_view market, Done done) {
    core::CancelAll command{account, {}};
    if (!market.empty()) {
        const core::Market* found = views_.catalog.find_market(market);
        if (found == nullptr) return done(refused(RejectReason::unknown_market));
        command.market = found->id;
    }
    submit(command, {}, std::move(done));
}

void OrderEntry::amend(core::AccountId account, core::OrderId order, const codec::JsonValue& request,
                       Done done) {
    const auto amend = codec::read_amend(request);
    if (!amend) return done(refusal(amend.error()));
    // Units are the market's, and the market is the order's; core says whether it is still open.
    const views::OrderView* view = views_.accounts.find_order(account, order);
    if (view == nullptr) return done(refused(RejectReason::unknown_order));
    auto command = codec::resolve(*amend, *views_.catalog.find_market(view->market));
    if (!command) return done(refused(command.error()));
    command->account = account;
    command->order = order;
    ++counters_.amended;
    submit(*command, {account, command->request_id}, std::move(done));
}

void OrderEntry::replace(core::AccountId account, const codec::JsonValue& request, Done done) {
    const codec::FieldReader fields(request);
    const auto canceled = fields.whole(fields.has("cancel_order_id") ? "cancel_order_id" : "order_id");
    if (!canceled) return done(refusal(canceled.error()));
    auto place = read_place(account, request);
    if (!place) return done(std::move(place).error());
    ++counters_.placed;
    const PendingKey pending{account, place->client_order_id};
    submit(core::ReplaceOrder{{*canceled}, *place}, pending, std::move(done));
}

// --- Pending
// -------------------------------------------------------------------------------------------------------

bool OrderEntry::may_still_come(const Pending& pending, core::TimestampNs horizon) const {
    // Stamps never fall: once the engine has told of one past the deadline, it has told of all before it.
    const core::TimestampNs told = std::max(gateway_.engine_time(), horizon);
    return !gateway_.is_answered(pending.command) && told <= pending.deadline;
}

bool OrderEntry::is_pending(core::AccountId account, const core::ClientOrderId& id,
                            core::TimestampNs horizon) const {
    const auto found = pending_.find({account, id});
    return found != pending_.end() && may_still_come(found->second, horizon);
}

void OrderEntry::sweep() {
    std::erase_if(pending_, [&](const auto& entry) { return !may_still_come(entry.second, {}); });
}

}  // namespace sauda::order_entry
