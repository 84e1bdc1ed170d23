#include "event-broadcaster/session.h"

#include <algorithm>

#include <fmt/format.h>

#include "codec/json_reply.h"
#include "codec/json_request.h"
#include "core/types/order_shard.h"
#include "order_entry/several.h"

namespace sauda::event_broadcaster {

Session::Session(Broadcaster& broadcaster, std::shared_ptr<net::WebSocket> socket, std::uint64_t number,
                 std::string connection_id)
    : broadcaster_(broadcaster),
      context_(broadcaster.context_),
      socket_(std::move(socket)),
      number_(number),
      connection_id_(std::move(connection_id)) {}

void Session::start(std::string_view ticket) {
    for (std::size_t i = 0; i < context_.shards.size(); ++i) {
        ShardContext& shard = context_.shards[i];
        legs_.push_back({shard, broadcaster_.leases(i), number_, shard.hub.open(*this), {}, false});
    }
    // Weak: the socket must not keep alive what keeps it alive.
    const std::weak_ptr<Session> weak = weak_from_this();
    socket_->set_callbacks({.on_message =
                                [weak](std::string_view text) {
                                    if (const auto self = weak.lock()) self->on_message(text);
                                },
                            .on_binary =
                                [weak](std::string_view) {
                                    if (const auto self = weak.lock()) self->on_binary();
                                },
                            .on_close =
                                [weak](std::uint16_t, std::string_view) {
                                    if (const auto self = weak.lock()) self->on_close();
                                }});
    if (ticket.empty()) return;
    if (!context_.redeem_ticket)
        return on_redeemed(context_.identity.redeem_ticket(ticket, context_.now().milliseconds()));
    is_waiting_ = true;
    context_.redeem_ticket(std::string(ticket), [weak](const Redeemed& session) {
        if (const auto self = weak.lock()) self->on_redeemed(session);
    });
}

void Session::on_redeemed(const Redeemed& session) {
    is_waiting_ = false;
    if (!is_open_) return;
    if (session) {
        attach(*session, {});
    } else {
        send_error(session.error(), {});
    }
    begin_waiting();
}

void Session::close(std::uint16_t code, std::string_view reason) {
    socket_->close(static_cast<net::CloseCode>(code), reason);
}

void Session::on_close() {
    if (!is_open_) return;
    is_open_ = false;
    for (const Leg& leg : legs_) {
        leg.shard.hub.close(leg.feed_session);
        leg.leases.close(number_);
    }
    broadcaster_.closed(*this);
}

// --- Answers
// -------------------------------------------------------------------------------------------------------

void Session::send_text(const std::string& text) {
    if (is_open_) socket_->send_text(text);
}

void Session::send_error(std::string_view code, std::string_view sentence, const RequestId& request_id) {
    send_text(with_request_id(codec::error_json(code, sentence), request_id));
}

void Session::send_error(const identity::Failure& failure, const RequestId& request_id) {
    send_error(identity::refusal_code(failure.refusal), failure.sentence, request_id);
}

// --- Messages
// ------------------------------------------------------------------------------------------------------

bool Session::is_too_fast() {
    const std::int64_t second = context_.now().milliseconds() / 1000;
    if (second != rate_second_) {
        rate_second_ = second;
        rate_count_ = 0;
    }
    return ++rate_count_ > context_.messages_per_second;
}

constexpr std::string_view too_fast = "Too many messages on this connection; wait a second.";

void Session::on_binary() {
    if (is_too_fast()) return send_error("rate_limited", too_fast);
    send_error("binary_message", "Messages are JSON in text frames: send this one as text.");
}

namespace {

/// Of what a connection sent and is not read yet.
constexpr std::size_t waiting_bytes_max = std::size_t{4} << 20;

/// Whether the answer to a message tells how things stand, rather than asks the engine. One that only looks
/// so waits for nothing.
bool shows_views(std::string_view text) {
    constexpr std::string_view names[] = {"Subscribe", "Authenticate", "Resume", "Ping"};
    return std::ranges::any_of(
        names, [&](std::string_view name) { return text.find(name) != std::string_view::npos; });
}

/// The token that a message authenticates with; empty: it does not.
std::string token_in(std::string_view text) {
    if (text.find("Authenticate") == std::string_view::npos) return {};
    const auto message = codec::parse_json_object(text);
    const auto* token = message ? message->find("Authenticate") : nullptr;
    return token != nullptr && token->kind == codec::JsonValue::Kind::string ? token->text : std::string();
}

}  // namespace

/// Messages are answered in order: behind one whose session is read from the store, they wait too.
void Session::on_message(std::string_view text) {
    const bool is_refused = is_too_fast();
    if (!is_waiting_) return begin(text, is_refused);
    waiting_bytes_ += text.size();
    if (waiting_bytes_ > waiting_bytes_max) return close(feed::slow_consumer_code, "too_many_messages_wait");
    waiting_.push_back({std::string(text), is_refused});
}

void Session::begin(std::string_view text, bool is_refused) {
    if (is_refused) return read(text, true);
    std::string token = context_.refresh_session ? token_in(text) : std::string();
    if (token.empty()) return read_caught_up(text);
    is_waiting_ = true;
    const auto done = [weak = weak_from_this(), text = std::string(text)] {
        const auto self = weak.lock();
        if (!self) return;
        self->is_waiting_ = false;
        self->read_caught_up(text);
        self->begin_waiting();
    };
    context_.refresh_session(token, done);
}

/// Reads the message once this server has heard of all that another one can have told the client of. Where
/// that cannot be had, what it has told of is still true.
void Session::read_caught_up(std::string_view text) {
    if (!context_.shards.front().catch_up || !shows_views(text)) return read(text, false);
    is_waiting_ = true;
    catch_up_from(0, [this, text = std::string(text)] {
        is_waiting_ = false;
        read(text, false);
        begin_waiting();
    });
}

/// Shard after shard; then calls `done`, if the session is still there.
void Session::catch_up_from(std::size_t leg, std::function<void()> done) {
    if (leg == legs_.size()) return done();
    legs_[leg].shard.catch_up([weak = weak_from_this(), leg, done = std::move(done)](bool) {
        if (const auto self = weak.lock()) self->catch_up_from(leg + 1, done);
    });
}

void Session::begin_waiting() {
    while (is_open_ && !is_waiting_ && !waiting_.empty()) {
        const Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        waiting_bytes_ -= next.text.size();
        begin(next.text, next.is_refused);
    }
}

void Session::read(std::string_view text, bool is_refused) {
    if (!is_open_) return;
    attach_opened();
    const auto message = codec::parse_json_object(text);
    const auto* asked = message ? first_asked(*message) : nullptr;
    const auto id = message ? read_request_id(*message, asked == nullptr ? nullptr : &asked->second)
                            : codec::RequestResult<RequestId>(RequestId{});
    if (is_refused) return send_error("rate_limited", too_fast, id ? *id : RequestId{});
    if (!message) return send_error(message.error().code, message.error().message);
    if (!id) return send_error(id.error().code, id.error().message);
    if (asked == nullptr) {
        return send_error("malformed_request",
                          R"(A message names what it wants: {"SubscribeOrderbook":"TATA_INR"}.)", *id);
    }
    // In one message nothing can happen between the two: the replay comes first, then what is new.
    const Json* resume = message->find("Resume");
    if (const Json* token = message->find("Authenticate"); token != nullptr && resume != nullptr) {
        dispatch({"Authenticate", *token, *id});
        return dispatch({"Resume", *resume, *id});
    }
    dispatch({asked->first, asked->second, *id});
}

void Session::dispatch(const ClientMessage& message) {
    if (dispatch_other(message) || dispatch_orders(message)) return;
    send_error("unknown_message", "There is no such message; see the API's documentation.",
               message.request_id);
}

std::span<const Session::Entry> Session::entries() {
    using feed::Channel;
    static constexpr Entry all[] = {
        {"SubscribeOrderbook",
         [](Session& s, const ClientMessage& m) { s.subscribe(m, Channel::orderbook, true); }},
        {"UnsubscribeOrderbook",
         [](Session& s, const ClientMessage& m) { s.subscribe(m, Channel::orderbook, false); }},
        {"SubscribeTrades",
         [](Session& s, const ClientMessage& m) { s.subscribe(m, Channel::trades, true); }},
        {"UnsubscribeTrades",
         [](Session& s, const ClientMessage& m) { s.subscribe(m, Channel::trades, false); }},
        {"SubscribeTicker", [](Session& s, const ClientMessage& m) { s.subscribe_ticker(m, true); }},
        {"UnsubscribeTicker", [](Session& s, const ClientMessage& m) { s.subscribe_ticker(m, false); }},
        {"SubscribeCandles", [](Session& s, const ClientMessage& m) { s.subscribe_candles(m, true); }},
        {"UnsubscribeCandles", [](Session& s, const ClientMessage& m) { s.subscribe_candles(m, false); }},
        {"Ping", [](Session& s, const ClientMessage& m) { s.pong(m); }},
        {"Authenticate", [](Session& s, const ClientMessage& m) { s.authenticate(m); }},
        {"Resume", [](Session& s, const ClientMessage& m) { s.resume(m); }}};
    return all;
}

bool Session::dispatch_other(const ClientMessage& message) {
    const auto entry = std::ranges::find(entries(), message.name, &Entry::name);
    if (entry == entries().end()) return false;
    entry->handle(*this, message);
    return true;
}

void Session::pong(const ClientMessage& message) {
    send_text(with_request_id(fmt::format(R"({{"event":"pong","time":{}}})", context_.now().milliseconds()),
                              message.request_id));
}

// --- Subscriptions
// -------------------------------------------------------------------------------------------------

/// What cannot be told now is not promised for later either: whoever asked asks again.
bool Session::refuse_if_away(const Leg& leg, const RequestId& request_id) {
    if (leg.shard.is_open()) return false;
    const codec::RequestError away = order_entry::shard_away(leg.shard.name);
    send_error(away.code, away.message, request_id);
    return true;
}

bool Session::names_a_market(const Json& text, const RequestId& request_id) {
    if (text.kind == Json::Kind::string) return true;
    send_error("malformed_request", "A market's name is needed, such as \"TATA_INR\".", request_id);
    return false;
}

void Session::subscribe(const ClientMessage& message, feed::Channel channel, bool wanted) {
    if (!names_a_market(message.body, message.request_id)) return;
    const std::string& market = message.body.text;
    const Leg& leg = leg_of_market(market);
    if (refuse_if_away(leg, message.request_id)) return;
    if (wanted) {
        leg.shard.hub.subscribe(leg.feed_session, channel, market, message.request_id.json);
    } else {
        leg.shard.hub.unsubscribe(leg.feed_session, channel, market, message.request_id.json);
    }
}

void Session::subscribe_summary(std::string_view market, std::optional<views::CandleInterval> interval,
                                const RequestId& request_id, bool wanted) {
    const Leg& leg = leg_of_market(market);
    if (refuse_if_away(leg, request_id)) return;
    if (wanted) {
        leg.shard.hub.subscribe_summary(leg.feed_session, market, interval, request_id.json);
    } else {
        leg.shard.hub.unsubscribe_summary(leg.feed_session, market, interval, request_id.json);
    }
}

void Session::subscribe_ticker(const ClientMessage& message, bool wanted) {
    if (!names_a_market(message.body, message.request_id)) return;
    subscribe_summary(message.body.text, {}, message.request_id, wanted);
}

void Session::subscribe_candles(const ClientMessage& message, bool wanted) {
    const auto refuse = [&](std::string_view sentence) {
        send_error("malformed_request", sentence, message.request_id);
    };
    const Json* market = message.body.kind == Json::Kind::object ? message.body.find("market") : nullptr;
    if (market == nullptr) return refuse(R"(Candles are {"market":"TATA_INR","interval":"1m"}.)");
    if (!names_a_market(*market, message.request_id)) return;
    const Json* text = message.body.find("interval");
    const bool is_text = text != nullptr && text->kind == Json::Kind::string;
    const auto interval = is_text ? views::find_candle_interval(text->text) : std::nullopt;
    if (!interval)
        return refuse(
            "The field \"interval\" must be one of 1s, 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, "
            "6h, 8h, 12h, 1d, 3d, 1w, 1M; case matters.");
    subscribe_summary(market->text, interval, message.request_id, wanted);
}

// --- Private
// -------------------------------------------------------------------------------------------------------

void Session::resume(const ClientMessage& message) {
    if (message.body.kind != Json::Kind::object) {
        return send_error("malformed_request", R"(Resume is {"Resume":{"account_sequence":N}}.)",
                          message.request_id);
    }
    const auto after = codec::FieldReader(message.body).whole("account_sequence");
    if (!after) return send_error(after.error().code, after.error().message, message.request_id);
    const Json* shard = message.body.find("shard");
    const bool is_named = shard != nullptr && shard->kind == Json::Kind::string;
    const Leg* leg = shard == nullptr ? &legs_.front() : is_named ? leg_named(shard->text) : nullptr;
    if (leg == nullptr) {
        return send_error("unknown_shard", "The field \"shard\" must be one that \"authenticated\" named.",
                          message.request_id);
    }
    if (refuse_if_away(*leg, message.request_id)) return;
    leg->shard.hub.resume(leg->feed_session, {*after}, message.request_id.json);
}

void Session::authenticate(const ClientMessage& message) {
    if (message.body.kind != Json::Kind::string) {
        return send_error("malformed_request", "Authenticate needs the token as a string.",
                          message.request_id);
    }
    const auto session = context_.identity.authenticate(message.body.text, context_.now().milliseconds());
    if (!session) return send_error(session.error(), message.request_id);
    attach(*session, message.request_id);
}

void Session::attach(const identity::SessionCache::SessionPointer& session, const RequestId& request_id) {
    core::Uuid user;
    user.bytes = session->user_id.bytes;
    const auto is_known = [&](const Leg& leg) { return leg.shard.views.catalog.find_account(user).raw != 0; };
    const bool is_home_away = !legs_.front().shard.is_open();
    if (!(is_home_away ? std::ranges::any_of(legs_, is_known) : is_known(legs_.front()))) {
        return send_error("account_pending", "This account is being opened; log in again in a moment.",
                          request_id);
    }
    const bool is_same = token_id_.empty() || user_ == user;
    if (is_same) {
        user_ = user;
        token_id_ = session->token_id;
    }
    // Each shard acknowledges with its own sequence, and refuses another user.
    for (Leg& leg : legs_) {
        if (!leg.shard.is_open()) continue;
        const core::AccountId account = leg.shard.views.catalog.find_account(user);
        if (!account) {
            if (is_same) open_account(leg);
            continue;
        }
        if (is_same) leg.account = account;
        leg.shard.hub.attach(leg.feed_session, account, request_id.json);
    }
}

/// A shard that was away when the user registered has no account of his yet.
void Session::open_account(Leg& leg) {
    if (leg.is_opening) return;
    gateway::Request request;
    request.body = core::OpenAccount{user_};
    request.deadline = leg.shard.gateway.deadline_after(context_.now(), order_entry::OrderEntry::patience_ns);
    request.completion = [weak = weak_from_this(), &leg](const gateway::Reply&) {
        const auto self = weak.lock();
        if (!self) return;
        leg.is_opening = false;
        self->attach_if_known(leg);
    };
    leg.is_opening = leg.shard.gateway.submit(std::move(request), context_.now()).has_value();
}

void Session::attach_if_known(Leg& leg) {
    if (token_id_.empty() || !is_open_ || leg.account) return;
    leg.account = leg.shard.views.catalog.find_account(user_);
    if (leg.account) leg.shard.hub.attach(leg.feed_session, leg.account, {});
}

void Session::attach_opened() {
    if (token_id_.empty() || !is_open_) return;
    for (Leg& leg : legs_) {
        if (leg.account || !leg.shard.is_open()) continue;
        attach_if_known(leg);
        if (!leg.account) open_account(leg);
    }
}

// --- Shards
// --------------------------------------------------------------------------------------------------------

/// Of one that is away, what `shards.file` says.
bool Session::has_market(const Leg& leg, std::string_view market) {
    const ShardContext& shard = leg.shard;
    return shard.is_open() ? shard.views.catalog.find_market(market) != nullptr
                           : std::ranges::find(shard.markets, market) != shard.markets.end();
}

/// A market that nobody has may be one of a shard that is away; otherwise it is for the first to refuse.
Session::Leg& Session::leg_of_market(std::string_view market) {
    auto found = std::ranges::find_if(legs_, [&](const Leg& leg) { return has_market(leg, market); });
    if (found == legs_.end())
        found = std::ranges::find_if(legs_, [](const Leg& leg) { return !leg.shard.is_open(); });
    return found == legs_.end() ? legs_.front() : *found;
}

Session::Leg& Session::leg_of_order(std::uint64_t order) {
    const std::uint64_t number = core::shard_of({order});
    const auto has = [&](const Leg& leg) { return leg.shard.number == number; };
    const auto found = std::ranges::find_if(legs_, has);
    return found == legs_.end() ? legs_.front() : *found;
}

Session::Leg* Session::leg_named(std::string_view shard) {
    const auto has = [&](const Leg& leg) { return leg.shard.name == shard; };
    const auto found = std::ranges::find_if(legs_, has);
    return found == legs_.end() ? nullptr : &*found;
}

}  // namespace sauda::event_broadcaster
