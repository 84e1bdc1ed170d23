// A session's order messages: the same requests as REST takes, answered with the same reports.
#include <algorithm>

#include <fmt/format.h>

#include "codec/json_request.h"
#include "event-broadcaster/session.h"
#include "order_entry/answer_log.h"

namespace sauda::event_broadcaster {

namespace {

using codec::JsonValue;

JsonValue batch_of(const JsonValue& list) {
    JsonValue request;
    request.kind = JsonValue::Kind::object;
    request.members.emplace_back("orders", list);
    return request;
}

/// How much of the account's rate a message takes: a batch as much as it has orders.
std::uint64_t order_count(const ClientMessage& message) {
    if (message.name != "PlaceOrders") return 1;
    const JsonValue* orders = &message.body;
    if (orders->kind == JsonValue::Kind::object) orders = orders->find("orders");
    const std::size_t count = orders == nullptr ? 0 : orders->items.size();
    return std::clamp<std::size_t>(count, 1, order_entry::OrderEntry::batch_max);
}

}  // namespace

void Session::send_answer(const std::string& name, const RequestId& request_id,
                          const order_entry::Answer& answer) {
    const std::string id =
        request_id.empty() ? std::string() : fmt::format(R"("request_id":{},)", request_id.json);
    send_text(fmt::format(R"({{"response_to":"{}",{}"http_status":{},{})", name, id, answer.status,
                          answer.body.substr(1)));
}

/// The answer is logged whether or not the connection is still there to hear it.
order_entry::Done Session::answer_to(const ClientMessage& message) {
    return [weak = weak_from_this(), &now = context_.now, received = context_.now(), id = connection_id_,
            name = std::string(message.name),
            request_id = message.request_id](const order_entry::Answer& answer) {
        order_entry::log_answer({name, request_id.text, id, received}, answer, now());
        if (const auto self = weak.lock()) self->send_answer(name, request_id, answer);
    };
}

std::vector<std::string_view> Session::names() {
    std::vector<std::string_view> all;
    for (const Entry& entry : entries()) all.push_back(entry.name);
    for (const OrderEntryMessage& entry : order_entries()) all.push_back(entry.name);
    return all;
}

std::span<const Session::OrderEntryMessage> Session::order_entries() {
    static constexpr OrderEntryMessage all[] = {
        {"PlaceOrder", true,
         [](Session& s, const Json& b, order_entry::Done d) {
             s.context_.orders.place(s.account_, b, std::move(d));
         }},
        {"PlaceOrders", true,
         [](Session& s, const Json& b, order_entry::Done d) { s.place_many(b, std::move(d)); }},
        {"ReplaceOrder", true,
         [](Session& s, const Json& b, order_entry::Done d) {
             s.context_.orders.replace(s.account_, b, std::move(d));
         }},
        {"AmendOrder", true,
         [](Session& s, const Json& b, order_entry::Done d) { s.amend(b, std::move(d)); }},
        {"CancelOrder", false,
         [](Session& s, const Json& b, order_entry::Done d) { s.cancel(b, std::move(d)); }},
        {"CancelAll", false,
         [](Session& s, const Json& b, order_entry::Done d) { s.cancel_all(b, std::move(d)); }},
        {"CancelOnDisconnect", true,
         [](Session& s, const Json& b, order_entry::Done d) { s.cancel_on_disconnect(b, std::move(d)); }}};
    return all;
}

bool Session::dispatch_orders(const ClientMessage& message) {
    const auto entry = std::ranges::find(order_entries(), message.name, &OrderEntryMessage::name);
    if (entry == order_entries().end()) return false;
    const Json& body = message.body;
    const auto refuse = [&](int status, std::string_view code, std::string_view sentence) {
        send_answer(std::string(message.name), message.request_id,
                    order_entry::refusal(status, code, sentence));
        return true;
    };
    if (!account_) return refuse(401, "not_authenticated", R"(Send {"Authenticate":"<token>"} first.)");
    const bool is_list = body.kind == Json::Kind::array && message.name == "PlaceOrders";
    const bool is_off = body.kind == Json::Kind::null && message.name == "CancelOnDisconnect";
    if (body.kind != Json::Kind::object && !is_list && !is_off)
        return refuse(400, "malformed_request", "The message's content must be an object.");
    const std::uint64_t wait = entry->is_limited ? context_.limit_orders(account_, order_count(message)) : 0;
    if (wait != 0)
        return refuse(429, "rate_limited", fmt::format("Too many orders; try again in {} s.", wait));
    entry->handle(*this, body, answer_to(message));
    return true;
}

void Session::place_many(const Json& body, order_entry::Done done) {
    context_.orders.place_batch(account_, body.kind == Json::Kind::array ? batch_of(body) : body,
                                std::move(done));
}

void Session::cancel(const Json& body, order_entry::Done done) {
    const codec::FieldReader fields(body);
    const auto refuse = [&](const codec::RequestError& error) { done(order_entry::refusal(error)); };
    if (fields.has("order_id")) {
        const auto order = fields.whole("order_id");
        if (!order) return refuse(order.error());
        return context_.orders.cancel(account_, core::OrderId{*order}, std::move(done));
    }
    const auto text = fields.text("client_order_id");
    if (!text)
        return refuse({400, "malformed_request", "An \"order_id\" or a \"client_order_id\" is needed."});
    const auto id = codec::read_client_order_id(*text);
    if (!id) return refuse(id.error());
    context_.orders.cancel(account_, *id, std::move(done));
}

/// No market means all of them, so a market that is there but cannot be read must not pass for none.
void Session::cancel_all(const Json& body, order_entry::Done done) {
    const Json* market = body.find("market");
    if (market == nullptr) return context_.orders.cancel_all(account_, {}, std::move(done));
    if (market->kind != Json::Kind::string || market->text.empty()) {
        return done(order_entry::refusal(400, "malformed_request",
                                         "The field \"market\" must be a market's name; leave it out to "
                                         "cancel in all markets."));
    }
    context_.orders.cancel_all(account_, market->text, std::move(done));
}

void Session::cancel_on_disconnect(const Json& body, order_entry::Done done) {
    ConnectionLeases::Wish wish{account_, {}, {}};
    if (body.kind != Json::Kind::null) {
        const auto setting = order_entry::read_switch(body, order_entry::connection_limits,
                                                      order_entry::connection_ms_default);
        if (!setting) return done(order_entry::refusal(setting.error()));
        const auto taken_over = order_entry::read_taken_over(body);
        if (!taken_over) return done(order_entry::refusal(taken_over.error()));
        wish.setting = *setting;
        wish.taken_over = *taken_over;
    }
    const auto set = [weak = weak_from_this(), setting = wish.setting,
                      done = std::move(done)](const order_entry::Answer& answer) {
        const auto self = weak.lock();
        if (self && answer.status == 200) self->set_patience(setting);
        done(answer);
    };
    broadcaster_.leases().set(number_, wish, context_.now(), set);
}

/// A peer that is silent for as long as its orders may outlive this server is taken for gone: one time tells
/// its owner how long his orders can stand after him, whatever ended.
void Session::set_patience(order_entry::SwitchSetting setting) {
    const std::int64_t ms = setting ? setting->raw / 1'000'000 : INT32_MAX;
    socket_->set_silence_max(std::chrono::milliseconds(ms));
}

void Session::amend(const Json& body, order_entry::Done done) {
    const auto order = codec::FieldReader(body).whole("order_id");
    if (!order) return done(order_entry::refusal(order.error()));
    context_.orders.amend(account_, {*order}, body, std::move(done));
}

}  // namespace sauda::event_broadcaster
