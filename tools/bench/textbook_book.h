/// The order book as textbooks have it: a sorted map of prices to lists of orders, and a hash map from id to
/// order. Plain enough to be believed: it gives flows their digests, and it is the yardstick beside which
/// the engine's speed is told, because it drifts with the machine as the engine does.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <unordered_map>
#include <vector>

#include "bench/flow_file.h"

namespace sauda::bench {

struct TextbookOrder {
    std::uint64_t id = 0;
    std::uint32_t market = 0;
    std::uint32_t leaves = 0;
    std::uint32_t account = 0;
    std::uint8_t side = 0;
    std::int64_t price = 0;
};

/// The books of all markets of a flow, with the flow's rules (flow_file.h).
class TextbookBook {
public:
    explicit TextbookBook(std::uint32_t markets) : markets_(markets) {}

    /// False when the record names an order that is not open, or a market that is not there.
    bool apply(const FlowRecord& record);

    /// Nothing when it is not open. Valid until the next apply.
    const TextbookOrder* find(std::uint64_t id) const;
    /// Best price of a side, or `fallback` when nothing rests there.
    std::int64_t best(std::uint32_t market, std::uint8_t side, std::int64_t fallback) const;
    std::uint64_t live_orders() const { return orders_.size(); }
    const TradeDigest& digest() const { return digest_; }
    /// Makers that the last apply filled whole.
    const std::vector<std::uint64_t>& filled() const { return filled_; }

private:
    using Level = std::list<TextbookOrder>;
    using Prices = std::map<std::int64_t, Level>;
    using Orders = std::unordered_map<std::uint64_t, Level::iterator>;
    struct Market {
        Prices sides[2];
    };

    void place(TextbookOrder& taker, bool may_rest);
    void match(TextbookOrder& taker);
    void rest(const TextbookOrder& order);
    /// Takes an open order out of its level.
    TextbookOrder take_out(Orders::iterator found);

    std::vector<Market> markets_;
    Orders orders_;
    std::vector<std::uint64_t> filled_;
    TradeDigest digest_;
};

}  // namespace sauda::bench
