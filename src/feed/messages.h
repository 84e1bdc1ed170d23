/// The text of every message of the feed: JSON, appended to a string.
///
/// Decimals are strings with all decimals of their scale; ids, sequences and times (milliseconds) are
/// numbers. Optional fields are in brackets.
///
/// Public:
///   {"channel":"orderbook","market","sequence","bids":[[price,quantity]..],"asks":[..],"checksum"
///       [,"conflated":true][,"truncated":true]}                                     snapshot
///   {"channel":"orderbook","market","first_sequence","last_sequence","bids","asks","checksum"}   update
///   {"channel":"trades","market","event_type":"Trade","trade_id","price","quantity","taker_side",
///       "sequence","time"}                          sequence: the book update that the trade is
///   {"channel":"trades","market","event_type":"Gap","first_trade_id","last_trade_id"}
///       these trades were left out for a slow reader
///   {"channel":"ticker", ...the members of views_json::ticker_members, "window_start","time"}
///   {"channel":"candles","market","interval","candle":{...views_json::candle_json}[,"conflated":true]}
///       conflated: messages before this one were left out for a slow reader
///
/// Best levels first; in an update, quantity "0" removes the level and the others stand at their new
/// quantity. `truncated`: the side has more levels than the snapshot tells; they follow when
/// they change. The checksum is views::depth_checksum after the message.
///
/// Private, each with "user_id", "account_sequence", "time":
///   OrderAccepted   order_id [,client_order_id], market, side, order_kind, time_in_force, post_only
///   [,price],
///                   quantity [,quote_quantity]. quantity is null with quote_quantity.
///   PartialFill, FullFill, MarketPartialFill
///                   order_id, matched_with, quantity, price, order_kind, market, side, trade_id, liquidity,
///                   fee, fee_asset, leaves. MarketPartialFill: a market order that is not filled whole by
///                   it. matched_with is the other order's id: it names the trade's other side without
///                   telling whose it is. A negative fee is a rebate. leaves is zero throughout on a market
///                   order that counts quote.
///   OrderCanceled, OrderExpired
///                   order_id, market, side, reason, unfilled: null on a market order that counts quote
///   OrderAmended    order_id, market, side, price, quantity, leaves, kept_priority
///   Deposit, Withdrawal
///                   asset, amount, reference
///   TransferSent, TransferReceived
///                   asset, amount, reference, to_shard or from_shard. The reference is the sending shard's.
///   AccountFrozen, AccountUnfrozen
///
/// Answers, each with [,"request_id"] of the message it answers:
///   {"status":"Success","action":"subscribed|unsubscribed","channel","market"[,"interval"]}
///   {"status":"Success","action":"authenticated","user_id","account_sequence"}
///   {"status":"Success","action":"resumed","account_sequence","replayed"}
///   {"event_type":"resume_too_old","user_id","account_sequence","balances":[{"asset","available","held"}..],
///       "open_orders":[..],"open_orders_complete"}
///   {"status":"Error","error","code"[,"channel","market"]}
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/types/ids.h"
#include "core/types/market.h"
#include "feed/private_event.h"
#include "views/accounts.h"
#include "views/catalog.h"
#include "views/depth.h"

namespace sauda::feed {

struct SnapshotShape {
    std::size_t levels_max = 0;
    bool conflated = false;
};
void append_snapshot(std::string& out, const core::MarketSpec& spec, const views::DepthBook& book,
                     const SnapshotShape& shape);

/// Levels with their new quantities, in the order in which they are to stand.
struct BookUpdate {
    core::UpdateId first;
    core::UpdateId last;
    std::span<const views::DepthLevel> bids;
    std::span<const views::DepthLevel> asks;
    std::uint32_t checksum = 0;
};
void append_update(std::string& out, const core::MarketSpec& spec, const BookUpdate& update);

/// Of `trade` only what everyone may see.
void append_trade(std::string& out, const core::MarketSpec& spec, const core::Trade& trade,
                  core::TimestampNs time);
void append_trade_gap(std::string& out, const core::MarketSpec& spec, core::TradeId first,
                      core::TradeId last);

/// Requires: `catalog` knows the event's market and asset.
void append_private_event(std::string& out, const views::Catalog& catalog, const PrivateEvent& event);

/// `members` are of views_json::ticker_members.
struct TickerMessage {
    std::string_view members;
    core::TimestampNs window_start;
    core::TimestampNs time;
};
void append_ticker(std::string& out, const TickerMessage& ticker);

/// `candle` is of views_json::candle_json.
struct CandleMessage {
    std::string_view market;
    std::string_view interval;
    std::string_view candle;
    bool conflated = false;
};
void append_candle(std::string& out, const CandleMessage& message);

/// What a client subscribed to: `interval` is empty but for candles.
struct SubscriptionName {
    std::string_view channel;
    std::string_view market;
    std::string_view interval = {};
};
/// In answers `request_id` is the JSON text of a value, put in as it is; empty: there is none.
void append_subscription_ack(std::string& out, std::string_view action, const SubscriptionName& subscription,
                             std::string_view request_id);
void append_attached(std::string& out, const core::Uuid& user, core::AccountSequence sequence,
                     std::string_view request_id);
void append_resumed(std::string& out, core::AccountSequence sequence, std::uint64_t replayed,
                    std::string_view request_id);
/// The account as `accounts` has it now.
void append_resume_too_old(std::string& out, const views::Catalog& catalog,
                           const views::AccountsView& accounts, core::AccountId account,
                           std::size_t open_orders_max, std::string_view request_id);

/// Why a message was refused. `channel` and `market` may be empty.
/// Requires: texts without quotes, backslashes and control characters.
struct Refusal {
    std::string_view code;
    std::string_view sentence;
    std::string_view channel;
    std::string_view market;
};
void append_refusal(std::string& out, const Refusal& refusal, std::string_view request_id);

}  // namespace sauda::feed
