/// Tickers and candles to subscribers: states rather than steps, so a reader needs only the newest. Internal
/// to feed.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/types/market.h"
#include "core/types/timestamp.h"
#include "feed/counters.h"
#include "feed/limits.h"
#include "feed/outbox.h"
#include "feed/session.h"
#include "views/read_model.h"
#include "views_json/candle_json.h"

namespace sauda::feed {

/// Threads: the Hub's.
/// Invariants: a topic exists while it has members; a session is a member of exactly the topics that its
/// `summaries` name.
class SummaryFeed {
public:
    /// All outlive it.
    SummaryFeed(const views::ReadModel& views, Outbox& outbox, const Limits& limits, Counters& counters)
        : views_(views), outbox_(outbox), limits_(limits), counters_(counters) {}
    SummaryFeed(const SummaryFeed&) = delete;
    SummaryFeed& operator=(const SummaryFeed&) = delete;

    /// Takes the reader's clock and, when it is time, tells every topic's members what changed.
    void on_time(core::TimestampNs now);

    /// Tells the session how the topic stands (nothing while nothing was ever traded, of candles), and what
    /// changes from then on. Again for the same topic: tells it again.
    void join(Session& session, const SummaryKey& key);
    /// False when the session was no member.
    bool leave(Session& session, const SummaryKey& key);
    void leave_all(Session& session);

private:
    struct Topic {
        /// Sessions and the version that each was told.
        std::unordered_map<Session*, std::uint64_t> members;
        std::uint64_t version = 0;
        /// What the last version said: a ticker's members, or the candle that is still open and those before
        /// it, closed, the latest last and at most closed_candles_max.
        std::string ticker;
        std::optional<views::Candle> open;
        std::deque<views::Candle> closed;
    };
    /// What a topic's members are to be sent: those who heard the version before, and those who missed it.
    struct News {
        Buffer next;
        Buffer instead;
    };

    void begin(Topic& topic, const SummaryKey& key);
    std::optional<News> renew(Topic& topic, const SummaryKey& key);
    std::optional<News> renew_ticker(Topic& topic, core::MarketId market);
    std::optional<News> renew_candles(Topic& topic, const SummaryKey& key);
    void tell(Topic& topic, const SummaryKey& key, const std::optional<News>& news);

    std::string ticker_members(core::MarketId market) const;
    Buffer ticker_message(const std::string& members);
    std::optional<views::Candle> open_candle(const SummaryKey& key) const;
    void append_changed(std::string& frames, Topic& topic, const SummaryKey& key);
    void append_closed(std::string& frames, Topic& topic, const SummaryKey& key, core::TimestampNs until);
    std::optional<views::Candle> candle_at(const SummaryKey& key, core::TimestampNs start) const {
        return views_.candles.candle_at(key.market, *key.interval, start);
    }
    void append_candle_frame(std::string& frames, const SummaryKey& key, const views::Candle& candle,
                             bool is_closed, bool conflated);
    Buffer standing(const Topic& topic, const SummaryKey& key, bool conflated);
    const core::Market& market_of(core::MarketId id) const;
    views_json::Scales scales_of(core::MarketId id) const;

    const views::ReadModel& views_;
    Outbox& outbox_;
    const Limits& limits_;
    Counters& counters_;
    std::map<SummaryKey, Topic> topics_;
    core::TimestampNs now_;
    core::TimestampNs told_;  // when members were last told
};

}  // namespace sauda::feed
