/// What the Hub works with. Internal to feed.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/event_reader.h"
#include "core/types/reject.h"
#include "core/types/text.h"
#include "feed/account_feed.h"
#include "feed/hub.h"
#include "feed/market_feed.h"
#include "feed/messages.h"
#include "feed/outbox.h"
#include "feed/session.h"
#include "feed/summary_feed.h"

namespace sauda::feed {

/// Threads: the Hub's.
struct Hub::Parts {
    Parts(const views::ReadModel& the_views, Framer framer, const Limits& the_limits, Counters& the_counters,
          std::string_view shard)
        : views(the_views),
          limits(the_limits),
          counters(the_counters),
          outbox(framer, limits, counters),
          accounts(views.catalog, views.accounts, outbox, limits, counters, shard),
          summaries(views, outbox, limits, counters),
          last(views.last()) {}

    Session* find(SessionId id) {
        const auto found = sessions.find(id.raw);
        return found == sessions.end() ? nullptr : &found->second;
    }

    /// Null, and the session told, when there is no such market.
    const core::Market* market_named(Session& session, std::string_view channel, std::string_view market,
                                     std::string_view request_id) {
        if (const core::Market* const found = views.catalog.find_market(market)) return found;
        // The text is the client's: it is repeated only where it is safe to.
        const bool is_name = core::is_valid_name(market, core::market_name_size_max);
        refuse(session,
               {core::code(core::RejectReason::unknown_market),
                core::sentence(core::RejectReason::unknown_market), channel, is_name ? market : ""},
               request_id);
        return nullptr;
    }
    MarketFeed& feed_of(const core::Market& market) {
        if (markets.size() < market.id.raw) markets.resize(market.id.raw);
        std::unique_ptr<MarketFeed>& feed = markets[market.id.raw - 1];
        if (!feed) feed = std::make_unique<MarketFeed>(market, views.depth, outbox, limits, counters);
        return *feed;
    }
    /// Null while nobody has ever subscribed.
    MarketFeed* find_feed(core::MarketId market) {
        return market.raw <= markets.size() ? markets[market.raw - 1].get() : nullptr;
    }

    void collect_public(const codec::EventFrameView& frame) {
        for (const views::DepthChange& change : views.depth.changes()) {
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

    Buffer acknowledgement(std::string_view action, const SubscriptionName& subscription,
                           std::string_view request_id) {
        return outbox.message(
            [&](std::string& text) { append_subscription_ack(text, action, subscription, request_id); });
    }
    /// False, and the session told, when it may not have one more.
    bool has_room(Session& session, std::string_view channel, std::string_view market,
                  std::string_view request_id) {
        if (session.subscription_count < limits.subscriptions_per_session_max) return true;
        refuse(session,
               {"too_many_subscriptions",
                "This connection has as many subscriptions as one may have: end some, or open another "
                "connection.",
                channel, market},
               request_id);
        return false;
    }
    void refuse(Session& session, const Refusal& refusal, std::string_view request_id) {
        ++counters.refusals;
        outbox.send(session,
                    outbox.message([&](std::string& text) { append_refusal(text, refusal, request_id); }));
    }

    const views::ReadModel& views;
    const Limits limits;
    Counters& counters;
    Outbox outbox;
    AccountFeed accounts;
    SummaryFeed summaries;
    std::vector<std::unique_ptr<MarketFeed>> markets;  // by market id - 1; null: nobody ever subscribed
    std::unordered_map<std::uint64_t, Session> sessions;
    std::uint64_t last_session = 0;
    core::Sequence last;
    bool is_live = false;                      // apply() was called
    std::vector<PrivateEvent> private_events;  // of the frame at hand
};

}  // namespace sauda::feed
