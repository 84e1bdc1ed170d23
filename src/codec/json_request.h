/// What clients ask in JSON, first as the text they wrote, then, against a market, as core commands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/field_reader.h"
#include "codec/json_value.h"
#include "core/command.h"
#include "core/types/market.h"
#include "core/types/reject.h"

namespace sauda::codec {

/// One order as its client wrote it.
struct OrderRequest {
    std::string market;
    core::Side side{};
    core::OrderKind kind{};
    core::TimeInForce time_in_force{};
    bool post_only = false;
    core::DuplicatePolicy on_duplicate{};
    std::optional<std::string> price;
    std::optional<std::string> quantity;
    std::optional<std::string> quote_quantity;
    core::ClientOrderId client_order_id;
};

/// Reads `{"order_type":"Buy","order_kind":"Limit","price":100.50,"quantity":10,"market":"TATA_INR", ...}`.
/// `side` is another name of order_type, `kind` and `type` of order_kind: one of them, not two. Words in any
/// case; fields that mean nothing here are ignored, and a null is as good as no field.
RequestResult<OrderRequest> read_order(const JsonValue& object);

/// `request` in the units of its market. The account is left to the caller. Refusals are those that core
/// would give.
base::Result<core::PlaceOrder, core::RejectReason> resolve(const OrderRequest& request,
                                                           const core::Market& market);

/// A change of an open order: a price, a quantity, or both. `client_order_id` names the request itself.
///
/// The quantity is one of `quantity` (in all, the filled part included), `leaves` (what shall be open) and
/// `reduce_by` (what is taken off). `requeue` gives up priority even where the change would keep it.
struct AmendRequest {
    std::optional<std::string> price;
    std::optional<std::string> quantity;
    core::QuantityChange quantity_change{};
    bool requeue = false;
    core::ClientOrderId request_id;
};
RequestResult<AmendRequest> read_amend(const JsonValue& object);
base::Result<core::AmendOrder, core::RejectReason> resolve(const AmendRequest& request,
                                                           const core::Market& market);

/// A client order id, checked.
RequestResult<core::ClientOrderId> read_client_order_id(std::string_view text);

/// Decimal text as minor units of an asset, above zero. `what` names the field in messages.
RequestResult<core::Amount> read_amount(std::string_view text, int scale, std::string_view what);

}  // namespace sauda::codec
