#include "event-broadcaster/session.h"

#include <fmt/format.h>

#include "codec/json_reply.h"
#include "codec/json_request.h"

namespace sauda::event_broadcaster {

namespace {

/// The `request_id` of a message or of its body, as JSON text to echo; empty when there is none or it is
/// neither text nor number.
std::string request_id_of(const codec::JsonValue& message, const codec::JsonValue& body) {
    for (const codec::JsonValue* object : {&body, &message}) {
        const codec::JsonValue* id = object->find("request_id");
        if (id == nullptr) continue;
        if (id->kind == codec::JsonValue::Kind::number) return id->text;
        if (id->kind == codec::JsonValue::Kind::string && id->text.size() <= 128) {
            std::string out;
            codec::append_json_string(out, id->text);
            return out;
        }
    }
    return {};
}

codec::JsonValue batch_of(const codec::JsonValue& list) {
    codec::JsonValue request;
    request.kind = codec::JsonValue::Kind::object;
    request.members.emplace_back("orders", list);
    return request;
}

}  // namespace

Session::Session(Broadcaster& broadcaster, std::shared_ptr<net::WebSocket> socket)
    : broadcaster_(broadcaster), context_(broadcaster.context_), socket_(std::move(socket)) {}

void Session::start(std::string_view ticket) {
    feed_session_ = context_.hub.open(*this);
    // Weak: the socket must not keep alive what keeps it alive.
    const std::weak_ptr<Session> weak = weak_from_this();
    socket_->set_callbacks({.on_message =
                                [weak](std::string_view text) {
                                    if (const auto self = weak.lock()) self->on_message(text);
                                },
                            .on_close =
                                [weak](std::uint16_t, std::string_view) {
                                    if (const auto self = weak.lock()) self->on_close();
                                }});
    if (ticket.empty()) return;
    const auto session = context_.identity.redeem_ticket(ticket, context_.now().milliseconds());
    if (!session)
        return send_error(identity::refusal_code(session.error().refusal), session.error().sentence);
    attach(*session);
}

void Session::close(std::uint16_t code, std::string_view reason) {
    socket_->close(static_cast<net::CloseCode>(code), reason);
}

void Session::on_close() {
    if (!is_open_) return;
    is_open_ = false;
    context_.hub.close(feed_session_);
    broadcaster_.closed(*this);
}

void Session::send_text(const std::string& text) {
    if (is_open_) socket_->send_text(text);
}

void Session::send_error(std::string_view code, std::string_view sentence, const std::string& request_id) {
    std::string text = codec::error_json(code, sentence);
    if (!request_id.empty()) text.insert(1, fmt::format(R"("request_id":{},)", request_id));
    send_text(text);
}

bool Session::is_too_fast() {
    const std::int64_t second = context_.now().milliseconds() / 1000;
    if (second != rate_second_) {
        rate_second_ = second;
        rate_count_ = 0;
    }
    return ++rate_count_ > context_.messages_per_second;
}

void Session::on_message(std::string_view text) {
    if (is_too_fast())
        return send_error("rate_limited", "Too many messages on this connection; wait a second.");
    const auto message = codec::parse_json_object(text);
    if (!message) return send_error(message.error().code, message.error().message);
    // In one message nothing can happen between the two: the replay comes first, then what is new.
    const Json* resume = message->find("Resume");
    if (const Json* token = message->find("Authenticate"); token != nullptr && resume != nullptr) {
        dispatch("Authenticate", *token, *message);
        return dispatch("Resume", *resume, *message);
    }
    for (const auto& [name, body] : message->members) {
        if (name != "request_id") return dispatch(name, body, *message);
    }
    send_error("malformed_request", R"(A message names what it wants: {"SubscribeOrderbook":"TATA_INR"}.)");
}

void Session::dispatch(const std::string& name, const Json& body, const Json& message) {
    const std::string request_id = request_id_of(message, body);
    if (dispatch_public(name, body) || dispatch_private(name, body) ||
        dispatch_orders(name, body, request_id))
        return;
    send_error("unknown_message", "There is no such message; see the API's documentation.", request_id);
}

bool Session::dispatch_public(const std::string& name, const Json& body) {
    if (name == "SubscribeOrderbook")
        subscribe(feed::Channel::orderbook, body, true);
    else if (name == "UnsubscribeOrderbook")
        subscribe(feed::Channel::orderbook, body, false);
    else if (name == "SubscribeTrades")
        subscribe(feed::Channel::trades, body, true);
    else if (name == "UnsubscribeTrades")
        subscribe(feed::Channel::trades, body, false);
    else if (name == "SubscribeTicker" || name == "SubscribeCandles")
        send_error("not_supported", name + " is not supported yet.");
    else if (name == "Ping")
        send_text(fmt::format(R"({{"event":"pong","time":{}}})", context_.now().milliseconds()));
    else
        return false;
    return true;
}

void Session::subscribe(feed::Channel channel, const Json& body, bool wanted) {
    if (body.kind != Json::Kind::string)
        return send_error("malformed_request", "A market's name is needed, such as \"TATA_INR\".");
    if (context_.views.catalog.find_market(body.text) == nullptr) {
        return send_error("unknown_market", core::sentence(core::RejectReason::unknown_market));
    }
    if (wanted) {
        context_.hub.subscribe(feed_session_, channel, body.text);
    } else {
        context_.hub.unsubscribe(feed_session_, channel, body.text);
    }
}

bool Session::dispatch_private(const std::string& name, const Json& body) {
    if (name == "Authenticate") {
        authenticate(body);
        return true;
    }
    if (name != "Resume") return false;
    if (body.kind != Json::Kind::object) {
        send_error("malformed_request", R"(Resume is {"Resume":{"account_sequence":N}}.)");
        return true;
    }
    const auto after = codec::FieldReader(body).whole("account_sequence");
    if (after) {
        context_.hub.resume(feed_session_, {*after});
    } else {
        send_error(after.error().code, after.error().message);
    }
    return true;
}

void Session::authenticate(const Json& body) {
    if (body.kind != Json::Kind::string)
        return send_error("malformed_request", "Authenticate needs the token as a string.");
    const auto session = context_.identity.authenticate(body.text, context_.now().milliseconds());
    if (!session)
        return send_error(identity::refusal_code(session.error().refusal), session.error().sentence);
    attach(*session);
}

void Session::attach(const identity::SessionCache::SessionPointer& session) {
    core::Uuid user;
    user.bytes = session->user_id.bytes;
    const core::AccountId account = context_.views.catalog.find_account(user);
    if (!account)
        return send_error("account_pending", "This account is being opened; log in again in a moment.");
    if (!account_) {
        account_ = account;
        token_id_ = session->token_id;
    } else if (account_ == account) {
        token_id_ = session->token_id;
    }
    context_.hub.attach(feed_session_, account);
}

order_entry::Done Session::answer_to(std::string name, std::string request_id) {
    const std::weak_ptr<Session> weak = weak_from_this();
    return [weak, name = std::move(name), request_id = std::move(request_id)](order_entry::Answer answer) {
        const auto self = weak.lock();
        if (!self) return;
        const std::string id =
            request_id.empty() ? std::string() : fmt::format(R"("request_id":{},)", request_id);
        self->send_text(fmt::format(R"({{"response_to":"{}",{}"http_status":{},{})", name, id, answer.status,
                                    answer.body.substr(1)));
    };
}

bool Session::dispatch_orders(const std::string& name, const Json& body, const std::string& request_id) {
    using Handler = void (*)(Session&, const Json&, order_entry::Done);
    struct Entry {
        std::string_view name;
        bool is_limited;
        Handler handle;
    };
    static constexpr Entry entries[] = {
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
         [](Session& s, const Json& b, order_entry::Done d) { s.cancel_all(b, std::move(d)); }}};
    for (const Entry& entry : entries) {
        if (entry.name != name) continue;
        const order_entry::Done done = answer_to(name, request_id);
        const auto refuse = [&](int status, std::string_view code, std::string_view sentence) {
            done({status, codec::error_json(code, sentence)});
            return true;
        };
        if (!account_) return refuse(401, "not_authenticated", R"(Send {"Authenticate":"<token>"} first.)");
        const bool is_list = body.kind == Json::Kind::array && name == "PlaceOrders";
        if (body.kind != Json::Kind::object && !is_list)
            return refuse(400, "malformed_request", "The message's content must be an object.");
        const std::uint64_t count = is_list ? std::max<std::size_t>(body.items.size(), 1) : 1;
        const std::uint64_t wait = entry.is_limited ? context_.limit_orders(account_, count) : 0;
        if (wait != 0)
            return refuse(429, "rate_limited", fmt::format("Too many orders; try again in {} s.", wait));
        entry.handle(*this, body, done);
        return true;
    }
    return false;
}

void Session::place_many(const Json& body, order_entry::Done done) {
    context_.orders.place_batch(account_, body.kind == Json::Kind::array ? batch_of(body) : body,
                                std::move(done));
}

void Session::cancel(const Json& body, order_entry::Done done) {
    const codec::FieldReader fields(body);
    const auto refuse = [&](const codec::RequestError& error) {
        done({error.http_status, codec::error_json(error.code, error.message)});
    };
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
        return done({400, codec::error_json("malformed_request",
                                            "The field \"market\" must be a market's name; leave it out to "
                                            "cancel in all markets.")});
    }
    context_.orders.cancel_all(account_, market->text, std::move(done));
}

void Session::amend(const Json& body, order_entry::Done done) {
    const auto order = codec::FieldReader(body).whole("order_id");
    if (!order)
        return done(
            {order.error().http_status, codec::error_json(order.error().code, order.error().message)});
    context_.orders.amend(account_, {*order}, body, std::move(done));
}

}  // namespace sauda::event_broadcaster
