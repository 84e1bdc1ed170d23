/// The latest public trades of every market.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "base/bytes.h"
#include "core/event.h"
#include "core/state.h"
#include "core/types/ids.h"
#include "core/types/order.h"
#include "core/types/timestamp.h"
#include "core/types/units.h"

namespace sauda::views {

/// A trade as everyone may see it: nobody's account and no order ids.
struct PublicTrade {
    core::TradeId trade;
    core::PriceTicks price;
    core::QuantityLots quantity;
    core::Amount quote;
    core::Side taker_side{};
    core::TimestampNs time;
    friend bool operator==(const PublicTrade&, const PublicTrade&) = default;
};

/// Keeps the last `trades_per_market_max` trades of each market. What a snapshot leaves out (it holds no
/// trades) comes from the event log or history.
///
/// Threads: one owner at a time.
class TradesView {
public:
    static constexpr std::size_t trades_per_market_max = 1000;

    TradesView() = default;
    explicit TradesView(const core::ExchangeState& state);

    /// Folds the events of one command. A sequence at or below last() changes nothing.
    /// False where the bytes are not events of this version; what came before them is folded.
    /// Requires: no sequence is left out.
    bool apply(core::Sequence sequence, core::TimestampNs time, base::ByteView events);
    core::Sequence last() const { return last_; }

    /// The newest `limit` trades with ids below `before` (zero: all), newest first. Empty for unknown
    /// markets.
    std::vector<PublicTrade> recent(core::MarketId market, std::size_t limit,
                                    core::TradeId before = {}) const;

private:
    friend class CheckpointAccess;

    core::Sequence last_;
    std::vector<std::deque<PublicTrade>> trades_;  // by market index (id - 1), oldest first
};

}  // namespace sauda::views
