#include "feed/hub.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "feed/hub_parts.h"

namespace sauda::feed {

namespace {

std::string_view name(Channel channel) {
    return channel == Channel::orderbook ? "orderbook" : "trades";
}

SubscriptionName summary_name(std::string_view market, std::optional<views::CandleInterval> interval) {
    if (!interval) return {"ticker", market, {}};
    return {"candles", market, views::name(*interval)};
}

/// Whether `interest` wants `channel`.
bool& wants(Interest& interest, Channel channel) {
    return channel == Channel::orderbook ? interest.wants_book : interest.wants_trades;
}

Interest* find_interest(Session& session, const MarketFeed& market) {
    for (const std::unique_ptr<Interest>& interest : session.interests) {
        if (interest->market == &market) return interest.get();
    }
    return nullptr;
}

Interest& find_or_add_interest(Session& session, MarketFeed& market) {
    if (Interest* const interest = find_interest(session, market)) return *interest;
    session.interests.push_back(std::make_unique<Interest>());
    Interest& interest = *session.interests.back();
    interest.session = &session;
    interest.market = &market;
    return interest;
}

void erase_interest(Session& session, const Interest& gone) {
    const auto is_it = [&](const std::unique_ptr<Interest>& interest) { return interest.get() == &gone; };
    session.interests.erase(std::find_if(session.interests.begin(), session.interests.end(), is_it));
}

}  // namespace

Hub::Hub(const views::ReadModel& views, Framer framer, const Limits& limits, std::string_view shard)
    : parts_(std::make_unique<Parts>(views, framer, limits, counters_, shard)) {
    ASSERT(limits.recover_below_bytes < limits.conflate_above_bytes);
    ASSERT(limits.conflate_above_bytes < limits.queued_bytes_max);
}

Hub::~Hub() = default;

void Hub::begin() {
    ASSERT(!parts_->is_live);
    ASSERT(parts_->markets.empty());
    parts_->last = parts_->views.last();
}

void Hub::remember(PrivateWindow past) {
    ASSERT(!parts_->is_live);
    parts_->accounts.remember(std::move(past));
}

bool Hub::apply(const codec::EventFrameView& frame) {
    Parts& parts = *parts_;
    if (frame.header.sequence <= parts.last) return true;
    ASSERT(parts.views.last() == frame.header.sequence);
    parts.is_live = true;
    parts.last = frame.header.sequence;
    parts.collect_public(frame);
    parts.private_events.clear();
    const bool well_formed = collect_private_events(frame, parts.private_events);
    for (const PrivateEvent& event : parts.private_events) parts.accounts.take(event);
    return well_formed;
}

core::Sequence Hub::last() const {
    return parts_->last;
}

void Hub::on_time(core::TimestampNs now) {
    parts_->summaries.on_time(now);
}

void Hub::flush() {
    ASSERT(parts_->views.last() == parts_->last);
    // Private first: who traded hears it before everyone does.
    parts_->accounts.flush();
    for (const std::unique_ptr<MarketFeed>& market : parts_->markets) {
        if (market && market->is_active()) market->flush();
    }
}

SessionId Hub::open(Subscriber& subscriber) {
    const SessionId id{++parts_->last_session};
    parts_->sessions[id.raw].subscriber = &subscriber;
    ++counters_.sessions;
    return id;
}

void Hub::close(SessionId id) {
    Session* const session = parts_->find(id);
    if (session == nullptr) return;
    for (const std::unique_ptr<Interest>& interest : session->interests) parts_->drop_interest(*interest);
    parts_->summaries.leave_all(*session);
    if (session->account) parts_->accounts.detach(*session);
    parts_->sessions.erase(id.raw);
    --counters_.sessions;
}

void Hub::subscribe(SessionId id, Channel channel, std::string_view market_name,
                    std::string_view request_id) {
    Session* const session = parts_->find(id);
    if (session == nullptr || session->is_closing) return;
    const core::Market* const found = parts_->market_named(*session, name(channel), market_name, request_id);
    if (found == nullptr) return;
    MarketFeed& market = parts_->feed_of(*found);
    Interest* const known = find_interest(*session, market);
    const bool is_new = known == nullptr || !wants(*known, channel);
    if (is_new && !parts_->has_room(*session, name(channel), market_name, request_id)) return;
    if (is_new) {
        ++session->subscription_count;
        ++parts_->subscriber_count(channel);
    }
    Interest& interest = find_or_add_interest(*session, market);
    wants(interest, channel) = true;
    market.join(interest, channel == Channel::orderbook,
                parts_->acknowledgement("subscribed", {name(channel), market_name}, request_id));
}

void Hub::unsubscribe(SessionId id, Channel channel, std::string_view market_name,
                      std::string_view request_id) {
    Session* const session = parts_->find(id);
    if (session == nullptr || session->is_closing) return;
    const core::Market* const found = parts_->market_named(*session, name(channel), market_name, request_id);
    if (found == nullptr) return;
    MarketFeed& market = parts_->feed_of(*found);
    Interest* const interest = find_interest(*session, market);
    if (interest != nullptr && wants(*interest, channel)) {
        wants(*interest, channel) = false;
        --session->subscription_count;
        --parts_->subscriber_count(channel);
        market.leave_or_move(*interest);
        if (interest->list == Interest::List::none) erase_interest(*session, *interest);
    }
    parts_->outbox.send(*session,
                        parts_->acknowledgement("unsubscribed", {name(channel), market_name}, request_id));
}

void Hub::subscribe_summary(SessionId id, std::string_view market_name,
                            std::optional<views::CandleInterval> interval, std::string_view request_id) {
    Session* const session = parts_->find(id);
    if (session == nullptr || session->is_closing) return;
    const SubscriptionName subscription = summary_name(market_name, interval);
    const core::Market* const market =
        parts_->market_named(*session, subscription.channel, market_name, request_id);
    if (market == nullptr) return;
    const SummaryKey key{market->id, interval};
    const bool is_new = !session->summaries.contains(key);
    if (is_new && !parts_->has_room(*session, subscription.channel, market_name, request_id)) return;
    session->subscription_count += is_new ? 1 : 0;
    parts_->outbox.send(*session, parts_->acknowledgement("subscribed", subscription, request_id));
    parts_->summaries.join(*session, key);
}

void Hub::unsubscribe_summary(SessionId id, std::string_view market_name,
                              std::optional<views::CandleInterval> interval, std::string_view request_id) {
    Session* const session = parts_->find(id);
    if (session == nullptr || session->is_closing) return;
    const SubscriptionName subscription = summary_name(market_name, interval);
    const core::Market* const market =
        parts_->market_named(*session, subscription.channel, market_name, request_id);
    if (market == nullptr) return;
    if (parts_->summaries.leave(*session, {market->id, interval})) --session->subscription_count;
    parts_->outbox.send(*session, parts_->acknowledgement("unsubscribed", subscription, request_id));
}

void Hub::attach(SessionId id, core::AccountId account, std::string_view request_id) {
    Session* const session = parts_->find(id);
    if (session == nullptr || session->is_closing) return;
    if (session->account && session->account != account) {
        return parts_->refuse(
            *session,
            {"already_authenticated", "This connection belongs to another account: open a new one.", {}, {}},
            request_id);
    }
    parts_->accounts.attach(*session, account, request_id);
}

void Hub::resume(SessionId id, core::AccountSequence after, std::string_view request_id) {
    Session* const session = parts_->find(id);
    if (session == nullptr || session->is_closing) return;
    if (!session->account) {
        return parts_->refuse(*session,
                              {"not_authenticated", "Authenticate before you resume private events.", {}, {}},
                              request_id);
    }
    parts_->accounts.resume(*session, after, request_id);
}

}  // namespace sauda::feed
