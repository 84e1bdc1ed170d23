/// What clients are answered in JSON. Decimals are strings; ids, sequences and times in milliseconds are
/// numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "codec/json_value.h"
#include "core/event.h"
#include "core/types/market.h"
#include "core/types/order.h"

namespace sauda::codec {

/// The HTTP status of a refusal: 403, 404, 409, 503 where one of these says more, else 422.
int http_status(core::RejectReason reason);

/// `{"status":"Error","error":"<sentence>","code":"<code>"}`
std::string error_json(std::string_view code, std::string_view sentence);
std::string error_json(core::RejectReason reason);

/// "New", "PartiallyFilled", "Filled", "Canceled", "Expired".
std::string_view status_text(core::OrderStatus status);
/// "Buy", "Sell".
std::string_view side_text(core::Side side);
/// "Limit", "Market".
std::string_view kind_text(core::OrderKind kind);
/// "GTC", "IOC", "FOK".
std::string_view time_in_force_text(core::TimeInForce time_in_force);
std::string_view market_state_text(core::MarketState state);

/// Total price × quantity over total quantity as a decimal with the market's price decimals and up to eight
/// more, cut, not rounded. Requires: quantity > 0.
std::string average_price(core::Int128 notional, core::QuantityLots quantity, int price_scale);

/// A trade as one side's owner is told of it at once.
struct ReportFill {
    core::TradeId trade;
    core::PriceTicks price;
    core::QuantityLots quantity;
    core::Amount fee;
    bool fee_in_base = false;
};

/// What one command did to one order: the execution report. (FIX MsgType 8.)
struct ExecutionReport {
    core::OrderId order;
    core::AccountId account;
    core::ClientOrderId client_order_id;
    core::MarketId market;
    core::OrderStatus status{};
    core::QuantityLots quantity;    ///< in all; zero for market orders that are bound by quote
    core::QuantityLots filled;      ///< in all
    core::QuantityLots leaves;      ///< still open
    core::Amount quote_quantity;    ///< of an order bound by quote; otherwise zero
    core::Amount quote_used;        ///< of that, as Trade::taker_quote_used counts it
    std::vector<ReportFill> fills;  ///< of this command
    /// Notional of the fills before this command. Nothing: not known, the events of an amendment do not tell.
    std::optional<core::Int128> quote_before;
    core::Amount quote_now;  ///< notional of the fills of this command
    core::OrderId replaced;  ///< the order that this one took the place of
};

/// One command's events taken together.
struct CommandOutcome {
    core::RejectReason refused = core::RejectReason::none;
    core::OrderId refused_order;  ///< the order in the way, where the refusal names one
    core::Sequence repeated;      ///< when not zero: a retry, its outcome stands at this sequence
    std::optional<ExecutionReport> report;
    std::vector<core::OrderId> ended;  ///< orders that were cancelled
    bool amended = false;              ///< the report is of an amendment: its order has a past
    /// Set when the command was about one order and cancelled it: ended.back(), of this account.
    core::AccountId canceled_owner;
};
CommandOutcome outcome_of(base::ByteView events);

/// `,"quote_quantity":...,"quote_filled":...,"quote_leaves":...` of an order bound by quote; empty for
/// others.
std::string quote_members(core::Amount quote_quantity, core::Amount quote_used, const core::Asset& quote);

/// The names and scales that a report needs.
struct ReportContext {
    const core::Market& market;
    const core::Asset& base;
    const core::Asset& quote;
};

/// The report as the answer to its request.
std::string report_json(const ExecutionReport& report, const ReportContext& context, core::Sequence sequence,
                        bool is_duplicate);

}  // namespace sauda::codec
