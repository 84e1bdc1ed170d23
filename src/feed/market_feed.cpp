#include "feed/market_feed.h"

#include <algorithm>

#include "base/assert.h"
#include "feed/messages.h"

namespace sauda::feed {

MarketFeed::MarketFeed(const core::Market& market, const views::DepthView& depth, Outbox& outbox,
                       const Limits& limits, Counters& counters)
    : market_(market), depth_(depth), outbox_(outbox), limits_(limits), counters_(counters) {}

/// Looked up each time: the view may move its books when a market is listed.
const views::DepthBook& MarketFeed::book_now() const {
    const views::DepthBook* const book = depth_.find(market_.id);
    ASSERT(book != nullptr);
    return *book;
}

void MarketFeed::change(const views::DepthChange& change) {
    if (!has_subscribers()) return;
    if (!has_change_) {
        first_update_ = change.first_update;
    } else {
        ASSERT(change.first_update.raw == last_update_.raw + 1);
    }
    has_change_ = true;
    last_update_ = change.last_update;
    for (const views::DepthLevel& level : change.bids) changed_[0].push_back(level.price);
    for (const views::DepthLevel& level : change.asks) changed_[1].push_back(level.price);
}

void MarketFeed::trade(const core::Trade& trade, core::TimestampNs time) {
    if (has_subscribers()) pending_trades_.push_back({trade, time});
}

void MarketFeed::flush() {
    publish();
    catch_up();
}

void MarketFeed::publish() {
    if (!has_change_ && pending_trades_.empty()) return;
    std::string trades;
    if (!book_.empty() || !trades_.empty()) append_trade_frames(trades);
    if (!book_.empty()) {
        std::string all;
        if (has_change_) append_update_frame(all);
        all += trades;
        send_to_all(book_, std::make_shared<const std::string>(std::move(all)));
    }
    if (!trades.empty()) send_to_all(trades_, std::make_shared<const std::string>(std::move(trades)));
    for (Interest* const interest : behind_) note_missed_trades(*interest);
    forget_pending();
}

void MarketFeed::forget_pending() {
    if (has_change_) snapshots_[0] = snapshots_[1] = {};
    has_change_ = false;
    changed_[0].clear();
    changed_[1].clear();
    pending_trades_.clear();
}

void MarketFeed::append_update_frame(std::string& frames) {
    ASSERT(book_now().update() == last_update_);
    const std::vector<views::DepthLevel> bids = levels_now(core::Side::buy);
    const std::vector<views::DepthLevel> asks = levels_now(core::Side::sell);
    const BookUpdate update{first_update_, last_update_, bids, asks, depth_.checksum(market_.id)};
    outbox_.frame(frames, [&](std::string& text) { append_update(text, market_.spec, update); });
}

void MarketFeed::append_trade_frames(std::string& frames) {
    for (const PendingTrade& pending : pending_trades_) {
        outbox_.frame(frames, [&](std::string& text) {
            append_trade(text, market_.spec, pending.trade, pending.time);
        });
    }
}

/// The changed prices with what stands there now, best first: several changes of one price become one.
std::vector<views::DepthLevel> MarketFeed::levels_now(core::Side side) {
    std::vector<core::PriceTicks>& prices = changed_[static_cast<int>(side)];
    std::sort(prices.begin(), prices.end());
    prices.erase(std::unique(prices.begin(), prices.end()), prices.end());
    if (side == core::Side::buy) std::reverse(prices.begin(), prices.end());
    const views::DepthBook& book = book_now();
    std::vector<views::DepthLevel> levels;
    levels.reserve(prices.size());
    for (const core::PriceTicks price : prices) levels.push_back({price, book.quantity_at(side, price)});
    return levels;
}

void MarketFeed::send_to_all(Members& members, const Buffer& frames) {
    for (std::size_t i = 0; i < members.size();) {
        Interest& interest = *members[i];
        if (!interest.session->is_closing && outbox_.is_slow(*interest.session)) {
            fall_behind(interest);  // takes it out: another stands at i now
            continue;
        }
        outbox_.send(*interest.session, frames);
        ++i;
    }
}

void MarketFeed::catch_up() {
    for (std::size_t i = 0; i < behind_.size();) {
        Interest& interest = *behind_[i];
        if (interest.session->is_closing || !outbox_.has_drained(*interest.session)) {
            ++i;
            continue;
        }
        recover(interest);
    }
}

void MarketFeed::recover(Interest& interest) {
    take_out(interest);
    put(interest, interest.wants_book ? Interest::List::book : Interest::List::trades);
    ++counters_.recoveries;
    if (interest.wants_book) send_snapshot(*interest.session, true);
    if (!interest.first_missed) return;
    outbox_.send(*interest.session, outbox_.message([&](std::string& text) {
        append_trade_gap(text, market_.spec, interest.first_missed, interest.last_missed);
    }));
    interest.first_missed = interest.last_missed = {};
}

void MarketFeed::fall_behind(Interest& interest) {
    take_out(interest);
    put(interest, Interest::List::behind);
    ++counters_.conflations;
}

void MarketFeed::note_missed_trades(Interest& interest) const {
    if (pending_trades_.empty()) return;
    if (!interest.first_missed) interest.first_missed = pending_trades_.front().trade.trade;
    interest.last_missed = pending_trades_.back().trade.trade;
}

void MarketFeed::send_snapshot(Session& session, bool conflated) {
    ASSERT(!has_change_);
    CachedSnapshot& cached = snapshots_[conflated ? 1 : 0];
    const views::DepthBook& book = book_now();
    if (cached.frames == nullptr || cached.update != book.update()) {
        cached.update = book.update();
        cached.frames = outbox_.message([&](std::string& text) {
            append_snapshot(text, market_.spec, book, {limits_.snapshot_levels_max, conflated});
        });
    }
    ++counters_.snapshots;
    outbox_.send(session, cached.frames);
}

void MarketFeed::join(Interest& interest, bool fresh_book, const Buffer& acknowledgement) {
    // The others are told what is pending first, so that the newcomer's snapshot has nothing pending.
    publish();
    Session& session = *interest.session;
    outbox_.send(session, acknowledgement);
    if (interest.list == Interest::List::behind) return;  // a snapshot comes when it has drained
    if (interest.list != Interest::List::none) take_out(interest);
    put(interest, interest.wants_book ? Interest::List::book : Interest::List::trades);
    if (!fresh_book) return;
    if (outbox_.is_slow(session)) {
        fall_behind(interest);
    } else {
        send_snapshot(session, false);
    }
}

void MarketFeed::leave_or_move(Interest& interest) {
    const bool wants_any = interest.wants_book || interest.wants_trades;
    if (wants_any && interest.list == Interest::List::behind) return;
    take_out(interest);
    if (wants_any) put(interest, interest.wants_book ? Interest::List::book : Interest::List::trades);
    if (!has_subscribers()) forget_pending();
}

MarketFeed::Members& MarketFeed::members(Interest::List list) {
    ASSERT(list != Interest::List::none);
    if (list == Interest::List::book) return book_;
    return list == Interest::List::trades ? trades_ : behind_;
}

void MarketFeed::put(Interest& interest, Interest::List list) {
    ASSERT(interest.list == Interest::List::none);
    Members& members = this->members(list);
    interest.list = list;
    interest.index = members.size();
    members.push_back(&interest);
    if (list == Interest::List::behind) ++counters_.conflated;
}

void MarketFeed::take_out(Interest& interest) {
    Members& members = this->members(interest.list);
    ASSERT(members[interest.index] == &interest);
    if (interest.list == Interest::List::behind) --counters_.conflated;
    members[interest.index] = members.back();
    members[interest.index]->index = interest.index;
    members.pop_back();
    interest.list = Interest::List::none;
}

}  // namespace sauda::feed
