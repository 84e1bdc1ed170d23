// A session's order messages: the same requests as REST takes, answered with the same reports.
#include <algorithm>

#include <fmt/format.h>

#include "codec/json_request.h"
#include "event-broadcaster/session.h"
#include "order_entry/answer_log.h"
#include "order_entry/several.h"

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

namespace {

using order_entry::Done;
using order_entry::OrderEntry;

void cancel(OrderEntry& orders, core::AccountId account, const JsonValue& body, Done done) {
    const codec::FieldReader fields(body);
    const auto refuse = [&](const codec::RequestError& error) { done(order_entry::refusal(error)); };
    if (fields.has("order_id")) {
        const auto order = fields.whole("order_id");
        if (!order) return refuse(order.error());
        return orders.cancel(account, core::OrderId{*order}, std::move(done));
    }
    const auto text = fields.text("client_order_id");
    if (!text)
        return refuse({400, "malformed_request", "An \"order_id\" or a \"client_order_id\" is needed."});
    const auto id = codec::read_client_order_id(*text);
    if (!id) return refuse(id.error());
    orders.cancel(account, *id, std::move(done));
}

/// No market means all of them, so a market that is there but cannot be read must not pass for none.
void cancel_all(OrderEntry& orders, core::AccountId account, const JsonValue& body, Done done) {
    const JsonValue* market = body.find("market");
    if (market == nullptr) return orders.cancel_all(account, {}, std::move(done));
    if (market->kind != JsonValue::Kind::string || market->text.empty()) {
        return done(order_entry::refusal(400, "malformed_request",
                                         "The field \"market\" must be a market's name; leave it out to "
                                         "cancel in all markets."));
    }
    orders.cancel_all(account, market->text, std::move(done));
}

void amend(OrderEntry& orders, core::AccountId account, const JsonValue& body, Done done) {
    const auto order = codec::FieldReader(body).whole("order_id");
    if (!order) return done(order_entry::refusal(order.error()));
    orders.amend(account, {*order}, body, std::move(done));
}

const JsonValue* orders_of(const JsonValue& body) {
    if (body.kind == JsonValue::Kind::array) return &body;
    return body.kind == JsonValue::Kind::object ? body.find("orders") : nullptr;
}

}  // namespace

std::span<const Session::OrderEntryMessage> Session::order_entries() {
    using L = const Leg&;
    using J = const Json&;
    static constexpr OrderEntryMessage all[] = {
        {"PlaceOrder", true, [](L l, J b, Done d) { l.shard.orders.place(l.account, b, std::move(d)); }},
        {"PlaceOrders", true,
         [](L l, J b, Done d) {
             const bool is_list = b.kind == Json::Kind::array;
             l.shard.orders.place_batch(l.account, is_list ? batch_of(b) : b, std::move(d));
         }},
        {"ReplaceOrder", true, [](L l, J b, Done d) { l.shard.orders.replace(l.account, b, std::move(d)); }},
        {"AmendOrder", true, [](L l, J b, Done d) { amend(l.shard.orders, l.account, b, std::move(d)); }},
        {"CancelOrder", false, [](L l, J b, Done d) { cancel(l.shard.orders, l.account, b, std::move(d)); }},
        {"CancelAll", false,
         [](L l, J b, Done d) { cancel_all(l.shard.orders, l.account, b, std::move(d)); }},
        {"CancelOnDisconnect", true, &Session::cancel_on_disconnect}};
    return all;
}

void Session::cancel_on_disconnect(const Leg& leg, const Json& body, Done done) {
    ConnectionLeases::Wish wish{leg.account, {}, {}};
    if (body.kind != Json::Kind::null) {
        const auto setting = order_entry::read_switch(body, order_entry::connection_limits,
                                                      order_entry::connection_ms_default);
        if (!setting) return done(order_entry::refusal(setting.error()));
        const auto taken_over = order_entry::read_taken_over(body);
        if (!taken_over) return done(order_entry::refusal(taken_over.error()));
        wish.setting = *setting;
        wish.taken_over = *taken_over;
    }
    leg.leases.set(leg.connection, wish, std::move(done));
}

/// `done`, after which a peer that is silent for as long as its orders may outlive this server is taken for
/// gone: one time tells its owner how long his orders can stand after him, whatever ended.
Done Session::with_patience(const Json& body, Done done) {
    order_entry::SwitchSetting setting;
    if (body.kind == Json::Kind::object) {
        setting =
            order_entry::read_switch(body, order_entry::connection_limits, order_entry::connection_ms_default)
                .value_or(setting);
    }
    return [weak = weak_from_this(), setting, done = std::move(done)](const order_entry::Answer& answer) {
        const auto self = weak.lock();
        const std::int64_t ms = setting ? setting->raw / 1'000'000 : INT32_MAX;
        if (self && answer.status == 200) self->socket_->set_silence_max(std::chrono::milliseconds(ms));
        done(answer);
    };
}

/// Where a message's orders are: by the order or the market that it names, or its `shard`. Null: it names
/// several. One that names none is for the first.
Session::Leg* Session::leg_of_orders(const ClientMessage& message) {
    if (legs_.size() == 1) return &legs_.front();
    if (const JsonValue* orders = orders_of(message.body); orders != nullptr) {
        Leg* all = nullptr;
        for (const JsonValue& order : orders->items) {
            const std::string_view market = order.find_text("market").value_or("");
            Leg& leg = leg_of_market(market);
            if (!has_market(leg, market)) continue;  // refused wherever it goes
            if (all != nullptr && all != &leg) return nullptr;
            all = &leg;
        }
        return all == nullptr ? &legs_.front() : all;
    }
    if (message.body.kind == Json::Kind::object && message.body.find("shard") != nullptr)
        return leg_named(message.body.find_text("shard").value_or(""));
    const codec::FieldReader fields(message.body);
    for (const std::string_view field : {"cancel_order_id", "order_id"}) {
        if (!fields.has(field)) continue;
        const auto order = fields.whole(field);
        return order ? &leg_of_order(*order) : &legs_.front();
    }
    return &leg_of_market(message.body.find_text("market").value_or(""));
}

/// Without a market, and without an order's own id, a message is about all shards.
bool Session::goes_to_all(const ClientMessage& message) const {
    if (legs_.size() == 1) return false;
    if (message.name == "CancelOnDisconnect") return true;
    if (message.name != "CancelAll" && message.name != "CancelOrder") return false;
    const codec::FieldReader fields(message.body);
    return !fields.has("market") && !fields.has("shard") && !fields.has("order_id");
}

/// CancelOrder is done by the first shard that knows the client's id, all else by every one.
bool Session::dispatch_to_all(const OrderEntryMessage& entry, const ClientMessage& message) {
    const bool asks_all = message.name != "CancelOrder";
    ask_from(0, entry.handle, message.body, asks_all, done_of(message), {});
    return true;
}

Done Session::done_of(const ClientMessage& message) {
    Done done = answer_to(message);
    return message.name == "CancelOnDisconnect" ? with_patience(message.body, std::move(done)) : done;
}

order_entry::Answer Session::without_account(const Leg& leg) {
    if (!leg.shard.is_open()) return order_entry::refusal(order_entry::shard_away(leg.shard.name));
    return order_entry::refusal(
        503, "account_pending",
        "This account is being opened with shard " + leg.shard.name + "; try again in a moment.");
}

/// Asks shard after shard, with `before` the answers so far. What all are asked goes to all, whoever fails:
/// the first failure is told.
void Session::ask_from(std::size_t leg, OrderHandler handle, Json body, bool asks_all, Done done,
                       std::optional<order_entry::Answer> before) {
    for (; leg < legs_.size() && !legs_[leg].account; ++leg) {
        if (before && before->status >= 300 && before->status != 404) continue;
        before = without_account(legs_[leg]);
    }
    if (leg == legs_.size()) return done(std::move(*before));
    auto next = [weak = weak_from_this(), leg, handle, body, asks_all, done,
                 before = std::move(before)](order_entry::Answer answer) mutable {
        const bool is_good = answer.status < 300;
        const bool was_good = before && before->status < 300;
        if (asks_all && is_good && was_good) {
            order_entry::add_canceled(before->body, answer.body);
            order_entry::add_took_over(before->body, answer.body);
        }
        if (asks_all && before && (is_good || !was_good)) answer = std::move(*before);
        // Where one could not be asked, nobody can say that there is no such order.
        const bool tells_less = !asks_all && !is_good && before && before->status != 404;
        if (tells_less) answer = std::move(*before);
        const bool is_done = !asks_all && is_good;
        const auto self = weak.lock();
        if (is_done || !self) return done(std::move(answer));
        self->ask_from(leg + 1, handle, std::move(body), asks_all, std::move(done), std::move(answer));
    };
    handle(legs_[leg], body, std::move(next));
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
    if (token_id_.empty())
        return refuse(401, "not_authenticated", R"(Send {"Authenticate":"<token>"} first.)");
    const bool is_list = body.kind == Json::Kind::array && message.name == "PlaceOrders";
    const bool is_off = body.kind == Json::Kind::null && message.name == "CancelOnDisconnect";
    if (body.kind != Json::Kind::object && !is_list && !is_off)
        return refuse(400, "malformed_request", "The message's content must be an object.");
    const auto seconds_to_wait = [&](std::size_t shard, core::AccountId account) -> std::uint64_t {
        return entry->is_limited ? context_.limit_orders(shard, account, order_count(message)) : 0;
    };
    const auto refuse_rate = [&](std::uint64_t wait) {
        return refuse(429, "rate_limited", fmt::format("Too many orders; try again in {} s.", wait));
    };
    if (goes_to_all(message)) {
        const std::uint64_t wait = seconds_to_wait(0, legs_.front().account);
        return wait != 0 ? refuse_rate(wait) : dispatch_to_all(*entry, message);
    }
    const Leg* leg = leg_of_orders(message);
    if (leg == nullptr)
        return refuse(422, "several_shards",
                      "The orders of one message must be in markets of one shard, and its \"shard\" one that "
                      "there is.");
    if (!leg->account) {
        send_answer(std::string(message.name), message.request_id, without_account(*leg));
        return true;
    }
    const std::uint64_t wait = seconds_to_wait(static_cast<std::size_t>(leg - legs_.data()), leg->account);
    if (wait != 0) return refuse_rate(wait);
    entry->handle(*leg, body, done_of(message));
    return true;
}

}  // namespace sauda::event_broadcaster
