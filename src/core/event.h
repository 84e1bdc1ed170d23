/// What can happen, as readers see it. How events are stored: core/event_record.h; how they are written and
/// read: core/event_buffer.h.
#pragma once

#include <cstdint>

#include "core/types/ids.h"
#include "core/types/market.h"
#include "core/types/order.h"
#include "core/types/reject.h"
#include "core/types/text.h"
#include "core/types/timestamp.h"
#include "core/types/units.h"

namespace sauda::core {

/// Values stand in event logs: append, never renumber.
enum class EventType : std::uint8_t {
    order_accepted = 1,
    order_rested = 2,
    trade = 3,
    order_ended = 4,
    order_amended = 5,
    refused = 6,
    repeated = 7,
    redelivered = 8,
    asset_listed = 20,
    market_listed = 21,
    fees_changed = 22,
    market_state_changed = 23,
    asset_state_changed = 24,
    account_opened = 25,
    account_state_changed = 26,
    transferred = 27,
    transfer_sent = 28,
    transfer_received = 29,
    transfer_confirmed = 30,
    lease_granted = 31,
    lease_ended = 32,
    shard_numbered = 33,
};

/// What each stored event begins with.
struct EventHeader {
    EventType type{};
    std::uint8_t words = 0;  ///< its size, in units of 8 bytes
    std::uint16_t bits = 0;  ///< meaning by type
};

/// A valid order came in. Trades, a rest or an end of it follow within the same command.
struct OrderAccepted {
    static constexpr EventType type = EventType::order_accepted;
    AccountId account;
    AccountSequence account_sequence;
    OrderId order;
    MarketId market;
    Side side{};
    OrderKind kind{};
    TimeInForce time_in_force{};
    std::uint8_t post_only = 0;
    PriceTicks price;  ///< zero on market orders
    QuantityLots quantity;
    Amount quote_quantity;
    FeeRates fees;  ///< the rates it keeps for life
    ClientOrderId client_order_id;
};

/// What was left of an order came to rest in the book; `held` moved from available to held.
struct OrderRested {
    static constexpr EventType type = EventType::order_rested;
    MarketId market;
    UpdateId update;
    OrderId order;
    AccountId account;
    Side side{};
    PriceTicks price;
    QuantityLots leaves;
    Amount held;  ///< quote for buyers, base for sellers
};

/// One match. Quote amount = price × quantity, exact; fees as charged.
///
/// The maker's `released` leaves held: a buyer's covers notional and fee and the rest returns to available; a
/// seller's is the base sold. The taker pays from available.
struct Trade {
    static constexpr EventType type = EventType::trade;
    MarketId market;
    UpdateId update;
    TradeId trade;
    PriceTicks price;
    QuantityLots quantity;
    OrderId maker_order;
    OrderId taker_order;
    AccountId maker_account;
    AccountId taker_account;
    AccountSequence maker_account_sequence;
    AccountSequence taker_account_sequence;
    QuantityLots maker_leaves;
    QuantityLots taker_leaves;  ///< zero-quantity (quote-bound) market orders: zero
    Amount quote;               ///< notional, in quote minor units
    Amount maker_fee;           ///< negative: a rebate. Asset: see fee_asset()
    Amount taker_fee;
    Amount released;
    Side taker_side{};
    FeeAsset fee_asset{};

    /// True where the fee of that side is charged in base; otherwise in quote. A rebate comes in the asset
    /// that the taker paid in.
    bool fee_in_base(Liquidity liquidity) const {
        if (fee_asset == FeeAsset::quote) return false;
        const Side side =
            liquidity == Liquidity::taker || maker_fee.raw < 0 ? taker_side : opposite(taker_side);
        return side == Side::buy;
    }

    /// What the trade takes of its taker's quote quantity: notional, a buyer's fee in quote included.
    Amount taker_quote_used() const {
        const bool has_fee = taker_side == Side::buy && !fee_in_base(Liquidity::taker);
        return has_fee ? quote + taker_fee : quote;
    }
};

/// An order ended other than by being filled; `released` went back to available.
struct OrderEnded {
    static constexpr EventType type = EventType::order_ended;
    MarketId market;
    UpdateId update;  ///< zero when it never rested: the book did not change
    OrderId order;
    AccountId account;
    Side side{};
    EndCause cause{};
    AccountSequence account_sequence;
    PriceTicks price;
    QuantityLots leaves;  ///< what was open and is no more
    Amount released;
};

/// An open order changed. With `lost_priority` it left the book (update) and may trade and rest again after
/// this event; otherwise it stands where it stood with fewer leaves.
struct OrderAmended {
    static constexpr EventType type = EventType::order_amended;
    MarketId market;
    UpdateId update;
    OrderId order;
    AccountId account;
    Side side{};
    std::uint8_t lost_priority = 0;
    AccountSequence account_sequence;
    PriceTicks price_before;
    PriceTicks price;
    QuantityLots leaves_before;
    QuantityLots leaves;
    QuantityLots quantity;  ///< in all, filled part included
    Amount released;        ///< went back to available; what rests again is held anew
};

/// The command changed nothing, for this reason.
struct Refused {
    static constexpr EventType type = EventType::refused;
    EventHeader header;
    AccountId account;
    MarketId market;
    RejectReason reason{};
    std::uint16_t reserved = 0;
    OrderId order;  ///< with client_order_id_open and _conflict: the order that has it
};

/// The command was a retry of one already applied: its report is the one of `first`. Nothing changed.
struct Repeated {
    static constexpr EventType type = EventType::repeated;
    EventHeader header;
    AccountId account;
    Sequence first;  ///< the sequence whose events tell the first outcome
    OrderId order;   ///< zero for transfers
};

/// The bus delivered this command before: it was applied then and is not applied now.
struct Redelivered {
    static constexpr EventType type = EventType::redelivered;
    EventHeader header;
    std::uint32_t reserved = 0;
};

struct AssetListed {
    static constexpr EventType type = EventType::asset_listed;
    EventHeader header;
    AssetId asset;
    AssetName name;
    std::uint8_t scale = 0;
    std::uint8_t reserved[7] = {};
    Uuid operator_id;
};

struct MarketListed {
    static constexpr EventType type = EventType::market_listed;
    EventHeader header;
    MarketId market;
    MarketName name;
    AssetId base;
    AssetId quote;
    std::uint8_t price_scale = 0;
    std::uint8_t quantity_scale = 0;
    FeeAsset fee_asset{};
    std::uint8_t reserved[5] = {};
    std::int64_t tick = 0;
    std::int64_t lot = 0;
    Amount min_notional;
    FeeRates fees;
    Uuid operator_id;
};

struct FeesChanged {
    static constexpr EventType type = EventType::fees_changed;
    EventHeader header;
    MarketId market;
    FeeRates fees;
    Uuid operator_id;
};

struct MarketStateChanged {
    static constexpr EventType type = EventType::market_state_changed;
    EventHeader header;
    MarketId market;
    Uuid operator_id;
    MarketState state{};
    std::uint8_t reserved[7] = {};
};

struct AssetStateChanged {
    static constexpr EventType type = EventType::asset_state_changed;
    EventHeader header;
    AssetId asset;
    Uuid operator_id;
    std::uint8_t halted = 0;
    std::uint8_t reserved[7] = {};
};

/// Also the answer to a repeated OpenAccount: `existed` is 1 then, and nothing changed.
struct AccountOpened {
    static constexpr EventType type = EventType::account_opened;
    EventHeader header;
    AccountId account;
    Uuid user;
    std::uint8_t existed = 0;
    std::uint8_t reserved[7] = {};
};

struct AccountStateChanged {
    static constexpr EventType type = EventType::account_state_changed;
    EventHeader header;
    AccountId account;
    AccountSequence account_sequence;
    Uuid operator_id;
    std::uint8_t frozen = 0;
    std::uint8_t reserved[7] = {};
};

/// A deposit (amount above zero) or a withdrawal (below).
struct Transferred {
    static constexpr EventType type = EventType::transferred;
    EventHeader header;
    AccountId account;
    AccountSequence account_sequence;
    AssetId asset;
    std::uint32_t reserved = 0;
    Amount amount;
    Uuid operator_id;
    TransferReference reference;
};

/// Order ids have this number in their top 8 bits from now on.
struct ShardNumbered {
    static constexpr EventType type = EventType::shard_numbered;
    EventHeader header;
    std::uint32_t number = 0;
};

/// Money left for another shard: `amount` moved from available to in transit.
struct TransferSent {
    static constexpr EventType type = EventType::transfer_sent;
    EventHeader header;
    AccountId account;
    AccountSequence account_sequence;
    AssetId asset;
    std::uint32_t reserved = 0;
    Amount amount;     ///< above zero
    Uuid operator_id;  ///< zero: the account's own user
    TransferReference reference;
    ShardName to;
};

/// Money came from another shard: `amount` moved from in transit into available.
struct TransferReceived {
    static constexpr EventType type = EventType::transfer_received;
    EventHeader header;
    AccountId account;
    AccountSequence account_sequence;
    AssetId asset;
    std::uint32_t reserved = 0;
    Amount amount;                ///< above zero
    TransferReference reference;  ///< of that shard
    ShardName from;
};

/// What was sent has arrived: it is no longer pending. Nothing moved, so the account's sequence stands.
struct TransferConfirmed {
    static constexpr EventType type = EventType::transfer_confirmed;
    EventHeader header;
    AccountId account;
    Sequence sent;  ///< the command that sent it
    AssetId asset;
    std::uint32_t reserved = 0;
    Amount amount;
    TransferReference reference;
    ShardName to;
};

/// An account came under a lease, or its lease was changed. That leases are renewed is not told.
struct LeaseGranted {
    static constexpr EventType type = EventType::lease_granted;
    EventHeader header;
    AccountId account;
    LeaseId lease;
    DurationNs span;
    TimestampNs due;  ///< unless it is renewed
};

/// A lease is no more. Where it was not called off, the ends of the account's orders follow.
struct LeaseEnded {
    static constexpr EventType type = EventType::lease_ended;
    EventHeader header;
    AccountId account;
    LeaseId lease;
    LeaseEnd how{};
    std::uint8_t reserved[7] = {};
};

}  // namespace sauda::core
