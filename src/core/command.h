/// What can be asked of the exchange. Commands are journaled in order; state is a fold of them.
#pragma once

#include <cstdint>
#include <variant>

#include "core/types/ids.h"
#include "core/types/market.h"
#include "core/types/order.h"
#include "core/types/text.h"
#include "core/types/timestamp.h"
#include "core/types/units.h"

namespace sauda::core {

// --- Traders
// -------------------------------------------------------------------------------------------------------

/// Places one order. (FIX MsgType D.)
///
/// Limit: `price` and `quantity`. Market: `quantity`, or `quote_quantity` (in quote minor units, the fee
/// included).
struct PlaceOrder {
    AccountId account;
    MarketId market;
    Side side = Side::buy;
    OrderKind kind = OrderKind::limit;
    TimeInForce time_in_force = TimeInForce::gtc;
    bool post_only = false;  ///< refused rather than trade at once
    DuplicatePolicy on_duplicate = DuplicatePolicy::return_first;
    PriceTicks price;
    QuantityLots quantity;
    Amount quote_quantity;
    ClientOrderId client_order_id;  ///< empty: none, the order cannot be retried safely
};

/// Cancels one order, named by `order` or, when that is zero, by `client_order_id`. (FIX MsgType F.)
struct CancelOrder {
    AccountId account;
    OrderId order;
    ClientOrderId client_order_id;
};

/// Cancels every open order of an account, in one market or (market zero) in all. (FIX MsgType q.)
struct CancelAll {
    AccountId account;
    MarketId market;
};

/// What an amendment's `quantity` means.
enum class QuantityChange : std::uint8_t {
    unchanged = 0,
    total = 1,      ///< the order's new quantity, filled part included (FIX OrderQty)
    leaves = 2,     ///< the new open quantity
    reduce_by = 3,  ///< taken off the open quantity; all or more cancels the order
};

/// Changes an open order's price or quantity; the id stays. (FIX MsgType G.)
///
/// A smaller quantity at the same price keeps priority, unless `requeue`; anything else loses it and may
/// trade.
struct AmendOrder {
    AccountId account;
    OrderId order;
    PriceTicks price;  ///< zero: unchanged
    QuantityLots quantity;
    QuantityChange quantity_change = QuantityChange::unchanged;
    bool requeue = false;
    ClientOrderId request_id;  ///< names this request, so that a retry is recognised; empty: none
};

/// Cancels `cancel` and places `place` in its stead, or does neither. `place` carries the client order id.
struct ReplaceOrder {
    OrderId cancel;
    PlaceOrder place;
};

// --- Operators and the exchange itself
// -----------------------------------------------------------------------------

struct ListAsset {
    Uuid operator_id;
    AssetName name;
    std::uint8_t scale = 0;
};
struct ListMarket {
    Uuid operator_id;
    MarketSpec spec;
};
/// Fee rates of orders accepted from now on. Open orders keep theirs.
struct SetFees {
    Uuid operator_id;
    MarketId market;
    FeeRates fees;
};
struct SetMarketState {
    Uuid operator_id;
    MarketId market;
    MarketState state = MarketState::trading;
};
/// A halted asset can be neither deposited nor withdrawn; trading is the market's to halt.
struct SetAssetState {
    Uuid operator_id;
    AssetId asset;
    bool halted = false;
};
/// Opens the account of a user, or names the one he has: idempotent by `user`.
struct OpenAccount {
    Uuid user;
};
struct SetAccountState {
    Uuid operator_id;
    AccountId account;
    bool frozen = false;
};
/// Moves `amount` from outside into available. The same reference never counts twice.
struct Deposit {
    Uuid operator_id;
    AccountId account;
    AssetId asset;
    Amount amount;
    TransferReference reference;
};
struct Withdraw {
    Uuid operator_id;
    AccountId account;
    AssetId asset;
    Amount amount;
    TransferReference reference;
};
/// Says which of several shards this exchange is: its order ids have the number in their top 8 bits. Refused
/// once an order was taken, for ids are never given anew.
struct NumberShard {
    std::uint8_t number = 0;
};
/// Nothing but time passing: fires what was due, all of it. (What journals hold in which leases lapsed before
/// there was LapseLeases.)
struct AdvanceTime {};

// --- Transfers between shards: docs/decisions/0016
// -------------------------------------------------------------------------------------------------

/// On the shard that the money leaves: moves `amount` from available to in transit. The transfer is pending
/// until it is confirmed. References are of one space with those of deposits and withdrawals.
struct SendTransfer {
    Uuid operator_id;  ///< zero: the account's own user
    AccountId account;
    AssetId asset;
    Amount amount;
    TransferReference reference;
    ShardName to;
};
/// On the shard that the money comes to: moves `amount` from in transit into available. `reference` is the
/// one that it was sent under; the same one from the same shard never counts twice. Neither a frozen account
/// nor a halted asset stops what is under way.
struct ReceiveTransfer {
    AccountId account;
    AssetId asset;
    Amount amount;
    TransferReference reference;
    ShardName from;
};
/// On the shard that the money left, once the other one has credited it: the transfer is no longer pending.
/// Moves nothing.
struct ConfirmTransfer {
    TransferReference reference;
    ShardName to;
};

// --- Leases: dead man's switches of accounts
// -------------------------------------------------------------------------------------------------------

/// Puts the account under a lease, or changes the one it is under: unless it is renewed or ended within
/// `span`, every open order of the account is cancelled. (Its own countdown with a zero lease.)
struct GrantLease {
    AccountId account;
    LeaseId lease;
    DurationNs span;
};
/// Renews every lease of a holder, each for its whole span from now.
struct RenewLeases {
    std::uint64_t holder = 0;
};
/// Ends a lease: at once with what it is there for, or without.
struct EndLease {
    AccountId account;
    LeaseId lease;
    bool cancel_orders = false;
};
/// The engine was away, so nobody could renew: every lease begins anew and none has fired meanwhile. From the
/// sequencer alone.
struct RestartLeases {};
/// Leases that are due lapse, the one that fell due first before the others, until `events_max` events or
/// more have come of it. What is left of them falls due `pause` later, so that others are served between: the
/// thousands of connections that a server takes along when it dies stop nobody's trade. From the sequencer
/// alone.
struct LapseLeases {
    std::uint32_t events_max = 0;
    DurationNs pause;  ///< > 0
};

/// Alternatives stand in journals by their index: append, never reorder.
using CommandBody =
    std::variant<AdvanceTime, PlaceOrder, CancelOrder, CancelAll, AmendOrder, ReplaceOrder, ListAsset,
                 ListMarket, SetFees, SetMarketState, SetAssetState, OpenAccount, SetAccountState, Deposit,
                 Withdraw, NumberShard, SendTransfer, ReceiveTransfer, ConfirmTransfer, GrantLease,
                 RenewLeases, EndLease, RestartLeases, LapseLeases>;

struct Command {
    CommandId id;  ///< zero gateway: from the sequencer itself, never deduplicated
    TimestampNs
        deadline;  ///< a place sequenced later is refused as expired; zero: none. Cancels never expire.
    CommandBody body;
};

/// What the sequencer adds: the command's place and time.
struct Stamp {
    Sequence sequence;
    TimestampNs time;
};

}  // namespace sauda::core
