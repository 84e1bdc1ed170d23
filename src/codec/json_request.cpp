#include "codec/json_request.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/types/decimal.h"

namespace sauda::codec {

using base::Result;
using base::Unexpected;
using core::RejectReason;

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

/// One of several words, each with its meaning.
template <class T>
struct Word {
    std::string_view text;
    T value;
};

template <class T, std::size_t N>
RequestResult<T> pick(std::string_view name, std::string_view given, const Word<T> (&words)[N]) {
    const std::string word = lower(given);
    for (const auto& candidate : words) {
        if (candidate.text == word) return candidate.value;
    }
    std::string choices;
    for (const auto& candidate : words)
        choices += (choices.empty() ? "" : ", ") + std::string(candidate.text);
    return Unexpected{malformed_request(fmt::format("The field \"{}\" must be one of: {}.", name, choices))};
}

RequestResult<core::Side> read_side(const FieldReader& fields) {
    const auto name = fields.name_of({"order_type", "side"});
    if (!name) return Unexpected{name.error()};
    const auto text = fields.text(*name);
    if (!text) return Unexpected{text.error()};
    return pick<core::Side>(*name, *text, {{"buy", core::Side::buy}, {"sell", core::Side::sell}});
}

/// Kinds that other exchanges have and later versions of this one will: known, not yet supported. However
/// they are written: stop_limit, STOP-LIMIT, StopLimit.
bool is_future_kind(const std::string& text) {
    constexpr std::string_view kinds[] = {"stop",          "stoplimit",  "stoploss",
                                          "stoplosslimit", "takeprofit", "takeprofitlimit",
                                          "trailingstop",  "iceberg",    "oco"};
    std::string word = lower(text);
    std::erase_if(word, [](char c) { return c == '_' || c == '-' || c == ' '; });
    return std::ranges::find(kinds, word) != std::end(kinds);
}

RequestError not_supported(std::string_view what) {
    return {422, "not_supported", fmt::format("{} is not supported yet.", what)};
}

RequestResult<core::OrderKind> read_kind(const FieldReader& fields) {
    const auto name = fields.name_of({"order_kind", "kind", "type"});
    if (!name) return Unexpected{name.error()};
    const auto text = fields.text(*name);
    if (!text) return Unexpected{text.error()};
    if (is_future_kind(*text)) return Unexpected{not_supported("The order kind " + *text)};
    return pick<core::OrderKind>(*name, *text,
                                 {{"limit", core::OrderKind::limit}, {"market", core::OrderKind::market}});
}

RequestResult<core::TimeInForce> read_time_in_force(const FieldReader& fields) {
    const auto text = fields.optional_text("time_in_force");
    if (!text) return Unexpected{text.error()};
    if (!*text) return core::TimeInForce::gtc;
    if (lower(**text) == "gtd") return Unexpected{not_supported("GTD")};
    return pick<core::TimeInForce>(
        "time_in_force", **text,
        {{"gtc", core::TimeInForce::gtc}, {"ioc", core::TimeInForce::ioc}, {"fok", core::TimeInForce::fok}});
}

RequestResult<core::DuplicatePolicy> read_on_duplicate(const FieldReader& fields) {
    const auto text = fields.optional_text("on_duplicate");
    if (!text) return Unexpected{text.error()};
    if (!*text) return core::DuplicatePolicy::return_first;
    return pick<core::DuplicatePolicy>("on_duplicate", **text,
                                       {{"return_first", core::DuplicatePolicy::return_first},
                                        {"refuse_if_open", core::DuplicatePolicy::refuse_if_open}});
}

RequestResult<core::ClientOrderId> read_optional_client_order_id(const FieldReader& fields) {
    const auto text = fields.optional_text("client_order_id");
    if (!text) return Unexpected{text.error()};
    return *text ? read_client_order_id(**text) : core::ClientOrderId();
}

/// What the field of that name says about the quantity of an amended order.
core::QuantityChange quantity_change(std::string_view name) {
    if (name == "leaves") return core::QuantityChange::leaves;
    return name == "reduce_by" ? core::QuantityChange::reduce_by : core::QuantityChange::total;
}

/// What a decimal that cannot be read means: for a price, a quantity.
struct DecimalReasons {
    RejectReason invalid;
    RejectReason off_grid;
    RejectReason too_large;
};

Result<std::int64_t, RejectReason> units(const std::string& text, int scale, DecimalReasons reasons) {
    const auto parsed = core::parse_decimal(text, scale);
    if (parsed)
        return *parsed > 0 ? Result<std::int64_t, RejectReason>(*parsed) : Unexpected{reasons.invalid};
    switch (parsed.error()) {
        case core::DecimalError::malformed:
            return Unexpected{reasons.invalid};
        case core::DecimalError::too_many_decimals:
            return Unexpected{text.front() == '-' ? reasons.invalid : reasons.off_grid};
        case core::DecimalError::out_of_range:
            return Unexpected{text.front() == '-' ? reasons.invalid : reasons.too_large};
    }
    return Unexpected{reasons.invalid};
}

Result<core::PriceTicks, RejectReason> price_of(const std::string& text, const core::Market& market) {
    const auto raw =
        units(text, market.spec.price_scale,
              {RejectReason::invalid_price, RejectReason::price_off_tick, RejectReason::price_too_large});
    if (!raw) return Unexpected{raw.error()};
    return core::PriceTicks{*raw};
}

Result<core::QuantityLots, RejectReason> quantity_of(const std::string& text, const core::Market& market) {
    const auto raw = units(
        text, market.spec.quantity_scale,
        {RejectReason::invalid_quantity, RejectReason::quantity_off_lot, RejectReason::quantity_too_large});
    if (!raw) return Unexpected{raw.error()};
    return core::QuantityLots{*raw};
}

/// Quote minor units: the scale of the quote asset follows from the market's own three.
int quote_scale(const core::Market& market) {
    int scale = market.spec.price_scale + market.spec.quantity_scale;
    for (std::int64_t unit = market.quote_per_unit; unit > 1; unit /= 10) ++scale;
    return scale;
}

}  // namespace

// --- Orders
// --------------------------------------------------------------------------------------------------------

RequestResult<core::ClientOrderId> read_client_order_id(std::string_view text) {
    if (!core::is_valid_client_order_id(text)) {
        const auto reason = RejectReason::invalid_client_order_id;
        return Unexpected{
            RequestError{422, std::string(core::code(reason)), std::string(core::sentence(reason))}};
    }
    return core::ClientOrderId(text);
}

RequestResult<OrderRequest> read_order(const JsonValue& object) {
    const FieldReader fields(object);
    OrderRequest order;
    const auto market = fields.text("market");
    if (!market) return Unexpected{market.error()};
    const auto side = read_side(fields);
    if (!side) return Unexpected{side.error()};
    const auto kind = read_kind(fields);
    if (!kind) return Unexpected{kind.error()};
    const auto time_in_force = read_time_in_force(fields);
    if (!time_in_force) return Unexpected{time_in_force.error()};
    // An order that its owner believes to expire must not rest for ever.
    if (fields.has("expires_at")) return Unexpected{not_supported("The field \"expires_at\"")};
    const auto post_only = fields.boolean_or("post_only", false);
    if (!post_only) return Unexpected{post_only.error()};
    const auto on_duplicate = read_on_duplicate(fields);
    if (!on_duplicate) return Unexpected{on_duplicate.error()};
    const auto client_order_id = read_optional_client_order_id(fields);
    if (!client_order_id) return Unexpected{client_order_id.error()};
    const auto price = fields.optional_decimal("price");
    if (!price) return Unexpected{price.error()};
    const auto quantity = fields.optional_decimal("quantity");
    if (!quantity) return Unexpected{quantity.error()};
    const auto quote_quantity = fields.optional_decimal("quote_quantity");
    if (!quote_quantity) return Unexpected{quote_quantity.error()};
    if (*kind == core::OrderKind::limit && !*price) return Unexpected{missing_field("price")};
    if (!*quantity && !*quote_quantity) return Unexpected{missing_field("quantity")};
    return OrderRequest{*market,       *side,  *kind,     *time_in_force,  *post_only,
                        *on_duplicate, *price, *quantity, *quote_quantity, *client_order_id};
}

Result<core::PlaceOrder, RejectReason> resolve(const OrderRequest& request, const core::Market& market) {
    core::PlaceOrder order;
    order.market = market.id;
    order.side = request.side;
    order.kind = request.kind;
    order.time_in_force = request.time_in_force;
    order.post_only = request.post_only;
    order.on_duplicate = request.on_duplicate;
    order.client_order_id = request.client_order_id;
    // A market order's price, if a client sends one, means nothing.
    if (request.kind == core::OrderKind::limit) {
        const auto price = price_of(request.price.value_or(""), market);
        if (!price) return Unexpected{price.error()};
        order.price = *price;
    }
    if (request.quantity) {
        const auto quantity = quantity_of(*request.quantity, market);
        if (!quantity) return Unexpected{quantity.error()};
        order.quantity = *quantity;
    }
    if (request.quote_quantity) {
        const auto quote = units(*request.quote_quantity, quote_scale(market),
                                 {RejectReason::invalid_quantity, RejectReason::invalid_quantity,
                                  RejectReason::notional_too_large});
        if (!quote) return Unexpected{quote.error()};
        order.quote_quantity = {*quote};
    }
    return order;
}

RequestResult<AmendRequest> read_amend(const JsonValue& object) {
    const FieldReader fields(object);
    const auto price = fields.optional_decimal("price");
    if (!price) return Unexpected{price.error()};
    const auto name = fields.name_of({"quantity", "leaves", "reduce_by"});
    if (!name) return Unexpected{name.error()};
    const auto quantity = fields.optional_decimal(*name);
    if (!quantity) return Unexpected{quantity.error()};
    const auto requeue = fields.boolean_or("requeue", false);
    if (!requeue) return Unexpected{requeue.error()};
    const auto request_id = read_optional_client_order_id(fields);
    if (!request_id) return Unexpected{request_id.error()};
    const auto change = *quantity ? quantity_change(*name) : core::QuantityChange::unchanged;
    return AmendRequest{*price, *quantity, change, *requeue, *request_id};
}

Result<core::AmendOrder, RejectReason> resolve(const AmendRequest& request, const core::Market& market) {
    core::AmendOrder amend;
    amend.requeue = request.requeue;
    amend.request_id = request.request_id;
    if (request.price) {
        const auto price = price_of(*request.price, market);
        if (!price) return Unexpected{price.error()};
        amend.price = *price;
    }
    if (request.quantity) {
        const auto quantity = quantity_of(*request.quantity, market);
        if (!quantity) return Unexpected{quantity.error()};
        amend.quantity = *quantity;
        amend.quantity_change = request.quantity_change;
    }
    return amend;
}

RequestResult<core::Amount> read_amount(std::string_view text, int scale, std::string_view what) {
    const auto parsed = core::parse_decimal(text, scale);
    if (parsed && *parsed > 0) return core::Amount{*parsed};
    std::string message = fmt::format("The field \"{}\" must be a decimal above zero.", what);
    if (!parsed && parsed.error() == core::DecimalError::too_many_decimals) {
        message = fmt::format("The field \"{}\" has more than the asset's {} decimals.", what, scale);
    }
    return Unexpected{RequestError{422, std::string(core::code(RejectReason::invalid_amount)), message}};
}

}  // namespace sauda::codec
