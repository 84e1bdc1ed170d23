/// From event frames to rows of history: a pure fold. What it must know of the past it asks a Past for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "codec/event_frame.h"
#include "codec/stored_event_frame.h"
#include "core/event.h"
#include "history/rows.h"
#include "views/listings.h"

namespace sauda::history {

/// An account's balance of one asset.
struct Balance {
    core::Amount available;
    core::Amount held;
    friend bool operator==(const Balance&, const Balance&) = default;
};

/// Tells a frame from another of the same sequence. The engine's epoch is left out: a frame that another run
/// of the engine derived again is the same frame.
std::uint32_t frame_checksum(const codec::EventFrameView& frame);

/// What was written before: asked when the projector meets an order, a balance or a candle for the first
/// time.
class Past {
public:
    virtual ~Past() = default;
    virtual std::optional<OrderRow> find_order(core::OrderId id) = 0;
    /// Zero when there is no entry.
    virtual Balance find_balance(core::AccountId account, core::AssetId asset) = 0;
    virtual std::optional<Candle> find_candle(core::MarketId market, std::int64_t interval_s,
                                              std::int64_t start_s) = 0;
};

/// Folds frames into a batch of rows, which its owner writes and then says so.
///
/// Threads: one owner at a time. Memory: the batch, and what it remembers of open orders and balances, which
/// is bounded: what is forgotten is asked of the Past again.
class Projector {
public:
    /// Goes on after `progress`, of which `listings` knows what is listed. Requires: `past` outlives it and
    /// tells what was written through `progress` and by every batch since.
    Projector(Past& past, const Progress& progress, views::Listings listings);

    /// Folds one frame, as it is stored. A sequence at or below progress() changes nothing: frames may come
    /// twice. Fails, for good, with a sentence where a sequence is left out, the bytes are not events of this
    /// version, or they contradict what is written.
    base::Result<void, std::string> apply(const codec::EventFrameView& frame);

    /// Through which command the batch goes.
    const Progress& progress() const { return batch_.progress; }
    /// What was folded since the last written(), in no particular order within a table. Until the next apply.
    Batch& batch();
    /// About how many rows batch() will have.
    std::size_t row_count() const;
    /// batch() stands in the Past from now on.
    void written();

private:
    struct Order {
        OrderRow row;
        bool is_written = false;
        bool is_changed = false;
    };
    struct IdHash {
        std::size_t operator()(std::uint64_t key) const { return key * 0x9E3779B97F4A7C15ull; }
    };
    struct CandleKey {
        core::MarketId market;
        std::int64_t interval_s = 0;
        std::int64_t start_s = 0;
        friend auto operator<=>(const CandleKey&, const CandleKey&) = default;
    };
    /// How a posting came about; the rest is the balance's.
    struct Reason {
        Cause cause{};
        core::AccountId counter;
        core::Amount fee;
        core::OrderId order;
        core::MarketId market;
        core::TradeId trade;
    };

    // What each event means: projector_events.cpp.
    void fold(const core::OrderAccepted& event);
    void fold(const core::OrderRested& event);
    void fold(const core::Trade& event);
    void fold(const core::OrderEnded& event);
    void fold(const core::OrderAmended& event);
    void fold(const core::Transferred& event);
    void fold(const core::TransferSent& event);
    void fold(const core::TransferReceived& event);
    void fold(const core::TransferConfirmed& event);
    void fold(const core::AssetListed& event);
    void fold(const core::MarketListed& event);
    void fold(const core::FeesChanged& event);
    void fold(const core::MarketStateChanged& event);
    void fold(const core::AssetStateChanged& event);
    void fold(const core::AccountOpened& event);
    void fold(const core::AccountStateChanged& event);
    void fold(const core::Refused&) {}
    void fold(const core::Repeated&) {}
    void fold(const core::ShardNumbered&) {}
    void fold(const core::Redelivered&) {}
    // What leases did stands in the orders that they ended.
    void fold(const core::LeaseGranted&) {}
    void fold(const core::LeaseEnded&) {}

    void settle_side(const core::Trade& event, const core::Market& market, core::Liquidity liquidity);
    void fill(core::OrderId id, core::Liquidity liquidity, const core::Trade& event);
    void note_candles(const core::Trade& event);
    void act(ActionRow action);

    void post(core::AccountId account, core::AssetId asset, core::Amount available, core::Amount held,
              const Reason& reason);
    void release(core::OrderId order, core::AccountId account, core::AssetId asset, core::Amount released,
                 core::MarketId market);

    void begin(const codec::EventFrameHeader& header);
    void close(Order& order, core::OrderStatus status, std::uint32_t n);
    void close_quote_bound();
    Order* order(core::OrderId id);
    void change(Order& order);
    const core::Market* market(core::MarketId id);
    Balance& balance(core::AccountId account, core::AssetId asset);
    void contradict(std::string what);
    std::uint32_t place(core::Liquidity liquidity = core::Liquidity::maker) const;

    Past& past_;
    codec::StoredFrameReader stored_;
    views::Listings listings_;
    Batch batch_;
    std::string problem_;

    std::unordered_map<std::uint64_t, Order, IdHash> orders_;      // by id: open ones, and those of the batch
    std::unordered_map<std::uint64_t, Balance, IdHash> balances_;  // by account and asset
    std::map<CandleKey, Candle> candles_;                          // of the batch
    std::vector<core::OrderId> changed_;

    // Of the command being folded.
    std::uint32_t event_ = 0;    // its how-many-eth event
    std::uint32_t posting_ = 0;  // its how-many-eth posting
    core::OrderId quote_bound_;  // its order that is bound by quote, if any
};

}  // namespace sauda::history
