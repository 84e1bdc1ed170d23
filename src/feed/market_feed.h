/// One market's subscribers and what they have yet to be told. Internal to feed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/event.h"
#include "core/types/market.h"
#include "feed/counters.h"
#include "feed/limits.h"
#include "feed/outbox.h"
#include "feed/session.h"
#include "views/depth.h"

namespace sauda::feed {

/// Threads: the Hub's.
/// Invariants: nothing is pending while nobody listens; every live book subscriber has been told exactly what
/// precedes the pending changes.
class MarketFeed {
public:
    /// All outlive it.
    MarketFeed(const core::Market& market, const views::DepthView& depth, Outbox& outbox,
               const Limits& limits, Counters& counters);
    MarketFeed(const MarketFeed&) = delete;
    MarketFeed& operator=(const MarketFeed&) = delete;

    const core::Market& market() const { return market_; }
    bool has_subscribers() const { return !book_.empty() || !trades_.empty() || !behind_.empty(); }
    /// Flush has something to do, now or when a connection drains.
    bool is_active() const { return has_change_ || !pending_trades_.empty() || !behind_.empty(); }

    /// Remembers what the last frame changed, until flush(). Nothing when nobody listens.
    void change(const views::DepthChange& change);
    void trade(const core::Trade& trade, core::TimestampNs time);

    /// Tells live subscribers what is pending, and lets those behind that have drained catch up.
    /// Requires: the depth view stands where the last change() left it.
    void flush();

    /// Begins to tell `interest` what it wants (set before the call), from now on; with `fresh_book`, after a
    /// snapshot. `acknowledgement` goes before everything else.
    void join(Interest& interest, bool fresh_book, const Buffer& acknowledgement);
    /// Follows a change of what `interest` wants; it may want nothing more.
    void leave_or_move(Interest& interest);

private:
    using Members = std::vector<Interest*>;
    struct PendingTrade {
        core::Trade trade;
        core::TimestampNs time;
    };
    struct CachedSnapshot {
        Buffer frames;
        core::UpdateId update;
    };

    const views::DepthBook& book_now() const;
    void publish();
    void forget_pending();
    void append_update_frame(std::string& frames);
    void append_trade_frames(std::string& frames);
    std::vector<views::DepthLevel> levels_now(core::Side side);
    void send_to_all(Members& members, const Buffer& frames);
    void catch_up();
    void recover(Interest& interest);
    void send_snapshot(Session& session, bool conflated);
    void fall_behind(Interest& interest);
    void note_missed_trades(Interest& interest) const;

    Members& members(Interest::List list);
    void put(Interest& interest, Interest::List list);
    void take_out(Interest& interest);

    const core::Market& market_;
    const views::DepthView& depth_;
    Outbox& outbox_;
    const Limits& limits_;
    Counters& counters_;

    Members book_;
    Members trades_;
    Members behind_;

    bool has_change_ = false;
    core::UpdateId first_update_;
    core::UpdateId last_update_;
    std::vector<core::PriceTicks> changed_[2];  // by side, repeated prices included
    std::vector<PendingTrade> pending_trades_;
    CachedSnapshot snapshots_[2];  // plain and conflated, for the next who asks before the book changes
};

}  // namespace sauda::feed
