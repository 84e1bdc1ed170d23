/// What history keeps, as plain values: the rows of schema.sql.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/event.h"
#include "core/types/ids.h"
#include "core/types/market.h"
#include "core/types/order.h"
#include "core/types/text.h"
#include "core/types/timestamp.h"
#include "core/types/units.h"
#include "history/cursor.h"
#include "views/accounts.h"
#include "views/candle_interval.h"

namespace sauda::history {

/// Why a balance changed. Values stand in databases: append, never renumber.
enum class Cause : std::uint8_t {
    deposit = 1,
    withdrawal = 2,
    hold = 3,     ///< available to held, for an order that rests
    release = 4,  ///< held to available
    trade = 5,
    fee = 6,                ///< in rows: of the exchange's fees account alone
    rebate = 7,             ///< likewise
    transfer_sent = 8,      ///< to another shard
    transfer_received = 9,  ///< from another shard
};

/// One account's balance of one asset after a change: a row of `ledger`.
struct Posting {
    core::AccountId account;
    core::AssetId asset;
    core::Sequence sequence;
    std::uint32_t n = 0;
    Cause cause{};
    core::AccountId counter;
    core::Amount fee;  ///< charged with it, in this asset; negative: a rebate
    core::Amount available;
    core::Amount held;
    core::OrderId order;
    core::MarketId market;
    core::TradeId trade;
};

/// An order, and where it closed among the commands and what they did.
struct OrderRow {
    views::OrderView order;
    core::Sequence created;
    core::Sequence updated;
    core::Sequence closed;  ///< zero while it is open
    std::uint32_t closed_n = 0;
};

struct AmendmentRow {
    core::OrderId order;
    core::Sequence sequence;
    std::uint32_t n = 0;
    bool lost_priority = false;
    core::PriceTicks price_before;
    core::PriceTicks price;
    core::QuantityLots leaves_before;
    core::QuantityLots leaves;
    core::QuantityLots quantity;
};

struct TradeRow {
    core::MarketId market;
    core::TradeId trade;
    core::Sequence sequence;
    core::PriceTicks price;
    core::QuantityLots quantity;
    core::Side taker_side{};
    core::OrderId maker_order;
    core::OrderId taker_order;
    core::QuantityLots maker_leaves;
    core::QuantityLots taker_leaves;
    core::Amount maker_fee;
    core::Amount taker_fee;
};

/// One owner's side of a trade: the key by which the trade is found.
struct FillRow {
    core::AccountId account;
    core::Sequence sequence;
    std::uint32_t n = 0;  ///< odd: as taker
    core::OrderId order;
    core::MarketId market;
    core::TradeId trade;
};

struct TransferRow {
    core::AccountId account;
    Cursor place;
    core::AssetId asset;
    core::Amount amount;  ///< negative: a withdrawal
    core::Uuid operator_id;
    core::TransferReference reference;
    core::TimestampNs time;  ///< told by reads
};

/// A transfer to or from another shard.
struct ShardTransferRow {
    core::AccountId account;
    Cursor place;
    core::AssetId asset;
    core::Amount amount;                ///< below zero: sent; above: received
    core::Uuid operator_id;             ///< of what was sent; zero: the account's own user
    core::TransferReference reference;  ///< of the shard that sent it
    core::ShardName peer;               ///< the other shard
    core::Sequence confirmed;  ///< of what was sent: the command that said it arrived; zero: none yet
    core::TimestampNs time;    ///< told by reads
};

/// The arrival of what was sent.
struct ConfirmationRow {
    core::Sequence sent;
    core::Sequence confirmed;
};

/// Values stand in databases: append, never renumber.
enum class ActionKind : std::uint8_t {
    asset_listed = 1,
    market_listed = 2,
    fees_changed = 3,
    market_state_changed = 4,
    asset_state_changed = 5,
    account_state_changed = 6,
    deposit = 7,
    withdrawal = 8,
    transfer_sent = 9,
};

/// What an operator did.
struct ActionRow {
    Cursor place;
    ActionKind kind{};
    std::optional<core::Uuid> operator_id;  ///< nothing: the exchange itself, at its first start
    core::AccountId account;                ///< zero: none, as with the others
    core::AssetId asset;
    core::MarketId market;
    std::int64_t value = 0;    ///< amount; core::MarketState; 1: halted, frozen; maker rate in ppm
    std::int64_t value_2 = 0;  ///< taker rate in ppm
    core::TransferReference reference;
    core::TimestampNs time;  ///< told by reads
};

/// What takers bought, and what for.
struct TakerBought {
    core::Int128 quantity = 0;  ///< quantity units
    core::Int128 quote = 0;     ///< quote minor units
    friend bool operator==(const TakerBought&, const TakerBought&) = default;
};

/// The trades of a span of time in one market.
struct Candle {
    core::MarketId market;
    std::int64_t interval_s = 0;
    std::int64_t start_s = 0;  ///< seconds since 1970, a multiple of the interval
    core::PriceTicks open;
    core::PriceTicks high;
    core::PriceTicks low;
    core::PriceTicks close;
    core::Int128 volume = 0;        ///< quantity units
    core::Int128 quote_volume = 0;  ///< quote minor units
    std::uint64_t trade_count = 0;
    core::TradeId first_trade;
    core::TradeId last_trade;
    std::optional<TakerBought> taker_bought;  ///< nothing: it was begun under schema 1, which did not tell
    friend bool operator==(const Candle&, const Candle&) = default;
};

/// Intervals of which candles are kept; every longer span that they divide is made of them, every other one
/// of trades.
inline constexpr std::int64_t kept_intervals_s[] = {60, 3600, 86'400};

/// The longest of them of which every candle of `interval` is made; zero: none.
constexpr std::int64_t kept_part_s(views::CandleInterval interval) {
    if (interval >= views::CandleInterval::day_1) return 86'400;  // weeks and months begin with a day
    if (interval >= views::CandleInterval::hour_1) return 3600;
    return interval >= views::CandleInterval::minute_1 ? 60 : 0;
}

/// How far history goes: through this command, which was in a frame of this checksum.
struct Progress {
    core::Sequence sequence;
    core::TimestampNs time;
    std::uint32_t frame_crc = 0;
    friend bool operator==(const Progress&, const Progress&) = default;
};

/// The first command of a time.
struct TimeRow {
    core::Sequence sequence;
    core::TimestampNs time;
};

/// What one transaction adds: everything that the commands up to `progress` did since the last one.
struct Batch {
    Progress progress;
    std::vector<TimeRow> times;
    std::vector<core::AssetListed> assets;
    std::vector<core::MarketListed> markets;
    std::vector<core::AccountOpened> accounts;
    std::vector<OrderRow> new_orders;
    std::vector<OrderRow> changed_orders;
    std::vector<AmendmentRow> amendments;
    std::vector<TradeRow> trades;
    std::vector<FillRow> fills;
    std::vector<Posting> postings;
    std::vector<TransferRow> transfers;
    std::vector<ShardTransferRow> shard_transfers;
    std::vector<ConfirmationRow> confirmations;
    std::vector<ActionRow> actions;
    std::vector<Candle> candles;
};

}  // namespace sauda::history
