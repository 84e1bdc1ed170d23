#include "feed/hub.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "core/event_reader.h"
#include "core/types/reject.h"
#include "core/types/text.h"
#include "feed/account_feed.h"
#include "feed/market_feed.h"
#include "feed/messages.h"
#include "feed/outbox.h"
#include "feed/session.h"

namespace sauda::feed {

namespace {

std::string_view name(Channel channel) {
    return channel == Channel::orderbook ? "orderbook" : "trades";
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

struct Hub::Parts {
    Parts(const views::Catalog& the_catalog, const views::DepthView& the_depth,
          const views::AccountsView& the_accounts, Framer framer, const Limits& the_limits,
          Counters& the_counters)
        : catalog(the_catalog),
          depth(the_depth),
          accounts_view(the_accounts),
          limits(the_limits),
          counters(the_counters),
          outbox(framer, limits, counters),
          accounts(catalog, accounts_view, outbox, limits, counters),
          last(depth.last()) {}

    Session* find(SessionId id) {
        const auto found = sessions.find(id.raw);
        return found == sessions.end() ? nullptr : &found->second;
    }

    /// Null, and the session told, when there is no such market.
    MarketFeed* market_named(Session& session, Channel channel, std::string_view market,
                             std::string_view request_id) {
        if (const core::Market* const found = catalog.find_market(market)) return &feed_of(*found);
        // The text is the client's: it is repeated only where it is safe to.
        const bool is_name = core::is_valid_name(market, core::market_name_size_max);
        refuse(session,
               {core::code(core::RejectReason::unknown_market),
                core::sentence(core::RejectReason::unknown_market), name(channel), is_name ? market : ""},
               request_id);
        return nullptr;
    }
    MarketFeed& feed_of(const core::Market& market) {
        if (markets.size() < market.id.raw) markets.resize(market.id.raw);
        std::unique_ptr<MarketFeed>& feed = markets[market.id.raw - 1];
        if (!feed) feed = std::make_unique<MarketFeed>(market, depth, outbox, limits, counters);
        return *feed;
    }
    /// Null while nobody has ever subscribed.
    MarketFeed* find_feed(core::MarketId market) {
        return market.raw <= markets.size() ? markets[market.raw - 1].get() : nullptr;
    }

    void collect_public(const codec::EventFrameView& frame) {
        for (const views::DepthChange& change : depth.changes()) {
            if (MarketFeed* const feed = find_feed(change.market)) feed->change(change);
        }
        core::for_each_event(frame.events, core::Overloaded{[&](const core::Trade& trade) {
                                                                MarketFeed* const feed =
                                                                    find_feed(trade.market);
                                                                if (feed != nullptr)
                                                                    feed->trade(trade, frame.header.time);
                                                            },
                                                            [](const auto&) {}});
    }

    void drop_interest(Interest& interest) {
        counters.orderbook_subscribers -= interest.wants_book ? 1 : 0;
        counters.trades_subscribers -= interest.wants_trades ? 1 : 0;
        interest.wants_book = interest.wants_trades = false;
        interest.market->leave_or_move(interest);
    }
    std::uint64_t& subscriber_count(Channel channel) {
        return channel == Channel::orderbook ? counters.orderbook_subscribers : counters.trades_subscribers;
    }

    Buffer acknowledgement(std::string_view action, Channel channel, const MarketFeed& market,
                           std::string_view request_id) {
        return outbox.message([&](std::string& text) {
            append_subscription_ack(text, action, name(channel), market.market().spec.name.view(),
                                    request_id);
        });
    }
    void refuse(Session& session, const Refusal& refusal, std::string_view request_id) {
        ++counters.refusals;
        outbox.send(session,
                    outbox.message([&](std::string& text) { append_refusal(text, refusal, request_id); }));
    }

    const views::Catalog& catalog;
    const views::DepthView& depth;
    const views::AccountsView& accounts_view;
    const Limits limits;
    Counters& counters;
    Outbox outbox;
    AccountFeed accounts;
    std::vector<std::unique_ptr<MarketFeed>> markets;  // by market id - 1; null: nobody ever subscribed
    std::unordered_map<std::uint64_t, Session> sessions;
    std::uint64_t last_session = 0;
    core::Sequence last;
    bool is_live = false;                      // apply() was called
    std::vector<PrivateEvent> private_events;  // of the frame at hand
};

Hub::Hub(const views::Catalog& catalog, const views::DepthView& depth, const views::AccountsView& accounts,
         Framer framer, const Limits& limits)
    : parts_(std::make_unique<Parts>(catalog, depth, accounts, framer, limits, counters_)) {
    ASSERT(catalog.last() == depth.last());
    ASSERT(accounts.last() == depth.last());
    ASSERT(limits.recover_below_bytes < limits.conflate_above_bytes);
    ASSERT(limits.conflate_above_bytes < limits.queued_bytes_max);
}

Hub::~Hub() = default;

bool Hub::apply_history(const codec::EventFrameView& frame) {
    Parts& parts = *parts_;
    ASSERT(!parts.is_live);
    ASSERT(frame.header.sequence <= parts.last);
    parts.private_events.clear();
    const bool well_formed = collect_private_events(frame, parts.private_events);
    for (const PrivateEvent& event : parts.private_events) parts.accounts.remember(event);
    return well_formed;
}

bool Hub::apply(const codec::EventFrameView& frame) {
    Parts& parts = *parts_;
    if (frame.header.sequence <= parts.last) return true;
    ASSERT(parts.depth.last() == frame.header.sequence);
    ASSERT(parts.accounts_view.last() == frame.header.sequence);
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

void Hub::flush() {
    ASSERT(parts_->depth.last() == parts_->last);
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
    if (session->account) parts_->accounts.detach(*session);
    parts_->sessions.erase(id.raw);
    --counters_.sessions;
}

void Hub::subscribe(SessionId id, Channel channel, std::string_view market_name,
                    std::string_view request_id) {
    Session* const session = parts_->find(id);
    if (session == nullptr || session->is_closing) return;
    MarketFeed* const market = parts_->market_named(*session, channel, market_name, request_id);
    if (market == nullptr) return;
    Interest* const known = find_interest(*session, *market);
    const bool is_new = known == nullptr || !wants(*known, channel);
    if (is_new && session->subscription_count >= parts_->limits.subscriptions_per_session_max) {
        return parts_->refuse(*session,
                              {"too_many_subscriptions",
                               "This connection has as many subscriptions as one may have: end some, or open "
                               "another connection.",
                               name(channel), market_name},
                              request_id);
    }
    if (is_new) {
        ++session->subscription_count;
        ++parts_->subscriber_count(channel);
    }
    Interest& interest = find_or_add_interest(*session, *market);
    wants(interest, channel) = true;
    market->join(interest, channel == Channel::orderbook,
                 parts_->acknowledgement("subscribed", channel, *market, request_id));
}

void Hub::unsubscribe(SessionId id, Channel channel, std::string_view market_name,
                      std::string_view request_id) {
    Session* const session = parts_->find(id);
    if (session == nullptr || session->is_closing) return;
    MarketFeed* const market = parts_->market_named(*session, channel, market_name, request_id);
    if (market == nullptr) return;
    Interest* const interest = find_interest(*session, *market);
    if (interest != nullptr && wants(*interest, channel)) {
        wants(*interest, channel) = false;
        --session->subscription_count;
        --parts_->subscriber_count(channel);
        market->leave_or_move(*interest);
        if (interest->list == Interest::List::none) erase_interest(*session, *interest);
    }
    parts_->outbox.send(*session, parts_->acknowledgement("unsubscribed", channel, *market, request_id));
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
