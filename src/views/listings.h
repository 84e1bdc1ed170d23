/// The assets and markets that are listed: what every other view needs to make sense of numbers.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "core/event.h"
#include "core/state.h"
#include "core/types/market.h"

namespace sauda::views {

/// Assets and markets by id and by name.
///
/// Threads: one owner at a time. Pointers stay valid as long as the Listings; what they point at changes with
/// `apply`.
class Listings {
public:
    Listings() = default;
    explicit Listings(const core::ExchangeState& state);

    void apply(const core::AssetListed& event);
    void apply(const core::MarketListed& event);
    void apply(const core::FeesChanged& event);
    void apply(const core::MarketStateChanged& event);
    void apply(const core::AssetStateChanged& event);
    /// Every other event changes nothing here.
    template <class E>
    void apply(const E&) {}

    /// Null when there is none.
    const core::Asset* find_asset(core::AssetId id) const;
    const core::Asset* find_asset(std::string_view name) const;
    const core::Market* find_market(core::MarketId id) const;
    const core::Market* find_market(std::string_view name) const;
    bool is_halted(core::AssetId id) const;

    /// In the order of their ids.
    const std::deque<core::Asset>& assets() const { return assets_; }
    const std::deque<core::Market>& markets() const { return markets_; }

private:
    friend class CheckpointAccess;

    void add_market(const core::MarketSpec& spec, core::MarketState state);

    std::deque<core::Asset> assets_;    // id = index + 1, as core issues them
    std::deque<core::Market> markets_;  // likewise
    std::vector<bool> halted_;          // by asset index
};

}  // namespace sauda::views
