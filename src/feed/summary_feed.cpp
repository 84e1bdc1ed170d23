#include "feed/summary_feed.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/assert.h"
#include "feed/messages.h"
#include "views/tickers.h"
#include "views_json/ticker_json.h"

namespace sauda::feed {

namespace {

constexpr views::TickerWindow ticker_window = views::TickerWindow::day_1;

Buffer buffer_of(std::string frames) {
    return std::make_shared<const std::string>(std::move(frames));
}

}  // namespace

// --- Members ---

void SummaryFeed::join(Session& session, const SummaryKey& key) {
    Topic& topic = topics_[key];
    if (topic.members.empty()) begin(topic, key);
    topic.members[&session] = topic.version;
    counters_.summary_subscribers += session.summaries.insert(key).second ? 1 : 0;
    if (const Buffer frames = standing(topic, key, false)) outbox_.send(session, frames);
}

bool SummaryFeed::leave(Session& session, const SummaryKey& key) {
    if (session.summaries.erase(key) == 0) return false;
    const auto topic = topics_.find(key);
    ASSERT(topic != topics_.end());
    topic->second.members.erase(&session);
    if (topic->second.members.empty()) topics_.erase(topic);
    --counters_.summary_subscribers;
    return true;
}

void SummaryFeed::leave_all(Session& session) {
    while (!session.summaries.empty()) leave(session, SummaryKey(*session.summaries.begin()));
}

void SummaryFeed::begin(Topic& topic, const SummaryKey& key) {
    if (key.interval) {
        topic.open = open_candle(key);
    } else {
        topic.ticker = ticker_members(key.market);
    }
}

// --- Telling ---

void SummaryFeed::on_time(core::TimestampNs now) {
    now_ = now;
    // A clock that was set back does not silence the feed until it has caught up.
    if (now >= told_ && now.raw < told_.raw + limits_.summary_interval) return;
    told_ = now;
    for (auto& [key, topic] : topics_) tell(topic, key, renew(topic, key));
}

std::optional<SummaryFeed::News> SummaryFeed::renew(Topic& topic, const SummaryKey& key) {
    return key.interval ? renew_candles(topic, key) : renew_ticker(topic, key.market);
}

void SummaryFeed::tell(Topic& topic, const SummaryKey& key, const std::optional<News>& news) {
    const std::uint64_t before = topic.version;
    if (news) ++topic.version;
    Buffer missed = news ? news->instead : nullptr;
    for (auto& [session, told] : topic.members) {
        if (told == topic.version || outbox_.is_slow(*session)) continue;
        if (news && told == before) {
            outbox_.send(*session, news->next);
        } else {
            if (missed == nullptr) missed = standing(topic, key, true);
            outbox_.send(*session, missed);
        }
        told = topic.version;
    }
}

/// How the topic stands, for one who heard nothing of it yet or missed some. Null: there is nothing.
Buffer SummaryFeed::standing(const Topic& topic, const SummaryKey& key, bool conflated) {
    if (!key.interval) return ticker_message(topic.ticker);
    if (!topic.open) return nullptr;
    std::string frames;
    append_candle_frame(frames, key, *topic.open, false, conflated);
    return buffer_of(std::move(frames));
}

// --- Tickers ---

std::string SummaryFeed::ticker_members(core::MarketId market) const {
    const views::Ticker ticker = views::ticker(views_.candles, views_.depth, market, ticker_window, now_);
    return views_json::ticker_members(ticker, market_of(market).spec, scales_of(market));
}

Buffer SummaryFeed::ticker_message(const std::string& members) {
    return outbox_.message([&](std::string& text) {
        append_ticker(text, {members, views::window_start(ticker_window, now_), now_});
    });
}

std::optional<SummaryFeed::News> SummaryFeed::renew_ticker(Topic& topic, core::MarketId market) {
    std::string members = ticker_members(market);
    if (members == topic.ticker) return std::nullopt;
    topic.ticker = std::move(members);
    const Buffer frames = ticker_message(topic.ticker);
    return News{frames, frames};
}

// --- Candles ---

/// The candle that is not told closed yet. A trade that lies behind its end closes it before the clock does.
std::optional<views::Candle> SummaryFeed::open_candle(const SummaryKey& key) const {
    const views::Candle* const newest = views_.candles.newest(key.market, *key.interval);
    if (newest == nullptr) return std::nullopt;
    const core::TimestampNs clock{now_.raw - limits_.candle_close_delay};
    const core::TimestampNs start = std::max(views::candle_start(*key.interval, clock), newest->start);
    return candle_at(key, start);
}

std::optional<SummaryFeed::News> SummaryFeed::renew_candles(Topic& topic, const SummaryKey& key) {
    const std::optional<views::Candle> now = open_candle(key);
    if (!now) return std::nullopt;
    std::string frames;
    append_changed(frames, topic, key);
    append_closed(frames, topic, key, now->start);
    const bool is_new = topic.open != now;
    if (is_new) append_candle_frame(frames, key, *now, false, false);
    if (frames.empty()) return std::nullopt;
    topic.open = now;
    return News{buffer_of(std::move(frames)), is_new ? standing(topic, key, true) : nullptr};
}

/// Candles that were told closed and that late trades have changed since, flat ones after them included.
void SummaryFeed::append_changed(std::string& frames, Topic& topic, const SummaryKey& key) {
    for (views::Candle& told : topic.closed) {
        const auto now = candle_at(key, told.start);
        if (!now || *now == told) continue;
        told = *now;
        append_candle_frame(frames, key, told, true, false);
    }
}

/// The candles that closed since the last time, before `until`, where the open one begins: the latest of
/// them.
void SummaryFeed::append_closed(std::string& frames, Topic& topic, const SummaryKey& key,
                                core::TimestampNs until) {
    if (!topic.open) return;
    std::deque<views::Candle> closed;
    for (core::TimestampNs end = until;
         end > topic.open->start && closed.size() < limits_.closed_candles_max;) {
        end = views::candle_start(*key.interval, {end.raw - 1});
        const auto candle = candle_at(key, end);
        if (!candle) break;
        closed.push_front(*candle);
    }
    for (const views::Candle& candle : closed) {
        append_candle_frame(frames, key, candle, true, false);
        topic.closed.push_back(candle);
        if (topic.closed.size() > limits_.closed_candles_max) topic.closed.pop_front();
    }
}

void SummaryFeed::append_candle_frame(std::string& frames, const SummaryKey& key, const views::Candle& candle,
                                      bool is_closed, bool conflated) {
    const std::string json = views_json::candle_json(candle, *key.interval, scales_of(key.market), is_closed);
    outbox_.frame(frames, [&](std::string& text) {
        append_candle(text,
                      {market_of(key.market).spec.name.view(), views::name(*key.interval), json, conflated});
    });
}

const core::Market& SummaryFeed::market_of(core::MarketId id) const {
    const core::Market* const market = views_.catalog.find_market(id);
    ASSERT(market != nullptr);
    return *market;
}

views_json::Scales SummaryFeed::scales_of(core::MarketId id) const {
    const core::MarketSpec& spec = market_of(id).spec;
    return views_json::scales_of(spec, *views_.catalog.find_asset(spec.quote));
}

}  // namespace sauda::feed
