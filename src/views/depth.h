/// The order books as the public sees them: quantity per price.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "core/event.h"
#include "core/state.h"
#include "core/types/ids.h"
#include "core/types/order.h"
#include "core/types/timestamp.h"
#include "core/types/units.h"
#include "views/listings.h"

namespace sauda::views {

/// The quantity at one price. In a list of changes, zero means that the level is gone.
struct DepthLevel {
    core::PriceTicks price;
    core::QuantityLots quantity;
    friend bool operator==(const DepthLevel&, const DepthLevel&) = default;
};

/// One market's levels.
///
/// Invariants: no level is empty; after a whole command, best bid < best ask when both exist.
class DepthBook {
public:
    /// The best `limit` levels, best first.
    std::vector<DepthLevel> top(core::Side side, std::size_t limit) const;
    /// Quantity at `price`, zero when there is none. O(log levels).
    core::QuantityLots quantity_at(core::Side side, core::PriceTicks price) const;
    std::size_t level_count(core::Side side) const { return levels(side).size(); }

    /// The market's book-update id that the levels reflect.
    core::UpdateId update() const { return update_; }

    /// Adds `change` (negative: takes away) at `price` and returns what stands there now. O(log levels), and
    /// moves only levels better than this one.
    core::QuantityLots add(core::Side side, core::PriceTicks price, core::QuantityLots change);
    void set_update(core::UpdateId update) { update_ = update; }

private:
    friend class CheckpointAccess;

    const std::vector<DepthLevel>& levels(core::Side side) const { return levels_[static_cast<int>(side)]; }

    std::vector<DepthLevel> levels_[2];  // by side, best level last: most changes happen near the end
    core::UpdateId update_;
};

/// CRC-32 of the best 10 levels of both sides, for clients to check their copy.
///
/// Its input is ASCII text: for i = 1 to 10, the i-th best bid, then the i-th best ask, each as
/// `price:quantity`, absent ones left out, all joined by `:`. Prices and quantities stand with all decimals
/// of the market's price scale and quantity scale, exactly as in the messages. An empty book's input is
/// empty, its checksum 0. CRC-32 is that of IEEE 802.3, zlib and PNG: reflected polynomial 0xEDB88320, start
/// and final XOR 0xFFFFFFFF.
///
/// Example: bids 100.50 x 10, 100.45 x 3 and ask 100.55 x 5 give the text
/// `100.50:10:100.55:5:100.45:3`.
std::uint32_t depth_checksum(const DepthBook& book, const core::MarketSpec& spec);
/// The text that depth_checksum reads.
std::string depth_checksum_text(const DepthBook& book, const core::MarketSpec& spec);

/// What one command changed in one market's book: levels with their new quantities, each once.
struct DepthChange {
    core::MarketId market;
    core::UpdateId first_update;
    core::UpdateId last_update;
    std::vector<DepthLevel> bids;  ///< best first
    std::vector<DepthLevel> asks;  ///< best first
};

/// Depth of every market.
///
/// Threads: one owner at a time.
class DepthView {
public:
    DepthView() = default;
    explicit DepthView(const core::ExchangeState& state);

    /// Folds the events of one command. A sequence at or below last() changes nothing and leaves changes()
    /// empty. False where the bytes are not events of this version; what came before them is folded.
    /// Requires: no sequence is left out.
    bool apply(core::Sequence sequence, core::TimestampNs time, base::ByteView events);
    core::Sequence last() const { return last_; }

    /// What the last apply changed, one entry per market. Valid until the next apply.
    std::span<const DepthChange> changes() const { return changes_; }

    /// Null when there is no such market.
    const DepthBook* find(core::MarketId market) const;
    /// Checksum of that market's top levels as they stand. Requires: the market exists.
    std::uint32_t checksum(core::MarketId market) const;

    const Listings& listings() const { return listings_; }

private:
    friend class CheckpointAccess;

    void fold(const core::OrderRested& event);
    void fold(const core::Trade& event);
    void fold(const core::OrderEnded& event);
    void fold(const core::OrderAmended& event);
    void fold(const core::MarketListed& event);
    template <class E>
    void fold(const E&) {}

    void change(core::MarketId market, core::UpdateId update, core::Side side, core::PriceTicks price,
                core::QuantityLots difference);
    DepthChange& change_of(core::MarketId market, core::UpdateId update);

    core::Sequence last_;
    Listings listings_;
    std::vector<DepthBook> books_;  // market id = index + 1
    std::vector<DepthChange> changes_;
};

}  // namespace sauda::views
