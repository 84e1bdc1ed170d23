/// A connection as the feed sees it, and what it wants of one market. Internal to feed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "core/types/ids.h"
#include "feed/subscriber.h"
#include "views/candle_interval.h"

namespace sauda::feed {

class MarketFeed;
struct Session;

/// What one session wants of one market. It stands in exactly one of the market's lists, at `index`.
struct Interest {
    enum class List : std::uint8_t {
        none,
        book,    ///< gets updates and trades
        trades,  ///< gets trades
        behind,  ///< gets nothing until its connection has drained
    };

    Session* session = nullptr;
    MarketFeed* market = nullptr;
    bool wants_book = false;
    bool wants_trades = false;
    List list = List::none;
    std::size_t index = 0;
    /// Trades left out while behind; zero: none.
    core::TradeId first_missed;
    core::TradeId last_missed;
};

/// A market's ticker or, with an interval, its candles.
struct SummaryKey {
    core::MarketId market;
    std::optional<views::CandleInterval> interval;
    friend auto operator<=>(const SummaryKey&, const SummaryKey&) = default;
};

/// Invariants: at most one interest per market, each wants something; `account` is set from attach on.
struct Session {
    Subscriber* subscriber = nullptr;
    /// Closed by us, or found closing: nothing is sent any more.
    bool is_closing = false;
    std::vector<std::unique_ptr<Interest>> interests;
    std::size_t subscription_count = 0;
    std::set<SummaryKey> summaries;

    core::AccountId account;
    /// Private events above this one, up to the present, were sent or are known to the client.
    core::AccountSequence told_from;
    /// Private events up to this one are never sent live: the client knows them.
    core::AccountSequence known_through;
};

}  // namespace sauda::feed
