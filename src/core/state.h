/// The exchange's whole state as plain data in canonical order: what a snapshot holds. Two exchanges are
/// equal when their states are. Core fills and reads it; the codec turns it into bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "core/command.h"
#include "core/types/ids.h"
#include "core/types/market.h"

namespace sauda::core {

struct AssetState {
    Asset asset;
    bool halted = false;
};

/// A market and the counters it issues ids from.
struct MarketStateRecord {
    MarketSpec spec;
    MarketState state = MarketState::trading;
    TradeId last_trade;
    UpdateId last_update;
    /// Rates ever in force here, oldest first; orders refer to them by index, the last holds now.
    std::vector<FeeRates> fee_schedules;
};

struct AccountRecord {
    Uuid user;
    bool frozen = false;
    AccountSequence last_sequence;
};

/// One non-zero balance. Sorted by account, then asset.
struct BalanceRecord {
    AccountId account;
    AssetId asset;
    Amount available;
    Amount held;
};

/// One open order. Sorted by market, side, price priority, time priority.
struct OrderRecord {
    OrderId id;
    AccountId account;
    MarketId market;
    Side side{};
    OrderKind kind{};
    TimeInForce time_in_force{};
    bool post_only = false;
    std::uint16_t fee_schedule = 0;
    PriceTicks price;
    QuantityLots quantity;  ///< in all
    QuantityLots leaves;
    TimestampNs accepted;
};

/// What a request under a client order id asked for: a retry must ask for the same.
struct RequestContent {
    std::uint8_t request = 0;  ///< index of the command's alternative in CommandBody
    Side side{};
    OrderKind kind{};
    TimeInForce time_in_force{};
    std::uint8_t post_only = 0;
    std::uint8_t on_duplicate = 0;
    QuantityChange quantity_change{};
    std::uint8_t requeue = 0;
    MarketId market;
    std::uint32_t reserved = 0;
    PriceTicks price;
    QuantityLots quantity;
    Amount quote_quantity;
    OrderId target;  ///< the order amended or replaced
    friend bool operator==(const RequestContent&, const RequestContent&) = default;
};

/// One remembered client order id. Sorted by account, then id.
struct ClientOrderRecord {
    AccountId account;
    ClientOrderId client_order_id;
    RequestContent content;
    OrderId order;
    Sequence first;              ///< the command that first bore it
    bool open = false;           ///< its order is open
    TimestampNs forgotten_from;  ///< when not open: forgotten at this time or later
};

/// One transfer into available (amount above zero) or out of it (below): to and from outside, or another
/// shard. Sorted by whose the reference is, then by reference.
struct TransferRecord {
    TransferReference reference;
    AccountId account;
    AssetId asset;
    Amount amount;
    Sequence first;
    ShardName peer;      ///< the other shard; empty: the money came from outside, or went there
    Sequence confirmed;  ///< of what was sent to another shard: the command that said it arrived; zero: none

    bool is_sent() const { return !peer.empty() && amount.raw < 0; }
    bool is_received() const { return !peer.empty() && amount.raw > 0; }
    bool is_pending() const { return is_sent() && !confirmed; }
    /// The shard that the reference was given on; empty: this one.
    ShardName origin() const { return is_received() ? peer : ShardName{}; }
    /// The account of the exchange that the money came from or went to.
    AccountId counter() const { return peer.empty() ? external_account : in_transit_account; }
};

/// One gateway's redelivery window: `seen` has bit (sequence mod window) for sequences in (newest - window,
/// newest].
struct GatewayRecord {
    std::uint64_t gateway = 0;
    std::uint64_t newest = 0;
    Sequence last_spoke;
    std::vector<std::uint64_t> seen;
};

/// One lease on an account. Sorted by lease, then account.
struct LeaseRecord {
    AccountId account;
    LeaseId lease;
    DurationNs span;
    TimestampNs due;
};

struct ExchangeState {
    std::uint8_t shard = 0;
    Stamp last;  ///< of the last command applied
    std::uint64_t last_order_count = 0;
    std::vector<AssetState> assets;          ///< id = index + 1
    std::vector<MarketStateRecord> markets;  ///< id = index + 1
    std::vector<AccountRecord> accounts;     ///< id = first_user_account + index
    std::vector<BalanceRecord> balances;
    std::vector<OrderRecord> orders;
    std::vector<ClientOrderRecord> client_orders;
    std::vector<TransferRecord> transfers;
    std::vector<GatewayRecord> gateways;  ///< sorted by gateway
    std::vector<LeaseRecord> leases;
};

}  // namespace sauda::core
