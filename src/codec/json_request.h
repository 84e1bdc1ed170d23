/// What clients ask in JSON, first as the text they wrote, then, against a market, as core commands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_value.h"
#include "core/command.h"
#include "core/types/market.h"
#include "core/types/reject.h"

namespace sauda::codec {

/// The fields of one JSON object, read with messages that name the field.
class FieldReader {
public:
    /// `object` outlives the reader.
    explicit FieldReader(const JsonValue& object) : object_(object) {}

    bool has(std::string_view name) const;
    RequestResult<std::string> text(std::string_view name) const;
    RequestResult<std::optional<std::string>> optional_text(std::string_view name) const;
    /// A JSON number or string, as written: `100.50`, `"100.50"`.
    RequestResult<std::string> decimal(std::string_view name) const;
    RequestResult<std::optional<std::string>> optional_decimal(std::string_view name) const;
    RequestResult<bool> boolean_or(std::string_view name, bool otherwise) const;
    /// A whole number of at least 0 and below 2^53, as a number or a string.
    RequestResult<std::uint64_t> whole(std::string_view name) const;
    /// A nested object.
    RequestResult<const JsonValue*> object(std::string_view name) const;

private:
    const JsonValue& object_;
};

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
/// `side` and `kind` are other names of order_type and order_kind; words in any case.
RequestResult<OrderRequest> read_order(const JsonValue& object);

/// `request` in the units of its market. The account is left to the caller. Refusals are those that core
/// would give.
base::Result<core::PlaceOrder, core::RejectReason> resolve(const OrderRequest& request,
                                                           const core::Market& market);

/// A change of an open order: `price` and `quantity` (in all), either of them or both; `client_order_id`
/// names the request itself.
struct AmendRequest {
    std::optional<std::string> price;
    std::optional<std::string> quantity;
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
